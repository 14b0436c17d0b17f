package digest

import "testing"

func TestInsertsSelected(t *testing.T) {
	for sql, want := range map[string]bool{
		"INSERT INTO t VALUES (1)":                                 false,
		"INSERT INTO t (a, b) VALUES ((SELECT 1), 2)":              false,
		"INSERT INTO t VALUE (1)":                                  false,
		"INSERT INTO t SET a = (SELECT 1)":                         false,
		"INSERT INTO `select` VALUES ('select')":                   false,
		"INSERT":                                                   false,
		"insert into t (value) Select 1":                           true,
		"REPLACE t (SELECT 1)":                                     true,
		"INSERT INTO t (a) WITH c AS (SELECT 1) SELECT * FROM c":   true,
		"INSERT INTO t TABLE u":                                    true,
		"INSERT INTO t (SELECT 1) ON DUPLICATE KEY UPDATE a = 'x'": true,
	} {
		if got := InsertsSelected([]byte(sql), 0); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
