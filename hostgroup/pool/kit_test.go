package pool

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
	"parkway/reactor"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// world is the pools of some loops in front of servers. It is also the pools' Hostgroups, so that a test can act at the
// moment when a server is chosen.
type world struct {
	*hostgroup.Manager
	t          testing.TB
	loops      []*reactor.Loop
	set        *Set
	metrics    *metrics.Metrics
	settings   config.MySQLVariables
	gone       map[string]bool // users that no longer hold; of the loops
	unprepared atomic.Int64    // connections that could not be prepared
	wanted     atomic.Int64    // how often somebody was told that connections are wanted
	onTable    func()          // runs on the loop that looks at the hostgroups; may be nil
}

func (w *world) Table() *hostgroup.Table {
	if w.onTable != nil {
		w.onTable()
	}
	return w.Manager.Table()
}

// at is a server of hostgroup 1 that takes max connections.
func at(t testing.TB, addr string, max int) config.MySQLServer {
	t.Helper()
	c := config.MySQLServer{HostgroupID: 1, Weight: 1, Status: config.StatusOnline, MaxConnections: max}
	if a, err := netip.ParseAddrPort(addr); err == nil {
		c.Hostname, c.Port = a.Addr().String(), int(a.Port())
	} else {
		c.Hostname, c.Port = addr, 3306
	}
	return c
}

