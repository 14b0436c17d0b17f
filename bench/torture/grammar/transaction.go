package grammar

import "fmt"

// transaction begins or ends one, or works within it.
func transaction(c *client) {
	switch c.number(8) {
	case 0, 1:
		c.query("%s", c.one("BEGIN", "START TRANSACTION", "begin work", "START TRANSACTION READ ONLY", "START TRANSACTION READ WRITE",
			"START TRANSACTION WITH CONSISTENT SNAPSHOT", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"))
	case 2, 3:
		c.query("%s", c.one("COMMIT", "COMMIT", "ROLLBACK", "ROLLBACK WORK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "commit and no chain"))
	default:
		c.query("%s", c.writeStatement())
	}
	if c.chance(25) {
		c.query("SELECT * FROM t ORDER BY id")
	}
}

func savepoint(c *client) {
	name := c.one("s1", "s2", "S1")
	c.query("%s", c.one("SAVEPOINT "+name, "SAVEPOINT "+name, "ROLLBACK TO "+name, "ROLLBACK WORK TO SAVEPOINT "+name, "RELEASE SAVEPOINT "+name))
	if c.chance(50) {
		c.query("%s", c.writeStatement())
	}
}

// xa uses XA transactions that never get prepared: those would outlive the
// client.
func xa(c *client) {
	xid := fmt.Sprintf("'%s'", c.unique("x"))
	if c.chance(30) {
		c.query("XA %s %s", c.one("START", "END", "ROLLBACK"), xid)
		return
	}
	c.query("XA START %s", xid)
	if c.chance(70) {
		c.query("UPDATE t SET s = 'xa' WHERE id = 1")
	}
	if c.chance(30) {
		c.query("%s", c.one("COMMIT", "BEGIN", "SELECT 1"))
	}
	c.query("XA END %s", xid)
	c.query("%s", c.one("XA COMMIT "+xid+" ONE PHASE", "XA ROLLBACK "+xid, "SELECT 1"))
}

// temporary makes, uses and drops temporary tables; one of them hides a table.
func temporary(c *client) {
	name := c.one("x1", "x2", "t")
	switch c.number(7) {
	case 0:
		c.query("CREATE TEMPORARY TABLE %s (id INT AUTO_INCREMENT PRIMARY KEY, n INT, s VARCHAR(20)) ENGINE = %s", name, c.one("InnoDB", engineOfM(c.flavor)))
	case 1:
		c.query("CREATE TEMPORARY TABLE IF NOT EXISTS %s SELECT 1 AS id, %d AS n, 'hidden' AS s", name, c.number(100))
	case 2:
		c.query("DROP TEMPORARY TABLE IF EXISTS %s", name)
	case 3:
		c.query("DROP TEMPORARY TABLE %s", c.one("x1", "x2"))
	case 4:
		c.query("INSERT INTO %s (n, s) VALUES (%d, 'tmp')", name, c.number(100))
	case 5:
		c.query("TRUNCATE TABLE %s", c.one("x1", "x2"))
	}
	c.query("SELECT * FROM %s ORDER BY id", name)
}

func lockTables(c *client) {
	switch c.number(4) {
	case 0, 1:
		c.query("LOCK TABLES %s", c.one("t READ", "t WRITE", "t WRITE, m READ", "t READ LOCAL, t AS a READ", "missing READ"))
	case 2:
		c.query("UNLOCK TABLES")
	}
	c.query("%s", c.one("INSERT INTO t (s) VALUES ('locked')", "SELECT COUNT(*) FROM m", "SELECT COUNT(*) FROM t", "INSERT INTO m (n) VALUES (3)"))
	if c.chance(40) {
		c.query("UNLOCK TABLES")
	}
}

func namedLock(c *client) {
	name := c.unique(c.one("l1", "l2"))
	switch c.number(6) {
	case 0, 1:
		c.query("%s GET_LOCK('%s', 0)", c.one("SELECT", "SELECT", "DO"), name)
	case 2:
		c.query("SELECT RELEASE_LOCK('%s')", name)
	case 3:
		c.query("SELECT RELEASE_ALL_LOCKS()")
	default:
		c.query("SELECT IS_FREE_LOCK('%s'), IS_USED_LOCK('%s') IS NULL", name, name)
	}
}

// handler reads through HANDLER, which stays open between statements.
func handler(c *client) {
	switch c.number(3) {
	case 0:
		c.query("HANDLER t OPEN%s", c.one("", " AS h"))
	case 1:
		c.query("HANDLER %s CLOSE", c.one("t", "h"))
	}
	for range 1 + c.number(2) {
		c.query("HANDLER %s READ %s", c.one("t", "h"), c.one("FIRST", "NEXT", "`PRIMARY` = (2)", "`PRIMARY` NEXT"))
	}
}

// routine calls procedures and functions, whose bodies change the session
// unseen.
func routine(c *client) {
	call := c.one("CALL set_state(%d, @u1)", "CALL two_results(%d)", "SELECT remember(%d)", "CALL set_state(%d, 1)", "DO remember(%d)")
	c.query(call, c.number(100))
	c.query("SELECT @u1, @by_procedure, @by_function, @@time_zone")
}

// sequenceValue uses a MariaDB sequence: LASTVAL is the session's own.
func sequenceValue(c *client) {
	c.query("SELECT %s", c.one("NEXTVAL(sq)", "NEXT VALUE FOR sq", "LASTVAL(sq)", "LASTVAL(sq), PREVIOUS VALUE FOR sq"))
}
