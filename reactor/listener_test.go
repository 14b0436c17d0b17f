package reactor

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHandOverDecision(t *testing.T) {
	for _, tc := range []struct {
		mine, least int
		want        bool
	}{
		{0, 0, false},
		{8, 0, false},
		{9, 0, true},
		{1008, 1000, false},
		{1070, 1000, false},
		{1071, 1000, true},
		{5, 10, false},
	} {
		if got := handOver(tc.mine, tc.least); got != tc.want {
			t.Errorf("%d here, %d there: %v", tc.mine, tc.least, got)
		}
	}
}

// Sessions spread over the loops, wherever the kernel put them, and each runs on the loop that it counts for.
func TestSessionsAreBalanced(t *testing.T) {
	const loops, clients = 4, 400
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			g := newGroup(t, Config{Loops: loops})
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = "unix:" + filepath.Join(t.TempDir(), "s")
			}
			err := g.Listen(addr, func(c *Conn) error {
				c.Loop().CheckOwner()
				c.SetHandler(&funcs{})
				c.Write([]byte("!"))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			// One loop is full already.
			g.loops[0].sessions.Add(50)
			start(t, g)
			conns := make([]net.Conn, clients)
			for i := range conns {
				if conns[i], err = net.Dial(network, g.Addrs()[0].String()); err != nil {
					t.Fatal(err)
				}
				defer conns[i].Close()
			}
			for _, c := range conns {
				readFull(t, c, 1)
			}
			var counts []int
			sum := 0
			for _, l := range g.Loops() {
				counts = append(counts, l.Sessions())
				sum += l.Sessions()
			}
			least, most := slices.Min(counts), slices.Max(counts)
			if sum != clients+50 || handOver(most-1, least) {
				t.Errorf("sessions %v", counts)
			}
			for _, c := range conns {
				c.Close()
			}
			for i, l := range g.Loops() {
				left := 0
				if i == 0 {
					left = 50
				}
				eventually(t, l, "all sessions gone", func() bool { return l.Sessions() == left })
			}
		})
	}
}

func TestAcceptRefuses(t *testing.T) {
	g := newGroup(t, Config{Loops: 1})
	closed := make(chan error, 1)
	calls := 0
	err := g.Listen("127.0.0.1:0", func(c *Conn) error {
		if calls++; calls == 1 {
			return nil // Without a handler.
		}
		c.SetHandler(&funcs{closed: func(_ *Conn, err error) { closed <- err }})
		c.Write([]byte("go away"))
		return errTest
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, g)
	for _, want := range []string{"", "go away"} {
		c, err := net.Dial("tcp", g.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := io.ReadAll(c); string(got) != want || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := get(t, closed); err != errTest {
		t.Errorf("closed with %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	g := newGroup(t, Config{Loops: 2})
	accept := func(*Conn) error { return errTest }
	if err := g.Listen("127.0.0.1:0", accept); err != nil {
		t.Fatal(err)
	}
	used := g.Addrs()[0].String()
	if err := g.Listen(used, accept); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("twice the same port: %v", err)
	}
	other, err := New(Config{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Stop()
	if err := other.Listen(used, accept); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("another group's port: %v", err)
	}
	if err := g.Listen("unix:/nonexistent/dir/s", accept); err == nil {
		t.Error("no error for a socket in a missing directory")
	}
	start(t, g)
	if err := g.Listen("127.0.0.1:0", accept); err == nil {
		t.Error("no error after Start")
	}
	if err := g.Start(); err == nil {
		t.Error("no error for a second Start")
	}
}

// After StopListening nobody can connect, and who is connected goes on.
func TestStopListening(t *testing.T) {
	g := newGroup(t, Config{Loops: 2})
	accept := func(c *Conn) error {
		c.SetHandler(&funcs{data: echo})
		return nil
	}
	path := filepath.Join(t.TempDir(), "s")
	if err := errors.Join(g.Listen("127.0.0.1:0", accept), g.Listen("unix:"+path, accept)); err != nil {
		t.Fatal(err)
	}
	start(t, g)
	var conns []net.Conn
	for _, a := range g.Addrs() {
		c, err := net.Dial(a.Network(), a.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	g.StopListening()
	g.StopListening()
	for _, a := range g.Addrs() {
		if c, err := net.Dial(a.Network(), a.String()); err == nil {
			c.Close()
			t.Errorf("%s still takes connections", a)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket file is still there: %v", err)
	}
	// They were in the queue when listening stopped, or accepted before: in any case they are served.
	for _, c := range conns {
		write(t, c, "hello")
		readFull(t, c, 5)
	}
}

func TestStopWithLiveConnections(t *testing.T) {
	g := newGroup(t, Config{Loops: 3})
	closed := make(chan error, 100)
	err := g.Listen("127.0.0.1:0", func(c *Conn) error {
		c.SetHandler(&funcs{closed: func(_ *Conn, err error) { closed <- err }})
		c.Write([]byte("!"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, g)
	for range 20 {
		c, err := net.Dial("tcp", g.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		readFull(t, c, 1)
	}
	g.Stop()
	g.Stop()
	if len(closed) != 20 {
		t.Errorf("%d of 20 were closed", len(closed))
	}
	for range len(closed) {
		if err := <-closed; err != ErrStopped {
			t.Errorf("closed with %v", err)
		}
	}
}

func TestStopBeforeStart(t *testing.T) {
	g := newGroup(t, Config{Loops: 2})
	path := filepath.Join(t.TempDir(), "s")
	accept := func(*Conn) error { return nil }
	if err := errors.Join(g.Listen("127.0.0.1:0", accept), g.Listen("unix:"+path, accept)); err != nil {
		t.Fatal(err)
	}
	g.Stop()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket file is still there: %v", err)
	}
}
