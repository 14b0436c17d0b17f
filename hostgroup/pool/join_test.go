package pool

import (
	"testing"
	"time"

	"parkway/protocol/mysqltest"
)

// full is a world with one server, whose only place is taken, and one request that waits for it.
func full(t testing.TB) (*world, *client) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, 1, at(t, server.Addr(), 1))
	if !w.server(0).Take(1) {
		t.Fatal("no place")
	}
	first := w.newClient(0)
	first.acquire()
	return w, first
}

// Who comes while others wait in vain waits behind them without a look at the servers.
func TestJoinLooksAtNothing(t *testing.T) {
	w, first := full(t)
	looks := 0
	w.onTable = func() { looks++ }
	others := []*client{w.newClient(0), w.newClient(0), w.newClient(0)}
	w.on(0, func(p *Pool) {
		p.serve(1) // in vain
		looks = 0
		for _, c := range others {
			p.Acquire(&c.request)
		}
		if looks > 0 {
			t.Errorf("%d looks", looks)
		}
	})
	w.onTable = nil
	waitWaiting(w, "4")
	w.server(0).Give()
	w.on(0, func(p *Pool) { p.serve(1) })
	first.mustGet()
	for _, c := range others {
		c.pending()
		c.cancel()
	}
	first.discard()
}

// A place that nobody tells of goes to the first who waits as soon as somebody else comes who does not take for granted
// any more that there is none.
func TestJoinEnds(t *testing.T) {
	w, first := full(t)
	w.server(0).Give()
	timer := make(chan struct{})
	w.on(0, func(p *Pool) { p.loop.NewTimer(func() { close(timer) }).Reset(2 * time.Duration(lookAgain)) })
	<-timer
	first.pending()
	second := w.newClient(0)
	second.acquire()
	first.mustGet()
	second.pending()
	first.discard()
	second.mustGet()
	second.discard()
}

// BenchmarkWait is what it costs to come and go while others wait.
func BenchmarkWait(b *testing.B) {
	w, first := full(b)
	c := w.newClient(0)
	b.ReportAllocs()
	w.on(0, func(p *Pool) {
		p.serve(1)
		for b.Loop() {
			p.Acquire(&c.request)
			p.Cancel(&c.request)
		}
	})
	first.cancel()
	w.server(0).Give()
}

// Waiting allocates nothing: it is on the way of a query.
func TestWaitAllocatesNothing(t *testing.T) {
	w, first := full(t)
	c := w.newClient(0)
	w.on(0, func(p *Pool) {
		p.serve(1)
		if n := testing.AllocsPerRun(100, func() {
			p.Acquire(&c.request)
			p.Cancel(&c.request)
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
	first.cancel()
	w.server(0).Give()
}
