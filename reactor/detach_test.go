package reactor

import (
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// A connection moves from loop to loop and loses nothing.
func TestDetachAndAttach(t *testing.T) {
	g := newGroup(t, Config{Loops: 2})
	start(t, g)
	a, b := g.Loops()[0], g.Loops()[1]
	peer, fd := tcppair(t)
	closed := make(chan error, 2)
	h := &funcs{data: echo, closed: func(_ *Conn, err error) { closed <- err }}
	c := attach(t, a, fd, h)
	for range 100 {
		for _, l := range []*Loop{b, a} {
			on(c.Loop(), func() {
				c.PauseRead()
			})
			write(t, peer, "unread ")
			var got int
			var err error
			on(c.Loop(), func() { got, err = c.Detach() })
			if err != nil || got != fd || !c.Closed() {
				t.Fatalf("detached %d, %v", got, err)
			}
			if c.Loop().Sessions() != 0 {
				t.Error("still counted")
			}
			c = attach(t, l, fd, h)
			if l.Sessions() != 1 || c.Remote().String() != peer.LocalAddr().String() {
				t.Errorf("%d sessions, remote %v", l.Sessions(), c.Remote())
			}
			if got := readFull(t, peer, 7); string(got) != "unread " {
				t.Errorf("got %q", got)
			}
		}
	}
	peer.Close()
	if err := get(t, closed); err != io.EOF {
		t.Errorf("closed with %v", err)
	}
	if len(closed) != 0 {
		t.Error("OnClose of a detached connection")
	}
}

func TestNotDetachable(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	take := 0
	c := l.mustAttach(fd, &funcs{data: func(c *Conn, p []byte) int {
		if _, err := c.Detach(); err != ErrNotDetachable {
			t.Errorf("inside OnData: %v", err)
		}
		return take
	}})
	l.turnOnce()
	write(t, peer, "x")
	l.turn()
	if _, err := c.Detach(); err != ErrNotDetachable {
		t.Errorf("with kept bytes: %v", err)
	}
	take = 2
	write(t, peer, "y")
	l.turn()
	for c.Buffered() == 0 {
		c.Write(pattern(100_000))
	}
	if _, err := c.Detach(); err != ErrNotDetachable {
		t.Errorf("with unsent bytes: %v", err)
	}
	addr, _ := ParseAddr("127.0.0.1", 1)
	if _, err := l.Dial(addr, 0, &funcs{}).Detach(); err != ErrNotDetachable {
		t.Errorf("while dialing: %v", err)
	}
}

func TestDetachInTheTurnOfAttach(t *testing.T) {
	l := manualLoop(t)
	_, fd := socketpair(t)
	c := l.mustAttach(fd, &funcs{})
	if got, err := c.Detach(); got != fd || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	l.turnOnce()
	if err := unix.Close(fd); err != nil {
		t.Errorf("the descriptor is not the caller's: %v", err)
	}
}

func TestAttachNoSocket(t *testing.T) {
	l := manualLoop(t)
	if _, err := l.Attach(l.poll.fd, &funcs{}); !errors.Is(err, unix.ENOTSOCK) {
		t.Errorf("error %v", err)
	}
	if l.Sessions() != 0 || l.conns.len() != 0 {
		t.Error("something was left behind")
	}
}
