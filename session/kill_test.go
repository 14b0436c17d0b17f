package session_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"parkway/config"
	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// killWorld is a world of two loops, the users app and other, and a server that knows the grants in force.
func killWorld(t *testing.T, grants string) *world {
	return newWorld(t, func(s *setup) {
		killable(s)
		s.loops = 2
		s.users = []config.MySQLUser{user("app", "secret"), user("other", "secret")}
		s.server.Queries["SHOW GRANTS"] = mysqltest.Rows([]string{"Grants"}, []string{"GRANT USAGE ON *.* TO `other`@`%`"}, []string{grants})
	})
}

// id is the number that KILL takes.
func id(c *mysqltest.Client) uint32 { return c.Greeting.ConnectionID }

// KILL in all its forms ends statements and sessions of the same user, on every loop, by the proxy's ids.
func TestKill(t *testing.T) {
	w := killWorld(t, "")
	judge := w.dial()
	byText := func(text string) func(uint32) error {
		return func(id uint32) error {
			_, err := judge.Query(fmt.Sprintf(text, id))
			return err
		}
	}
	byCommand := func(id uint32) error {
		_, err := judge.Command(protocol.ComProcessKill, binary.LittleEndian.AppendUint32(nil, id)...)
		return err
	}
	prepared := func(text string, param func(uint32) []byte) func(uint32) error {
		return func(id uint32) error {
			st, err := judge.Prepare(text)
			if err != nil {
				return err
			}
			if st.Params != 1 || len(st.ParamDefinitions) != 1 {
				t.Errorf("%s: %+v", text, st)
			}
			payload := binary.LittleEndian.AppendUint32(nil, st.StatementID)
			payload = append(payload, 0, 1, 0, 0, 0, 0, 1)
			if _, err := judge.Command(protocol.ComStmtReset, payload[:4]...); err != nil {
				t.Error(err)
			}
			_, err = judge.Command(protocol.ComStmtExecute, append(payload, param(id)...)...)
			if err := judge.WriteCommand(protocol.ComStmtClose, payload[:4]...); err != nil {
				t.Error(err)
			}
			return err
		}
	}
	number := func(id uint32) []byte {
		return binary.LittleEndian.AppendUint64([]byte{byte(protocol.TypeLongLong), 0}, uint64(id))
	}
	text := func(id uint32) []byte {
		s := fmt.Sprint(id)
		return append([]byte{byte(protocol.TypeVarString), 0, byte(len(s))}, s...)
	}
	for i, test := range []struct {
		name  string
		kill  func(uint32) error
		query bool
	}{
		{"KILL QUERY", byText("KILL QUERY %d"), true},
		{"KILL SOFT QUERY", byText("kill soft query %d"), true},
		{"KILL '5'", byText("KILL QUERY '%d'"), true},
		{"KILL", byText("/* end it */ KILL %d;"), false},
		{"KILL CONNECTION", byText("KILL HARD CONNECTION %d"), false},
		{"COM_PROCESS_KILL", byCommand, false},
		{"prepared with a number", prepared("KILL QUERY ?", number), true},
		{"prepared with a text", prepared("KILL ?", text), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n := range 2 { // one on each loop
				busy, idle := w.dial(), w.dial()
				w.start(busy, "hang")
				if err := test.kill(id(busy)); err != nil {
					t.Fatal(err)
				}
				task := w.kills.wait(t, 2*i+n+1)
				if task.Connection == test.query || task.Soft != strings.Contains(test.name, "SOFT") {
					t.Errorf("%+v", task)
				}
				if err := test.kill(id(idle)); err != nil {
					t.Fatal(err)
				}
				if !test.query {
					wantClose(t, busy)
					wantClose(t, idle)
					continue
				}
				_, err := busy.ReadAnswer(protocol.ComQuery)
				wantERR(t, err, protocol.ErrCodeQueryInterrupted, "Query execution was interrupted")
				mustQuery(t, busy, "SELECT 1")
				mustQuery(t, idle, "SELECT 1")
				busy.Close()
				idle.Close()
			}
		})
	}
	mustQuery(t, judge, "SELECT 1")
}

