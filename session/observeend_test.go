package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// hangs makes a shop's statement "SELECT hang" bring a batch of rows and then nothing until it is killed, and "SELECT
// done" some rows and their end, which the proxy reads at once.
func hangs(s *setup) {
	k := new(killer)
	s.kills = k
	rows := func(a *mysqltest.Answer, size int) {
		shopHead(a)
		for i := range 3 {
			shopRow(i, size, false, a)
		}
	}
	s.server.Queries = map[string]mysqltest.Handler{
		"SELECT hang": func(cmd protocol.Command, p []byte, a *mysqltest.Answer) {
			rows(a, 40_000)
			k.hang(cmd, p, a)
		},
		"SELECT done": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			rows(a, 1000)
			a.End()
		},
		"BEGIN": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Status |= protocol.StatusInTrans
			a.OK()
		},
	}
}

// What comes in the middle of an answer while the script thinks about its head, its rows or its end: the call is given up, and the session goes on
// where it can.
func TestObservedEnds(t *testing.T) {
	kills := func(text string) func(w *world, c *mysqltest.Client) {
		return func(w *world, c *mysqltest.Client) {
			mustQuery(w.t, w.dial(), fmt.Sprintf(text, c.Greeting.ConnectionID))
		}
	}
	for name, test := range map[string]struct {
		end    func(w *world, c *mysqltest.Client)
		begin  string
		code   uint16 // that the client reads; 0: it is cut off
		goes   bool
		left   int // sessions, if it does not go on
		change func(*setup)
	}{
		"the client hangs up": {end: func(_ *world, c *mysqltest.Client) { c.Close() }},
		"KILL QUERY":          {end: kills("KILL QUERY %d"), code: protocol.ErrCodeQueryInterrupted, goes: true},
		"KILL":                {end: kills("KILL %d"), left: 1},
		"timeout": {
			end: func(*world, *mysqltest.Client) {}, code: protocol.ErrCodeQueryTimeout, goes: true,
			change: func(s *setup) { s.settings.DefaultQueryTimeout = 100 * time.Millisecond },
		},
		"the connection is lost in a transaction": {
			begin: "BEGIN", end: func(w *world, _ *mysqltest.Client) { w.silence() }, code: protocol.ErrCodeNetRead,
		},
		"drain": {
			end: func(w *world, _ *mysqltest.Client) {
				w.BeginDrain()
				w.Drain(expired())
			},
			code: protocol.ErrCodeServerShutdown,
		},
		"stop": {end: func(w *world, _ *mysqltest.Client) { w.group.Stop() }},
	} {
		for _, at := range []string{"head", "rows", "end"} {
			for _, sql := range []string{"SELECT hang", "SELECT done"} {
				if at == "end" && sql == "SELECT hang" {
					continue
				}
				t.Run(fmt.Sprint(name, "/", at, "/", sql), func(t *testing.T) {
					view := &viewer{aborted: make(chan struct{})}
					p := observing(func(q hook.Query, _ *hook.Result) *hook.ResultVerdict {
						switch {
						case !strings.HasPrefix(string(q.SQL()), sql):
							return new(hook.ResultVerdict)
						case at == "head":
							return nil
						case at == "rows":
							view.rows = func(*hook.Batch) *hook.RowsVerdict { return nil }
						default:
							view.end = func(*hook.End) *hook.EndVerdict { return nil }
						}
						return &hook.ResultVerdict{Stream: view}
					})
					w := newShop(t, p, hangs, func(s *setup) {
						if test.change != nil {
							test.change(s)
						}
					})
					c := w.dial()
					mustQuery(t, c, "SET a")
					if test.begin != "" {
						mustQuery(t, c, test.begin)
					}
					told := later(c, sql)
					waiting := p.next(t)
					w.turns()
					test.end(w, c)
					err := receive(t, told)
					if test.code != 0 {
						wantERR(t, err, test.code, "")
					} else if err == nil {
						t.Error("the statement was answered")
					}
					p.wantCancelled(t, waiting)
					if at != "head" {
						receive(t, view.aborted)
					}
					if test.goes {
						mustQuery(t, c, "SELECT 2")
					} else if c.Close(); name != "stop" {
						w.waitSessions(test.left)
					}
				})
			}
		}
	}
}

// expired is a context that is over.
func expired() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// silence has the connections to the server given up: that of a session that does not read from it is not seen to be lost otherwise.
func (w *world) silence() {
	for range 5 {
		w.hostgroups.SeePing(w.server.Addr(), errors.New("no answer"))
	}
	w.waitBackends(0)
	w.hostgroups.SeePing(w.server.Addr(), nil)
}

// A connection that is lost in the middle costs the client an error; once the answer was complete, nothing.
func TestObservedLoss(t *testing.T) {
	for _, sql := range []string{"SELECT hang", "SELECT done"} {
		for _, at := range []string{"head", "rows"} {
			t.Run(sql+"/"+at, func(t *testing.T) {
				p := observing(func(q hook.Query, _ *hook.Result) *hook.ResultVerdict {
					view := &viewer{rows: func(*hook.Batch) *hook.RowsVerdict { return nil }}
					switch {
					case !strings.HasPrefix(string(q.SQL()), sql):
						return new(hook.ResultVerdict)
					case at == "head":
						return nil
					}
					return &hook.ResultVerdict{Stream: view}
				})
				w := newShop(t, p, hangs)
				c := w.dial()
				told := later(c, sql)
				waiting := p.next(t)
				w.turns()
				w.silence()
				if sql == "SELECT done" {
					if at == "head" {
						waiting.answer(new(hook.ResultVerdict))
					} else {
						waiting.answer(&hook.RowsVerdict{Same: true})
					}
					if err := receive(t, told); err != nil {
						t.Error(err)
					}
				} else {
					p.wantCancelled(t, waiting)
					wantERR(t, receive(t, told), protocol.ErrCodeNetRead, "")
				}
				mustQuery(t, c, "SELECT 2")
			})
		}
	}
}

