package session_test

import (
	"fmt"
	"testing"

	"parkway/config"
	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const overdue = "parkway: query took longer than 30 ms (default_query_timeout_ms)"

// A statement past its timeout is killed at the server; the client reads why and keeps its connection.
func TestQueryTimeoutKills(t *testing.T) {
	for _, sharing := range []bool{false, true} {
		w := newWorld(t, func(s *setup) {
			killable(s)
			s.settings.DefaultQueryTimeout, s.settings.Multiplexing = brief, sharing
		})
		c := w.dial()
		for i, sql := range []string{"hang", "rows"} {
			_, err := c.Query(sql)
			wantERR(t, err, protocol.ErrCodeQueryTimeout, overdue)
			mustQuery(t, c, "SELECT 1")
			task := w.kills.wait(t, i+1)
			if task.Connection || task.Thread != w.server.Commands()[0].ConnectionID || task.User != "app" || task.Password != "secret" || !task.Known {
				t.Errorf("%s: %+v", sql, task)
			}
		}
		if n := w.server.Accepted(); n != 2 { // with the one that asks for the version
			t.Errorf("%d connections to the server", n)
		}
		if got := w.metric(`parkway_kills_total{result="ok"}`); got != "2" {
			t.Errorf("%q kills counted", got)
		}
	}
}

// What ends in spite of its KILL is answered as the server does.
func TestQueryTimeoutTooLate(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		killable(s)
		s.settings.DefaultQueryTimeout = brief
		s.server.Queries["hang"] = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Wait(s.kills.end(a.ConnectionID()))
			a.Rows([]string{"a"}, []string{"7"})
		}
	})
	if got, err := w.dial().Value("hang"); got != "7" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A server that does not end the statement loses the connection; the session goes on if it has nothing there.
func TestQueryTimeoutWithoutAnswer(t *testing.T) {
	for _, test := range []struct {
		name    string
		first   string
		sharing bool
		result  kill.Result
		ends    bool
	}{
		{"shared", "SELECT 1", true, kill.Result{}, false},
		{"shared, no kill", "SELECT 1", true, kill.Result{Outcome: kill.Failed}, false},
		{"in a transaction", "BEGIN", true, kill.Result{}, true},
		{"not shared", "SELECT 1", false, kill.Result{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				killable(s)
				s.settings.DefaultQueryTimeout, s.settings.Multiplexing, s.grace = brief, test.sharing, brief
				s.server.Queries["hang"] = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() }
				s.kills.answer = func(kill.Task) (kill.Result, bool) { return test.result, true }
			})
			c := w.dial()
			mustQuery(t, c, test.first)
			_, err := c.Query("hang")
			wantERR(t, err, protocol.ErrCodeQueryTimeout, overdue)
			if test.ends {
				wantClose(t, c)
			} else {
				mustQuery(t, c, "SELECT 1")
			}
			if task := w.kills.wait(t, 2); !task.Connection {
				t.Errorf("%+v does not end the connection", task)
			}
		})
	}
}

// What runs for a client that has left is killed, and for one that is cut off when the proxy stops.
func TestClientGoneKills(t *testing.T) {
	w := newWorld(t, killable)
	c := w.dial()
	w.start(c, "hang")
	c.Close()
	thread := w.server.Commands()[0].ConnectionID
	if task := w.kills.wait(t, 1); !task.Connection || task.Thread != thread {
		t.Errorf("%+v, want the connection %d", task, thread)
	}
	w.waitBackends(0)

	c = w.dial()
	w.start(c, "hang")
	if n := <-w.drain(brief); n != 1 {
		t.Errorf("%d clients were cut off", n)
	}
	w.kills.wait(t, 2)
	w.waitBackends(0)
	if n := len(w.kills.all()); n != 2 {
		t.Errorf("%d tasks, want 2", n)
	}
}

// A KILL QUERY that comes when its statement has ended hits nobody: neither the session's next statement nor another session
// gets the connection before.
func TestLateKillHitsNobody(t *testing.T) {
	for _, sharing := range []bool{false, true} {
		finish := make(chan struct{})
		w := newWorld(t, func(s *setup) {
			killable(s)
			s.settings.Multiplexing = sharing
			s.kills.answer = func(kill.Task) (kill.Result, bool) { return kill.Result{}, false }
			s.server.Queries["short"] = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Wait(finish)
				a.OK()
			}
		})
		only := serverAt(t, w.server.Addr())
		only.MaxConnections = 1
		if err := w.hostgroups.Apply([]config.MySQLServer{only}); err != nil {
			t.Fatal(err)
		}
		a, b, judge := w.dial(), w.dial(), w.dial()
		w.start(a, "short")
		send(t, judge, fmt.Sprintf("KILL QUERY %d", a.Greeting.ConnectionID))
		w.kills.wait(t, 1)
		close(finish)
		if _, err := a.ReadAnswer(protocol.ComQuery); err != nil {
			t.Fatal(err)
		}
		send(t, a, "SELECT 'next'")
		if sharing {
			send(t, b, "SELECT 'stranger'")
		}
		w.turns()
		if got := w.server.Commands(); len(got) != 1 {
			t.Errorf("%q ran while the KILL was under way", got[1].Payload)
		}
		w.kills.release()
		for _, c := range []*mysqltest.Client{judge, a} {
			if _, err := c.ReadAnswer(protocol.ComQuery); err != nil {
				t.Error(err)
			}
		}
		if sharing {
			if _, err := b.ReadAnswer(protocol.ComQuery); err != nil {
				t.Error(err)
			}
		}
	}
}

// send sends a statement.
func send(t testing.TB, c *mysqltest.Client, sql string) {
	t.Helper()
	if err := c.WriteCommand(protocol.ComQuery, []byte(sql)...); err != nil {
		t.Fatal(err)
	}
}
