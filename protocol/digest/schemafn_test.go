package digest

import "testing"

func TestAsksSchema(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT DATABASE()":                        true,
		"select 1, schema /* c */ ()":              true,
		"SELECT a FROM t WHERE b = Schema()":       true,
		"SELECT 'database()', `schema` FROM t":     false,
		"SELECT database, schema FROM t":           false,
		"SHOW CREATE DATABASE d":                   false,
		"SELECT schema_name FROM i.s WHERE a IN (": false,
		"SELECT 1 -- database()":                   false,
	} {
		if got := AsksSchema([]byte(sql), 0); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
