package reactor

import (
	"errors"
	"io"
	"testing"
	"time"
)

var errTest = errors.New("closed by the test")

// OnClose comes once, after everything else of the turn, also when a connection closes another whose event is in the
// same batch.
func TestCloseIsDeferred(t *testing.T) {
	l := manualLoop(t)
	var events []string
	var conns [2]*Conn
	for i := range conns {
		peer, fd := socketpair(t)
		conns[i] = l.mustAttach(fd, &funcs{
			data: func(c *Conn, p []byte) int {
				events = append(events, "data")
				for _, c := range conns {
					c.Close(errTest)
					c.Close(io.EOF) // Only the first counts.
				}
				return len(p)
			},
			closed: func(c *Conn, err error) {
				events = append(events, "closed: "+err.Error())
				c.Close(err)
				c.CloseAfterWrite(err, time.Second)
				c.Write([]byte("x"))
				if _, err := c.Detach(); err != ErrNotDetachable {
					t.Errorf("a closed connection was detached: %v", err)
				}
			},
		})
		write(t, peer, "x")
	}
	l.turnOnce()
	l.OnTurnEnd(func() { events = append(events, "turn end") })
	l.turnOnce()
	want := []string{"data", "turn end", "closed: " + errTest.Error(), "closed: " + errTest.Error()}
	if len(events) != 4 || events[0] != want[0] || events[1] != want[1] || events[2] != want[2] || events[3] != want[3] {
		t.Errorf("%q, want %q", events, want)
	}
	if l.Sessions() != 0 || l.conns.len() != 0 {
		t.Errorf("%d sessions, %d connections are left", l.Sessions(), l.conns.len())
	}
	l.quiet()
}

// A connection that OnClose closes is freed in the same turn.
func TestCloseInOnClose(t *testing.T) {
	l := manualLoop(t)
	_, fd1 := socketpair(t)
	_, fd2 := socketpair(t)
	closed := 0
	second := l.mustAttach(fd2, &funcs{closed: func(*Conn, error) { closed++ }})
	first := l.mustAttach(fd1, &funcs{closed: func(*Conn, error) {
		closed++
		second.Close(nil)
	}})
	first.Close(nil)
	l.turnOnce()
	if closed != 2 {
		t.Errorf("%d connections closed", closed)
	}
	l.quiet()
}

// An event that was fetched before its connection went away must not reach the one that took its place: the same descriptor,
// the same slot.
func TestStaleEvent(t *testing.T) {
	l := manualLoop(t)
	peerA, fdA := socketpair(t)
	peerB, fdB := socketpair(t)
	var conns [2]*Conn
	var fresh *Conn
	var seen []string
	h := &funcs{}
	h.data = func(c *Conn, p []byte) int {
		seen = append(seen, string(p))
		if fresh == nil {
			// The first of the two replaces the other.
			other := conns[0]
			if c == other {
				other = conns[1]
			}
			slot := other.slot
			fd, err := other.Detach()
			if err != nil {
				t.Fatal(err)
			}
			fresh = l.mustAttach(fd, &funcs{data: func(_ *Conn, p []byte) int {
				seen = append(seen, "fresh: "+string(p))
				return len(p)
			}})
			if fresh.slot != slot || fresh.generation == other.generation {
				t.Errorf("slots %d and %d, generations %d and %d", slot, fresh.slot, other.generation, fresh.generation)
			}
		}
		return len(p)
	}
	conns[0] = l.mustAttach(fdA, h)
	conns[1] = l.mustAttach(fdB, h)
	l.turnOnce()
	write(t, peerA, "x")
	write(t, peerB, "x")
	l.turn()
	if len(seen) != 1 {
		t.Errorf("in the turn of the exchange: %q", seen)
	}
	l.turn()
	if len(seen) != 2 || seen[1] != "fresh: x" {
		t.Errorf("in the next: %q", seen)
	}
}

// The last message arrives although the peer still had unread bytes on their way, which a plain close would answer with a reset.
func TestCloseAfterWriteDelivers(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	peer, fd := tcppair(t)
	smallBuffers(t, fd)
	closed := make(chan error, 1)
	message := pattern(300_000)
	attach(t, l, fd, &funcs{
		data: func(c *Conn, p []byte) int {
			c.Write(message)
			c.CloseAfterWrite(errTest, time.Hour)
			c.Write([]byte("too late"))
			return 0
		},
		closed: func(_ *Conn, err error) { closed <- err },
	})
	write(t, peer, "a request that is not read to its end")
	for range 20 {
		write(t, peer, string(make([]byte, 1000)))
	}
	got, err := io.ReadAll(peer)
	if err != nil || string(got) != string(message) {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(message))
	}
	peer.Close()
	if err := get(t, closed); err != errTest {
		t.Errorf("closed with %v", err)
	}
}

