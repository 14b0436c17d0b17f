package grammar

import (
	"fmt"
	"strconv"
	"strings"
)

// write changes a client's tables.
func write(c *client) {
	c.query("%s", c.writeStatement())
	if c.chance(25) {
		c.query("SELECT LAST_INSERT_ID(), ROW_COUNT()")
	}
}

// writeStatement is a statement that changes a table, or fails to.
func (c *client) writeStatement() string {
	n, m, id := c.number(40), c.number(40), 1+c.number(8)
	return pick(c, []func() string{
		func() string { return fmt.Sprintf("INSERT INTO t (n, s) VALUES (%d, 'a%d')", n, n) },
		func() string {
			return fmt.Sprintf("INSERT INTO t (n, s) VALUES (%d, 'b'), (%d, 'c'), (NULL, 'd')", n, m)
		},
		func() string { return fmt.Sprintf("INSERT INTO t (id, n) VALUES (%d, %s)", id, c.besideID(n)) },
		func() string { return fmt.Sprintf("INSERT IGNORE INTO t (n, s) VALUES (%d, 'i'), (%d, 'j')", n, m) },
		func() string {
			return fmt.Sprintf("INSERT INTO t (n, s) VALUES (%d, 'k') ON DUPLICATE KEY UPDATE s = CONCAT(LEFT(s, 9), 'u'), id = LAST_INSERT_ID(id)", n)
		},
		func() string { return fmt.Sprintf("REPLACE INTO t (n, s) VALUES (%d, 'r')", n) },
		func() string { return "INSERT INTO t (s) SELECT s FROM t WHERE id < 3" },
		func() string { return fmt.Sprintf("UPDATE t SET n = n + 1, s = 'u%d' WHERE id = %d", n, id) },
		func() string { return fmt.Sprintf("UPDATE t SET s = 'x' WHERE id > %d", id) },
		func() string { return fmt.Sprintf("DELETE FROM t WHERE id = %d", id) },
		func() string { return fmt.Sprintf("DELETE FROM t WHERE n > %d ORDER BY id LIMIT 1", n) },
		func() string { return fmt.Sprintf("INSERT INTO m (n) VALUES (%d), (%d)", n, m) },
		func() string { return fmt.Sprintf("DELETE FROM m WHERE n = %d", n) },
		func() string { return fmt.Sprintf("INSERT INTO m (n) VALUES (%d), (%d)%s", n, m, c.returning()) },
		func() string { return fmt.Sprintf("REPLACE INTO t (n, s) VALUES (%d, 'r')%s", n, c.returning()) },
	})()
}

// returning makes a write answer with rows, where servers can.
func (c *client) returning() string {
	if c.mysql() {
		return ""
	}
	return " RETURNING id, n"
}

// besideID is what a row with an id of the client's choice gets for n. On MySQL nothing but the id may be refused: an INSERT that fails over n has
// had its id in the table, and when AUTO_INCREMENT comes to that id, MySQL 9.7 passes over it now and then, if the next INSERT comes by another
// connection (ARCHITECTURE.md).
func (c *client) besideID(n int) string {
	if c.mysql() {
		return "NULL"
	}
	return strconv.Itoa(n)
}

// read reads a client's tables.
func read(c *client) { c.query("%s", c.readStatement()) }

func (c *client) readStatement() string {
	id := 1 + c.number(8)
	return c.one(
		"SELECT * FROM t ORDER BY id",
		"SELECT COUNT(*), SUM(n), MAX(id) FROM t",
		"SELECT n, COUNT(*) FROM m GROUP BY n ORDER BY n",
		fmt.Sprintf("SELECT s FROM t WHERE id = %d", id),
		fmt.Sprintf("SELECT s FROM t WHERE id = %d FOR UPDATE", id),
		fmt.Sprintf("SELECT a.id, b.n FROM t a JOIN m b ON a.n = b.n WHERE a.id > %d ORDER BY 1, 2", id),
		"SHOW TABLES",
		"SHOW COLUMNS FROM t",
		"SELECT 1 UNION SELECT 2 ORDER BY 1",
		"SELECT NULL, 1.5, 'text', X'00ff', DATE '2024-05-06', 1e100, CAST(1 AS UNSIGNED)",
	)
}

