package grammar

import (
	"fmt"
	"slices"
	"strings"

	"parkway/bench/torture/script"
)

// template is a statement for COM_STMT_PREPARE and the types of its
// parameters.
type template struct {
	text   string
	params []string
}

var templates = []template{
	{"SELECT ? + 1, ?", []string{"number", "string"}},
	{"SELECT id, n, s FROM t WHERE id > ? ORDER BY id", []string{"number"}},
	{"SELECT id, n, s FROM t WHERE s = ? OR n = ? ORDER BY id", []string{"string", "number"}},
	{"INSERT INTO t (n, s) VALUES (?, ?)", []string{"number", "short"}},
	{"UPDATE t SET s = ? WHERE id = ?", []string{"short", "number"}},
	{"DELETE FROM t WHERE id = ?", []string{"number"}},
	{"SET @u0 = ?, @u1 = CONCAT('p', ?)", []string{"number", "string"}},
	{"SELECT @u0, @u1, LAST_INSERT_ID(), @@time_zone, DATABASE()", nil},
	{"SELECT LENGTH(?), MD5(?), ? IS NULL", []string{"blob", "blob", "string"}},
	{"SELECT ?, ?, ?", []string{"double", "date", "decimal"}},
	{"SELECT a.id, b.id FROM t a, t b WHERE a.id < ? AND b.id < ? ORDER BY 1, 2", []string{"number", "number"}},
	{"SELECT n FROM m ORDER BY n, id", nil},
	{"SELECT COUNT(*) FROM x1 WHERE n > ?", []string{"number"}},
	{"CALL two_results(?)", []string{"number"}},
	{"SET time_zone = ?", []string{"zone"}},
	{"BEGIN", nil},
	{"COMMIT", nil},
	{"SHOW COUNT(*) WARNINGS", nil}, // not the warnings: they name statements by ids
	// Not ROW_COUNT(): a statement that is prepared behind a write, whose connection others have had since, can't be told of it.
	{"SELECT @@warning_count", nil},
	{"SELECT CAST(? AS SIGNED)", []string{"string"}},
	{"SELECT GROUP_CONCAT(s ORDER BY id), WEEK('2024-03-05') FROM t WHERE id > ?", []string{"number"}},
	// Without parameters: what MySQL derives anew elsewhere goes by the lc_time_names and the time_zone of that execution (ARCHITECTURE.md).
	{"SELECT MONTHNAME('2024-03-05'), TIMESTAMP'2024-03-05 00:00:00+05:00'", nil},
	{"SELEKT ?", nil},
	{"SELECT * FROM missing WHERE a = ?", nil},
}

// prepared uses prepared statements of the binary protocol: several at once,
// executed again and again, with cursors and long data, closed, reset, and used
// after their end.
func prepared(c *client) {
	slot := c.number(slots)
	if _, open := c.slots[slot]; !open || c.chance(15) {
		if open && c.chance(80) {
			c.step(script.Step{Verb: script.CloseStatement, Slot: slot})
		}
		t := pick(c, templates)
		if c.transactions && !c.mysql() {
			// What MariaDB has still to report of a transaction that a statement ended which then failed would be reported to the proxy, which asks where
			// the session is before it prepares a statement (ARCHITECTURE.md).
			c.query("DO 1")
		}
		c.step(script.Step{Verb: script.Prepare, Slot: slot, Text: t.text})
		c.slots[slot] = newOpened(t.params)
	}
	switch c.number(12) {
	case 0:
		c.step(script.Step{Verb: script.ResetStatement, Slot: slot})
		if c.mysql() {
			// COM_PING and COM_INIT_DB count no warnings behind it, though SHOW WARNINGS shows those of before: where the proxy has answered it
			// itself, they count.
			c.query("DO 0")
		}
	case 1:
		c.step(script.Step{Verb: script.CloseStatement, Slot: slot})
		if c.chance(30) {
			c.execute(slot, false)
		}
		delete(c.slots, slot)
	case 2:
		c.cursor(slot)
	case 3:
		c.longData(slot)
	default:
		for range 1 + c.number(3) {
			c.execute(slot, false)
		}
	}
}

// longData sends a text parameter in parts, or two.
func (c *client) longData(slot int) {
	for i, t := range c.slots[slot].params {
		if c.slots[slot].typed[i] {
			continue
		}
		if (t == "blob" || t == "string" || t == "short") && c.chance(70) {
			for range 1 + c.number(2) {
				c.step(script.Step{Verb: script.LongData, Slot: slot, Number: i, Text: fmt.Sprintf("long %d ", c.number(1000))})
			}
		}
	}
	c.execute(slot, false)
}

// cursor opens a cursor and fetches from it, sometimes with other statements
// between.
func (c *client) cursor(slot int) {
	c.execute(slot, !c.atOnce && (c.mysql() || !c.chance(10))) // without one, the server has nothing to be fetched
	for range 1 + c.number(3) {
		if c.chance(25) {
			c.query("%s", c.one("SELECT 'between'", "INSERT INTO m (n) VALUES (9)", "COMMIT", "SET @u2 = 2"))
		}
		c.step(script.Step{Verb: script.Fetch, Slot: slot, Number: 1 + c.number(4)})
	}
}

