package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// pairWorld is a world with a writer, the world's server, and a second server that may take its place.
type pairWorld struct {
	*world
	other *mysqltest.Server
}

// statuses gives a handler that answers as tracking does, and follows transactions.
func statuses() mysqltest.Handler {
	var open sync.Map // by connection
	return func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		switch text := string(payload[1:]); {
		case text == "BEGIN":
			open.Store(a.ConnectionID(), true)
		case text == "COMMIT":
			open.Delete(a.ConnectionID())
		}
		if _, ok := open.Load(a.ConnectionID()); ok {
			a.Status |= protocol.StatusInTrans
			if cmd == protocol.ComQuery {
				a.OK()
				return
			}
		}
		tracking(cmd, payload, a)
	}
}

func newPairWorld(t *testing.T, change func(*setup)) *pairWorld {
	t.Helper()
	w := &pairWorld{world: newWorld(t, func(s *setup) {
		tracked(s)
		s.settings.MonitorPingMaxFailures = 1
		s.settings.MonitorReadOnlyMaxTimeoutCount = 1
		s.server.Handler = statuses()
		if change != nil {
			change(s)
		}
	})}
	w.other = mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: statuses(), Greeting: protocol.Handshake{Capabilities: untracked | protocol.ClientSessionTrack}})
	writer, reader := serverAt(t, w.server.Addr()), serverAt(t, w.other.Addr())
	reader.HostgroupID = 2
	pair := config.MySQLReplicationHostgroup{WriterHostgroup: 1, ReaderHostgroup: 2, CheckType: config.CheckReadOnly}
	if err := w.hostgroups.Apply([]config.MySQLServer{writer, reader}, pair); err != nil {
		t.Fatal(err)
	}
	w.hostgroups.Discover(t.Context())
	w.says(w.server, false)
	w.says(w.other, true)
	return w
}

// says is what a server says of its read_only.
func (w *pairWorld) says(s *mysqltest.Server, readOnly bool) {
	w.hostgroups.SeeReadOnly(s.Addr(), hostgroup.Switches{ReadOnly: readOnly}, nil)
	w.turns()
}

// queries are the statements that a server got.
func queries(s *mysqltest.Server) (list []string) {
	for _, c := range s.Commands() {
		if text := string(c.Payload[1:]); c.Command == protocol.ComQuery && !strings.Contains(text, "session_track") && !strings.Contains(text, "VARIABLE_NAME") {
			list = append(list, text)
		}
	}
	return list
}

// A writer that turns read-only is left: by who has nothing there at once, by transactions when they end. What cannot be taken to the
// new writer ends the session, and no statement that begins later goes to the old one.
func TestWriterTurnsReadOnly(t *testing.T) {
	w := newPairWorld(t, nil)
	free, inTransaction, both, pinned := w.dial(), w.dial(), w.dial(), w.dial()
	mustQuery(t, free, "INSERT 1")
	mustQuery(t, inTransaction, "BEGIN")
	mustQuery(t, both, "CREATE TEMPORARY TABLE t (a INT)")
	mustQuery(t, both, "BEGIN")
	mustQuery(t, pinned, "CREATE TEMPORARY TABLE t (a INT)")
	w.says(w.server, true)
	wantGoodbye(t, pinned, protocol.ErrCodeNewAbortingConnection, "has left hostgroup 1")
	before := len(queries(w.server))
	waiting := make(chan error, 1)
	go func() {
		_, err := free.Query("INSERT 2")
		waiting <- err
	}()
	mustQuery(t, inTransaction, "UPDATE 3")
	mustQuery(t, inTransaction, "COMMIT")
	mustQuery(t, both, "COMMIT")
	wantGoodbye(t, both, protocol.ErrCodeNewAbortingConnection, "has left hostgroup 1")
	select {
	case err := <-waiting:
		t.Fatalf("there is no writer, and the statement was answered: %v", err)
	default:
	}
	w.says(w.other, false)
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	mustQuery(t, inTransaction, "UPDATE 4")
	if got := strings.Join(queries(w.server)[before:], ";"); got != "UPDATE 3;COMMIT;COMMIT" {
		t.Errorf("the old writer got %s", got)
	}
	if got := strings.Join(queries(w.other), ";"); got != "INSERT 2;UPDATE 4" {
		t.Errorf("the new writer got %s", got)
	}
}

// Without multiplexing a session has one connection for all its life: it ends with the next transaction, or at once.
func TestWriterTurnsReadOnlyUnshared(t *testing.T) {
	w := newPairWorld(t, unshared)
	idle, inTransaction := w.dial(), w.dial()
	mustQuery(t, idle, "SELECT 1")
	mustQuery(t, inTransaction, "BEGIN")
	w.says(w.server, true)
	wantGoodbye(t, idle, protocol.ErrCodeNewAbortingConnection, "has left hostgroup 1")
	mustQuery(t, inTransaction, "UPDATE 1")
	mustQuery(t, inTransaction, "COMMIT")
	wantGoodbye(t, inTransaction, protocol.ErrCodeNewAbortingConnection, "has left hostgroup 1")
}

