package metrics

import (
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// Loops count while the exporter reads; at the end nothing is lost, and on the way no number goes back.
func TestReadersAndWriters(t *testing.T) {
	const loops, rounds = 3, 2000
	m := New(loops)
	var writers sync.WaitGroup
	for i := range loops {
		writers.Go(func() {
			l := m.Loop(i)
			for n := range rounds {
				l.SessionCreated()
				l.ClientIn(10)
				l.Pin("reason " + strconv.Itoa(n%5))
				h := l.Hostgroup(n % 7)
				h.Query(time.Duration(n) * time.Microsecond)
				h.Waiting(1)
				h.Server("db" + strconv.Itoa(n%11)).Used(1)
				h.Waiting(-1)
				l.SessionClosed()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	var before uint64
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		s := sum(m.loops)
		if s.sessions() < 0 || s.sessions() > loops*rounds {
			t.Fatalf("%d sessions", s.sessions())
		}
		if s.created < before {
			t.Fatalf("created went from %d to %d", before, s.created)
		}
		before = s.created
	}
	s := sum(m.loops)
	var queries, used, pins, waiting uint64
	for _, h := range s.hostgroups {
		count, _ := h.queries.cumulative()
		queries += count
		waiting += h.waiting
		for _, server := range h.servers {
			used += server.used
		}
	}
	for _, n := range s.pins {
		pins += n
	}
	const want = loops * rounds
	if s.created != want || s.sessions() != 0 || s.clientIn != 10*want || queries != want || used != want || pins != want || waiting != 0 {
		t.Errorf("created %d, sessions %d, bytes %d, queries %d, used %d, pins %d, waiting %d",
			s.created, s.sessions(), s.clientIn, queries, used, pins, waiting)
	}
}

// query counts what one query through the proxy counts.
func query(l *Loop) {
	l.ClientIn(60)
	l.ServerOut(60)
	l.ServerIn(200)
	l.ClientOut(200)
	h := l.Hostgroup(10)
	h.Query(300 * time.Microsecond)
	s := h.Server("db1:3306")
	s.Free(-1)
	s.Used(1)
	s.Used(-1)
	s.Free(1)
}

func TestCountingDoesNotAllocate(t *testing.T) {
	l := New(1).Loop(0)
	if n := testing.AllocsPerRun(1000, func() {
		query(l)
		l.Pin("p")
		l.Kill("k")
		l.Retry("r")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What one loop writes must not lie on a cache line that another loop writes.
func TestShardsArePadded(t *testing.T) {
	var l Loop
	var h Hostgroup
	var s Server
	for _, p := range []struct {
		what              string
		first, last, size uintptr
	}{
		{"Loop", unsafe.Offsetof(l.created), unsafe.Offsetof(l.retries) + unsafe.Sizeof(l.retries), unsafe.Sizeof(l)},
		{"Hostgroup", unsafe.Offsetof(h.queries), unsafe.Offsetof(h.servers) + unsafe.Sizeof(h.servers), unsafe.Sizeof(h)},
		{"Server", unsafe.Offsetof(s.connectOK), unsafe.Offsetof(s.free) + unsafe.Sizeof(s.free), unsafe.Sizeof(s)},
	} {
		if p.first < cacheLines || p.size-p.last < cacheLines {
			t.Errorf("%s: counters from %d to %d of %d bytes", p.what, p.first, p.last, p.size)
		}
	}
}

func BenchmarkQuery(b *testing.B) {
	l := New(1).Loop(0)
	b.ReportAllocs()
	for b.Loop() {
		query(l)
	}
}

func BenchmarkClientIn(b *testing.B) {
	l := New(1).Loop(0)
	b.ReportAllocs()
	for b.Loop() {
		l.ClientIn(60)
	}
}

func BenchmarkHostgroupQuery(b *testing.B) {
	h := New(1).Loop(0).Hostgroup(10)
	b.ReportAllocs()
	for b.Loop() {
		h.Query(300 * time.Microsecond)
	}
}
