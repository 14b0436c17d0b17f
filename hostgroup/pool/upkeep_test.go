package pool

import (
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// Idle connections are asked for a sign of life, and closed when they are too old.
func TestUpkeep(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.PingIntervalServer, w.settings.PingTimeoutServer = 1, patience
	c := w.newSharer(0)
	c.acquire()
	b := c.mustGet()
	c.put()
	w.on(0, func(p *Pool) { p.keepUp() })
	server.WaitCommands(t, 1)
	if got := server.Commands()[0].Command; got != protocol.ComPing {
		t.Errorf("the server got %v", got)
	}
	for w.metric(free(w.server(0))) != "1" { // pinged, and back
		w.on(0, func(*Pool) {})
	}
	w.settings.PingIntervalServer, w.settings.ConnectionMaxAge = patience, 1
	w.on(0, func(p *Pool) { p.keepUp() })
	w.waitConnections(0, 0)
	if b.Idle() {
		t.Error("it is idle still")
	}
}

// A connection that does not answer a ping in time is closed.
func TestPingTimeout(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked, Handler: func(protocol.Command, []byte, *mysqltest.Answer) {}})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.PingIntervalServer, w.settings.PingTimeoutServer = 1, 10*time.Millisecond
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	c.put()
	w.on(0, func(p *Pool) { p.keepUp() })
	server.WaitCommands(t, 1)
	w.waitConnections(0, 0)
	w.wantMetrics(map[string]string{free(w.server(0)): "0", used(w.server(0)): "0"})
	if c.take() != nil {
		t.Error("the connection is taken")
	}
}

// Idle connections that nobody uses are looked at when they have to be pinged, or closed, or when something has changed; those that
// are used, each second.
func TestUpkeepPauses(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	until := func(f func(p *Pool)) (next time.Duration) {
		w.on(0, func(p *Pool) {
			if f != nil {
				f(p)
			}
			if p.upkeep.Armed() {
				next = time.Duration(p.upkeepAt - p.loop.Now())
			}
		})
		return next
	}
	isIn := func(got, low, high time.Duration) {
		t.Helper()
		if got <= low || got > high {
			t.Errorf("upkeep in %v, want between %v and %v", got, low, high)
		}
	}
	fire := func(p *Pool) {
		p.upkeep.Stop()
		p.keepUp()
	}
	w.settings.PingIntervalServer = 5 * time.Second
	isIn(until(nil), -1, 0) // there is nothing to look at
	w.idleOn(0, 2)
	isIn(until(nil), 0, time.Second)
	isIn(until(fire), 4*time.Second, 6*time.Second)
	w.settings.ConnectionMaxAge = 3 * time.Second
	isIn(until(fire), 2*time.Second, 4*time.Second)
	w.settings.PingIntervalServer, w.settings.ConnectionMaxAge = 0, 0
	w.settings.FreeConnectionsPct = 100
	isIn(until(fire), 9*time.Second, 11*time.Second)
	w.set.Wake()
	isIn(until(nil), 0, time.Second)
}

// idleOn makes n idle connections at once and puts them back.
func (w *world) idleOn(loop, n int) {
	w.t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = w.newSharer(loop)
		clients[i].acquire()
		clients[i].mustGet()
	}
	for _, c := range clients {
		c.put()
	}
}

// Of connections that nobody has used for long each server keeps its percentage, at least one.
func TestFreeConnectionsPct(t *testing.T) {
	for _, test := range []struct{ global, own, keep int }{{20, -1, 2}, {20, 50, 5}, {0, -1, 1}, {100, -1, 6}} {
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
		w := newWorld(t, 1, at(t, server.Addr(), 10))
		w.settings.PingIntervalServer, w.settings.FreeConnectionsPct = time.Nanosecond, test.global
		w.set.Configure([]config.MySQLHostgroupAttributes{{HostgroupID: 1, ConnectionWarming: -1, FreeConnectionsPct: test.own, ThrottleConnectionsPerSec: -1}})
		w.idleOn(0, 6)
		w.on(0, func(p *Pool) { p.keepUp() })
		w.waitConnections(0, test.keep)
	}
}

// With two servers in a hostgroup each has a percentage of its own.
func TestFreeConnectionsOfEachServer(t *testing.T) {
	a, b := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked}), mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, a.Addr(), 3), at(t, b.Addr(), 3))
	w.settings.PingIntervalServer, w.settings.FreeConnectionsPct = time.Nanosecond, 67
	w.idleOn(0, 6)
	w.on(0, func(p *Pool) { p.keepUp() })
	w.waitConnections(0, 2)
	w.waitConnections(1, 2)
}