// newWorld starts loops with a pool each. They end with the test, after which nothing may be left.
func newWorld(t testing.TB, loops int, servers ...config.MySQLServer) *world {
	t.Helper()
	mysqltest.CheckLeaks(t)
	w := &world{t: t, metrics: metrics.New(loops), settings: config.Default().MySQL}
	var err error
	if w.Manager, err = hostgroup.NewManager(servers, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	g, err := reactor.New(reactor.Config{Loops: loops, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	w.loops = g.Loops()
	w.set = NewSet(Config{
		Hostgroups: w,
		Settings:   func() *config.MySQLVariables { return &w.settings },
		Holds:      func(l *backend.Login) bool { return !w.gone[l.User] },
		Unprepared: func(*backend.Error) { w.unprepared.Add(1) },
		Wanted:     func() { w.wanted.Add(1) },
	}, w.loops, w.metrics.Loop)
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return w
}

// on runs fn on a loop and waits for it.
func (w *world) on(loop int, fn func(p *Pool)) {
	done := make(chan struct{})
	w.loops[loop].Post(func() {
		defer close(done)
		fn(w.set.Pool(loop))
	})
	<-done
}

// server is the i-th configured server.
func (w *world) server(i int) *hostgroup.Server { return w.Manager.Table().Servers()[i] }

// waitConnections waits until the i-th server has n connections, taking turns with loop 0.
func (w *world) waitConnections(i, n int) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); w.server(i).Connections() != n; w.on(0, func(*Pool) {}) {
		if time.Now().After(deadline) {
			w.t.Fatalf("server %d has %d connections, want %d", i, w.server(i).Connections(), n)
		}
	}
}

// metric is the value of a metric as Prometheus reads it, "" if there is none.
func (w *world) metric(name string) string {
	r := httptest.NewRecorder()
	w.metrics.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(r.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (w *world) wantMetrics(want map[string]string) {
	w.t.Helper()
	for name, value := range want {
		if got := w.metric(name); got != value {
			w.t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// Names of metrics: requests in queues, a server's used connections, its connects by result.
const waiting = `parkway_pool_waiting{hostgroup="1"}`

func used(s *hostgroup.Server) string {
	return fmt.Sprintf(`parkway_backend_connections{hostgroup="1",server="%s",state="used"}`, s)
}

func connects(s *hostgroup.Server, result string) string {
	return fmt.Sprintf(`parkway_backend_connects_total{hostgroup="1",result="%s",server="%s"}`, result, s)
}

// client asks for a connection and keeps the outcome. It owns the connection that it gets.
type client struct {
	w        *world
	loop     int
	request  Request
	outcome  chan outcome
	lost     func(*backend.Error) // runs on the loop when its connection is lost; may be nil
	backend  *backend.Conn        // owned by the loop
	answered chan struct{}        // closed at the end of an answer, if not nil
}

type outcome struct {
	b      *backend.Conn
	reason *protocol.ERR
}

// newClient is a client of hostgroup 1 on a loop.
func (w *world) newClient(loop int) *client {
	c := &client{w: w, loop: loop, outcome: make(chan outcome, 1)}
	c.request = Request{Hostgroup: 1, Client: c, Login: backend.Login{
		User: "app", Credential: auth.ClearCredential("secret"), Capabilities: protocol.ClientProtocol41,
	}}
	return c
}

func (c *client) OnBackend(b *backend.Conn) {
	c.backend = b
	b.SetOwner(c)
	c.outcome <- outcome{b: b}
}

func (c *client) OnNoBackend(reason *protocol.ERR) { c.outcome <- outcome{reason: reason} }

func (c *client) OnBackendReady(*backend.Conn)              {}
func (c *client) OnSyncFailed(*backend.Conn, *protocol.ERR) {}
func (c *client) OnAnswer(_ *backend.Conn, _ []byte, progress protocol.Progress) {
	if progress == protocol.Done && c.answered != nil {
		close(c.answered)
	}
}
func (c *client) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}
func (c *client) OnBackendWritable(*backend.Conn)                           {}
func (c *client) OnBackendClosed(_ *backend.Conn, err *backend.Error) {
	if c.lost != nil {
		c.lost(err)
	}
}

// acquire asks for a connection.
func (c *client) acquire() { c.w.on(c.loop, func(p *Pool) { p.Acquire(&c.request) }) }

func (c *client) cancel() { c.w.on(c.loop, func(p *Pool) { p.Cancel(&c.request) }) }

// discard gives the connection back, never to be used again.
func (c *client) discard() { c.w.on(c.loop, func(p *Pool) { p.Discard(c.backend) }) }

// put gives the connection back for anybody.
func (c *client) put() { c.w.on(c.loop, func(p *Pool) { p.Put(c.backend) }) }

// wait waits for the outcome.
func (c *client) wait() outcome {
	c.w.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case o := <-c.outcome:
		return o
	case <-timer.C:
		c.w.t.Fatalf("no outcome within %v", patience)
	}
	panic("unreachable")
}

// mustGet waits for a connection.
func (c *client) mustGet() *backend.Conn {
	c.w.t.Helper()
	o := c.wait()
	if o.reason != nil {
		c.w.t.Fatalf("no connection: %v", o.reason)
	}
	return o.b
}

// mustFail waits for a refusal that has each of the parts in its text, which it returns.
func (c *client) mustFail(code uint16, parts ...string) string {
	c.w.t.Helper()
	o := c.wait()
	if o.reason == nil {
		c.w.t.Fatal("got a connection, want none")
	}
	if o.reason.Code != code {
		c.w.t.Errorf("code %d, want %d", o.reason.Code, code)
	}
	for _, part := range parts {
		if !strings.Contains(o.reason.Message, part) {
			c.w.t.Errorf("message %q, want %q in it", o.reason.Message, part)
		}
	}
	return o.reason.Message
}

// pending fails the test if the outcome is there already.
func (c *client) pending() {
	c.w.t.Helper()
	select {
	case o := <-c.outcome:
		c.w.t.Fatalf("outcome %+v, want none yet", o)
	default:
	}
}

// untracked is a server without session trackers, on which connections run no commands of their own.
var untracked = protocol.Handshake{Capabilities: mysqltest.ServerCapabilities &^ protocol.ClientSessionTrack}

func free(s *hostgroup.Server) string {
	return fmt.Sprintf(`parkway_backend_connections{hostgroup="1",server="%s",state="free"}`, s)
}
