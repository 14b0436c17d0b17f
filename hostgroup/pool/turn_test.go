package pool

import (
	"testing"
	"time"

	"parkway/hostgroup"
	"parkway/protocol/mysqltest"
)

// Weights are shares of what idle connections are taken for, though one connection to one server would do for all of it.
func TestTakeFollowsWeights(t *testing.T) {
	a := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	b := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	heavy := at(t, b.Addr(), 10)
	heavy.Weight = 3
	w := newWorld(t, 1, at(t, a.Addr(), 10), heavy)
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	c.put()
	taken := map[*hostgroup.Server]int{}
	const turns = 400
	for deadline := time.Now().Add(patience); taken[w.server(0)]+taken[w.server(1)] < turns; {
		if c.take() == nil {
			t.Fatal("nothing is taken while a connection is idle")
		}
		c.put()
		switch both := w.metric(free(w.server(0))) == "1" && w.metric(free(w.server(1))) == "1"; {
		case both:
			taken[c.backend.Server()]++
		case time.Now().After(deadline):
			t.Fatal("nobody opens a connection to the other server")
		}
	}
	if n := taken[w.server(0)]; n < turns/8 || n > turns*3/8 {
		t.Errorf("%d of %d for a server with a quarter of the weights", n, turns)
	}
	for i := range 2 {
		if n := w.server(i).Connections(); n != 1 {
			t.Errorf("%d connections to server %d for one statement at a time", n, i)
		}
	}
}

// A server that refuses connections delays nobody, and is not asked with each statement.
func TestTakeBesideServerThatRefuses(t *testing.T) {
	a := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	gone := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	gone.Close()
	w := newWorld(t, 1, at(t, a.Addr(), 10), at(t, gone.Addr(), 10))
	c := w.newSharer(0)
	c.acquire()
	c.mustGet()
	c.put()
	for range 100 {
		if c.take() == nil {
			t.Fatal("nothing is taken while a connection is idle")
		}
		c.put()
	}
	w.waitConnections(1, 0)
	if n := w.metric(connects(w.server(1), "error")); n != "1" && n != "2" {
		t.Errorf("%s failed attempts to connect, want one, and one more if the client itself met that server first", n)
	}
}
