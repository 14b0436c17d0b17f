package pool

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Which failures to connect speak against the server, and which against a login only.
func TestBlame(t *testing.T) {
	said := func(code uint16) error { return &protocol.ERR{Code: code} }
	late := &protocol.MalformedError{Server: &protocol.ERR{Code: protocol.ErrCodeServerShutdown}}
	for _, test := range []struct {
		name  string
		stage backend.Stage
		cause error
		event hostgroup.Event
		known bool
	}{
		{"no connection", backend.StageConnect, io.EOF, hostgroup.ConnectError, true},
		{"no greeting", backend.StageGreet, protocol.ErrNoAnswer, hostgroup.ConnectError, true},
		{"no greeting but bytes", backend.StageGreet, &protocol.MalformedError{}, hostgroup.ConnectError, true},
		{"shutdown, out of order", backend.StageGreet, late, hostgroup.ConnectError, true},
		{"full", backend.StageGreet, said(protocol.ErrCodeTooManyConnections), hostgroup.ServerFull, true},
		{"full, said after the login", backend.StageLogin, said(protocol.ErrCodeTooManyConnections), hostgroup.ServerFull, true},
		{"blocked host", backend.StageGreet, said(protocol.ErrCodeHostBlocked), hostgroup.ConnectError, true},
		{"unwelcome host", backend.StageGreet, said(protocol.ErrCodeHostNotPrivileged), hostgroup.ConnectError, true},
		{"login breaks off", backend.StageLogin, io.EOF, hostgroup.ConnectError, true},
		{"shutdown during the login", backend.StageLogin, said(protocol.ErrCodeServerShutdown), hostgroup.ConnectError, true},
		{"preparation breaks off", backend.StagePrepare, io.EOF, hostgroup.ConnectError, true},
		{"wrong password", backend.StageLogin, said(protocol.ErrCodeAccessDenied), 0, false},
		{"unknown schema", backend.StageLogin, said(protocol.ErrCodeBadDB), 0, false},
		{"limit of an account", backend.StageLogin, said(protocol.ErrCodeUserLimit), 0, false},
		{"limit of any account", backend.StageLogin, said(protocol.ErrCodeTooManyUserConnections), 0, false},
		{"idle", backend.StageIdle, io.EOF, 0, false},
		{"lost in a statement", backend.StageCommand, io.EOF, 0, false},
	} {
		event, known := blame(&backend.Error{Server: "s", Stage: test.stage, Cause: test.cause})
		if event != test.event || known != test.known {
			t.Errorf("%s: %v, %v; want %v, %v", test.name, event, known, test.event, test.known)
		}
	}
}

// heavy is a server that is chosen whenever it can be used.
func heavy(c config.MySQLServer) config.MySQLServer {
	c.Weight = 1_000_000
	return c
}

// Wrong passwords of one user do not take a server from everyone.
func TestRefusedLoginsDoNotShun(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Users: map[string]string{"app": "other"}})
	w := newWorld(t, 1, heavy(at(t, server.Addr(), 10)), at(t, mysqltest.ClosedPort(t), 1))
	w.Configure(&config.MySQLVariables{ShunOnFailures: 1})
	for range 5 {
		c := w.newClient(0)
		c.acquire()
		c.mustFail(protocol.ErrCodeAccessDenied)
	}
	if got := w.Manager.Table().StatusOf(w.server(0)); got != hostgroup.Online {
		t.Errorf("server is %v", got)
	}
}

// A server that can't be reached is shunned, its idle connections are closed, and no client waits for it again.
func TestShunnedServer(t *testing.T) {
	dying := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	other := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, heavy(at(t, dying.Addr(), 10)), at(t, other.Addr(), 10))
	w.Configure(&config.MySQLVariables{ShunOnFailures: 2, ShunRecoveryTime: time.Hour})
	w.OnTransition(w.set.Wake)
	idle := w.newSharer(0)
	idle.acquire()
	if b := idle.mustGet(); b.Server() != w.server(0) {
		t.Fatalf("server %v", b.Server())
	}
	idle.put()
	dying.Change(func(c *mysqltest.ServerConfig) {
		c.Fault = mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "blocked")}
	})
	for range 3 {
		c := w.newClient(0)
		c.acquire()
		if b := c.mustGet(); b.Server() != w.server(1) {
			t.Errorf("server %v", b.Server())
		}
	}
	if n := dying.Accepted(); n != 1+2 {
		t.Errorf("%d connections to the failing server, want 3", n)
	}
	w.waitConnections(0, 0)
	w.wantMetrics(map[string]string{free(w.server(0)): "0"})
}

