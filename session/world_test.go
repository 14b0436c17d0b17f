package session_test

import (
	"errors"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
	"parkway/reactor"
	"parkway/scripting/hook"
	"parkway/session"
	"parkway/session/rules"
	"parkway/session/users"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// keys are made once, if at all: that takes longer than most tests.
var keys = new(auth.KeyPair)

// untracked are the capabilities of a server without session trackers, on which the proxy runs no commands of its own.
const untracked = mysqltest.ServerCapabilities &^ protocol.ClientSessionTrack

// setup is what a world is made of.
type setup struct {
	server      mysqltest.ServerConfig
	backend     mysqltest.WireConfig // between proxy and server, if it does anything
	settings    config.MySQLVariables
	users       []config.MySQLUser
	servers     []config.MySQLServer // in place of the server
	more        []config.MySQLServer // beside the server
	places      int                  // max_connections of the server; 0: the default
	rules       *rules.Program
	script      *policy // nil: none
	loops       int
	noIdleLoops bool
	errands     int
	arrivals    int // logins at once; 0: the default
	clients     int // that there are descriptors for
	panics      int // that are expected
	kills       *killer
	grace       time.Duration // for a server to end a killed statement
	barTime     time.Duration // before the answer to a COM_CHANGE_USER that is refused
}

// world is a proxy with clients in front of it and a scripted server behind it.
type world struct {
	*session.Proxy
	t          testing.TB
	server     *mysqltest.Server
	backend    *mysqltest.Wire // nil without one
	group      *reactor.Group
	hostgroups *hostgroup.Manager
	metrics    *metrics.Metrics
	kills      *killer // nil without one
	log        *mysqltest.Log
	addr, unix string
}

// newWorld starts a world; change, if not nil, alters what it is made of. It ends with the test, after which nothing may
// be left and no session may have panicked, but for those that change expects.
func newWorld(t testing.TB, change func(*setup)) *world {
	t.Helper()
	mysqltest.CheckLeaks(t)
	cfg := setup{
		settings: config.Default().MySQL, loops: 1,
		users: []config.MySQLUser{user("app", "secret")},
	}
	cfg.server.Greeting.Capabilities = untracked
	if change != nil {
		change(&cfg)
	}
	w := &world{t: t, server: mysqltest.NewServer(t, cfg.server), log: new(mysqltest.Log), kills: cfg.kills}
	target := w.server.Addr()
	if cfg.backend.Up != (mysqltest.Direction{}) || cfg.backend.Down != (mysqltest.Direction{}) {
		cfg.backend.Target = target
		w.backend = mysqltest.NewWire(t, cfg.backend)
		target = w.backend.Addr()
	}
	if cfg.servers == nil {
		cfg.servers = []config.MySQLServer{serverAt(t, target)}
		if cfg.places > 0 {
			cfg.servers[0].MaxConnections = cfg.places
		}
	}
	cfg.servers = append(cfg.servers, cfg.more...)
	log := zerolog.New(w.log)
	var err error
	if w.hostgroups, err = hostgroup.NewManager(cfg.servers, log); err != nil {
		t.Fatal(err)
	}
	w.hostgroups.Discover(t.Context())
	table, err := users.NewTable(cfg.users, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.group, err = reactor.New(reactor.Config{Loops: cfg.loops, IdleLoops: !cfg.noIdleLoops, Log: log}); err != nil {
		t.Fatal(err)
	}
	w.metrics = metrics.New(cfg.loops)
	var kills session.Killer
	if cfg.kills != nil {
		kills = cfg.kills
	}
	var hooks hook.Hooks
	if cfg.script != nil {
		hooks = cfg.script
	}
	w.Proxy = session.New(session.Config{
		Script: hooks,
		Kills:  kills, KillGrace: cfg.grace, BarTime: cfg.barTime,
		Hostgroups: w.hostgroups, Settings: &cfg.settings, Users: table, Keys: keys, Metrics: w.metrics, Loops: w.group.Loops(), Log: log,
		MaxClients: cfg.clients, Rules: cfg.rules, Arrivals: cfg.arrivals, Errands: cfg.errands,
	})
	w.unix = "unix:" + filepath.Join(t.TempDir(), "p")
	for _, addr := range []string{"127.0.0.1:0", w.unix} {
		if err := w.group.Listen(addr, w.Accept); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.group.Start(); err != nil {
		t.Fatal(err)
	}
	w.addr = w.group.Addrs()[0].String()
	t.Cleanup(func() {
		w.group.Stop()
		if n := w.group.Panics(); n != int64(cfg.panics) {
			t.Errorf("%d panics, want %d: %s", n, cfg.panics, w.log)
		}
	})
	return w
}

// user is a user of hostgroup 1.
func user(name, password string) config.MySQLUser {
	return config.MySQLUser{Username: name, Password: password, DefaultHostgroup: 1, MaxConnections: 100, Active: true}
}

// serverAt is a server of hostgroup 1.
func serverAt(t testing.TB, addr string) config.MySQLServer {
	t.Helper()
	c := config.MySQLServer{HostgroupID: 1, Weight: 1, Status: config.StatusOnline, MaxConnections: 100}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		c.Hostname = path
		return c
	}
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	c.Hostname, c.Port = a.Addr().String(), int(a.Port())
	return c
}

// unshared makes every session keep its backend connection to its end.
func unshared(s *setup) { s.settings.Multiplexing = false }

// answering is the setup of a server that answers every command with h.
func answering(h mysqltest.Handler) func(*setup) {
	return func(s *setup) { s.server.Handler = h }
}

// client is how the user of a world logs in.
func (w *world) client() mysqltest.ClientConfig {
	return mysqltest.ClientConfig{Addr: w.addr, User: "app", Password: "secret", Timeout: patience}
}

// dial logs the user of the world in.
func (w *world) dial() *mysqltest.Client {
	w.t.Helper()
	return mysqltest.Dial(w.t, w.client())
}

// turns lets every loop take a few turns, in which it reads what was sent before.
func (w *world) turns() {
	for range 3 {
		for i := range w.group.Loops() {
			w.on(i, func() {})
		}
	}
}

// on runs fn on a loop and waits for it.
func (w *world) on(loop int, fn func()) {
	done := make(chan struct{})
	w.group.Loops()[loop].Post(func() {
		defer close(done)
		fn()
	})
	<-done
}

// inOneTurn makes everything that fn causes reach the loop at once.
func (w *world) inOneTurn(fn func()) {
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.group.Loops()[0].Post(func() {
		close(held)
		<-release
		close(done)
	})
	<-held
	fn()
	close(release)
	<-done
}

// waitSessions waits until n clients are connected.
func (w *world) waitSessions(n int) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); w.Sessions() != n; w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d sessions, want %d", w.Sessions(), n)
		}
	}
}

