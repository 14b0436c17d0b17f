package backend

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
	"parkway/reactor"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// newLoop starts a loop that ends with the test, after which nothing may be left.
func newLoop(t testing.TB) *reactor.Loop {
	t.Helper()
	mysqltest.CheckLeaks(t)
	g, err := reactor.New(reactor.Config{Loops: 1, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g.Loops()[0]
}

// on runs fn on the loop and waits for it.
func on(l *reactor.Loop, fn func()) {
	done := make(chan struct{})
	l.Post(func() {
		defer close(done)
		fn()
	})
	<-done
}

// serverAt is the server that an address of the test kit leads to.
func serverAt(t testing.TB, addr string) *hostgroup.Server {
	t.Helper()
	c := config.MySQLServer{HostgroupID: 1, Weight: 1, Status: config.StatusOnline, MaxConnections: 10}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		c.Hostname = path
	} else if a, err := netip.ParseAddrPort(addr); err == nil {
		c.Hostname, c.Port = a.Addr().String(), int(a.Port())
	} else {
		c.Hostname, c.Port = addr, 3306
	}
	m, err := hostgroup.NewManager([]config.MySQLServer{c}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return m.Table().Servers()[0]
}

// event is one call of an Owner's method, or of Spec.Closed.
type event struct {
	what     string // ready refused answer ok writable lost closed
	chunk    string
	ok       protocol.OK // of an ok, with copies of what it aliases
	reason   *protocol.ERR
	progress protocol.Progress
	err      *Error
}

// interner makes the sets of the tests' connections; it is used by the tests only, one after the other.
var interner = sysvar.NewInterner()

// recorder is an Owner that writes down what it is told.
type recorder struct {
	t      testing.TB
	events chan event
	onto   func(event) // runs on the loop within the call; may be nil
}

func newRecorder(t testing.TB) *recorder { return &recorder{t: t, events: make(chan event, 1000)} }

func (r *recorder) add(e event) {
	if r.onto != nil {
		r.onto(e)
	}
	r.events <- e
}

func (r *recorder) OnBackendReady(*Conn) { r.add(event{what: "ready"}) }

func (r *recorder) OnAnswer(_ *Conn, chunk []byte, progress protocol.Progress) {
	r.add(event{what: "answer", chunk: string(chunk), progress: progress})
}

func (r *recorder) OnOK(_ *Conn, ok *protocol.OK, _ byte, progress protocol.Progress) {
	kept := *ok
	kept.Info, kept.StateChanges = slices.Clone(ok.Info), slices.Clone(ok.StateChanges)
	r.add(event{what: "ok", ok: kept, progress: progress})
}

func (r *recorder) OnSyncFailed(_ *Conn, reason *protocol.ERR) {
	r.add(event{what: "refused", reason: reason})
}

func (r *recorder) OnBackendWritable(*Conn) { r.add(event{what: "writable"}) }

func (r *recorder) OnBackendClosed(_ *Conn, err *Error) { r.add(event{what: "lost", err: err}) }

// next waits for the next event, which must be what.
func (r *recorder) next(what string) event {
	r.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case e := <-r.events:
		if e.what != what {
			r.t.Fatalf("got %+v (%v), want %s", e, e.err, what)
		}
		return e
	case <-timer.C:
		r.t.Fatalf("no %s within %v", what, patience)
	}
	panic("unreachable")
}

// answer joins what comes until the answer is complete.
func (r *recorder) answer() string {
	r.t.Helper()
	var all strings.Builder
	for {
		e := r.next("answer")
		all.WriteString(e.chunk)
		if e.progress == protocol.Done {
			return all.String()
		}
	}
}

// none fails the test if there is another event.
func (r *recorder) none() {
	r.t.Helper()
	select {
	case e := <-r.events:
		r.t.Errorf("unexpected %+v (%v)", e, e.err)
	default:
	}
}

// spec is how a test connects to addr; change, if not nil, makes it another.
func (r *recorder) spec(addr string, change func(*Spec)) Spec {
	r.t.Helper()
	s := Spec{
		Server:   serverAt(r.t, addr),
		Login:    Login{User: "app", Credential: auth.ClearCredential("secret"), Capabilities: protocol.ClientProtocol41, Charset: 45},
		Timeout:  patience,
		Greeted:  func(*hostgroup.Server, *protocol.Handshake) {},
		Interner: interner,
		Closed:   func(*Conn) { r.add(event{what: "closed"}) },
	}
	if change != nil {
		change(&s)
	}
	return s
}

// dial starts a connection whose owner is r.
func (r *recorder) dial(l *reactor.Loop, spec Spec) *Conn {
	r.t.Helper()
	var b *Conn
	var err error
	on(l, func() { b, err = Dial(l, spec, r) })
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// connect is dial for a login that must go well.
func (r *recorder) connect(l *reactor.Loop, spec Spec) *Conn {
	r.t.Helper()
	b := r.dial(l, spec)
	r.next("ready")
	return b
}

// command sends a command that has an answer.
func command(l *reactor.Loop, b *Conn, cmd protocol.Command, rest string) {
	on(l, func() {
		b.Begin(cmd, 1)
		b.Send(protocol.AppendPacket(nil, append([]byte{byte(cmd)}, rest...), 0))
	})
}

// rawServer listens and gives its one client to serve, then closes it.
func rawServer(t testing.TB, serve func(c net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted, done := make(chan net.Conn, 1), make(chan struct{})
	go func() {
		defer close(done)
		defer close(accepted)
		c, err := l.Accept()
		if err != nil {
			return
		}
		accepted <- c
		defer c.Close()
		if c.SetDeadline(time.Now().Add(patience)) == nil {
			serve(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		if c, ok := <-accepted; ok {
			c.Close()
		}
		<-done
	})
	return l.Addr().String()
}

// greet writes a greeting that names plugin, and reads the client's response.
func greet(c net.Conn, plugin string) error {
	h := protocol.Handshake{ServerVersion: "8.0.99-raw", Capabilities: mysqltest.ServerCapabilities, AuthPlugin: plugin, Nonce: auth.NewNonce()}
	if _, err := c.Write(protocol.AppendPacket(nil, h.Append(nil), 0)); err != nil {
		return err
	}
	_, err := readPacket(c)
	return err
}

func readPacket(c net.Conn) ([]byte, error) {
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	return buf[:n], err
}

func okPacket(seq byte) []byte {
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	return protocol.AppendPacket(nil, ok.Append(nil, 0), seq)
}

func errPacket(seq byte, code uint16, text string) []byte {
	return protocol.AppendPacket(nil, protocol.NewERR(code, "%s", text).Append(nil), seq)
}
