package mysqltest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// WireConfig is what a Wire does to the connections that it relays.
type WireConfig struct {
	Target     string      // "host:port" or "unix:/path"
	Up, Down   Direction   // towards the target, and back
	Transcript *Transcript // records both directions; may be nil
}

// Direction is what a Wire does to bytes that go one way.
type Direction struct {
	Piece     int           // bytes of each write, 0 = as they come
	Delay     time.Duration // before each write
	KillAfter int64         // closes the connection, on both sides, after so many bytes; 0 = never
	Reset     bool          // KillAfter ends with a TCP reset
}

// Wire is a relay between a client and a server. Its methods may be called from any goroutine.
type Wire struct {
	// Immutable.
	cfg      WireConfig
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	thawed chan struct{} // closed while bytes may pass
	done   chan struct{}
	live   map[net.Conn]struct{} // both sides
}

// NewWire starts a relay on a port of its own. It is closed when the test ends.
func NewWire(t testing.TB, cfg WireConfig) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{cfg: cfg, listener: l, thawed: make(chan struct{}), done: make(chan struct{}), live: map[net.Conn]struct{}{}}
	close(w.thawed)
	w.running.Add(1)
	go w.accept()
	t.Cleanup(w.close)
	return w
}

// Addr is where the wire listens.
func (w *Wire) Addr() string { return addrString(w.listener.Addr()) }

// Freeze holds back everything in both directions; connections stay open.
func (w *Wire) Freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.thawed:
		w.thawed = make(chan struct{})
	default:
	}
}

// Thaw ends Freeze.
func (w *Wire) Thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.thawed:
	default:
		close(w.thawed)
	}
}

// Kill closes all connections on both sides; new ones are relayed still.
func (w *Wire) Kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.live {
		c.Close()
	}
}

func (w *Wire) close() {
	w.listener.Close()
	close(w.done)
	w.Kill()
	w.running.Wait()
}

func (w *Wire) accept() {
	defer w.running.Done()
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.running.Add(1)
		go w.relay(client)
	}
}

func (w *Wire) relay(client net.Conn) {
	defer w.running.Done()
	defer client.Close()
	target, err := dial(w.cfg.Target, defaultTimeout)
	if err != nil {
		return
	}
	defer target.Close()
	if !w.enter(client, target) {
		return
	}
	defer w.leave(client, target)
	var both sync.WaitGroup
	both.Go(func() { w.pass(target, client, w.cfg.Up, fromClient) })
	both.Go(func() { w.pass(client, target, w.cfg.Down, fromServer) })
	both.Wait()
}

func (w *Wire) enter(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.done:
		return false
	default:
	}
	for _, c := range conns {
		w.live[c] = struct{}{}
	}
	return true
}

func (w *Wire) leave(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.live, c)
	}
}

// pass copies one direction until it ends or is killed. The end of a stream is passed on as such.
func (w *Wire) pass(to, from net.Conn, d Direction, sender byte) {
	buffer := make([]byte, 64<<10)
	left := d.KillAfter
	for {
		n, err := from.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			size := len(rest)
			if d.Piece > 0 {
				size = min(size, d.Piece)
			}
			if d.KillAfter > 0 {
				size = int(min(int64(size), left))
			}
			if !w.ready(d.Delay) {
				return
			}
			w.cfg.Transcript.add(sender, rest[:size])
			if _, err := to.Write(rest[:size]); err != nil {
				from.Close()
				return
			}
			rest = rest[size:]
			if left -= int64(size); d.KillAfter > 0 && left == 0 {
				kill(d.Reset, to, from)
				return
			}
		}
		if err != nil {
			halfClose(to)
			return
		}
	}
}

// ready waits for the delay and for the thaw; false if the wire was closed meanwhile.
func (w *Wire) ready(delay time.Duration) bool {
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-w.done:
			return false
		}
	}
	w.mu.Lock()
	thawed := w.thawed
	w.mu.Unlock()
	select {
	case <-thawed:
		return true
	case <-w.done:
		return false
	}
}

func kill(reset bool, conns ...net.Conn) {
	for _, c := range conns {
		if tcp, ok := c.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		c.Close()
	}
}

func halfClose(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	c.Close()
}