// waitBackends waits until n backend connections are open.
func (w *world) waitBackends(n int) {
	w.t.Helper()
	connections := func() (sum int) {
		for _, s := range w.hostgroups.Table().Servers() {
			sum += s.Connections()
		}
		return sum
	}
	for deadline := time.Now().Add(patience); connections() != n; w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d backend connections, want %d", connections(), n)
		}
	}
}

// waitLog waits until the log has text.
func (w *world) waitLog(text string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(w.log.String(), text); w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("no %q in the log: %s", text, w.log)
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

// mustQuery runs a statement that must succeed.
func mustQuery(t testing.TB, c *mysqltest.Client, sql string) []mysqltest.Result {
	t.Helper()
	results, err := c.Query(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return results
}

// wantERR checks that err is an ERR packet with this code and text.
func wantERR(t testing.TB, err error, code uint16, text string) {
	t.Helper()
	var said *protocol.ERR
	if !errors.As(err, &said) {
		t.Errorf("error %v, want %d", err, code)
		return
	}
	if said.Code != code || !strings.Contains(said.Message, text) {
		t.Errorf("%v, want %d and %q", said, code, text)
	}
}

// wantClose checks that the proxy closes the connection without another word. The client closes too.
func wantClose(t testing.TB, c *mysqltest.Client) {
	t.Helper()
	defer c.Close()
	if rest, err := c.ExpectEOF(); err != nil || len(rest) > 0 {
		t.Errorf("before the close came %q (%v)", rest, err)
	}
}

// wantGoodbye checks that the proxy says why it ends the connection, as the answer to the command that comes next, and
// closes it. The client closes too.
func wantGoodbye(t testing.TB, c *mysqltest.Client, code uint16, text string) {
	t.Helper()
	defer c.Close()
	rest, err := c.ExpectEOF()
	if err != nil || len(rest) < protocol.HeaderLen {
		t.Errorf("got %q, %v; want error %d", rest, err, code)
		return
	}
	var said protocol.ERR
	if err := said.Decode(rest[protocol.HeaderLen:]); err != nil || rest[3] != 1 {
		t.Errorf("sequence number %d, %v", rest[3], err)
	}
	wantERR(t, &said, code, text)
}
