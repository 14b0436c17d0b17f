package session_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// inject is a verdict with statements around the client's; those with a handler are told to it by name.
func inject(before, after []string) *hook.Verdict {
	list := func(texts []string) (all []*hook.Injection) {
		for _, sql := range texts {
			i := &hook.Injection{SQL: strings.TrimPrefix(sql, "!")}
			if strings.HasPrefix(sql, "!") {
				i.Handler = sql
			}
			all = append(all, i)
		}
		return all
	}
	return verdict(func(v *hook.Verdict) { v.Before, v.After = list(before), list(after) })
}

// around makes a policy that has statements sent around those with a comment, and handles their outcomes.
func around(before, after []string, handle func(i *hook.Injection, o *hook.Outcome) *hook.Verdict) *policy {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if bytes.Contains(q.SQL(), []byte("/*around*/")) {
			return inject(before, after)
		}
		return hook.Nothing
	})
	p.handle = handle
	return p
}

// Statements of the script's run on the connection of the client's, which sees nothing of them.
func TestScriptInjects(t *testing.T) {
	for mode, change := range map[string]func(*setup){"multiplexed": multiplexed, "dedicated": dedicated} {
		for dialect, caps := range dialects {
			t.Run(mode+"/"+dialect, func(t *testing.T) {
				s := newSplit(t, scriptedBy(around([]string{"SELECT 'first'", "SET time_zone='+01:00'"}, []string{"SELECT 'last'"}, nil), change))
				cfg := s.client()
				cfg.Capabilities = caps
				c := mysqltest.Dial(t, cfg)
				s.texts()
				results := mustQuery(t, c, "SELECT /*around*/ 1")
				if rows, err := results[0].Text(); err != nil || len(results) != 1 || len(rows) != 1 || rows[0][0] != "r" {
					t.Errorf("%q, %v", rows, err)
				}
				mustQuery(t, c, "SELECT 2")                                                        // behind the script's last
				s.run(c, []string{"INSERT 1"}, "w SET @@SESSION.time_zone='+01:00'", "w INSERT 1") // what the script has set is the session's
			})
		}
	}
}