// A connection to a server that was shunned while somebody had it is not kept for others.
func TestConnectionToAShunnedServerIsNotKept(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, heavy(at(t, server.Addr(), 10)), at(t, mysqltest.ClosedPort(t), 1))
	w.Configure(&config.MySQLVariables{ShunOnFailures: 1, ShunRecoveryTime: time.Hour})
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	w.Observe(w.server(0), hostgroup.Observation{Event: hostgroup.ConnectError, Err: errors.New("no")})
	c.put()
	w.waitConnections(0, 0)
}

// Whoever finds the server full waits in the queue instead of failing, and reads why in the end
// (ProxySQL 1241, 1347: "Max connect timeout reached" without a reason).
func TestMaxConnectTimeoutReachedWithoutAReason1241And1347(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.ConnectRetriesOnFailure = 0
	holder := w.newSharer(0)
	holder.acquire()
	holder.mustGet()
	server.Change(func(c *mysqltest.ServerConfig) {
		c.Fault = mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "Too many connections")}
	})
	first, second := w.newSharer(0), w.newSharer(0)
	first.acquire()
	second.acquire()
	server.WaitAccepted(t, 3) // the first was refused, and tried again
	if got := w.Manager.Table().StatusOf(w.server(0)); got != hostgroup.Online {
		t.Errorf("server is %v", got)
	}
	for deadline, over := time.Now().Add(patience), false; !over; {
		if time.Now().After(deadline) {
			t.Fatal("the second is still connecting")
		}
		w.on(0, func(p *Pool) {
			if over = second.request.dialing == nil; over { // then its time is
				second.request.deadline = p.loop.Now()
				second.request.timer.Reset(0)
			}
		})
	}
	o := second.wait()
	if o.reason == nil {
		t.Fatal("got a connection")
	}
	for _, part := range []string{
		"parkway: no server of hostgroup 1 can be used: 1 without room for more connections",
		"greeting of " + server.Addr(), "Too many connections",
	} {
		if !strings.Contains(o.reason.Message, part) {
			t.Errorf("message %q, want %q in it", o.reason.Message, part)
		}
	}
	holder.put()
	first.mustGet()
}

// When a server has room again those who wait learn of it without anybody telling.
func TestServerHasRoomAgain(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Fault: mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "Too many connections")},
	})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	c := w.newClient(0)
	c.acquire()
	server.WaitAccepted(t, 2)
	server.Change(func(c *mysqltest.ServerConfig) { c.Fault = mysqltest.Fault{} })
	c.mustGet()
}

// A login ends the long pauses that a server without room was left before: those who wait, on whatever loop, are let in as soon as after its first
// refusal, and one at a time.
func TestLoginShortensThePause(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 2, at(t, server.Addr(), 10))
	var passed atomic.Int64
	w.ClockBy(func() time.Time { return time.Unix(0, 1).Add(time.Duration(passed.Load())) })
	full := hostgroup.Observation{Event: hostgroup.ServerFull, Err: errors.New("Too many connections")}
	w.server(0).Take(1)
	for range 6 {
		passed.Add(int64(time.Minute))
		w.Observe(w.server(0), full)
	}
	w.server(0).Give()
	clients := []*client{w.newClient(0), w.newClient(1), w.newClient(1)}
	for _, c := range clients {
		c.acquire()
	}
	due := func(loop int) (at int64) {
		w.on(loop, func(p *Pool) { at = p.group(1).againAt })
		return at
	}
	late := due(1)
	w.on(0, func(p *Pool) {
		if pause := time.Duration(p.group(1).againAt - p.loop.Now()); pause < time.Second {
			t.Errorf("after many refusals the pause is %v", pause)
		}
		passed.Add(int64(2 * time.Second)) // there may be room for one more
		p.serve(1)
	})
	clients[0].mustGet()
	for deadline := time.Now().Add(patience); due(1) >= late; {
		if time.Now().After(deadline) {
			t.Fatal("those of the other loop were not told")
		}
	}
	if n := w.server(0).Connections(); n != 1 {
		t.Errorf("%d connections at once", n)
	}
	for _, c := range clients[1:] {
		c.pending()
	}
	passed.Add(int64(100 * time.Millisecond))
	clients[1].mustGet()
	clients[2].pending()
}

// The limit of one account is waited for with pauses, in which an idle connection of that user serves as well.
func TestUserLimit(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.ConnectRetriesOnFailure = 100
	holder, waiter := w.newSharer(0), w.newSharer(0)
	holder.acquire()
	holder.mustGet()
	server.Change(func(c *mysqltest.ServerConfig) {
		c.Fault = mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeUserLimit, "User 'app' has exceeded the 'max_user_connections' resource")}
	})
	waiter.acquire()
	server.WaitAccepted(t, 3)
	waiter.pending()
	holder.put()
	waiter.mustGet()
}
