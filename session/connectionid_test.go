package session

import (
	"testing"

	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

func TestFindsKill(t *testing.T) {
	s := &Session{}
	s.mine.vars.Vars = sysvar.NewInterner().Empty()
	for sql, want := range map[string]digest.Flags{
		"KILL 5":                              digest.KillStmt,
		"kill query 5":                        digest.KillStmt,
		"/* stop it */ KiLL CONNECTION 5":     digest.KillStmt,
		"SELECT 1; KILL 5":                    digest.KillStmt,
		"/*!50000 KILL 5 */":                  digest.KillStmt,
		"KILL CONNECTION_ID()":                digest.KillStmt | digest.ConnectionIDFn,
		"SELECT Connection_Id()":              digest.ConnectionIDFn,
		"SELECT a_b, @@PSEUDO_thread_id":      digest.ConnectionIDFn,
		"":                                    0,
		"kil":                                 0,
		"SELECT 'KILL 5', 'connection_id()'":  0,
		"SELECT kill_count FROM skills":       0,
		"SELECT connection_id FROM t":         0,
		"-- kill 5\nSELECT 1":                 0,
		"SELECT c FROM sbtest1 WHERE id=5024": 0,
	} {
		if got := s.findsKill([]byte(sql)); got != want {
			t.Errorf("%q: %v, want %v", sql, got, want)
		}
	}
}

func BenchmarkFindsKill(b *testing.B) {
	s := &Session{}
	for name, sql := range map[string]string{
		"point select": "SELECT c FROM sbtest1 WHERE id=5024",
		"long":         "SELECT o.order_id, o.customer_key, k.kind FROM the_orders o JOIN kinds k ON o.kind_id = k.kind_id WHERE o.created_at > '2024-01-01' AND k.taken = 1 ORDER BY o.order_id LIMIT 100",
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(sql)
			for b.Loop() {
				if s.findsKill(text) != 0 {
					b.Fatal(sql)
				}
			}
		})
	}
}
