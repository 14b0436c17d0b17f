package reactor

import (
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// dialed records what happens to a connection that is being made.
type dialed struct {
	funcs
	connects chan struct{}
	closes   chan error
	returned bool // Loop only: Dial has returned.
	t        *testing.T
}

func newDialed(t *testing.T) *dialed {
	d := &dialed{connects: make(chan struct{}, 10), closes: make(chan error, 10), t: t}
	d.connect = func(*Conn) {
		if !d.returned {
			t.Error("OnConnect inside Dial")
		}
		d.connects <- struct{}{}
	}
	d.closed = func(_ *Conn, err error) {
		if !d.returned {
			t.Error("OnClose inside Dial")
		}
		d.closes <- err
	}
	return d
}

func (d *dialed) dial(l *Loop, a Addr, timeout time.Duration) (c *Conn) {
	on(l, func() {
		c = l.Dial(a, timeout, d)
		d.returned = true
	})
	return c
}

func TestDial(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			g := startGroup(t)
			l := g.Loops()[0]
			var addr Addr
			var ln net.Listener
			var err error
			if network == "tcp" {
				ln, err = net.Listen("tcp", "127.0.0.1:0")
				addr = transport.AddrOf(ln.Addr().(*net.TCPAddr).AddrPort())
			} else {
				path := filepath.Join(t.TempDir(), "s")
				ln, err = net.Listen("unix", path)
				addr, _ = ParseAddr(path, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			d := newDialed(t)
			var c *Conn
			on(l, func() {
				c = l.Dial(addr, time.Hour, d)
				c.Write([]byte("early ")) // Sent when the connection stands.
				d.returned = true
			})
			get(t, d.connects)
			on(l, func() {
				c.Write([]byte("late"))
				if c.timer.Armed() {
					t.Error("the timeout is still armed")
				}
				if c.RemoteString() != addr.String() || c.IsUnix() != addr.IsUnix() {
					t.Errorf("remote is %s", c.RemoteString())
				}
			})
			peer, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			if got := readFull(t, peer, 10); string(got) != "early late" {
				t.Errorf("got %q", got)
			}
			if l.Sessions() != 0 {
				t.Error("a dialed connection counts as a session")
			}
		})
	}
}

func TestDialFails(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := transport.AddrOf(ln.Addr().(*net.TCPAddr).AddrPort())
	ln.Close()
	missing, _ := ParseAddr(filepath.Join(t.TempDir(), "none"), 0)
	for name, tc := range map[string]struct {
		addr Addr
		want error
	}{
		"refused":     {refused, unix.ECONNREFUSED},
		"no file":     {missing, unix.ENOENT},
		"unreachable": {transport.AddrOf(netip.MustParseAddrPort("255.255.255.255:1")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGroup(t)
			d := newDialed(t)
			d.dial(g.Loops()[0], tc.addr, time.Hour)
			err := get(t, d.closes)
			if tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), "dial "+tc.addr.String()) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if len(d.connects) != 0 {
				t.Error("OnConnect came too")
			}
		})
	}
}

// A listener whose queue is full lets a further handshake hang.
func TestDialTimesOut(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := ParseAddr("127.0.0.1", sa.(*unix.SockaddrInet4).Port)
	if err != nil {
		t.Fatal(err)
	}
	first, err := transport.Connect(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()

	g := startGroup(t)
	d := newDialed(t)
	d.dial(g.Loops()[0], addr, 20*time.Millisecond)
	if err := get(t, d.closes); !errors.Is(err, ErrDialTimeout) {
		t.Errorf("closed with %v", err)
	}
}

func TestDialWhileStopping(t *testing.T) {
	l := manualLoop(t)
	_, fd := socketpair(t)
	d := newDialed(t)
	addr, _ := ParseAddr("127.0.0.1", 1)
	l.mustAttach(fd, &funcs{closed: func(*Conn, error) {
		l.Dial(addr, 0, d)
		d.returned = true
	}})
	l.stop()
	l.turnOnce()
	if err := get(t, d.closes); !errors.Is(err, ErrStopped) {
		t.Errorf("closed with %v", err)
	}
	if _, err := l.Attach(fd, &funcs{}); err != ErrStopped {
		t.Errorf("attach: %v", err)
	}
}
