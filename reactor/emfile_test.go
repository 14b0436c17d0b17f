package reactor

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// TestOutOfDescriptors runs itself again in a process that has few descriptors.
func TestOutOfDescriptors(t *testing.T) {
	const inside = "REACTOR_TEST_FEW_DESCRIPTORS"
	if os.Getenv(inside) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOutOfDescriptors$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}

	log := &logBuffer{}
	g := newGroup(t, Config{Loops: 1, Log: zerolog.New(log)})
	l := g.Loops()[0]
	closed := make(chan struct{}, 100)
	err := g.Listen("127.0.0.1:0", func(c *Conn) error {
		c.SetHandler(&funcs{closed: func(*Conn, error) { closed <- struct{}{} }})
		c.Write([]byte("!"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, g)

	// All clients have their descriptors before the limit falls to a number that the server's ends exceed.
	const clients, allowed = 10, 3
	conns := make([]*net.TCPConn, clients)
	release := make(chan struct{})
	l.Post(func() { <-release }) // Nothing is accepted meanwhile.
	for i := range conns {
		c, err := net.Dial("tcp", g.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c.(*net.TCPConn)
	}
	highest, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(highest)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: uint64(highest + allowed), Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	close(release)

	for _, c := range conns[:allowed] {
		readFull(t, c, 1)
	}
	ln := l.listeners[0]
	eventually(t, l, "listener is suspended", func() bool { return !ln.watched && ln.resume.Armed() })
	if n := l.Sessions(); n != allowed {
		t.Errorf("%d sessions", n)
	}
	eventually(t, l, "tried again and failed", func() bool { return ln.failures >= 1 })
	if lines := strings.Count(log.String(), "can't accept"); lines != 1 {
		t.Errorf("%d lines in the log:\n%s", lines, log)
	}
	// Descriptors are free again: those who wait are served.
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	for _, c := range conns[allowed:] {
		readFull(t, c, 1)
	}
	for _, c := range conns {
		c.Close()
		get(t, closed)
	}
}