// The log says who has ended a client: whoever has said KILL, or what the client has read.
func TestLogSaysWhoEndsClients(t *testing.T) {
	w := killWorld(t, "GRANT SUPER ON *.* TO `other`@`%`")
	victim, own := w.dial(), w.dial()
	cfg := w.client()
	cfg.User = "other"
	judge := mysqltest.Dial(t, cfg)
	mustQuery(t, judge, fmt.Sprintf("KILL %d", id(victim)))
	_, err := own.Query(fmt.Sprintf("KILL %d", id(own)))
	wantERR(t, err, protocol.ErrCodeQueryInterrupted, "interrupted")
	wantClose(t, victim)
	wantClose(t, own)
	w.waitSessions(1)
	killed := func(of, by *mysqltest.Client, user string) string {
		return fmt.Sprintf(`"session":%d,"client":"%s","user":"app","by_session":%d,"by_user":"%s","message":"client killed"`, id(of), of.Conn().LocalAddr(), id(by), user)
	}
	w.waitLog(killed(victim, judge, "other"))
	w.waitLog(killed(own, own, "app"))
	cut := w.drain(patience)
	wantGoodbye(t, judge, protocol.ErrCodeServerShutdown, stopping)
	<-cut
	w.waitLog(fmt.Sprintf(`"session":%d,"error":"ERROR 1053 (08S01): parkway: server shutdown in progress","message":"client dismissed"`, id(judge)))
}

