package e2e

import (
	"bytes"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// dialects are the two ways in which a server ends rows.
var dialects = []struct {
	name string
	caps protocol.Capability
}{
	{"EOF packets", 0},
	{"OK packets", protocol.ClientDeprecateEOF},
}

// raw runs a script with a raw client in both dialects, directly and through
// the proxy.
func raw(t *testing.T, script func(t *testing.T, c *mysqltest.Client, seen *transcript)) {
	t.Helper()
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			same(t, func(t *testing.T, s side, seen *transcript) { script(t, s.dial(t, d.caps), seen) })
		})
	}
}

// query runs statements and writes their answers down.
func query(c *mysqltest.Client, seen *transcript, statements ...string) {
	for _, sql := range statements {
		results, err := c.Query(sql)
		seen.answer(sql, results, err)
	}
}

// prepare prepares a statement, or ends the test.
func prepare(t *testing.T, c *mysqltest.Client, sql string) *mysqltest.Statement {
	t.Helper()
	s, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

const tenRows = "SELECT a.n * 5 + b.n AS n, 'text' AS t FROM (SELECT 0 AS n UNION SELECT 1) a, " +
	"(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) b WHERE ? ORDER BY 1"

func TestRawCursor(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		s := prepare(t, c, tenRows)
		seen.addf("prepared: %d warnings %+v %+v", s.Warnings, s.ParamDefinitions, s.ColumnDefinitions)
		fetch := func(rows uint32) {
			result, err := s.Fetch(rows)
			seen.answer("fetch", []mysqltest.Result{result}, err)
		}
		open := func() {
			results, err := s.ExecuteFlags(protocol.CursorReadOnly, []byte("1"))
			seen.answer("open", results, err)
		}
		fetch(1) // nothing is open
		open()
		for c.Status&protocol.StatusLastRowSent == 0 && len(seen.lines) < 1000 {
			fetch(3)
		}
		fetch(1) // behind the end
		open()
		fetch(4)
		query(c, seen, "SELECT 'between two fetches'")
		fetch(4)
		seen.failed("reset", s.Reset())
		fetch(1) // closed by the reset
		open()
		open() // the second takes the place of the first
		fetch(1)
		seen.failed("close", s.Close())
		fetch(1) // no such statement
		query(c, seen, "SELECT 'still here'")
	})
}

func TestRawCursorWithoutRows(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		s := prepare(t, c, tenRows)
		results, err := s.ExecuteFlags(protocol.CursorReadOnly, []byte("0"))
		seen.answer("open", results, err)
		if c.Status&protocol.StatusCursorExists != 0 {
			result, err := s.Fetch(1)
			seen.answer("fetch", []mysqltest.Result{result}, err)
		}
		query(c, seen, "SELECT 'still here'")
	})
}

func TestRawLongData(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		s := prepare(t, c, "SELECT LENGTH(?), SHA2(?, 256)")
		send := func(param uint16, data []byte) {
			if err := s.SendLongData(param, data); err != nil {
				t.Error(err)
			}
		}
		part := bytes.Repeat([]byte("long"), 1<<18)
		// The values of parameters that were sent before are left out of the message.
		execute := s.ExecutePayload(0, []byte{}, []byte{})
		execute = execute[:len(execute)-2]
		for range 3 {
			send(0, part)
			send(1, part)
		}
		results, err := c.Command(protocol.ComStmtExecute, execute[1:]...)
		seen.answer("execute", results, err)
		send(0, part)
		seen.failed("reset", s.Reset()) // forgets what was sent
		send(0, []byte("short"))
		send(1, nil)
		results, err = c.Command(protocol.ComStmtExecute, execute[1:]...)
		seen.answer("execute after the reset", results, err)
		send(7, part) // no such parameter: no answer, but the execution fails
		results, err = s.Execute([]byte("a"), []byte("b"))
		seen.answer("execute after a wrong parameter", results, err)
		seen.failed("close", s.Close())
		seen.failed("reset", s.Reset()) // no such statement
		query(c, seen, "SELECT 'still here'")
	})
}

func TestRawStatementErrors(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		for _, sql := range []string{"", "SELEKT", "SELECT * FROM missing", "SELECT ?; SELECT 2"} {
			_, err := c.Prepare(sql)
			seen.addf("%q fails: %t", sql, seen.failed(sql, err))
		}
		s := prepare(t, c, "SELECT 1 FROM (SELECT ? AS n) a WHERE n = (SELECT 1 UNION SELECT 2)")
		results, err := s.Execute([]byte("1"))
		seen.answer("too many rows", results, err)
		results, err = c.Command(protocol.ComStmtExecute, 1, 2, 3)
		seen.answer("a message too short", results, err)
		query(c, seen, "SELECT 'still here'")
	})
}