// The connections of a server that answers no ping are dropped: a read goes to another server, a write is not repeated.
func TestServerFallsSilent(t *testing.T) {
	stalled := make(chan struct{}, 2)
	w := newPairWorld(t, func(s *setup) {
		answer := s.server.Handler
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.Contains(string(payload), "stall") {
				stalled <- struct{}{}
				a.Stall()
				return
			}
			answer(cmd, payload, a)
		}
	})
	w.says(w.other, false)
	reader, writer, transaction := w.dial(), w.dial(), w.dial()
	// All on the first server.
	w.hostgroups.SeePing(w.other.Addr(), errors.New("no answer"))
	type outcome struct{ err error }
	run := func(c *mysqltest.Client, sql string) chan outcome {
		done := make(chan outcome, 1)
		go func() {
			_, err := c.Query(sql)
			done <- outcome{err}
		}()
		return done
	}
	mustQuery(t, transaction, "BEGIN")
	read, written := run(reader, "SELECT 'stall'"), run(writer, "INSERT 'stall'")
	<-stalled
	<-stalled
	w.hostgroups.SeePing(w.other.Addr(), nil)
	w.hostgroups.SeePing(w.server.Addr(), errors.New("no answer within 1s"))
	if got := <-read; got.err != nil {
		t.Errorf("the read: %v", got.err)
	}
	got := <-written
	wantERR(t, got.err, protocol.ErrCodeNetRead, "the server was shunned: 1 pings in a row were not answered")
	mustQuery(t, writer, "INSERT 2")
	wantGoodbye(t, transaction, protocol.ErrCodeNewAbortingConnection, "the server was shunned")
}

// When a server's name comes to mean another machine, idle connections to the old one are closed, and others when their transaction ends.
func TestServersNameMoves(t *testing.T) {
	var ip atomic.Pointer[netip.Addr]
	move := func(to string) { a := netip.MustParseAddr(to); ip.Store(&a) }
	move("127.0.0.1")
	w := newPairWorld(t, func(s *setup) { s.settings.ConnectRetriesOnFailure = 0 })
	w.hostgroups.ResolveBy(func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{*ip.Load()}, nil })
	named := serverAt(t, w.server.Addr())
	named.Hostname = "db.example"
	if err := w.hostgroups.Apply([]config.MySQLServer{named}); err != nil {
		t.Fatal(err)
	}
	w.hostgroups.Discover(t.Context())
	w.HostgroupsChanged()
	w.turns()
	w.waitBackends(0)
	free, inTransaction, pinned := w.dial(), w.dial(), w.dial()
	mustQuery(t, free, "SELECT 1")
	mustQuery(t, inTransaction, "BEGIN")
	mustQuery(t, pinned, "CREATE TEMPORARY TABLE t (a INT)")
	move("127.0.0.2")
	w.hostgroups.Discover(t.Context())
	w.turns()
	wantGoodbye(t, pinned, protocol.ErrCodeNewAbortingConnection, "has another address now")
	mustQuery(t, inTransaction, "UPDATE 1")
	mustQuery(t, inTransaction, "COMMIT")
	w.server.WaitConnections(t, 0) // At the new address there is nothing.
	_, err := inTransaction.Query("SELECT 1")
	wantERR(t, err, protocol.ErrCodeNoBackend, "connect to db.example")
}

// A write that a writer refuses because it is read-only has the monitor look at it; one that a reader refuses says nothing new.
func TestRefusedWriteIsTold(t *testing.T) {
	w := newPairWorld(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"INSERT 1": mysqltest.Fail(protocol.ErrCodeOptionPrevents, "--read-only"), "INSERT 2": mysqltest.Fail(protocol.ErrCodeServerIsReadOnly, "read-only mode"),
			"INSERT 3": mysqltest.Fail(protocol.ErrCodeParse, "no"),
		}
		s.users = append(s.users, config.MySQLUser{Username: "reader", Password: "secret", DefaultHostgroup: 2, Active: true})
	})
	var mu sync.Mutex
	var told []string
	w.hostgroups.HurryBy(func(name string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, name)
	})
	c := w.dial()
	mustQuery(t, c, "BEGIN") // else the statement would wait
	for i, code := range []uint16{protocol.ErrCodeOptionPrevents, protocol.ErrCodeServerIsReadOnly, protocol.ErrCodeParse} {
		_, err := c.Query(fmt.Sprintf("INSERT %d", i+1))
		wantERR(t, err, code, "")
	}
	mu.Lock()
	if want := []string{w.server.Addr(), w.server.Addr()}; !slices.Equal(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
	mu.Unlock()
	// The other server takes its place, and it is a reader only.
	w.says(w.other, false)
	w.says(w.server, true)
	w.hostgroups.SeePing(w.other.Addr(), errors.New("no answer"))
	mu.Lock()
	told = nil
	mu.Unlock()
	config := w.client()
	config.User = "reader"
	reader := mysqltest.Dial(t, config)
	_, err := reader.Query("INSERT 1")
	wantERR(t, err, protocol.ErrCodeOptionPrevents, "")
	mu.Lock()
	defer mu.Unlock()
	if len(told) > 0 {
		t.Errorf("told of %v: it is no writer", told)
	}
}
