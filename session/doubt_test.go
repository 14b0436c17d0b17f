package session

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/digest"
)

func TestUnexecuted(t *testing.T) {
	for sql, want := range map[string]bool{
		"INSERT INTO t VALUES (1)":                           true,
		"insert into t select * from u":                      true,
		"INSERT INTO t VALUES (@a, LAST_INSERT_ID())":        true,
		"UPDATE t SET n = LAST_INSERT_ID(n + 1)":             true,
		"DELETE FROM t":                                      true,
		"WITH x AS (SELECT 1) DELETE FROM t":                 true,
		"REPLACE t VALUES (1)":                               true,
		"LOAD DATA LOCAL INFILE 'f' INTO TABLE t":            true,
		"CREATE TABLE t (a INT)":                             true,
		"DROP TABLE t":                                       true,
		"ALTER TABLE t ADD b INT":                            true,
		"TRUNCATE t":                                         true,
		"RENAME TABLE t TO u":                                true,
		"GRANT SELECT ON *.* TO u":                           true,
		"":                                                   false,
		"INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)": false,
		"INSERT INTO t VALUES (@a := 1)":                     false,
		"INSERT INTO t VALUES (ROW_COUNT())":                 false,
		"INSERT INTO t VALUES (NEXTVAL(s))":                  false,
		"CREATE TEMPORARY TABLE t (a INT)":                   false,
		"CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END": false,
		"INSERT /*!40000 DELAYED */ INTO t VALUES (1)":       false,
		"INSERT INTO t VALUES ('a":                           false,
		"CALL p()":                                           false, // a part of it may have been committed
		"SELECT f()":                                         false,
		"SELECT * FROM t FOR UPDATE":                         false,
		"DO f()":                                             false,
		"SET GLOBAL max_connections = 1":                     false,
		"EXECUTE s":                                          false,
		"BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END":     false,
		"COMMIT":         false,
		"BEGIN":          false,
		"XA PREPARE 'a'": false,
		"SET STATEMENT sql_mode='' FOR INSERT INTO t VALUES (1)": false,
	} {
		info := digest.Scan([]byte(sql), 0)
		if got := unexecuted(protocol.ComQuery, true, &info); got != want {
			t.Errorf("%q: %v, want %v (%v, %v)", sql, got, want, info.Verb, info.Flags)
		}
	}
	write := digest.Scan([]byte("DELETE FROM t WHERE a = ?"), 0)
	for _, test := range []struct {
		cmd   protocol.Command
		whole bool
		want  bool
	}{
		{protocol.ComQuery, false, false}, {protocol.ComStmtExecute, true, true}, {protocol.ComStmtExecute, false, false},
		{protocol.ComStmtPrepare, true, false}, {protocol.ComStmtBulkExecute, true, false},
	} {
		if got := unexecuted(test.cmd, test.whole, &write); got != test.want {
			t.Errorf("%v, whole %v: %v", test.cmd, test.whole, got)
		}
	}
}
