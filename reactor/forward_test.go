package reactor

import (
	"testing"

	"golang.org/x/sys/unix"
)

// forwarder is the least that a proxy does.
type forwarder struct {
	funcs
	to *Conn
}

func (f *forwarder) OnData(_ *Conn, p []byte) int {
	f.to.Write(p)
	return len(p)
}

// forwardPair makes two joined connections on a loop that the test turns, and returns the outer descriptors.
func forwardPair(t testing.TB, l manual) (client, server int) {
	t.Helper()
	var outer, inner [2]int
	for i := range outer {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		outer[i], inner[i] = fds[0], fds[1]
		t.Cleanup(func() { unix.Close(fds[0]) })
	}
	a, b := &forwarder{}, &forwarder{}
	b.to, a.to = l.mustAttach(inner[0], a), l.mustAttach(inner[1], b)
	l.turnOnce()
	return outer[0], outer[1]
}

// roundTrip sends a request through the loop and an answer back.
func roundTrip(l manual, client, server int, buf []byte) {
	unix.Write(client, buf[:100])
	l.turn()
	unix.Read(server, buf)
	unix.Write(server, buf[:300])
	l.turn()
	unix.Read(client, buf)
}

func TestForwardingNoAllocation(t *testing.T) {
	l := manualLoop(t)
	client, server := forwardPair(t, l)
	buf := make([]byte, 1000)
	if n := testing.AllocsPerRun(1000, func() { roundTrip(l, client, server, buf) }); n != 0 {
		t.Errorf("%v allocations per round trip", n)
	}
}

func TestWritevNoAllocation(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	c := l.mustAttach(fd, &funcs{})
	head, body, buf := []byte("head"), []byte("body"), make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		c.Writev(head, body)
		peer.Read(buf)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkForward(b *testing.B) {
	l := manualLoop(b)
	client, server := forwardPair(b, l)
	buf := make([]byte, 1000)
	b.ReportAllocs()
	for b.Loop() {
		roundTrip(l, client, server, buf)
	}
}

func BenchmarkTimerResetStop(b *testing.B) {
	l := manualLoop(b)
	timers := make([]*Timer, 1000)
	for i := range timers {
		timers[i] = l.NewTimer(func() {})
		timers[i].Reset(1e12)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t := timers[i%len(timers)]
		t.Stop()
		t.Reset(1e12)
	}
}

func BenchmarkPost(b *testing.B) {
	g := startGroup(b)
	l := g.Loops()[0]
	b.ReportAllocs()
	for b.Loop() {
		l.Post(func() {})
	}
}