// The order in which statements reach the server, for texts and prepared statements, with handlers that answer at once and later.
func TestScriptInjectsInOrder(t *testing.T) {
	for _, waits := range []bool{false, true} {
		t.Run(fmt.Sprint("later ", waits), func(t *testing.T) {
			var shown []string
			p := around([]string{"!SELECT 1", "SELECT 2"}, []string{"!SELECT 4"}, func(i *hook.Injection, o *hook.Outcome) *hook.Verdict {
				shown = append(shown, fmt.Sprintf("%s: %d columns, %d rows, %v", i.SQL, len(o.Table.Columns), o.Table.Rows.Len(), o.Err))
				if waits {
					return nil
				}
				return hook.Nothing
			})
			s := newSplit(t, scriptedBy(p, multiplexed))
			c := s.dial()
			s.texts()
			told := later(c, "SELECT /*around*/ 3")
			if waits {
				p.next(t).answer(hook.Nothing)
				p.next(t).answer(inject(nil, []string{"SELECT 5"}))
			}
			if err := receive(t, told); err != nil {
				t.Fatal(err)
			}
			mustQuery(t, c, "SELECT 6")
			want := []string{"r SELECT 1", "r SELECT 2", "r SELECT /*around*/ 3", "r SELECT 4", "r SELECT 5", "r SELECT 6"}
			if !waits {
				want = slices.Delete(want, 4, 5)
			}
			if got := s.texts(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			s.on(0, func() {
				if want := []string{"SELECT 1: 1 columns, 1 rows, <nil>", "SELECT 4: 1 columns, 1 rows, <nil>"}; !slices.Equal(shown, want) {
					t.Errorf("shown %q", shown)
				}
			})
		})
	}
}

// What a handler says takes the place of what was said before.
func TestScriptInjectsThenDecides(t *testing.T) {
	for name, test := range map[string]struct {
		verdict *hook.Verdict
		want    []string
		code    uint16
	}{
		"nothing":  {hook.Nothing, []string{"r SELECT 1", "r SELECT 2", "r SELECT /*around*/ 3", "r SELECT 4"}, 0},
		"rejects":  {rejected(1142, "no"), []string{"r SELECT 1"}, 1142},
		"rewrites": {rewriteTo("SELECT 9"), []string{"r SELECT 1", "r SELECT 2", "r SELECT 9", "r SELECT 4"}, 0},
		"replies":  {table(), []string{"r SELECT 1"}, 0},
		"more":     {inject([]string{"SELECT 7"}, []string{"SELECT 8"}), []string{"r SELECT 1", "r SELECT 2", "r SELECT 7", "r SELECT /*around*/ 3", "r SELECT 4", "r SELECT 8"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := around([]string{"!SELECT 1", "SELECT 2"}, []string{"SELECT 4"}, func(*hook.Injection, *hook.Outcome) *hook.Verdict { return test.verdict })
			s := newSplit(t, scriptedBy(p, multiplexed))
			c := s.dial()
			s.texts()
			_, err := c.Query("SELECT /*around*/ 3")
			if test.code != 0 {
				wantERR(t, err, test.code, "")
			} else if err != nil {
				t.Error(err)
			}
			mustQuery(t, c, "SELECT 0")
			if got := s.texts(); !slices.Equal(got, append(test.want, "r SELECT 0")) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Around an execution; and an error of one statement does not keep the client's from being sent.
func TestScriptInjectsPrepared(t *testing.T) {
	var seen []*hook.Rejection
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if q.Command() == hook.ComStmtExecute {
			return inject([]string{"!SELECT bad"}, []string{"SELECT 4"})
		}
		return hook.Nothing
	})
	p.handle = func(_ *hook.Injection, o *hook.Outcome) *hook.Verdict {
		seen = append(seen, o.Err)
		return hook.Nothing
	}
	w, _ := newPreparer(t, scriptedBy(p, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{"SELECT bad": mysqltest.Fail(1054, "Unknown column")}
	}))
	c := w.dial()
	st := mustPrepare(t, c, "SELECT ?")
	for i := range 3 {
		payload := again(st, "b")
		if i == 0 {
			payload = first(st, "a")
		}
		wantRow(t, c, protocol.ComStmtExecute, payload, "SELECT ?")
	}
	w.on(0, func() {
		if len(seen) != 3 || seen[0] == nil || seen[0].Code != 1054 {
			t.Errorf("seen %v", seen)
		}
	})
}

// What is not sent or shown is given up: the client has left, its statement was killed, the connection was lost.
func TestScriptInjectionsEnd(t *testing.T) {
	for name, test := range map[string]struct {
		before, after []string
		end           func(w *world, c *mysqltest.Client)
		code          uint16 // what the client reads; 0: an answer, or nothing
		goes          bool
		forgotten     int
	}{
		"the client hangs up before": {
			before: []string{"!hang", "!SELECT 1"}, after: []string{"!SELECT 2"}, forgotten: 3,
			end: func(_ *world, c *mysqltest.Client) { c.Close() },
		},
		"KILL QUERY before": {
			before: []string{"!hang", "!SELECT 1"}, forgotten: 2, code: protocol.ErrCodeQueryInterrupted, goes: true,
			end: func(w *world, c *mysqltest.Client) {
				mustQuery(w.t, w.dial(), fmt.Sprint("KILL QUERY ", c.Greeting.ConnectionID))
			},
		},
		"the connection is lost before": {
			before: []string{"!hang", "!SELECT 1"}, forgotten: 2, code: protocol.ErrCodeNetRead, goes: true,
			end: func(w *world, _ *mysqltest.Client) { w.server.KillAll() },
		},
		"the connection is lost behind": {
			after: []string{"!hang", "!SELECT 1"}, forgotten: 2, goes: true,
			end: func(w *world, _ *mysqltest.Client) { w.server.KillAll() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := around(test.before, test.after, func(*hook.Injection, *hook.Outcome) *hook.Verdict { return hook.Nothing })
			w := newWorld(t, scriptedBy(p, tracked, killable))
			c := w.dial()
			mustQuery(t, c, "SELECT 0")
			told := later(c, "SELECT /*around*/ 3")
			for {
				if list := w.server.Commands(); bytes.Equal(list[len(list)-1].Payload[1:], []byte("hang")) {
					break
				}
				w.turns()
			}
			test.end(w, c)
			switch err := receive(t, told); {
			case test.code != 0:
				wantERR(t, err, test.code, "")
			case test.goes && err != nil:
				t.Error(err)
			}
			for range test.forgotten {
				receive(t, p.forgotten)
			}
			if test.goes {
				mustQuery(t, c, "SELECT 4")
				return
			}
			w.waitSessions(0)
		})
	}
}
