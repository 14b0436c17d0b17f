package session_test

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// What a handler is shown of each kind of answer, in both dialects; what is too large is cut and the rest read.
func TestScriptOutcomes(t *testing.T) {
	for dialect, caps := range dialects {
		t.Run(dialect, func(t *testing.T) {
			seen := make(map[string]*hook.Outcome) // loop only
			p := around([]string{"!ok", "!bad", "!rows", "!broken off", "!large"}, nil, func(i *hook.Injection, o *hook.Outcome) *hook.Verdict {
				seen[i.SQL] = o
				return hook.Nothing
			})
			w := newWorld(t, scriptedBy(p, tracked, func(s *setup) {
				s.server.Queries = map[string]mysqltest.Handler{
					"ok": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
						a.OKPacket(protocol.OK{Status: a.Status, AffectedRows: 3, InsertID: 7, Warnings: 1, Info: []byte("info")})
					},
					"bad":  mysqltest.Fail(1054, "no such column"),
					"rows": mysqltest.Rows([]string{"a", "b"}, []string{"1", "x"}, []string{"2", ""}),
					"broken off": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
						a.Columns("a")
						a.Row("1")
						a.Error(1317, "interrupted")
					},
					"large": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stream(8<<20, 1000) },
				}
			}))
			cfg := w.client()
			cfg.Capabilities = caps
			c := mysqltest.Dial(t, cfg)
			results := mustQuery(t, c, "SELECT /*around*/ 1")
			if len(results) != 1 || results[0].OK.AffectedRows != 0 || results[0].OK.Warnings != 0 {
				t.Errorf("the client has read %+v", results)
			}
			w.on(0, func() {
				if o := seen["ok"]; o.OK != (hook.Summary{AffectedRows: 3, InsertID: 7, Warnings: 1, Info: "info"}) || o.Table.Columns != nil || o.Err != nil {
					t.Errorf("ok: %+v", o)
				}
				if o := seen["bad"]; o.Err == nil || o.Err.Code != 1054 || o.Err.Message != "no such column" {
					t.Errorf("bad: %+v", o)
				}
				if o := seen["rows"]; len(o.Table.Columns) != 2 || o.Table.Rows.Len() != 2 || string(o.Table.Rows.Row(1)[0].Bytes) != "2" || o.Truncated {
					t.Errorf("rows: %+v", o)
				}
				if o := seen["broken off"]; o.Err == nil || o.Err.Code != 1317 || o.Table.Columns != nil {
					t.Errorf("broken off: %+v", o)
				}
				if o := seen["large"]; !o.Truncated || o.Table.Rows.Len() == 0 || o.Table.Rows.Size() > 2*hook.MaxOutcome {
					t.Errorf("large: %d rows of %d bytes, truncated %v", o.Table.Rows.Len(), o.Table.Rows.Size(), o.Truncated)
				}
			})
		})
	}
}

// A statement of the script's that asks for a file of the client's ends the session: there is none.
func TestScriptInjectsInfile(t *testing.T) {
	p := around([]string{"load"}, nil, nil)
	w := newWorld(t, scriptedBy(p, tracked, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"load": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Infile("secrets") },
		}
	}))
	c := w.dial()
	c.Infile = func(name string) []byte {
		t.Errorf("the client was asked for %s", name)
		return nil
	}
	_, err := c.Query("SELECT /*around*/ 1")
	wantERR(t, err, protocol.ErrCodeNotSupportedYet, "asks for a file")
	wantClose(t, c)
	w.waitSessions(0)
	w.waitBackends(0)
}
