package reactor

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// wokenPeer is a connection that was parked and has been woken by a byte; from then on it echoes.
func wokenPeer(t *testing.T) (l *Loop, peer *net.TCPConn, c *Conn, closed chan error) {
	t.Helper()
	l, p := parkingLoop(t)
	peer, fd := tcppair(t)
	closed = make(chan error, 1)
	p.onWake = func(woken *Conn, _ uint32) {
		c = woken
		c.WatchHangup(true)
		c.SetHandler(&funcs{data: echo, closed: func(_ *Conn, err error) { closed <- err }})
	}
	park(t, attach(t, l, fd, &funcs{}), 1)
	write(t, peer, "x")
	readFull(t, peer, 1)
	on(l, func() { wantIdling(t, l, c, true) })
	return l, peer, c, closed
}

// wantIdling checks who watches c. On the loop.
func wantIdling(t *testing.T, l *Loop, c *Conn, want bool) {
	t.Helper()
	if count := map[bool]int{true: 1}[want]; c.idling != want || l.woken.len() != count {
		t.Errorf("idling: %v, of %d", c.idling, l.woken.len())
	}
	// The kernel's word: of a set that it is not in, a descriptor can't be taken out.
	event := unix.EpollEvent{Events: idleEvents, Fd: int32(c.sock)}
	if err := unix.EpollCtl(l.idle.poll.fd, unix.EPOLL_CTL_MOD, int(c.sock), &event); (err == nil) != want {
		t.Errorf("in the idle loop's set, want %v: %v", want, err)
	}
	err := unix.EpollCtl(l.poll.fd, unix.EPOLL_CTL_ADD, int(c.sock), &event)
	if (err == nil) != want {
		t.Errorf("not in the loop's set, want %v: %v", want, err)
	}
	if err == nil {
		expect(t, l.poll.remove(int(c.sock)))
	}
}

// moved waits until the loop watches c itself.
func moved(t *testing.T, l *Loop, c *Conn) {
	t.Helper()
	eventually(t, l, "moved", func() bool { return c.watched != 0 && !c.idling })
	on(l, func() { wantIdling(t, l, c, false) })
}

// A connection that speaks once for each time that it is parked stays with the idle loop.
func TestWokenStaysWithTheIdleLoop(t *testing.T) {
	l, peer, _, _ := wokenPeer(t)
	for range 100 {
		on(l, func() {
			for _, c := range l.woken.entries {
				_, err := c.Park(1)
				expect(t, err)
			}
			if l.parked.len() != 1 || l.woken.len() != 0 || l.conns.len() != 0 || l.Sessions() != 1 {
				t.Errorf("%d parked, %d woken, %d connections, %d sessions", l.parked.len(), l.woken.len(), l.conns.len(), l.Sessions())
			}
		})
		write(t, peer, "x")
		readFull(t, peer, 1)
		on(l, func() {
			for _, c := range l.woken.entries {
				wantIdling(t, l, c, true)
			}
		})
	}
}

// What happens to it while it is awake makes it an ordinary connection, and nothing is lost.
func TestWokenMoves(t *testing.T) {
	t.Run("speaks again", func(t *testing.T) {
		l, peer, c, _ := wokenPeer(t)
		for range 3 {
			write(t, peer, "again")
			readFull(t, peer, 5)
			moved(t, l, c)
		}
		park(t, c, 2)
		write(t, peer, "x")
		readFull(t, peer, 1)
	})
	t.Run("speaks while paused", func(t *testing.T) {
		l, peer, c, _ := wokenPeer(t)
		on(l, func() { c.PauseRead() })
		write(t, peer, "later")
		moved(t, l, c)
		on(l, c.ResumeRead)
		readFull(t, peer, 5)
	})
	t.Run("leaves", func(t *testing.T) {
		l, peer, _, closed := wokenPeer(t)
		peer.Close()
		if err := get(t, closed); err != io.EOF {
			t.Error(err)
		}
		on(l, func() {
			if l.woken.len() != 0 || l.conns.len() != 0 || l.Sessions() != 0 {
				t.Errorf("%d woken, %d connections, %d sessions", l.woken.len(), l.conns.len(), l.Sessions())
			}
		})
	})
	t.Run("leaves while paused", func(t *testing.T) {
		l, peer, c, closed := wokenPeer(t)
		on(l, func() { c.PauseRead() })
		peer.Close()
		if err := get(t, closed); err != ErrHangup {
			t.Error(err)
		}
	})
	t.Run("does not read", func(t *testing.T) {
		l, peer, c, _ := wokenPeer(t)
		big := bytes.Repeat([]byte("x"), 16<<20)
		on(l, func() { c.Write(big) })
		moved(t, l, c)
		readFull(t, peer, len(big))
	})
	t.Run("is closed", func(t *testing.T) {
		l, peer, c, _ := wokenPeer(t)
		on(l, func() { c.Close(nil) })
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
		eventually(t, l, "freed", func() bool { return l.woken.len() == 0 && l.Sessions() == 0 })
	})
	t.Run("is detached", func(t *testing.T) {
		l, _, c, _ := wokenPeer(t)
		on(l, func() {
			fd, err := c.Detach()
			expect(t, err)
			if l.woken.len() != 0 || l.idle.unwatch(fd) == nil {
				t.Error("it is watched")
			}
			expect(t, unix.Close(fd))
		})
	})
}

// More than one read takes, or an end behind the first bytes, is not told a second time by the idle loop.
func TestWokenWithMore(t *testing.T) {
	for name, more := range map[string]struct {
		text string
		end  bool
	}{"long": {strings.Repeat("x", 3*defaultReadBuffer/2), false}, "and leaves": {"goodbye", true}} {
		t.Run(name, func(t *testing.T) {
			l, p := parkingLoop(t)
			peer, fd := socketpair(t)
			got, closed := make(chan int, 1), make(chan error, 1)
			n := 0
			p.onWake = func(c *Conn, _ uint32) {
				c.WatchHangup(true)
				c.SetHandler(&funcs{closed: func(_ *Conn, err error) { closed <- err }, data: func(_ *Conn, p []byte) int {
					if n += len(p); n == len(more.text) {
						got <- n
					}
					return len(p)
				}})
			}
			park(t, attach(t, l, fd, &funcs{}), 1)
			on(l, func() { // so that all of it is there when the loop looks
				write(t, peer, more.text)
				if more.end {
					peer.Close()
				}
			})
			get(t, got)
			if more.end {
				if err := get(t, closed); err != io.EOF {
					t.Error(err)
				}
			}
		})
	}
}