// A client that does not read what a script makes of a result stops the server; one that reads again gets all of it. One that leaves, leaves
// nothing behind.
func TestObservedClientThatDoesNotRead(t *testing.T) {
	for _, waits := range []bool{false, true} {
		for _, leaves := range []bool{false, true} {
			t.Run(fmt.Sprint("later ", waits, " leaves ", leaves), func(t *testing.T) {
				p := observing(nil)
				p.result = func(hook.Query, *hook.Result) *hook.ResultVerdict {
					view := &viewer{rows: func(*hook.Batch) *hook.RowsVerdict { return &hook.RowsVerdict{Same: true} }}
					if waits {
						view.wait(p)
					}
					return &hook.ResultVerdict{Stream: view}
				}
				w := newShop(t, p, func(s *setup) {
					s.kills = &killer{}
					s.server.Queries = map[string]mysqltest.Handler{
						"SELECT flood": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stream(flood, 10_000) },
					}
				})
				c := w.dial()
				if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT flood")...); err != nil {
					t.Fatal(err)
				}
				if n := w.quiesce("server", "in"); n > mostFlooded {
					t.Errorf("%.0f bytes came from the server", n)
				}
				if leaves {
					c.Close()
					w.waitSessions(0)
					w.waitBackends(0)
					return
				}
				n, err := io.CopyN(io.Discard, c.Conn(), flood)
				if err != nil {
					t.Fatalf("%d bytes, %v", n, err)
				}
			})
		}
	}
}

// Batches are no larger than they have to be, and other sessions of the loop have their turn between them.
func TestObservedBatches(t *testing.T) {
	largest := 0
	p := observing(func(hook.Query, *hook.Result) *hook.ResultVerdict {
		return &hook.ResultVerdict{Stream: &viewer{rows: func(b *hook.Batch) *hook.RowsVerdict {
			largest = max(largest, b.Size())
			return &hook.RowsVerdict{Same: true}
		}}}
	})
	w := newShop(t, p)
	c := w.dial()
	const rows = 50_000
	results := mustQuery(t, c, fmt.Sprint("SELECT ", rows))
	if n := len(results[0].Rows); n != rows {
		t.Errorf("%d rows", n)
	}
	w.on(0, func() {
		if largest < hook.BatchBytes/2 || largest > hook.BatchBytes+1000 {
			t.Errorf("a batch of %d bytes", largest)
		}
	})
}

// Statements that a script names for the end of a result run behind it.
func TestObservedInjects(t *testing.T) {
	for _, waits := range []bool{false, true} {
		p := observing(nil)
		p.result = func(q hook.Query, _ *hook.Result) *hook.ResultVerdict {
			view := &viewer{end: func(*hook.End) *hook.EndVerdict {
				return &hook.EndVerdict{After: []*hook.Injection{{SQL: "SET from='end'"}}}
			}}
			if waits {
				view.wait(p)
			}
			v := &hook.ResultVerdict{After: []*hook.Injection{{SQL: "SET from='head'"}}, Stream: view, EndOnly: true}
			if string(q.SQL()) != "SELECT 1" {
				v = new(hook.ResultVerdict)
			}
			return v
		}
		w := newShop(t, p)
		c := w.dial()
		mustQuery(t, c, "SELECT 1")
		mustQuery(t, c, "SELECT 2")
		got := strings.Join(w.texts(), "; ")
		if want := "SELECT 1; SET from='head'; SET from='end'; SELECT 2"; got != want {
			t.Errorf("the server has read %s", got)
		}
	}
}

// What the server reports of the session's state is followed, and told to the client, whatever becomes of the answer.
func TestObservedState(t *testing.T) {
	const set = "SET time_zone='+01:00', sql_mode='ANSI'"
	p := observing(func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
		if string(q.SQL()) == set {
			return &hook.ResultVerdict{Reply: table([]hook.Value{hook.Int(1), {}}).Reply}
		}
		return new(hook.ResultVerdict)
	})
	w := newWorld(t, scriptedBy(p, tracked))
	c := w.with(mysqltest.BaseCapabilities | protocol.ClientDeprecateEOF | protocol.ClientSessionTrack)
	results := mustQuery(t, c, set)
	if len(results[0].Rows) != 1 || !strings.Contains(string(results[0].OK.StateChanges), "+01:00") || strings.Contains(string(results[0].OK.StateChanges), "ANSI") {
		t.Errorf("%d rows, reported %q", len(results[0].Rows), results[0].OK.StateChanges)
	}
	w.server.KillAll()
	w.waitBackends(0)
	mustQuery(t, c, "SELECT 1")
	if got := strings.Join(w.texts(), "; "); !strings.Contains(got, "'+01:00'") || !strings.Contains(got[len(set):], "time_zone") {
		t.Errorf("the server has read %s", got)
	}
}
