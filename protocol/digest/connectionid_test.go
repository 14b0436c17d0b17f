package digest

import "testing"

func TestAppendConnectionID(t *testing.T) {
	const id = "CAST(0000000007 AS UNSIGNED)"
	const pseudo = "NULLIF(CAST(000000000000000000007 AS UNSIGNED),0)"
	for _, test := range []struct{ sql, want string }{
		{"SELECT CONNECTION_ID()", "SELECT " + id + " AS `CONNECTION_ID()`"},
		{"select connection_id( ) ;", "select " + id + " AS `connection_id( )` ;"},
		{"SELECT /*a*/connection_id(/*b*/)/*c*/,1", "SELECT /*a*/" + id + " AS `connection_id(/*b*/)`/*c*/,1"},
		{"SELECT `CONNECTION_ID`()", "SELECT " + id + " AS ```CONNECTION_ID``()`"},
		{"SELECT CONNECTION_ID() AS id, CONNECTION_ID() 'x', CONNECTION_ID() y", "SELECT " + id + " AS id, " + id + " 'x', " + id + " y"},
		{"SELECT DISTINCT CONNECTION_ID() FROM t", "SELECT DISTINCT " + id + " AS `CONNECTION_ID()` FROM t"},
		{"SELECT CONNECTION_ID()+1, CONNECTION_ID()-a", "SELECT " + id + "+1 AS `CONNECTION_ID()+1`, " + id + "-a"},
		{"SELECT CONCAT('a',CONNECTION_ID())", "SELECT CONCAT('a'," + id + ") AS `CONCAT('a',CONNECTION_ID())`"},
		{"SELECT * FROM (SELECT CONNECTION_ID()) t", "SELECT * FROM (SELECT " + id + " AS `CONNECTION_ID()`) t"},
		{"SELECT (SELECT CONNECTION_ID())", "SELECT (SELECT " + id + " AS `CONNECTION_ID()`) AS `(SELECT CONNECTION_ID())`"},
		{"SELECT a, CONNECTION_ID() INTO @x, @y", "SELECT a, " + id + " AS `CONNECTION_ID()` INTO @x, @y"},
		{"SELECT 1 UNION SELECT CONNECTION_ID() ORDER BY 1", "SELECT 1 UNION SELECT " + id + " AS `CONNECTION_ID()` ORDER BY 1"},
		{"SELECT CASE CONNECTION_ID() WHEN 5 THEN 1 END", "SELECT CASE " + id + " WHEN 5 THEN 1 END"},
		{"SELECT a FROM t WHERE id = CONNECTION_ID()", "SELECT a FROM t WHERE id = " + id},
		{"INSERT INTO t SELECT CONNECTION_ID() ON DUPLICATE KEY UPDATE a = 5", "INSERT INTO t SELECT " + id + " ON DUPLICATE KEY UPDATE a = 5"},
		{"INSERT INTO t VALUES (CONNECTION_ID(), 'connection_id()')", "INSERT INTO t VALUES (" + id + ", 'connection_id()')"},
		{"DO CONNECTION_ID(); SELECT CONNECTION_ID()", "DO " + id + "; SELECT " + id + " AS `CONNECTION_ID()`"},
		{"SELECT @@pseudo_thread_id", "SELECT " + pseudo + " AS `@@pseudo_thread_id`"},
		{"SELECT @@session . `pseudo_thread_id` x", "SELECT " + pseudo + " x"},
		{"SET @@pseudo_thread_id = CONNECTION_ID(), @a = @@pseudo_thread_id", "SET @@pseudo_thread_id = " + id + ", @a = " + pseudo},
		{"SET @@session.pseudo_thread_id = 5", "SET @@session.pseudo_thread_id = 5"},
		{"SELECT @@pseudo_thread_id = 5", "SELECT " + pseudo + " = 5 AS `@@pseudo_thread_id = 5`"},
		{"SELECT connection_id, t.connection_id(), CONNECTION_ID(1), @@global.pseudo_thread_id", "SELECT connection_id, t.connection_id(), CONNECTION_ID(1), @@global.pseudo_thread_id"},
		{"CREATE VIEW v AS SELECT CONNECTION_ID()", "CREATE VIEW v AS SELECT CONNECTION_ID()"},
		{"DO CONNECTION_ID(); CREATE PROCEDURE p() BEGIN DO 1; DO CONNECTION_ID(); END", "DO " + id + "; CREATE PROCEDURE p() BEGIN DO 1; DO CONNECTION_ID(); END"},
		{"SELECT ')', CONNECTION_ID() -- x", "SELECT ')', " + id + " AS `CONNECTION_ID()` -- x"},
		{"SELECT ))CONNECTION_ID()", "SELECT ))" + id},
		{"", ""},
	} {
		if got := string(AppendConnectionID(nil, []byte(test.sql), 0, 7)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.sql, got, test.want)
		}
	}
	const long = "SELECT CONCAT(CONNECTION_ID(), '0123456789012345678901234567890123456789')"
	if got := string(AppendConnectionID([]byte("x"), []byte(long), 0, 7)); got != "xSELECT CONCAT("+id+", '0123456789012345678901234567890123456789')" {
		t.Errorf("a long name: %s", got)
	}
}
