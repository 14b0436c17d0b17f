package pool

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// newPair is a world with hostgroup 1 for the writer, which is none of the servers yet, and 2 for readers.
func newPair(t *testing.T, loops int, servers ...config.MySQLServer) *world {
	t.Helper()
	w := newWorld(t, loops)
	for i := range servers {
		servers[i].HostgroupID = 2
	}
	pair := config.MySQLReplicationHostgroup{WriterHostgroup: 1, ReaderHostgroup: 2, CheckType: config.CheckReadOnly}
	if err := w.Apply(servers, pair); err != nil {
		t.Fatal(err)
	}
	w.OnTransition(w.set.Wake)
	return w
}

// While the writer hostgroup has no server, all wait in their order, on every loop, and go to the one that appears.
func TestWriterIsAwaited(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 2, at(t, server.Addr(), 10))
	var clients []*client
	for loop := range 2 {
		for range 3 {
			c := w.newClient(loop)
			c.acquire()
			clients = append(clients, c)
		}
	}
	waitWaiting(w, "6")
	w.SeeReadOnly(server.Addr(), hostgroup.Switches{}, nil)
	for _, c := range clients {
		b := c.mustGet()
		if b.Server().Hostgroup() != 1 || b.Server().String() != server.Addr() {
			t.Errorf("a connection to %v", b.Server())
		}
		c.discard()
	}
}

// More than max_waiting_clients don't wait; those who do are not disturbed.
func TestWaitingIsBounded(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 2, at(t, server.Addr(), 10))
	w.settings.MaxWaitingClients = 2
	first, second, third := w.newClient(0), w.newClient(1), w.newClient(1)
	first.acquire()
	second.acquire()
	third.acquire()
	third.mustFail(protocol.ErrCodeNoBackend, "2 clients wait already (max_waiting_clients)")
	w.SeeReadOnly(server.Addr(), hostgroup.Switches{}, nil)
	for _, c := range []*client{first, second} {
		c.mustGet()
		c.discard()
	}
}

// Who has waited elsewhere before is served by how long that was, and not longer than those who have waited here.
func TestWaitingBefore(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 1, at(t, server.Addr(), 1))
	w.settings.ConnectTimeoutServerMax = time.Hour
	since := func(c *client, ago time.Duration) {
		w.on(0, func(p *Pool) { c.request.Since = p.loop.Now() - int64(ago) })
	}
	first, second, late := w.newClient(0), w.newClient(0), w.newClient(0)
	first.acquire()
	since(second, time.Minute)
	second.acquire()
	waitWaiting(w, "2")
	since(late, time.Hour)
	late.acquire()
	late.mustFail(protocol.ErrCodeNoBackend, "waited 3600")
	w.SeeReadOnly(server.Addr(), hostgroup.Switches{}, nil)
	second.mustGet()
	first.pending()
	second.discard()
	first.mustGet()
	first.discard()
}

// A writer that refuses connections is tried until the deadline, whatever connect_retries_on_failure says: nobody knows yet that it is
// dead, and the next one takes over.
func TestDeadWriterIsReplaced(t *testing.T) {
	dead, next := mysqltest.ClosedPort(t), mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 1, at(t, dead, 10), at(t, next.Addr(), 10))
	w.settings.ConnectRetriesOnFailure = 0
	w.SeeReadOnly(dead, hostgroup.Switches{}, nil)
	c := w.newClient(0)
	c.acquire()
	for !strings.Contains(w.metric(`parkway_retries_total{reason="connect"}`), "2") {
		c.pending()
	}
	w.SeeReadOnly(next.Addr(), hostgroup.Switches{}, nil)
	if b := c.mustGet(); b.Server().String() != next.Addr() {
		t.Errorf("a connection to %v", b.Server())
	}
	c.discard()
}

// A connection that was on its way when its server ceased to be the writer is not handed over.
func TestWriterLeavesWhileDialed(t *testing.T) {
	old, next := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Delay: 50 * time.Millisecond}}), mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 1, at(t, old.Addr(), 10), at(t, next.Addr(), 10))
	w.SeeReadOnly(old.Addr(), hostgroup.Switches{}, nil)
	c := w.newClient(0)
	c.acquire()
	old.WaitAccepted(t, 1)
	w.SeeReadOnly(old.Addr(), hostgroup.Switches{ReadOnly: true}, nil)
	old.WaitConnections(t, 0)
	c.pending()
	w.SeeReadOnly(next.Addr(), hostgroup.Switches{}, nil)
	if b := c.mustGet(); b.Server().String() != next.Addr() {
		t.Errorf("a connection to %v", b.Server())
	}
	c.discard()
}