func (c *client) execute(slot int, cursor bool) {
	c.forgetDiagnostics(slot)
	s := script.Step{Verb: script.Execute, Slot: slot, Cursor: cursor}
	o := c.slots[slot]
	for i, t := range o.params {
		p := c.param(t)
		for c.mysql() && !(o.follows(i, p) && (i == len(o.params)-1 || everywhere(p))) {
			p = c.param(t)
		}
		o.typed[i] = o.typed[i] || c.mysql() && !leavesType(p)
		o.unsigned[i] = o.unsigned[i] || isUnsigned(p)
		s.Params = append(s.Params, p)
	}
	c.step(s)
}

// forgetDiagnostics comes before an execution on MariaDB whose types the client has sent under other variables. A proxy that executes it on another
// connection has to tell the server the types under those first, and there is no way but an execution that fails, so that the diagnostics of the
// statement before are lost (ARCHITECTURE.md). Client programs do not ask for them behind another statement.
func (c *client) forgetDiagnostics(slot int) {
	o, open := c.slots[slot]
	switch {
	case c.mysql() || !open || len(o.params) == 0:
	case o.environment == 0:
		o.environment = c.environment
		c.slots[slot] = o
	case o.environment != c.environment:
		c.query("DO (SELECT 0 FROM (SELECT 0) t)") // reads a table, though of no schema
	}
}

// opened is what a slot was last prepared with.
type opened struct {
	params      []string // kinds of parameters
	environment int      // of the client when it sent their types; 0: it has not yet
	// typed are those that were given something else than a text or NULL, unsigned those that were given an unsigned integer.
	typed, unsigned []bool
}

func newOpened(params []string) opened {
	return opened{params: params, typed: make([]bool, len(params)), unsigned: make([]bool, len(params))}
}

// follows reports whether a client of MySQL may give a parameter this value after those before. Once a value has made MySQL derive the statement
// anew, it converts texts and NULL to the type it had; and a signed integer behind an unsigned one makes it derive once more. A proxy that prepares
// the statement on another connection, where that value takes what was derived from the text, cannot make it do so: there is no way to tell MySQL
// types but an execution (ARCHITECTURE.md says more). Client libraries don't change the types of a statement so.
func (o opened) follows(i int, param string) bool {
	return !(o.typed[i] && leavesType(param)) && !(o.unsigned[i] && !isUnsigned(param) && isInteger(param))
}

// everywhere reports whether a parameter is a text in every character set. MySQL refuses an execution with one that is not, and forgets the types of the
// parameters behind it: one that leaves out the types as sent before fails over that, which a proxy that tells them again cannot know (ARCHITECTURE.md).
func everywhere(param string) bool { return !strings.Contains(param, notASCII) }

func isUnsigned(param string) bool { return strings.HasPrefix(param, "u") }

func isInteger(param string) bool {
	kind, _, _ := strings.Cut(strings.TrimPrefix(param, "u"), ":")
	return slices.Contains([]string{"tiny", "short", "long", "longlong"}, kind)
}

// leavesType reports whether MySQL leaves the type of a parameter as it is for such a value.
func leavesType(param string) bool {
	return strings.HasPrefix(param, "string:") || strings.HasPrefix(param, "blob:") || strings.HasSuffix(param, ":null")
}

const notASCII = "\u00e4\u20ac"

// param is a parameter of about the type wanted.
func (c *client) param(t string) string {
	n := c.number(40)
	switch t {
	case "number":
		return c.one(fmt.Sprintf("long:%d", n), fmt.Sprintf("long:%d", n), fmt.Sprintf("longlong:%d", n), fmt.Sprintf("tiny:%d", n),
			fmt.Sprintf("ushort:%d", n), fmt.Sprintf("string:%d", n), "long:null")
	case "string":
		return c.one(fmt.Sprintf("string:v%d", n), fmt.Sprintf("string:v%d", n), "string:", "string:"+notASCII, "string:null", fmt.Sprintf("long:%d", n))
	case "short":
		return c.one(fmt.Sprintf("string:p%d", n), "string:null")
	case "blob":
		return c.one("blob:\x00\x01\xff", fmt.Sprintf("blob:b%d", n))
	case "double":
		return c.one("double:1.5", "float:0.25", "double:null")
	case "date":
		return c.one("date:2024-02-29", "string:2024-02-30")
	case "zone":
		return c.one("string:+01:00", "string:-02:00", "string:nowhere")
	default:
		return c.one("decimal:123.4500", "decimal:-1")
	}
}

// textPrepared uses PREPARE, EXECUTE and DEALLOCATE.
func textPrepared(c *client) {
	name := c.one("st1", "st2", "st3")
	switch c.number(7) {
	case 0, 1:
		c.query("PREPARE %s FROM '%s'", name, c.one("SELECT ? + 1 AS r", "SELECT s FROM t WHERE id = ?", "INSERT INTO t (n) VALUES (?)",
			"SET @u3 = ?", "SELECT 7", "SELEKT"))
	case 2:
		c.query("%s PREPARE %s", c.one("DEALLOCATE", "DROP"), name)
	case 3:
		c.query("SET @text = CONCAT('SELECT ', %d)", c.number(100))
		c.query("PREPARE %s FROM @text", name)
	case 4:
		if !c.mysql() {
			c.query("EXECUTE IMMEDIATE 'SELECT ?' USING %d", c.number(100))
		}
	}
	if c.chance(40) {
		c.query("SET @p = %d", c.number(20))
	}
	c.query("EXECUTE %s%s", name, c.one(" USING @p", " USING @p", ""))
}
