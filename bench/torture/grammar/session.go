package grammar

import (
	"fmt"
	"strings"

	"parkway/bench/torture/play"
	"parkway/bench/torture/script"
)

// setUserVariable sets and reads user variables, literal and computed.
func setUserVariable(c *client) {
	v, w := fmt.Sprintf("@u%d", c.number(4)), fmt.Sprintf("@u%d", c.number(4))
	n := c.number(1000)
	switch c.number(14) {
	case 0, 1:
		c.query("SET %s = %d", v, n)
	case 2:
		c.query("SET %s = 'text %d', %s = %d.50", v, n, w, n)
	case 3:
		c.query("SET %s := NULL, %s = -%d", v, w, n)
	case 4:
		c.query("SET %s = CONCAT(IFNULL(%s, 'none'), %d)", v, w, n)
	case 5:
		c.query("SELECT %s := %d", v, n)
	case 6:
		c.query("SELECT COUNT(*) INTO %s FROM t", v)
	case 7:
		c.query("SET %s = (SELECT MAX(n) FROM t), %s = X'C3A4'", v, w)
	case 8:
		c.query("SET %s = _latin1'\\xe4' COLLATE latin1_german1_ci, @`strange ``name` = 1e10", v)
	case 9:
		c.query("SELECT COLLATION(%s), %s IS NULL, @`strange ``name`", v, w)
	default:
		c.query("SELECT @u0, @u1, @u2, @u3")
	}
}

// setNames changes the client's character sets, and asks for them.
func setNames(c *client) {
	c.environment++
	switch c.number(9) {
	case 0, 1:
		c.query("SET NAMES %s", c.one("utf8mb4", "latin1", "utf8mb3", "cp1251", "binary", "ascii", "DEFAULT"))
	case 2:
		c.query("SET NAMES utf8mb4 COLLATE %s", c.one("utf8mb4_bin", "utf8mb4_unicode_ci", "latin1_bin"))
	case 3:
		c.query("SET CHARACTER SET %s", c.one("utf8mb4", "latin1", "DEFAULT", "nonsense"))
	case 4:
		c.query("SET character_set_results = %s", c.one("NULL", "latin1", "utf8mb4", "cp1251"))
	case 5:
		c.query("SET collation_connection = %s", c.one("utf8mb4_bin", "latin1_german1_ci"))
	case 6:
		c.query("SET character_set_client = %s", c.one("latin1", "utf8mb4", "ucs2"))
	default:
		c.query("SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection")
	}
	if c.chance(30) {
		c.query("SELECT COLLATION('x'), HEX('\u00e4'), '\u00e4\u20ac'")
	}
}