// So is one to a server that the configuration takes away in the meantime.
func TestServerIsTakenAwayWhileDialed(t *testing.T) {
	for _, status := range []string{config.StatusOfflineSoft, config.StatusOfflineHard, ""} {
		old, next := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}}), mysqltest.NewServer(t, mysqltest.ServerConfig{})
		w := newWorld(t, 1, at(t, old.Addr(), 10))
		w.OnTransition(w.set.Wake)
		w.settings.ConnectTimeoutServer, w.settings.ConnectTimeoutServerMax = time.Hour, time.Hour
		c := w.newClient(0)
		c.acquire()
		old.WaitAccepted(t, 1)
		servers := []config.MySQLServer{at(t, next.Addr(), 10)}
		if status != "" {
			servers = append(servers, at(t, old.Addr(), 10))
			servers[1].Status = status
		}
		if err := w.Apply(servers); err != nil {
			t.Fatal(err)
		}
		w.set.Wake()
		if b := c.mustGet(); b.Server().String() != next.Addr() {
			t.Errorf("%q: a connection to %v", status, b.Server())
		}
		old.WaitConnections(t, 0)
		c.discard()
	}
}

// A connection that is being opened to a server that accepts and says nothing is given up as soon as that is known, not only when its time is
// over.
func TestServerFallsSilentWhileDialed(t *testing.T) {
	dead, next := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}}), mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 1, at(t, dead.Addr(), 10), at(t, next.Addr(), 10))
	w.settings.ConnectTimeoutServer, w.settings.ConnectTimeoutServerMax = time.Hour, time.Hour
	w.SeeReadOnly(dead.Addr(), hostgroup.Switches{}, nil)
	clients := []*client{w.newClient(0), w.newClient(0), w.newClient(0)}
	for _, c := range clients {
		c.acquire()
	}
	dead.WaitAccepted(t, 3)
	clients[2].cancel()
	for range config.Default().MySQL.MonitorPingMaxFailures {
		w.SeePing(dead.Addr(), errors.New("no answer"))
	}
	dead.WaitConnections(t, 0)
	w.SeeReadOnly(next.Addr(), hostgroup.Switches{}, nil)
	for _, c := range clients[:2] {
		if b := c.mustGet(); b.Server().String() != next.Addr() {
			t.Errorf("a connection to %v", b.Server())
		}
		c.discard()
	}
	clients[2].pending()
}

// Who has waited in vain for a server that answers no ping reads that.
func TestSilentServerIsNamed(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newPair(t, 1, at(t, server.Addr(), 10))
	w.settings.ConnectTimeoutServerMax = 10 * time.Millisecond
	w.SeeReadOnly(server.Addr(), hostgroup.Switches{}, nil)
	for range config.Default().MySQL.MonitorPingMaxFailures {
		w.SeePing(server.Addr(), errors.New("nothing from it"))
	}
	c := w.newClient(0)
	c.acquire()
	c.mustFail(protocol.ErrCodeNoBackend, "1 shunned; waited", "pings in a row were not answered, the last: nothing from it")
}

// An idle connection to a server that was the writer until this moment is not taken, though nobody has been told yet.
func TestFormerWritersConnectionIsNotTaken(t *testing.T) {
	for name, leave := range map[string]func(w *world, server string){
		"read-only": func(w *world, server string) { w.SeeReadOnly(server, hostgroup.Switches{ReadOnly: true}, nil) },
		"silent": func(w *world, server string) {
			for range config.Default().MySQL.MonitorPingMaxFailures {
				w.SeePing(server, errors.New("no answer"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
			w := newPair(t, 1, at(t, server.Addr(), 10))
			w.SeeReadOnly(server.Addr(), hostgroup.Switches{}, nil)
			c := w.newSharer(0)
			c.acquire()
			c.mustGet()
			c.put()
			w.on(0, func(p *Pool) {
				leave(w, server.Addr()) // What it tells comes behind.
				if b := p.Take(&c.request); b != nil {
					t.Errorf("a connection to %v", b.Server())
				}
			})
			server.WaitConnections(t, 0)
		})
	}
}