// What can't be killed is refused in the servers' words, and what is no KILL of one connection is refused.
func TestKillIsRefused(t *testing.T) {
	w := killWorld(t, "GRANT ALL PRIVILEGES ON `app`.* TO `other`@`%`")
	c := w.dial()
	cfg := w.client()
	cfg.User = "other"
	other := mysqltest.Dial(t, cfg)
	half, err := mysqltest.Open(w.client())
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	for _, test := range []struct {
		sql  string
		code uint16
		text string
	}{
		{"KILL 999999", protocol.ErrCodeNoSuchThread, "Unknown thread id: 999999"},
		{"KILL QUERY 0", protocol.ErrCodeNoSuchThread, "Unknown thread id: 0"},
		{"KILL 99999999999", protocol.ErrCodeNoSuchThread, "Unknown thread id: 99999999999"},
		{fmt.Sprintf("KILL %d", id(c)), protocol.ErrCodeKillDenied, fmt.Sprintf("You are not owner of thread %d", id(c))},
		{fmt.Sprintf("KILL QUERY %d", id(c)), protocol.ErrCodeKillDenied, "not owner"},
		{fmt.Sprintf("KILL %d", id(half)), protocol.ErrCodeKillDenied, "not owner"},
		{"KILL USER app", protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
		{"KILL QUERY ID 5", protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
		{"SELECT 1; KILL 5", protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
		{"KILL QUERY", protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
		{"KILL ?", protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
		{"KILL 5" + strings.Repeat(" ", 100_000), protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone"},
	} {
		_, err := other.Query(test.sql)
		wantERR(t, err, test.code, test.text)
	}
	_, err = other.Prepare("KILL USER app")
	wantERR(t, err, protocol.ErrCodeNotSupportedYet, "parkway: KILL is supported alone")
	_, err = other.Command(protocol.ComProcessKill, 1, 2)
	wantERR(t, err, protocol.ErrCodeMalformedPacket, "Malformed")
	for _, sql := range []string{"SELECT 'KILL 5'", "SELECT kill_count FROM skills", "-- kill 5\nSELECT 1"} {
		mustQuery(t, other, sql)
	}
	mustQuery(t, c, "SELECT 1")
	if n := len(w.kills.all()); n != 0 {
		t.Errorf("%d tasks", n)
	}
}

// Who has the right on the server may kill others' sessions, also one that is about to log in.
func TestKillWithTheRight(t *testing.T) {
	for _, grant := range []string{
		"GRANT ALL PRIVILEGES ON *.* TO `other`@`%` WITH GRANT OPTION",
		"GRANT SELECT, SUPER, PROCESS ON *.* TO `other`@`%`",
		"GRANT CONNECTION ADMIN ON *.* TO `other`@`%`",
		"GRANT BACKUP_ADMIN,CONNECTION_ADMIN ON *.* TO `other`@`%`",
	} {
		w := killWorld(t, grant)
		cfg := w.client()
		cfg.User = "other"
		other := mysqltest.Dial(t, cfg)
		c, half := w.dial(), (*mysqltest.Client)(nil)
		half, err := mysqltest.Open(w.client())
		if err != nil {
			t.Fatal(err)
		}
		for _, victim := range []*mysqltest.Client{c, half} {
			mustQuery(t, other, fmt.Sprintf("KILL %d", id(victim)))
			wantClose(t, victim)
		}
		mustQuery(t, other, "SELECT 1")
	}
}

// Who waits for a connection, or for the server's grants, can be killed too.
func TestKillWhoWaits(t *testing.T) {
	w := killWorld(t, "")
	w.server.Change(func(cfg *mysqltest.ServerConfig) { cfg.Fault = mysqltest.Fault{NoVerdict: true} })
	a, b, judge := w.dial(), w.dial(), w.dial()
	send(t, a, "SELECT 1")
	send(t, b, "SELECT 1")
	w.server.WaitConnections(t, 2)
	mustQuery(t, judge, fmt.Sprintf("KILL QUERY %d", id(a)))
	mustQuery(t, judge, fmt.Sprintf("KILL %d", id(b)))
	_, err := a.ReadAnswer(protocol.ComQuery)
	wantERR(t, err, protocol.ErrCodeQueryInterrupted, "parkway: Query execution was interrupted")
	wantClose(t, b)
	w.server.WaitConnections(t, 0)
	w.server.Change(func(cfg *mysqltest.ServerConfig) { cfg.Fault = mysqltest.Fault{} })
	mustQuery(t, a, "SELECT 1")
}

// KILL of oneself ends in the KILL's own answer.
func TestKillOneself(t *testing.T) {
	for _, test := range []struct {
		version string
		code    uint16
	}{
		{"8.0.99-mysqltest", protocol.ErrCodeQueryInterrupted},
		{"5.5.5-10.11.6-MariaDB", protocol.ErrCodeConnectionKilled},
	} {
		w := newWorld(t, func(s *setup) { s.server.Greeting.ServerVersion = test.version })
		c := w.dial()
		_, err := c.Query(fmt.Sprintf("KILL QUERY %d", id(c)))
		wantERR(t, err, protocol.ErrCodeQueryInterrupted, "parkway: Query execution was interrupted")
		mustQuery(t, c, "SELECT 1")
		_, err = c.Query("KILL CONNECTION_ID()")
		wantERR(t, err, test.code, "parkway: ")
		wantClose(t, c)
	}
}

// A KILL that the server can't be told of says so.
func TestKillFails(t *testing.T) {
	w := killWorld(t, "")
	c, judge := w.dial(), w.dial()
	w.start(c, "hang")
	w.kills.change(func(k *killer) {
		k.answer = func(kill.Task) (kill.Result, bool) {
			return kill.Result{Outcome: kill.Failed, Err: fmt.Errorf("no route")}, true
		}
	})
	sql := fmt.Sprintf("KILL QUERY %d", id(c))
	_, err := judge.Query(sql)
	wantERR(t, err, protocol.ErrCodeUnknown, "could not be killed: no route")
	w.kills.change(func(k *killer) { k.refuse = true })
	_, err = judge.Query(sql)
	wantERR(t, err, protocol.ErrCodeUnknown, "could not be killed: too many at once")
}

// A session that panics as it is killed ends, whatever was to end, and whoever killed it goes on.
func TestKillWhoPanics(t *testing.T) {
	for i, sql := range []string{"KILL QUERY %d", "KILL %d"} {
		for loop := range 2 {
			w := newWorld(t, func(s *setup) {
				killable(s)
				s.loops, s.panics = 2, 1
				s.kills.answer = func(kill.Task) (kill.Result, bool) {
					s.kills.answer = nil // What is left at the server is killed when the session ends.
					panic("on its way to the control pool")
				}
			})
			judge := w.dial()
			if loop == i {
				w.dial().Close() // so that the victim is on the other loop
			}
			victim := w.dial()
			w.start(victim, "hang")
			mustQuery(t, judge, fmt.Sprintf(sql, id(victim)))
			wantClose(t, victim)
			mustQuery(t, judge, "SELECT 1")
		}
	}
}

// A session that panics in its end is gone all the same: its id, its user's place, and its connection.
func TestSessionThatPanicsInItsEnd(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		killable(s)
		s.panics = 1
		s.users[0].MaxConnections = 1
		s.kills.answer = func(kill.Task) (kill.Result, bool) { panic("on its way to the control pool") }
	})
	c := w.dial()
	w.start(c, "hang")
	c.Close()
	w.waitSessions(0)
	w.waitBackends(0)
	judge := w.dial()
	_, err := judge.Query(fmt.Sprintf("KILL %d", id(c)))
	wantERR(t, err, protocol.ErrCodeNoSuchThread, "Unknown thread id")
}

// A server that is lost while it is asked for the grants of who kills is no verdict: another one is asked.
func TestServerLostWhileItIsAskedForGrants(t *testing.T) {
	p := newPair(t, nil, func(s *setup) { s.users = []config.MySQLUser{user("app", "secret"), user("other", "secret")} })
	p.first.Change(func(c *mysqltest.ServerConfig) { c.Queries = map[string]mysqltest.Handler{"SHOW GRANTS": die} })
	p.second.Change(func(c *mysqltest.ServerConfig) {
		c.Queries = map[string]mysqltest.Handler{
			"SHOW GRANTS": mysqltest.Rows([]string{"Grants"}, []string{"GRANT SUPER ON *.* TO `other`@`%`"}),
		}
	})
	cfg := p.client()
	cfg.User = "other"
	other, victim := mysqltest.Dial(t, cfg), p.dial()
	mustQuery(t, other, fmt.Sprintf("KILL %d", id(victim)))
	wantClose(t, victim)
	if n := p.count("SHOW GRANTS"); n != 2 {
		t.Errorf("asked %d times for grants, want 2", n)
	}
}

// A client whose connection is not shared loses with it, in that moment, all that it has done there, and must know; who
// has done nothing there goes on.
func TestOwnConnectionLostWhileItIsAskedForGrants(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.users = []config.MySQLUser{user("app", "secret"), user("other", "secret")}
		s.server.Queries = map[string]mysqltest.Handler{"SHOW GRANTS": die}
	})
	cfg := w.client()
	cfg.User = "other"
	victim := w.dial()
	fresh, used := mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
	mustQuery(t, used, "SET @a = 1")
	kill := fmt.Sprintf("KILL %d", id(victim))
	for _, c := range []*mysqltest.Client{fresh, used} {
		_, err := c.Query(kill)
		wantERR(t, err, protocol.ErrCodeNoBackend, "parkway: preparation of the connection to "+w.server.Addr())
	}
	mustQuery(t, fresh, "SELECT 1")
	wantClose(t, used)
}

// Ids are the proxy's own on every loop, and none is given twice.
func TestConnectionIDs(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.loops = 3 })
	seen := make(map[uint32]bool)
	for range 30 {
		c := w.dial()
		if seen[id(c)] || id(c) == 0 {
			t.Errorf("id %d twice", id(c))
		}
		seen[id(c)] = true
	}
}

// CONNECTION_ID() is the id that the client was greeted with.
func TestConnectionIDFunction(t *testing.T) {
	w := newWorld(t, nil)
	w.dial()
	c := w.dial()
	mustQuery(t, c, "select connection_id()")
	mustQuery(t, c, "SELECT @@pseudo_thread_id AS i")
	if _, err := c.Prepare("DO Connection_ID()"); err != nil {
		t.Error(err)
	}
	long := "SELECT CONNECTION_ID() -- " + strings.Repeat("x", 100_000)
	mustQuery(t, c, long)
	mustQuery(t, c, "SELECT 'connection_id()'")
	var got []string
	for _, r := range w.server.Commands() {
		got = append(got, string(r.Payload[1:]))
	}
	for i, want := range []string{
		"select CAST(0000000002 AS UNSIGNED) AS `connection_id()`",
		"SELECT NULLIF(CAST(000000000000000000002 AS UNSIGNED),0) AS i",
		"DO CAST(0000000002 AS UNSIGNED)",
		long,
		"SELECT 'connection_id()'",
	} {
		if got[i] != want {
			t.Errorf("the server got %.100q, want %.100q", got[i], want)
		}
	}
}