// levels are the isolation levels.
var levels = []string{"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}

func (c *client) isolationVariable() string {
	if c.mysql() {
		return "transaction_isolation"
	}
	return "tx_isolation"
}

func (c *client) readOnlyVariable() string {
	if c.mysql() {
		return "transaction_read_only"
	}
	return "tx_read_only"
}

// setIsolation sets what holds for all transactions of the session.
func setIsolation(c *client) {
	switch c.number(5) {
	case 0, 1:
		c.query("SET SESSION TRANSACTION ISOLATION LEVEL %s", pick(c, levels))
	case 2:
		c.query("SET SESSION %s = '%s'", c.isolationVariable(), c.one("READ-COMMITTED", "SERIALIZABLE", "REPEATABLE-READ"))
	case 3:
		c.query("SET SESSION TRANSACTION %s", c.one("READ ONLY", "READ WRITE", "READ WRITE"))
	}
	c.query("SELECT @@%s, @@%s", c.isolationVariable(), c.readOnlyVariable())
	if c.chance(50) {
		c.snapshot()
	}
}

// setNextOnly sets what holds for the next transaction only, lets some other
// statement pass, and makes that transaction show it.
func setNextOnly(c *client) {
	readOnly := c.chance(50)
	switch {
	case readOnly && c.chance(70):
		c.query("SET TRANSACTION READ ONLY")
	case readOnly:
		c.query("SET @@%s = 1", c.readOnlyVariable())
	case c.chance(70):
		c.query("SET TRANSACTION ISOLATION LEVEL %s", pick(c, levels))
	default:
		c.query("SET @@%s = '%s'", c.isolationVariable(), c.one("READ-COMMITTED", "SERIALIZABLE"))
	}
	if c.chance(40) {
		c.query("SET @next = %d", c.number(10))
	}
	if c.chance(30) {
		c.query("SELECT @@%s, @@%s", c.isolationVariable(), c.readOnlyVariable())
	}
	if !readOnly {
		c.snapshot()
		return
	}
	if c.chance(40) {
		c.query("BEGIN")
	}
	c.query("UPDATE t SET s = 'next' WHERE id = 1")
	c.query("COMMIT")
	c.query("UPDATE t SET s = 'after' WHERE id = 1")
}

// snapshot shows the isolation level: a snapshot is refused, with a warning,
// where it is not REPEATABLE READ.
func (c *client) snapshot() {
	c.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")
	c.query("SHOW WARNINGS")
	c.query("%s", c.one("COMMIT", "ROLLBACK"))
}

func setAutocommit(c *client) {
	switch c.number(5) {
	case 0, 1:
		c.query("SET autocommit = %s", c.one("0", "OFF", "1"))
	case 2:
		c.query("SET @@session.autocommit = %s, @u0 = 1", c.one("1", "ON", "DEFAULT", "0"))
	case 3:
		c.query("UPDATE t SET s = CONCAT('a', %d) WHERE id = 1", c.number(1000))
		c.query("%s", c.one("COMMIT", "ROLLBACK", "SELECT s FROM t WHERE id = 1"))
	}
	c.query("SELECT @@autocommit, s FROM t WHERE id = 1")
}

// setTracker asks the server to report other changes than it does by default.
func setTracker(c *client) {
	assignment := c.one(
		"session_track_schema = OFF", "session_track_schema = ON", "session_track_state_change = ON",
		"session_track_system_variables = 'time_zone,sql_mode'",
		"session_track_transaction_info = 'CHARACTERISTICS'", "session_track_transaction_info = 'STATE'")
	c.transactions = c.transactions || strings.Contains(assignment, "transaction_info")
	if c.mysql() && strings.Contains(assignment, "transaction_info") {
		// Within a transaction, MySQL reports the access mode that the last START TRANSACTION of the connection named, even if that was another
		// transaction. It could be told which only at the cost of a statement before every transaction (ARCHITECTURE.md).
		c.query("COMMIT AND NO CHAIN")
	}
	c.query("SET SESSION %s", assignment)
	c.query("SELECT @@session_track_schema, @@session_track_state_change, @@session_track_transaction_info, @@session_track_system_variables")
}

// hint changes a variable for a single statement.
func hint(c *client) {
	n := 1000 + 100*c.number(10)
	switch {
	case c.mysql() && c.chance(50):
		c.query("SELECT /*+ SET_VAR(max_seeks_for_key = %d) */ @@max_seeks_for_key", n)
	case c.mysql():
		c.query("INSERT /*+ SET_VAR(unique_checks = OFF) */ INTO t (n) VALUES (%d)", n)
	case c.chance(50):
		c.query("SET STATEMENT max_seeks_for_key = %d FOR SELECT @@max_seeks_for_key", n)
	default:
		c.query("SET STATEMENT sql_mode = 'ANSI', sort_buffer_size = 65536 FOR SELECT 'a' || 'b'")
	}
	c.query("SELECT @@max_seeks_for_key, @@sql_mode, @@sort_buffer_size, @@unique_checks")
}

func setRole(c *client) {
	if c.chance(60) {
		c.role = true
		c.query("SET ROLE %s", c.one(Role, Role, "NONE", "no_such_role"))
	}
	c.query("SELECT CURRENT_ROLE(), CURRENT_USER()")
}

// Role is a role that the clients' users may take on.
const Role = "torturer"

func useSchema(c *client) {
	name := c.one(Schema(c.id), OtherSchema(c.id), OtherSchema(c.id), "torture_missing")
	switch c.number(4) {
	case 0, 1:
		c.query("%s %s", c.one("USE", "use"), name)
	case 2:
		c.step(script.Step{Verb: script.InitDB, Text: name})
	case 3:
		c.query("SELECT n, s FROM t ORDER BY id LIMIT 2")
	}
	if c.chance(60) {
		c.query("SELECT DATABASE()")
	}
}

func ping(c *client) { c.step(script.Step{Verb: script.Ping}) }

// setOption turns several statements in one COM_QUERY on or off.
func setOption(c *client) {
	c.option = true
	c.step(script.Step{Verb: script.SetOption, Number: c.number(2)})
	c.query("SELECT 1; SELECT 2")
}

func reset(c *client) {
	c.step(script.Step{Verb: script.ResetSession})
	c.afterReset()
}

// The options of COM_SET_OPTION.
const (
	multiStatementsOn  = 0
	multiStatementsOff = 1
)

func changeUser(c *client) {
	if c.relogin && c.role {
		c.query("SET ROLE NONE")
	}
	if c.relogin && c.option {
		option := multiStatementsOff
		if c.multiStatements() {
			option = multiStatementsOn
		}
		c.step(script.Step{Verb: script.SetOption, Number: option})
	}
	c.step(script.Step{Verb: script.ChangeUser, Text: c.one(play.User, play.Other), Schema: c.one(Schema(c.id), OtherSchema(c.id), "")})
	c.query("SELECT CURRENT_USER(), DATABASE(), @@autocommit")
	c.afterReset()
}

// afterReset looks for state that should be gone.
func (c *client) afterReset() {
	clear(c.slots)
	if c.chance(50) {
		c.query("SELECT @u0, @u1, @u2, @u3, LAST_INSERT_ID(), ROW_COUNT()")
	}
	if c.chance(50) {
		c.askVariables()
	}
	c.query("USE %s", Schema(c.id))
}
