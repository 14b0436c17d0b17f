package session_test

import (
	"bytes"
	"slices"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// A statement of the script's behind the client's leaves the client its warnings: they are asked for before, and SHOW
// WARNINGS reads that answer, until the client says something else.
func TestScriptLeavesWarnings(t *testing.T) {
	for dialect, caps := range dialects {
		t.Run(dialect, func(t *testing.T) {
			p := newPolicy(func(q hook.Query) *hook.Verdict {
				if bytes.Contains(q.SQL(), []byte("/*around*/")) || bytes.HasPrefix(q.SQL(), []byte("SHOW")) {
					return inject(nil, []string{"DO 9"})
				}
				return hook.Nothing
			})
			w := newWorld(t, scriptedBy(p, tracked, func(s *setup) {
				s.server.Queries = map[string]mysqltest.Handler{
					"SELECT /*around*/ 1": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
						a.OKPacket(protocol.OK{Status: a.Status, Warnings: 1})
					},
					"SELECT /*around*/ 2": mysqltest.Fail(1054, "no such column"),
					"SHOW WARNINGS":       mysqltest.Rows([]string{"Level", "Code", "Message"}, []string{"Warning", "1292", "wrong"}),
					"SHOW WARNINGS ;":     mysqltest.Rows([]string{"Level", "Code", "Message"}),

					"SELECT FOUND_ROWS(), LAST_INSERT_ID()": mysqltest.Rows([]string{"f", "i"}, []string{"0", "0"}),
				}
			}))
			cfg := w.client()
			cfg.Capabilities = caps
			c := mysqltest.Dial(t, cfg)
			w.texts()
			shown := func(sql string, want int) {
				t.Helper()
				rows, err := mustQuery(t, c, sql)[0].Text()
				if err != nil || len(rows) != want || want > 0 && rows[0][2] != "wrong" {
					t.Errorf("%s: %q, %v", sql, rows, err)
				}
			}
			var want []string
			for _, sql := range []string{"SELECT /*around*/ 1", "SELECT /*around*/ 2"} {
				if _, err := c.Query(sql); (err != nil) != (sql == "SELECT /*around*/ 2") {
					t.Error(err)
				}
				shown("SHOW WARNINGS", 1)
				shown("SHOW WARNINGS ;", 1)
				mustQuery(t, c, "SELECT 3")
				shown("SHOW WARNINGS ;", 0)
				mustQuery(t, c, "SELECT 3") // behind what was sent after that
				want = append(want, sql, "SHOW WARNINGS", "DO 9", "DO 9", "DO 9", "SELECT 3", "SHOW WARNINGS ;", "DO 9", "SELECT 3")
			}
			var got []string
			for _, sql := range w.texts() {
				if slices.Contains(want, sql) { // not what the proxy asks for itself
					got = append(got, sql)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the server got %q, want %q", got, want)
			}
		})
	}
}
