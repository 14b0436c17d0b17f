package session_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// slowly answers the statements of which the script is named later, and has nothing to say to others.
func slowly(q hook.Query) *hook.Verdict {
	if bytes.HasPrefix(q.SQL(), []byte("/*slow*/")) {
		return nil
	}
	return hook.Nothing
}

// A statement waits for the script, and what the script says then counts; others on the same loop do not wait.
func TestSuspended(t *testing.T) {
	for mode, change := range map[string]func(*setup){"multiplexed": multiplexed, "dedicated": dedicated} {
		t.Run(mode, func(t *testing.T) {
			p := newPolicy(slowly)
			s := newSplit(t, scriptedBy(p, change))
			c, other := s.dial(), s.dial()
			for _, test := range []struct {
				verdict *hook.Verdict
				want    string // what a server reads
				code    uint16
			}{
				{hook.Nothing, "w /*slow*/ INSERT 1", 0},
				{routeTo(2), "r /*slow*/ INSERT 1", 0},
				{rewriteTo("INSERT 2"), "w INSERT 2", 0},
				{rejected(1142, "no"), "", 1142},
			} {
				told := later(c, "/*slow*/ INSERT 1")
				waiting := p.next(t)
				mustQuery(t, other, "SELECT 1")
				s.texts()
				waiting.answer(test.verdict)
				err := receive(t, told)
				if test.code != 0 {
					wantERR(t, err, test.code, "no")
				} else if err != nil {
					t.Error(err)
				}
				if got := fmt.Sprint(s.texts()); test.want != "" && got != "["+test.want+"]" || test.want == "" && got != "[]" {
					t.Errorf("the servers have read %s, want %q", got, test.want)
				}
				mustQuery(t, c, "SELECT 2")
			}
		})
	}
}

// Prepared statements wait for the script too.
func TestSuspendedPrepared(t *testing.T) {
	p := newPolicy(func(hook.Query) *hook.Verdict { return nil })
	w, _ := newPreparer(t, scriptedBy(p))
	c := w.dial()
	done := make(chan error, 1)
	go func() {
		st, err := c.Prepare("SELECT ?")
		if err == nil {
			_, err = st.Execute([]byte("a"))
		}
		done <- err
	}()
	p.next(t).answer(rewriteTo("SELECT other, ?"))
	execution := p.next(t)
	if execution.sql != "SELECT other, ?" {
		t.Errorf("executes %q", execution.sql)
	}
	execution.answer(rejected(1142, "not executed"))
	wantERR(t, receive(t, done), 1142, "not executed")
}

// What ends a wait for the script gives the call up, and the session goes on where it can.
func TestSuspendedEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(w *world, c *mysqltest.Client)
		code uint16 // what the client reads; 0: it is cut off
		goes bool   // the session goes on
	}{
		"the client hangs up": {end: func(_ *world, c *mysqltest.Client) { c.Close() }},
		"KILL QUERY": {
			end: func(w *world, c *mysqltest.Client) {
				mustQuery(w.t, w.dial(), fmt.Sprint("KILL QUERY ", c.Greeting.ConnectionID))
			},
			code: protocol.ErrCodeQueryInterrupted, goes: true,
		},
		"KILL": {end: func(w *world, c *mysqltest.Client) {
			mustQuery(w.t, w.dial(), fmt.Sprint("KILL ", c.Greeting.ConnectionID))
		}},
		"drain": {
			end: func(w *world, _ *mysqltest.Client) {
				w.BeginDrain()
				w.Drain(w.t.Context())
			},
			code: protocol.ErrCodeServerShutdown,
		},
		"stop": {end: func(w *world, _ *mysqltest.Client) { w.group.Stop() }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPolicy(slowly)
			w := newWorld(t, scriptedBy(p, tracked, func(s *setup) { s.kills = &killer{} }))
			c := w.dial()
			told := later(c, "/*slow*/ SELECT 1")
			waiting := p.next(t)
			test.end(w, c)
			err := receive(t, told)
			if test.code != 0 {
				wantERR(t, err, test.code, "")
			} else if err == nil {
				t.Error("the statement was answered")
			}
			p.wantCancelled(t, waiting)
			if test.goes {
				mustQuery(t, c, "SELECT 2")
			}
		})
	}
}

// A statement that must not take longer does not wait longer for the script.
func TestSuspendedTooLong(t *testing.T) {
	p := newPolicy(slowly)
	w := newWorld(t, scriptedBy(p, tracked, func(s *setup) { s.settings.DefaultQueryTimeout = 20 * time.Millisecond }))
	c := w.dial()
	told := later(c, "/*slow*/ SELECT 1")
	waiting := p.next(t)
	wantERR(t, receive(t, told), protocol.ErrCodeQueryTimeout, "the script took longer than 20 ms")
	p.wantCancelled(t, waiting)
	mustQuery(t, c, "SELECT 2")
}

// A transaction comes to its end though the proxy is about to stop while its statement waits for the script.
func TestSuspendedInTransaction(t *testing.T) {
	p := newPolicy(slowly)
	s := newSplit(t, scriptedBy(p, multiplexed))
	c := s.dial()
	s.run(c, []string{"BEGIN"}, "w BEGIN")
	told := later(c, "/*slow*/ SELECT 1")
	waiting := p.next(t)
	s.BeginDrain()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan int, 1)
	go func() { drained <- s.Drain(ctx) }()
	s.turns()
	waiting.answer(hook.Nothing)
	if err := receive(t, told); err != nil {
		t.Error(err)
	}
	s.run(c, []string{"COMMIT"}, "w COMMIT")
	wantGoodbye(t, c, protocol.ErrCodeServerShutdown, stopping)
	if cut := receive(t, drained); cut != 0 {
		t.Errorf("%d sessions were cut off", cut)
	}
}

// A session that lets others have the connection which it keeps only for what may be asked does so while it waits for the script.
func TestSuspendedLetsGo(t *testing.T) {
	p := newPolicy(slowly)
	w := newWorld(t, scriptedBy(p, tracked, func(s *setup) { s.places = 1 }))
	c, other := w.dial(), w.dial()
	mustQuery(t, c, "INSERT INTO t VALUES (1)")
	told := later(c, "/*slow*/ SELECT 1")
	waiting := p.next(t)
	mustQuery(t, other, "SELECT 2")
	waiting.answer(hook.Nothing)
	if err := receive(t, told); err != nil {
		t.Error(err)
	}
}

// The connection that a session holds is lost while its statement waits for the script: with a transaction the session ends.
func TestSuspendedLoss(t *testing.T) {
	p := newPolicy(slowly)
	s := newSplit(t, scriptedBy(p, multiplexed))
	c := s.dial()
	s.run(c, []string{"BEGIN"}, "w BEGIN")
	told := later(c, "/*slow*/ SELECT 1")
	waiting := p.next(t)
	s.server.KillAll()
	if err := receive(t, told); err == nil {
		t.Error("the statement was answered")
	}
	wantClose(t, c)
	p.wantCancelled(t, waiting)
	s.waitSessions(0)
}

// A session that has waited for the script is parked like any other.
func TestSuspendedThenParked(t *testing.T) {
	p := newPolicy(slowly)
	w := newWorld(t, scriptedBy(p, tracked, func(s *setup) { s.settings.SessionIdle = time.Millisecond }))
	c := w.dial()
	for range 3 {
		told := later(c, "/*slow*/ SELECT 1")
		p.next(t).answer(rewriteTo("SELECT 2"))
		if err := receive(t, told); err != nil {
			t.Fatal(err)
		}
		w.waitParked(1)
	}
}