// lastInsertID inserts and asks for the id, at once or after other statements.
func lastInsertID(c *client) {
	switch c.number(4) {
	case 0, 1:
		c.query("INSERT INTO t (s) VALUES ('id%d')", c.number(10))
		if c.chance(30) {
			c.query("DO 1")
		}
	case 2:
		c.query("%s LAST_INSERT_ID(%d)", c.one("SELECT", "DO"), 1000+c.number(1000))
	}
	c.query("%s", c.one("SELECT LAST_INSERT_ID()", "SELECT @@last_insert_id, @@identity", "INSERT INTO m (n) VALUES (LAST_INSERT_ID())", "SELECT LAST_INSERT_ID() AS id"))
}

func rowCount(c *client) {
	c.query("%s", c.one("UPDATE t SET s = 'same'", "DELETE FROM m LIMIT 2", "INSERT INTO m (n) VALUES (1), (2)", "SELECT 1", "UPDATE t SET n = 1 WHERE id = 2", "DO 0"))
	c.query("SELECT ROW_COUNT()")
}

func foundRows(c *client) {
	switch c.number(3) {
	case 0, 1:
		c.query("SELECT SQL_CALC_FOUND_ROWS id FROM t ORDER BY id LIMIT %d", 1+c.number(3))
	case 2:
		c.query("SELECT id FROM t ORDER BY id LIMIT %d", 1+c.number(3))
	}
	c.query("SELECT FOUND_ROWS()")
}

// warnings makes warnings and errors and asks for them.
func warnings(c *client) {
	const ignores = "INSERT IGNORE INTO t (id, n) VALUES (1, 1), (2, 2)"
	cause := c.one(
		"SELECT CAST('12x' AS SIGNED), CAST('y' AS SIGNED)",
		"DROP TABLE IF EXISTS missing, missing_too",
		ignores,
		"SELECT 1/0",
		"SELECT * FROM missing",
		"SIGNAL SQLSTATE '01234' SET MESSAGE_TEXT = 'a warning', MYSQL_ERRNO = 1234",
		"SELECT 1",
	)
	c.query("%s", cause)
	if c.chance(10) {
		c.query("SELECT * FROM t ORDER BY id LIMIT 1")
	}
	question := c.one("SHOW WARNINGS", "SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*) WARNINGS", "SELECT @@warning_count, @@error_count",
		"SHOW WARNINGS LIMIT 1", "GET DIAGNOSTICS @u0 = NUMBER, @u1 = ROW_COUNT")
	if cause == ignores {
		// Where it has ignored nothing its connection may have been left, and no other one's ROW_COUNT can be made that of rows which it has not
		// inserted (ARCHITECTURE.md). A program is told their number.
		question = strings.TrimSuffix(question, ", @u1 = ROW_COUNT")
	}
	c.query("%s", question)
	if c.chance(50) {
		c.query("SHOW WARNINGS")
	}
}

