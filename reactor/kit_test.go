package reactor

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must happen. It is never waited for in a test that passes.
const patience = 20 * time.Second

// funcs is a Dialer made of functions; nil ones do the obvious.
type funcs struct {
	data     func(c *Conn, p []byte) int
	writable func(c *Conn)
	closed   func(c *Conn, err error)
	connect  func(c *Conn)
}

func (f *funcs) OnData(c *Conn, p []byte) int {
	if f.data == nil {
		return len(p)
	}
	return f.data(c, p)
}

func (f *funcs) OnWritable(c *Conn) {
	if f.writable != nil {
		f.writable(c)
	}
}

func (f *funcs) OnClose(c *Conn, err error) {
	if f.closed != nil {
		f.closed(c, err)
	}
}

func (f *funcs) OnConnect(c *Conn) {
	if f.connect != nil {
		f.connect(c)
	}
}

// echo answers with what it gets.
func echo(c *Conn, p []byte) int {
	c.Write(p)
	return len(p)
}

// newGroup makes a group that the test's end stops, and checks that nothing is left then.
func newGroup(t testing.TB, cfg Config) *Group {
	t.Helper()
	checkLeaks(t)
	if cfg.Log.GetLevel() == zerolog.DebugLevel {
		cfg.Log = zerolog.New(zerolog.NewTestWriter(t))
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g
}

// startGroup makes a group of one loop and starts it.
func startGroup(t testing.TB) *Group {
	t.Helper()
	g := newGroup(t, Config{Loops: 1})
	start(t, g)
	return g
}

func start(t testing.TB, g *Group) {
	t.Helper()
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
}

// on runs fn on the loop and waits for it.
func on(l *Loop, fn func()) {
	done := make(chan struct{})
	l.Post(func() {
		defer close(done)
		fn()
	})
	<-done
}

// socketpair returns the test's end of a stream, and the descriptor of the other end.
func socketpair(t testing.TB) (net.Conn, int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return netConn(t, fds[0]), fds[1]
}

// tcppair is socketpair over TCP.
func tcppair(t testing.TB) (*net.TCPConn, int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	raw, err := far.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	raw.Control(func(from uintptr) { fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		t.Fatal(err)
	}
	near.SetDeadline(time.Now().Add(patience))
	return near.(*net.TCPConn), fd
}

func netConn(t testing.TB, fd int) net.Conn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "socketpair")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c
}

// attach puts fd on the loop.
func attach(t testing.TB, l *Loop, fd int, h Handler) *Conn {
	t.Helper()
	var c *Conn
	var err error
	on(l, func() { c, err = l.Attach(fd, h) })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// get waits for a value.
func get[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		buf := make([]byte, 64<<10)
		t.Fatalf("waited in vain\n%s", buf[:runtime.Stack(buf, true)])
		panic("unreachable")
	}
}

// eventually waits until cond holds on the loop, asking again in each of its turns.
func eventually(t testing.TB, l *Loop, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		ok := false
		on(l, func() { ok = cond() })
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		runtime.Gosched()
	}
}

func readFull(t testing.TB, c net.Conn, n int) []byte {
	t.Helper()
	buf := make([]byte, n)
	if _, err := io.ReadFull(c, buf); err != nil {
		t.Fatal(err)
	}
	return buf
}

func write(t testing.TB, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

// checkLeaks compares open descriptors and this package's goroutines at the test's end with those of now.
func checkLeaks(t testing.TB) {
	t.Helper()
	fds, routines := openFDs(t), loopGoroutines()
	t.Cleanup(func() {
		t.Helper()
		if n := settled(routines, loopGoroutines); n > routines {
			t.Errorf("%d goroutines of loops, %d before", n, routines)
		}
		if n := settled(fds, func() int { return openFDs(t) }); n > fds {
			t.Errorf("%d descriptors open, %d before", n, fds)
		}
	})
}

// settled asks count until it is no more than want or patience ends: what other goroutines close may take a moment.
func settled(want int, count func() int) int {
	end := time.Now().Add(2 * time.Second)
	for {
		n := count()
		if n <= want || time.Now().After(end) {
			return n
		}
		runtime.Gosched()
	}
}

func openFDs(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func loopGoroutines() int {
	buf := make([]byte, 1<<20)
	return bytes.Count(buf[:runtime.Stack(buf, true)], []byte("reactor.(*Loop).run"))
}

// logBuffer collects log lines from all loops.
type logBuffer struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// manual is a loop without a thread, turned by the test: what happens in which turn is exact.
type manual struct {
	*Loop
	t testing.TB
}

// manualLoop makes one; the test's end closes what it has.
func manualLoop(t testing.TB) manual {
	t.Helper()
	checkLeaks(t)
	g, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	l := g.loops[0]
	t.Cleanup(func() {
		l.stop()
		for !l.over() {
			manual{l, t}.turnOnce()
		}
		l.release()
	})
	return manual{l, t}
}

// turnOnce makes one turn that does not wait.
func (m manual) turnOnce() {
	m.pending = true
	m.turn()
}

// mustAttach is Attach that succeeds.
func (m manual) mustAttach(fd int, h Handler) *Conn {
	m.t.Helper()
	c, err := m.Attach(fd, h)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// attachCounted is mustAttach of a connection that is to close with errTest; closed is how often it has.
func (m manual) attachCounted(fd int) (c *Conn, closed *int) {
	m.t.Helper()
	closed = new(int)
	return m.mustAttach(fd, &funcs{closed: func(_ *Conn, err error) {
		*closed++
		if err != errTest {
			m.t.Errorf("closed with %v", err)
		}
	}}), closed
}

// quiet checks that the loop would wait now.
func (m manual) quiet() {
	m.t.Helper()
	if n, err := m.poll.ready(); n != 0 || err != nil || m.pending {
		m.t.Errorf("the loop would spin: %d events (first %x), %v, pending %v", n, m.poll.events[0].Events, err, m.pending)
	}
}

// len is how many entries there are.
func (m *fdMap[V]) len() int { return len(m.entries) }
