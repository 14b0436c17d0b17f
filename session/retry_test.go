package session_test

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/session/rules"
)

// pair is a world of clients that share connections to two servers, of which the first is chosen whenever it can be used.
type pair struct {
	*world
	first, second *mysqltest.Server
}

// newPair starts a pair whose first server answers with breaks to texts with a comment that says so.
func newPair(t *testing.T, breaks mysqltest.Handler, change func(*setup)) *pair {
	p := &pair{}
	handler := func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		switch text := string(payload); {
		case strings.Contains(text, "/*break*/"):
			breaks(cmd, payload, a)
		case strings.Contains(text, "BEGIN"):
			a.Status |= protocol.StatusInTrans
			a.OK()
		default:
			tracking(cmd, payload, a)
		}
	}
	p.world = newWorld(t, func(s *setup) {
		tracked(s)
		p.first = mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: handler})
		p.second = mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: tracking})
		heavy := serverAt(t, p.first.Addr())
		heavy.Weight = 1_000_000
		s.servers = append(s.servers, heavy, serverAt(t, p.second.Addr()))
		if change != nil {
			change(s)
		}
	})
	return p
}

// count is how many commands with text the servers got.
func (p *pair) count(text string) (n int) {
	for _, s := range []*mysqltest.Server{p.first, p.second} {
		for _, c := range s.Commands() {
			if strings.Contains(string(c.Payload), text) {
				n++
			}
		}
	}
	return n
}

func (p *pair) wantRetries(reason, want string) {
	p.t.Helper()
	if got := p.metric(`parkway_retries_total{reason="` + reason + `"}`); got != want {
		p.t.Errorf("%q retries for %s, want %q", got, reason, want)
	}
}

func die(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Die() }

func dieInTheMiddle(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
	a.Columns("a")
	a.Row("1")
	a.Die()
}

// A read whose server dies before it has answered is run on another, and the client notices nothing.
func TestReadIsRepeated(t *testing.T) {
	p := newPair(t, die, nil)
	c := p.dial()
	for range 3 {
		if rows := mustQuery(t, c, "SELECT /*break*/ 1")[0].Rows; len(rows) != 1 {
			t.Errorf("rows %q", rows)
		}
	}
	again := p.count("/*break*/") - 3 // each statement draws its server: the first may be drawn again
	if again < 1 || again > 3 {
		t.Errorf("%d reads were repeated", again)
	}
	p.wantRetries("read", strconv.Itoa(again))
}

// As often as the setting says, and then the client reads why, and goes on.
func TestReadIsRepeatedSoOftenOnly(t *testing.T) {
	for _, retries := range []int{0, 3} {
		p := newPair(t, die, func(s *setup) {
			s.settings.QueryRetriesOnFailure = retries
			s.servers = s.servers[:1]
		})
		c := p.dial()
		_, err := c.Query("SELECT /*break*/ 1")
		wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
		mustQuery(t, c, "SELECT 1")
		if n := p.count("/*break*/"); n != 1+retries {
			t.Errorf("%d reads reached the server, want %d", n, 1+retries)
		}
	}
}

// A rule's retries stand in for the setting.
func TestRuleSaysHowOftenAReadIsRepeated(t *testing.T) {
	p := newPair(t, die, func(s *setup) {
		s.rules = compile(t, rule(1, "never", 1, func(r *rules.Rule) { r.Retries = 0 }))
	})
	c := p.dial()
	mustQuery(t, c, "SELECT /*break*/ 1")
	p.second.KillAll() // so that the first is chosen again
	p.waitBackends(0)
	_, err := c.Query("SELECT /*break*/ 1 FROM never")
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	p.wantRetries("read", "1")
}

// What may have written is never repeated: the client reads one error, and keeps its session (ProxySQL 2912, 1031).
func TestRetriedDMLRunsTwice2912And1031(t *testing.T) {
	p := newPair(t, die, nil)
	c := p.dial()
	for i, text := range []string{
		"INSERT /*break*/ INTO t VALUES (1)", "SELECT /*break*/ 1 FOR UPDATE", "SELECT /*break*/ GET_LOCK('a', 1)",
		"SET /*break*/ @a = 1", "SELECT /*break*/ 1; SELECT 2", "CALL /*break*/ p()",
	} {
		_, err := c.Query(text)
		wantERR(t, err, protocol.ErrCodeNetRead, "the statement may have run; it is not repeated")
		if n := p.count("/*break*/"); n != i+1 {
			t.Fatalf("%s reached the servers %d times", text, n-i)
		}
		mustQuery(t, c, "SELECT 1")
	}
	p.wantRetries("read", "")
}

