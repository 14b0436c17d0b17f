package session

import "testing"

func TestKills(t *testing.T) {
	for sql, want := range map[string]bool{
		"KILL 5":                              true,
		"kill query 5":                        true,
		"/* stop it */ KiLL CONNECTION 5":     true,
		"SELECT 1; KILL 5":                    true,
		"KILL HARD QUERY ID 5":                true,
		"KILL ?":                              true,
		"/*!50000 KILL 5 */":                  true,
		"":                                    false,
		"kil":                                 false,
		"SELECT 'KILL 5'":                     false,
		"SELECT kill_count FROM skills":       false,
		"-- kill 5\nSELECT 1":                 false,
		"SELECT c FROM sbtest1 WHERE id=5024": false,
	} {
		if got := kills([]byte(sql)); got != want {
			t.Errorf("kills(%q) = %v", sql, got)
		}
	}
}