// multi sends several statements at once; the server refuses that to clients
// that did not ask for it.
func multi(c *client) {
	statements := make([]string, 2+c.number(3))
	for i := range statements {
		statements[i] = pick(c, []func() string{
			c.writeStatement, c.readStatement,
			func() string { return fmt.Sprintf("SET @u%d = %d", c.number(4), c.number(100)) },
			func() string {
				return c.one("BEGIN", "COMMIT", "SELECT @@autocommit, LAST_INSERT_ID()", "SHOW WARNINGS")
			},
			func() string { return "SET time_zone = " + c.one("'+01:00'", "'+02:00'") },
			func() string { return "USE " + c.one(Schema(c.id), OtherSchema(c.id)) },
			func() string { return c.one("SELEKT", "SELECT * FROM missing", "") },
			func() string {
				return c.one("SET @u1 = 'a;b', @u2 = NULL", "SET NAMES latin1", "SET NAMES utf8mb4", "SET @u3 = @u0", "CALL two_results(3)", "SELECT remember(2)")
			},
		})()
	}
	if c.chance(15) || !c.multiStatements() && c.chance(70) {
		statements = statements[:1]
	}
	if c.mysql() && len(statements) > 1 && statements[0] == "SHOW WARNINGS" {
		// A connection that others had is told LAST_INSERT_ID() before several statements, and MySQL has no warnings then (ARCHITECTURE.md).
		statements[0] = "BEGIN"
	}
	c.query("%s", strings.Join(statements, "; "))
	c.query("SELECT @u0, @u1, @u2, @u3, @@time_zone, DATABASE(), LAST_INSERT_ID()")
}

// definitions change the schema.
var definitions = []string{
	"CREATE TABLE c (a INT PRIMARY KEY, b TEXT)", "CREATE TABLE IF NOT EXISTS c (a INT)", "DROP TABLE IF EXISTS c",
	"CREATE OR REPLACE VIEW v AS SELECT id, n FROM t", "DROP VIEW IF EXISTS v",
	"ALTER TABLE m ADD COLUMN extra INT", "ALTER TABLE m DROP COLUMN extra",
}

// definition changes the schema, which commits.
func definition(c *client) {
	c.query("%s", pick(c, definitions))
	c.query("%s", c.one("INSERT INTO c (a) VALUES (1), (2)", "SELECT * FROM c", "SELECT * FROM v ORDER BY id", "SHOW CREATE TABLE c", "SELECT * FROM m ORDER BY id"))
}

// fault makes an error.
func fault(c *client) {
	if !c.mysql() && c.chance(20) {
		c.failedSet()
	}
	c.query("%s", c.one(
		"SELEKT 1", "SELECT * FROM no_such_table", "SELECT no_such_column FROM t", "INSERT INTO t (id) VALUES (1), (1)",
		"SELECT * FROM no_such_schema.t", "SELECT no_such_function(1)", "SET no_such_variable = 1", "SET GLOBAL max_connections = 1",
		"SELECT (SELECT 1 UNION SELECT 2)", "CALL no_such_procedure()", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
		"COMMIT WORK AND", "SELECT 'unterminated", "UPDATE t SET id = 1", "CREATE TABLE t (a INT)", "DROP TABLE no_such_table", "-- nothing", "",
	))
	if c.chance(40) {
		c.query("%s", c.one("SHOW WARNINGS", "SHOW ERRORS", "SELECT @@error_count"))
	}
}

// failedSet adds a SET that fails behind an assignment, which MariaDB reports late.
func (c *client) failedSet() {
	c.environment++
	c.query("SET %s, identity = DEFAULT", c.one("time_zone = '+07:00'", "@@time_zone = '+08:00'", "@@session.time_zone = '+09:00', sql_notes = 1",
		"character_set_results = latin1", "@@local.autocommit = 1", "lc_time_names = 'de_DE'", "NAMES cp1251", "@u0 = 7"))
	switch c.number(6) {
	case 0:
		c.query("SHOW WARNINGS")
	case 1:
		c.query("SELECT ROW_COUNT(), FOUND_ROWS(), @@time_zone")
	case 2:
		c.query("SET sort_buffer_size = 65536")
	case 3:
		// Not @@time_zone, which MariaDB does not report: among several statements the proxy does not hear of it either, and the report that is
		// still due has the value of before (ARCHITECTURE.md).
		c.query("SET time_zone = '+10:00'; USE %s", Schema(c.id))
	case 4:
		c.query("SET @@time_zone = '+11:00'")
	}
	c.query("%s", c.one("SET character_set_results = utf8mb4", "SET time_zone = '+01:00'", "USE "+Schema(c.id), "CALL set_state(1, @u1)"))
}
