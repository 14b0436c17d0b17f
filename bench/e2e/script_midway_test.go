package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// many is a result of manyRows rows, 40 MB, that the server of these tests makes row by row: more than the sockets on the way hold.
const (
	many     = "SELECT a.d AS id, REPEAT('x', 4000) AS text FROM script_digits a, script_digits b, script_digits c, script_digits d"
	manyRows = 10_000
)

// digits makes the table of many.
func digits(t *testing.T) {
	t.Helper()
	db := table(t, "script_digits", "d INT")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO app.script_digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"); err != nil {
		t.Fatal(err)
	}
}

// readRows reads rows of a result until enough is true of one, or its end, and returns how many those were. An error of the server's ends them too.
func readRows(t *testing.T, c *mysqltest.Client, enough func(n int, row []byte) bool) (n int, end error) {
	t.Helper()
	for {
		row, err := c.ReadPacket()
		if err != nil {
			return n, err
		}
		var said protocol.ERR
		switch {
		case len(row) > 500:
			if n++; enough(n, row) {
				return n, nil
			}
		case said.Decode(row) == nil:
			return n, &said
		case row[0] == 0xfe && n > 0:
			return n, nil
		}
	}
}

// kills is how many statements a proxy has had killed, or tried to.
func kills(t *testing.T, p *proxy.Proxy) (n float64) {
	t.Helper()
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range metrics {
		if strings.HasPrefix(name, "parkway_kills_total") {
			n += value
		}
	}
	return n
}

// What happens in the middle of a result that a script changes: another script, a KILL, a timeout, the script's failure, a client that leaves.
func TestScriptMidway(t *testing.T) {
	digits(t)
	file := filepath.Join(t.TempDir(), "script.js")
	write := func(mark string) {
		script := fmt.Sprintf(`function onQuery(q) { if (q.sql.includes("/*short*/")) q.timeout(500) }
		function onResult(q, result) {
			if (q.sql.includes("/*fails*/")) { let n = 0; result.map(row => { if (++n > 5000) throw new Error("too many") }) }
			else if (q.sql.includes("/*loops*/")) { let n = 0; result.map(row => { if (++n > 5000) while (true) {} }) }
			else if (q.sql.includes("/*slow*/")) { return offload(slowly, 1) }
			else if (q.sql.includes("REPEAT")) result.map(row => { row.text = %q + row.text })
		}
		async function slowly(q, result) { result.map(row => { row.text = %q + row.text }) }`, mark, mark)
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old ")
	p, s := ownProxy(t, func(c *proxy.Config) {
		c.Extra += fmt.Sprintf("\n[scripting]\nfile = %q\ntimeout_ms = 1000\non_error = \"reject\"\n", file)
	})
	begin := func(t *testing.T, sql string) *mysqltest.Client {
		t.Helper()
		c := s.dial(t, 0)
		if err := c.WriteCommand(protocol.ComQuery, []byte(sql)...); err != nil {
			t.Fatal(err)
		}
		return c
	}
	some := func(n int, _ []byte) bool { return n == 1000 }
	all := func(int, []byte) bool { return false }
	goesOn := func(t *testing.T, c *mysqltest.Client) {
		t.Helper()
		if v, err := c.Value("SELECT 'on'"); err != nil || v != "on" {
			t.Errorf("behind it: %q, %v", v, err)
		}
	}
	for _, kind := range []string{"", "/*slow*/ "} {
		t.Run("KILL QUERY"+kind, func(t *testing.T) {
			c := begin(t, strings.Replace(many, " ", " "+kind, 1))
			if _, err := readRows(t, c, some); err != nil {
				t.Fatal(err)
			}
			mustQuery(t, s.dial(t, 0), fmt.Sprintf("KILL QUERY %d", clientID(c)))
			if n, err := readRows(t, c, all); codeOf(err) != protocol.ErrCodeQueryInterrupted || n >= manyRows-1000 {
				t.Errorf("%d rows, %v", n, err)
			}
			goesOn(t, c)
		})
	}
	t.Run("a client that does not read until its time is over", func(t *testing.T) {
		c := begin(t, strings.Replace(many, " ", " /*short*/ ", 1))
		if _, err := readRows(t, c, some); err != nil {
			t.Fatal(err)
		}
		await(t, "the statement is killed", func() bool { return kills(t, p) > 2 })
		if n, err := readRows(t, c, all); codeOf(err) != protocol.ErrCodeQueryTimeout {
			t.Errorf("%d rows, %v", n, err)
		}
		goesOn(t, c)
	})
	for _, how := range []string{"fails", "loops"} {
		t.Run("the script "+how, func(t *testing.T) {
			c := begin(t, strings.Replace(many, " ", " /*"+how+"*/ ", 1))
			n, err := readRows(t, c, all)
			if codeOf(err) != protocol.ErrCodeUnknown || n < 1000 || n > 5000 {
				t.Errorf("%d rows, %v", n, err)
			}
			goesOn(t, c)
		})
	}
	t.Run("a client that leaves", func(t *testing.T) {
		c := begin(t, many)
		if _, err := readRows(t, c, some); err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	t.Run("another script", func(t *testing.T) {
		c := begin(t, many)
		if _, err := readRows(t, c, some); err != nil {
			t.Fatal(err)
		}
		loaded := strings.Count(p.Log(), "script loaded")
		write("new ")
		await(t, "the script is loaded", func() bool { return strings.Count(p.Log(), "script loaded") > loaded })
		mark := func(text string) func(int, []byte) bool {
			return func(n int, row []byte) bool {
				if !bytes.Contains(row[:20], []byte(text)) {
					t.Errorf("row %d is %.30q", n, row)
					return true
				}
				return false
			}
		}
		if n, err := readRows(t, c, mark("old ")); err != nil || n != manyRows-1000 {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := c.WriteCommand(protocol.ComQuery, []byte(many)...); err != nil {
			t.Fatal(err)
		}
		if n, err := readRows(t, c, mark("new ")); err != nil || n != manyRows {
			t.Errorf("%d rows, %v", n, err)
		}
	})
	await(t, "nothing is left", func() bool {
		metrics, err := p.Metrics(t.Context())
		return err == nil && metrics["parkway_session_panics_total"] == 0 && metrics[`parkway_script_queue`] == 0
	})
}