// After so many statements a connection is reset before anybody else uses it; where the server can't, it is closed.
func TestResetAfterQueries(t *testing.T) {
	for _, able := range []bool{true, false} {
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked, Handler: func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if cmd == protocol.ComResetConnection && !able {
				a.Error(1047, "Unknown command")
				return
			}
			mysqltest.Reply(cmd, payload, a)
		}})
		w := newWorld(t, 1, at(t, server.Addr(), 10))
		w.settings.ConnectionResetAfterQueries = 2
		c := w.newSharer(0)
		c.acquire()
		b := c.mustGet()
		for n := 1; n <= 2; n++ {
			c.answered = make(chan struct{})
			w.on(0, func(*Pool) {
				b.Begin(protocol.ComPing, 1)
				b.Send(protocol.AppendPacket(nil, []byte{byte(protocol.ComPing)}, 0))
			})
			<-c.answered
			c.put()
			if n == 1 && c.take() != b {
				t.Fatal("after the first statement it is not taken")
			}
		}
		server.WaitCommands(t, 3)
		if got := server.Commands()[2].Command; got != protocol.ComResetConnection {
			t.Errorf("after the second the server got %v", got)
		}
		if !able {
			w.waitConnections(0, 0)
			continue
		}
		for w.metric(free(w.server(0))) != "1" {
			w.on(0, func(*Pool) {})
		}
		if c.take() != b || b.Runs() != 0 {
			t.Errorf("after the reset: %d statements", b.Runs())
		}
	}
}

// Idle connections whose login no longer holds are closed, and those in use when they come back.
func TestLoginsThatNoLongerHold(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.gone = make(map[string]bool)
	idle, busy, other := w.newSharer(0), w.newSharer(0), w.newSharer(0)
	other.request.Login.User = "other"
	for _, c := range []*client{idle, busy, other} {
		c.acquire()
		c.mustGet()
	}
	idle.put()
	other.put()
	w.on(0, func(*Pool) { w.gone["app"] = true })
	w.set.Wake()
	w.waitConnections(0, 2)
	busy.put()
	w.waitConnections(0, 1)
	if other.take() == nil {
		t.Error("the connection of another user is gone")
	}
}

// Idle connections that began with another init_connect are closed.
func TestInitConnectChanges(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.InitConnect = "SET a=1"
	w.idleOn(0, 1)
	w.set.Wake()
	w.on(0, func(p *Pool) { p.purge() })
	if n := w.server(0).Connections(); n != 1 {
		t.Errorf("%d connections while nothing has changed", n)
	}
	w.set.Configure([]config.MySQLHostgroupAttributes{{HostgroupID: 1, InitConnect: "SET a=2", ConnectionWarming: -1, FreeConnectionsPct: -1, ThrottleConnectionsPerSec: -1}})
	w.set.Wake()
	w.waitConnections(0, 0)
	w.idleOn(0, 1)
	if got := string(server.Commands()[len(server.Commands())-1].Payload[1:]); got != "SET a=2" {
		t.Errorf("the new connection began with %q", got)
	}
}

// A refused init_connect reaches the client at once and is told to who logs it.
func TestInitConnectRefused(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked, Queries: map[string]mysqltest.Handler{
		"wrong": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Error(1064, "You have an error") },
	}})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.InitConnect = "wrong"
	c := w.newSharer(0)
	c.acquire()
	c.mustFail(1064, "parkway: preparation of the connection to "+server.Addr(), "init_connect", "You have an error")
	if n := w.unprepared.Load(); n != 1 {
		t.Errorf("told %d times", n)
	}
	w.waitConnections(0, 0)
}

// A waiter gets the place of another user's idle connection, on this loop and on others.
func TestMakeRoom(t *testing.T) {
	for _, loop := range []int{0, 1} {
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
		w := newWorld(t, 2, at(t, server.Addr(), 2))
		w.idleOn(0, 2)
		c := w.newSharer(loop)
		c.request.Login.User, c.request.Login.Credential = "other", auth.ClearCredential("secret")
		c.acquire()
		if b := c.mustGet(); b.Login().User != "other" {
			t.Errorf("loop %d: a connection of %s", loop, b.Login().User)
		}
		if n := w.server(0).Connections(); n > 2 {
			t.Errorf("loop %d: %d connections", loop, n)
		}
	}
}

// Connections are opened ahead up to the percentage, with the login used last, and no more than that.
func TestWarming(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 20))
	w.settings.ConnectionWarming, w.settings.FreeConnectionsPct = true, 25
	w.on(0, func(p *Pool) { p.keepUp() })
	if n := w.server(0).Connections(); n != 0 {
		t.Errorf("%d connections before anybody has connected", n)
	}
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	w.on(0, func(p *Pool) { p.keepUp() })
	for w.metric(free(w.server(0))) != "4" {
		w.on(0, func(*Pool) {})
	}
	c.put()
	w.on(0, func(p *Pool) { p.keepUp() })
	if n := w.server(0).Connections(); n != 5 {
		t.Errorf("%d connections, want 25 %% of 20", n)
	}
	// None is opened ahead for a login that no longer holds.
	w.on(0, func(*Pool) { w.gone = map[string]bool{"app": true} })
	w.set.Wake()
	w.waitConnections(0, 0)
	w.on(0, func(p *Pool) { p.keepUp() })
	if n := w.server(0).Connections(); n != 0 {
		t.Errorf("%d connections of a user who is gone", n)
	}
}

// After a failure nothing is opened ahead for a while.
func TestWarmingPauses(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.ConnectionWarming, w.settings.FreeConnectionsPct = true, 20
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	server.Close()
	w.waitConnections(0, 0)
	for range 3 {
		w.on(0, func(p *Pool) { p.keepUp() })
		w.waitConnections(0, 0)
	}
	w.wantMetrics(map[string]string{connects(w.server(0), "error"): "2"})
}