// A peer that ends only its own direction still gets everything.
func TestCloseAfterWriteHalfClosedPeer(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	peer, fd := tcppair(t)
	smallBuffers(t, fd)
	closed := make(chan error, 1)
	message := pattern(3_000_000)
	c := attach(t, l, fd, &funcs{closed: func(_ *Conn, err error) { closed <- err }})
	on(l, func() {
		c.Write(message)
		c.CloseAfterWrite(errTest, time.Hour)
	})
	peer.CloseWrite()
	eventually(t, l, "the end of input is seen", func() bool { return c.inputEnded })
	if got := readFull(t, peer, len(message)); string(got) != string(message) {
		t.Error("other bytes arrived")
	}
	if err := get(t, closed); err != errTest {
		t.Errorf("closed with %v", err)
	}
}

// A peer that neither reads nor leaves holds the connection no longer than linger.
func TestLingerIsBounded(t *testing.T) {
	for _, unsent := range []int{0, 10 << 20} {
		g := startGroup(t)
		l := g.Loops()[0]
		_, fd := tcppair(t)
		closed := make(chan error, 1)
		c := attach(t, l, fd, &funcs{closed: func(_ *Conn, err error) { closed <- err }})
		var begin int64
		const linger = 5 * time.Millisecond
		on(l, func() {
			c.Write(pattern(unsent))
			c.CloseAfterWrite(errTest, linger)
			begin = l.Now()
			if c.Closed() {
				t.Error("closed at once")
			}
		})
		if err := get(t, closed); err != errTest {
			t.Errorf("closed with %v", err)
		}
		on(l, func() {
			if l.Now()-begin < int64(linger) {
				t.Error("closed before linger was over")
			}
		})
	}
}

func TestCloseAfterWriteWithoutLinger(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	c := l.mustAttach(fd, &funcs{})
	c.Write([]byte("bye"))
	c.CloseAfterWrite(errTest, 0)
	l.turnOnce()
	if got, _ := io.ReadAll(peer); string(got) != "bye" {
		t.Errorf("got %q", got)
	}
}

// A lingering peer that resets ends it at once, without spinning.
func TestLingeringPeerResets(t *testing.T) {
	l := manualLoop(t)
	peer, fd := tcppair(t)
	c, closed := l.attachCounted(fd)
	c.Write(pattern(10 << 20))
	c.CloseAfterWrite(errTest, time.Hour)
	l.turnOnce()
	peer.SetLinger(0)
	peer.Close()
	l.turnOnce()
	if *closed != 1 || c.timer.Armed() {
		t.Errorf("closed %d times, timer armed %v", *closed, c.timer.Armed())
	}
	l.quiet()
}

// A paused connection with unsent bytes watches only for writing, and a peer that leaves then ends it.
func TestPausedWithUnsentBytesPeerGone(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	var closed []error
	c := l.mustAttach(fd, &funcs{closed: func(_ *Conn, err error) { closed = append(closed, err) }})
	for c.Buffered() == 0 {
		c.Write(pattern(100_000))
	}
	c.PauseRead()
	l.turnOnce()
	peer.Close()
	l.turn()
	if len(closed) != 1 {
		t.Errorf("closed with %v", closed)
	}
	l.quiet()
}

func TestStateMoves(t *testing.T) {
	legal := map[[2]connState]bool{
		{stateConnecting, stateOpen}: true, {stateConnecting, stateLingering}: true, {stateConnecting, stateClosed}: true,
		{stateOpen, stateLingering}: true, {stateOpen, stateClosed}: true, {stateOpen, stateDetached}: true,
		{stateLingering, stateClosed}: true,
	}
	for from := stateConnecting; from <= stateDetached; from++ {
		for to := stateConnecting; to <= stateDetached; to++ {
			if got := legalMoves[from]&(1<<to) != 0; got != legal[[2]connState{from, to}] {
				t.Errorf("from %d to %d: %v", from, to, got)
			}
		}
	}
}