// A text that is sent as it comes is not repeated either, and read to its end. It has not run: the server had not all of it.
func TestLostWhileALargeStatementIsSent(t *testing.T) {
	p := newPair(t, nil, nil)
	c := p.dial()
	mustQuery(t, c, "SELECT 1")
	request := packet(0, "\x03SELECT '"+strings.Repeat("x", 1<<20)+"'")
	if err := c.WriteRaw(request[:200_000]); err != nil {
		t.Fatal(err)
	}
	p.turns()
	p.first.KillAll()
	p.waitLog("backend connection lost")
	if err := c.WriteRaw(request[200_000:]); err != nil {
		t.Fatal(err)
	}
	header, err := c.ReadRaw(protocol.HeaderLen)
	if err != nil {
		t.Fatal(err)
	}
	length, seq := protocol.Header(header)
	payload, err := c.ReadRaw(length)
	var said protocol.ERR
	if err != nil || seq != 1 || said.Decode(payload) != nil {
		t.Fatalf("number %d, %q, %v", seq, payload, err)
	}
	wantERR(t, &said, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	if strings.Contains(said.Message, "may have run") {
		t.Error(said.Message)
	}
	mustQuery(t, c, "SELECT 1")
}

// A client that has a part of the answer reads an error behind it; after a read its session goes on.
func TestLostInTheMiddleOfAnAnswer(t *testing.T) {
	p := newPair(t, dieInTheMiddle, nil)
	c := p.dial()
	_, err := c.Query("SELECT /*break*/ 1")
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	mustQuery(t, c, "SELECT 1")
	if n := p.count("/*break*/"); n != 1 {
		t.Errorf("the read reached the servers %d times", n)
	}
	_, err = c.Query("CALL /*break*/ p()")
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	wantClose(t, c)
}

// A transaction that is lost ends the session: what comes next must not run outside of it.
func TestLostInATransaction(t *testing.T) {
	p := newPair(t, die, nil)
	for _, text := range []string{"SELECT /*break*/ 1", "INSERT /*break*/ INTO t VALUES (1)"} {
		c := p.dial()
		mustQuery(t, c, "BEGIN")
		_, err := c.Query(text)
		wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
		wantClose(t, c)
	}
	c := p.dial()
	mustQuery(t, c, "BEGIN")
	p.first.KillAll()
	wantGoodbye(t, c, protocol.ErrCodeNewAbortingConnection, "parkway: connection to "+p.first.Addr())
	p.wantRetries("read", "")
}

// So does a temporary table.
func TestLostWithATemporaryTable(t *testing.T) {
	p := newPair(t, die, nil)
	c := p.dial()
	mustQuery(t, c, "CREATE TEMPORARY TABLE t (a INT)")
	_, err := c.Query("SELECT /*break*/ 1")
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	wantClose(t, c)
}

// A server closes an idle connection at the moment when it is taken: whatever the statement is, it was not sent, or may be
// repeated.
func TestIdleConnectionIsClosedAsItIsTaken(t *testing.T) {
	for _, text := range []string{"SELECT 1", "INSERT INTO t VALUES (1)", "BEGIN"} {
		for _, clientFirst := range []bool{true, false} {
			p := newPair(t, nil, nil)
			c := p.dial()
			mustQuery(t, c, "SELECT 0")
			p.inOneTurn(func() {
				ask := func() {
					if err := c.WriteCommand(protocol.ComQuery, []byte(text)...); err != nil {
						t.Error(err)
					}
				}
				if clientFirst {
					ask()
				}
				p.first.KillAll()
				p.first.WaitConnections(t, 0)
				if !clientFirst {
					ask()
				}
			})
			if _, err := c.ReadAnswer(protocol.ComQuery); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if n := p.count(text); n != 1 {
				t.Errorf("%s ran %d times", text, n)
			}
		}
	}
}

// A connection that breaks while it is brought to the session's state is replaced: the statement was not sent.
func TestUnsentStatementGoesElsewhere(t *testing.T) {
	var broken atomic.Int32
	p := newPair(t, nil, nil)
	p.first.Change(func(c *mysqltest.ServerConfig) {
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.HasPrefix(string(payload[1:]), "SET ") && strings.Contains(string(payload), "DEFAULT") && broken.Add(1) == 1 {
				a.Die()
				return
			}
			tracking(cmd, payload, a)
		}
	})
	a, b := p.dial(), p.dial()
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	mustQuery(t, b, "INSERT INTO t VALUES (1)")
	if broken.Load() == 0 {
		t.Fatalf("the connection was not synchronized: %v", p.first.Commands())
	}
	p.wantRetries("unsent", "1")
	if n := p.count("INSERT"); n != 1 {
		t.Errorf("the statement ran %d times", n)
	}
}

// A client that hangs up while its connection is brought to its state leaves nothing behind.
func TestClientLostWhileItsConnectionIsSynchronized(t *testing.T) {
	syncing := make(chan struct{})
	p := newPair(t, nil, nil)
	p.first.Change(func(c *mysqltest.ServerConfig) {
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.HasPrefix(string(payload[1:]), "SET ") && strings.Contains(string(payload), "DEFAULT") {
				close(syncing)
				a.Stall()
			}
			tracking(cmd, payload, a)
		}
	})
	a, b := p.dial(), p.dial()
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	if err := b.WriteCommand(protocol.ComQuery, []byte("SELECT 1")...); err != nil {
		t.Fatal(err)
	}
	select {
	case <-syncing:
	case <-time.After(patience):
		t.Fatal("not synchronized")
	}
	b.Close()
	p.waitSessions(1)
	p.waitBackends(0)
}
