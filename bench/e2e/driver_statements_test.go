package e2e

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"parkway/bench/proxy"
)

// step is a statement of a script; args make it a prepared one without
// interpolateParams.
type step struct {
	sql  string
	args []any
}

// play runs steps on one connection. A statement that begins with SELECT, SHOW
// or CALL is a query.
func play(ctx context.Context, c *sql.Conn, seen *transcript, steps []step) {
	for _, s := range steps {
		if isQuery(s.sql) {
			rows, err := c.QueryContext(ctx, s.sql, s.args...)
			seen.rows(s.sql, rows, err)
			continue
		}
		result, err := c.ExecContext(ctx, s.sql, s.args...)
		seen.result(s.sql, result, err)
	}
}

func isQuery(sql string) bool {
	switch sql[:4] {
	case "SELE", "SHOW", "CALL", "EXPL":
		return true
	}
	return false
}

func TestDriverStatements(t *testing.T) {
	prepare := []step{
		{"DROP TABLE IF EXISTS things", nil},
		{"CREATE TABLE things (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) UNIQUE, n INT)", nil},
	}
	tests := []struct {
		name, params string
		steps        []step
	}{
		{name: "insert ids and affected rows", steps: []step{
			{"INSERT INTO things (name, n) VALUES (?, ?), (?, ?)", []any{"a", 1, "b", 2}},
			{"INSERT INTO things (id, name) VALUES (?, ?)", []any{2000000000, "far"}},
			{"INSERT INTO things (name) VALUES ('after') ON DUPLICATE KEY UPDATE n = 1", nil},
			{"INSERT INTO things (name) VALUES ('after') ON DUPLICATE KEY UPDATE n = 2", nil},
			{"UPDATE things SET n = n + 1", nil},
			{"UPDATE things SET n = n", nil},
			{"DELETE FROM things WHERE name = ?", []any{"b"}},
			{"SELECT LAST_INSERT_ID(), ROW_COUNT()", nil},
			{"SELECT * FROM things ORDER BY id", nil},
		}},
		{name: "found rows", params: "clientFoundRows=true", steps: []step{
			{"INSERT INTO things (name, n) VALUES ('a', 1), ('b', 1)", nil},
			{"UPDATE things SET n = ?", []any{1}},
			{"UPDATE things SET n = 1", nil},
		}},
		{name: "transactions", steps: []step{
			{"START TRANSACTION", nil},
			{"INSERT INTO things (name) VALUES (?)", []any{"gone"}},
			{"SELECT COUNT(*) FROM things", nil},
			{"ROLLBACK", nil},
			{"SELECT COUNT(*) FROM things", nil},
			{"BEGIN", nil},
			{"INSERT INTO things (name) VALUES ('kept')", nil},
			{"SAVEPOINT s", nil},
			{"INSERT INTO things (name) VALUES ('not kept')", nil},
			{"ROLLBACK TO s", nil},
			{"COMMIT", nil},
			{"SELECT name FROM things", nil},
			{"SET autocommit = 0", nil},
			{"INSERT INTO things (name) VALUES ('no commit')", nil},
			{"ROLLBACK", nil},
			{"SELECT @@autocommit, COUNT(*) FROM things", nil},
			{"SET TRANSACTION READ ONLY", nil},
			{"START TRANSACTION READ ONLY", nil},
			{"INSERT INTO things (name) VALUES ('not allowed')", nil},
			{"ROLLBACK", nil},
		}},
		{name: "several statements in one call", params: "multiStatements=true", steps: []step{
			{"SELECT 1 AS a; SELECT 2 AS b, 'x' AS c UNION SELECT 3, 'y'; SELECT 4 WHERE FALSE", nil},
			{"INSERT INTO things (name) VALUES ('a'); INSERT INTO things (name) VALUES ('b'), ('c'); UPDATE things SET n = 1", nil},
			{"SELECT 1; INSERT INTO things (name) VALUES ('d'); SELECT COUNT(*) FROM things", nil},
			{"SELECT 1; SELECT * FROM missing; SELECT 2", nil},
			{"SELECT 5", nil},
		}},
		{name: "not several statements", steps: []step{
			{"SELECT 1; SELECT 2", nil},
			{"SELECT 3", nil},
		}},
		{name: "errors", steps: []step{
			{"SELEKT 1", nil},
			{"SELECT * FROM missing", nil},
			{"SELECT ? FROM missing", []any{1}},
			{"SELECT missing FROM things", nil},
			{"INSERT INTO things (id, name) VALUES (1, 'a')", nil},
			{"INSERT INTO things (id, name) VALUES (1, 'b')", nil},
			{"INSERT INTO things (id, name) VALUES (?, ?)", []any{1, "b"}},
			{"INSERT INTO things (name) VALUES (REPEAT('x', 51))", nil},
			{"SELECT * FROM nobody.nothing", nil},
			{"DROP TABLE missing", nil},
			{"SELECT (SELECT id FROM things UNION SELECT 2)", nil},
			{"SELECT 'still here'", nil},
		}},
		{name: "warnings", params: "sql_mode=%27%27", steps: []step{
			{"INSERT INTO things (name, n) VALUES (REPEAT('x', 60), 'text')", nil},
			{"SHOW WARNINGS", nil},
			{"SELECT 1/0, CAST('a' AS SIGNED)", nil},
			{"SHOW WARNINGS", nil},
			{"SHOW COUNT(*) WARNINGS", nil},
		}},
		{name: "schemas", steps: []step{
			{"SELECT DATABASE()", nil},
			{"USE sbtest", nil},
			{"SELECT DATABASE()", nil},
			{"USE missing", nil},
			{"SELECT DATABASE()", nil},
		}},
		{name: "session state", steps: []step{
			{"SET NAMES latin1, @a = 5, time_zone = '+03:00', sql_mode = 'ANSI'", nil},
			{"SELECT @a, @@time_zone, @@sql_mode, @@character_set_client", nil},
			{"CREATE TEMPORARY TABLE mine (a INT)", nil},
			{"INSERT INTO mine VALUES (?), (?)", []any{1, 2}},
			{"SELECT SUM(a) FROM mine", nil},
			{"PREPARE s FROM 'SELECT ? + 1 AS x'", nil},
			{"EXECUTE s USING @a", nil},
			{"DEALLOCATE PREPARE s", nil},
			{"SELECT GET_LOCK('e2e', 1), IS_USED_LOCK('e2e') = CONNECTION_ID(), RELEASE_LOCK('e2e')", nil},
		}},
		{name: "utf8mb4_bin", params: "collation=utf8mb4_bin", steps: charsets},
		{name: "latin1", params: "charset=latin1", steps: charsets},
		{name: "latin1_german2_ci", params: "collation=latin1_german2_ci", steps: charsets},
		{name: "utf8mb4_unicode_ci", params: "charset=utf8mb4&collation=utf8mb4_unicode_ci", steps: charsets},
		{name: "attributes", params: "connectionAttributes=program_name:e2e,a:b", steps: []step{{"SELECT 1", nil}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			forModes(t, test.params, func(t *testing.T, c *sql.Conn, seen *transcript) {
				ctx := proxy.Limited(t, patience)
				play(ctx, c, seen, slices.Concat(prepare, test.steps))
			})
		})
	}
}

// charsets shows what a connection's character set does.
var charsets = []step{
	{"SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection", nil},
	{"SELECT 'ä' = 'a', 'ß' = 'ss', LENGTH('ä'), HEX('ä')", nil},
	{"INSERT INTO things (name) VALUES ('\xe4')", nil},
	{"SELECT name, HEX(name) FROM things", nil},
}

func TestDriverProcedure(t *testing.T) {
	forModes(t, "multiStatements=true", func(t *testing.T, c *sql.Conn, seen *transcript) {
		play(proxy.Limited(t, patience), c, seen, []step{
			{"DROP PROCEDURE IF EXISTS several", nil},
			{"CREATE PROCEDURE several(n INT) BEGIN SELECT n AS a; SELECT n + 1 AS b, 'x' AS c; SET @seen = n; SELECT 'end' AS d; END", nil},
			{"CALL several(?)", []any{5}},
			{"SELECT @seen", nil},
			{"DROP PROCEDURE IF EXISTS broken", nil},
			{"CREATE PROCEDURE broken() BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'on purpose', MYSQL_ERRNO = 31000; END", nil},
			{"CALL broken()", nil},
			{"SELECT 'still here'", nil},
		})
	})
}
