package pool

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/config"
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

func TestDelay(t *testing.T) {
	for attempts, want := range []time.Duration{10, 10, 20, 40, 80, 160, 320, 500, 500} {
		r := Request{attempts: attempts}
		if got := r.delay(); got != want*time.Millisecond {
			t.Errorf("after %d attempts: %v, want %d ms", attempts, got, want)
		}
	}
}

func TestAcquireAndDiscard(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: protocol.Handshake{ServerVersion: "8.0.5"}})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	c := w.newClient(0)
	c.acquire()
	b := c.mustGet()
	if b.Server() != w.server(0) || !b.Idle() || w.server(0).Connections() != 1 {
		t.Errorf("server %v, idle %v, %d connections", b.Server(), b.Idle(), w.server(0).Connections())
	}
	if f := w.server(0).Facts(); f == nil || f.Version != "8.0.5" {
		t.Errorf("the manager did not learn of the greeting: %+v", f)
	}
	w.wantMetrics(map[string]string{used(w.server(0)): "1", connects(w.server(0), "ok"): "1"})
	c.discard()
	w.waitConnections(0, 0)
	w.wantMetrics(map[string]string{used(w.server(0)): "0", connects(w.server(0), "error"): "0"})
	if got := server.Commands(); len(got) != 1 || got[0].Command != protocol.ComQuit {
		t.Errorf("commands %v", got)
	}
	c.acquire()
	c.mustGet()
}

// A server that fails is left for one that doesn't, at once.
func TestRetryOnAnotherServer(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	down := at(t, mysqltest.ClosedPort(t), 10)
	down.Weight = 1_000_000
	w := newWorld(t, 1, down, at(t, server.Addr(), 10))
	c := w.newClient(0)
	c.acquire()
	if b := c.mustGet(); b.Server() != w.server(1) {
		t.Errorf("server %v", b.Server())
	}
	w.waitConnections(0, 0)
	w.wantMetrics(map[string]string{
		connects(w.server(0), "error"): "1", connects(w.server(1), "ok"): "1",
		`parkway_retries_total{reason="connect"}`: "1",
	})
}

// A server that fails for a moment is tried again after a pause.
func TestRetryAfterAPause(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Fault: mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "Host is blocked")},
	})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	tries := 0
	w.onTable = func() {
		if tries++; tries == 5 {
			server.Change(func(c *mysqltest.ServerConfig) { c.Fault = mysqltest.Fault{} })
		}
	}
	c := w.newClient(0)
	c.acquire()
	c.mustGet()
	if server.Accepted() < 2 {
		t.Errorf("%d connections were made", server.Accepted())
	}
}

// A server is tried as often as the setting says; then the client reads the last reason under the server's code.
func TestRetriesEnd(t *testing.T) {
	for _, retries := range []int{0, 2} {
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{
			Fault: mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "Host is blocked")},
		})
		w := newWorld(t, 1, at(t, server.Addr(), 10))
		w.settings.ConnectRetriesOnFailure = retries
		c := w.newClient(0)
		c.acquire()
		attempts := map[int]string{0: "after 1 attempts", 2: "after 3 attempts"}[retries]
		c.mustFail(protocol.ErrCodeHostBlocked, "parkway: ", "1 failed to connect", attempts, "greeting of "+server.Addr(), "Host is blocked")
		if server.Accepted() != retries+1 {
			t.Errorf("%d connections were made, want %d", server.Accepted(), retries+1)
		}
		w.waitConnections(0, 0)
	}
}

// A login that the server refuses properly would be refused again.
func TestRefusedLoginIsNotRepeated(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Users: map[string]string{"app": "other"}})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	c := w.newClient(0)
	c.acquire()
	c.mustFail(protocol.ErrCodeAccessDenied, "parkway: login at "+server.Addr())
	if server.Accepted() != 1 {
		t.Errorf("%d connections were made", server.Accepted())
	}
}

func TestNoServer(t *testing.T) {
	offline := at(t, "127.0.0.1:1", 10)
	offline.Status = config.StatusOfflineSoft
	for _, test := range []struct {
		name    string
		servers []config.MySQLServer
		want    string
	}{
		{"none", nil, "hostgroup 1 has no servers"},
		{"offline", []config.MySQLServer{offline}, "1 offline"},
		{"unresolved", []config.MySQLServer{at(t, "db.invalid", 10)}, "1 with a name that does not resolve"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, 1, test.servers...)
			c := w.newClient(0)
			c.acquire()
			c.mustFail(protocol.ErrCodeNoBackend, "parkway: ", test.want)
		})
	}
}

// While all servers are full, requests wait in their order, on each loop, and get what becomes free on any.
func TestQueue(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, 2, at(t, server.Addr(), 1))
	holder := w.newClient(0)
	holder.acquire()
	holder.mustGet()

	const each = 3
	var here, there []*client
	for range each {
		here, there = append(here, w.newClient(0)), append(there, w.newClient(1))
	}
	for i := range each {
		here[i].acquire()
		there[i].acquire()
	}
	w.wantMetrics(map[string]string{waiting: "6"})
	for len(here)+len(there) > 0 {
		holder.discard()
		holder = nextServed(t, &here, &there)
		if n := w.server(0).Connections(); n != 1 {
			t.Fatalf("%d connections, want 1", n)
		}
	}
	w.wantMetrics(map[string]string{waiting: "0"})
}

// nextServed waits for the first of either queue and takes it out.
func nextServed(t *testing.T, queues ...*[]*client) *client {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		for _, q := range queues {
			for i, c := range *q {
				c.w.on(c.loop, func(*Pool) {})
				select {
				case o := <-c.outcome:
					if o.reason != nil || i > 0 {
						t.Fatalf("number %d of its queue was served (%v)", i+1, o.reason)
					}
					*q = (*q)[1:]
					return c
				default:
				}
			}
		}
	}
	t.Fatal("nobody was served")
	return nil
}

// A request that comes at the moment when a place is free does not overtake those that wait.
func TestNewcomersDoNotOvertake(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, 1, at(t, server.Addr(), 1))
	first, second, newcomer := w.newClient(0), w.newClient(0), w.newClient(0)
	first.lost = func(*backend.Error) {
		// The next turn: the place is free, and the queue not served yet.
		w.loops[0].Post(func() { w.set.Pool(0).Acquire(&newcomer.request) })
	}
	first.acquire()
	first.mustGet()
	second.acquire()
	server.KillAll()
	second.mustGet()
	newcomer.pending()
	second.discard()
	newcomer.mustGet()
}

// A place that another loop gives back between the look and the wait is not missed.
func TestNoLostWakeUp(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, 1, at(t, server.Addr(), 1))
	if !w.server(0).Take(1) {
		t.Fatal("no place")
	}
	looks := 0
	w.onTable = func() {
		if looks++; looks == 2 {
			w.server(0).Give() // As another loop does that saw nobody wait.
		}
	}
	c := w.newClient(0)
	c.acquire()
	c.mustGet()
}

// A waiter for whom a server has failed does not hold back those behind it who may take that server.
func TestWaiterWithFailuresHoldsNobodyBack(t *testing.T) {
	flaky := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{
		Refusal: protocol.NewERR(protocol.ErrCodeServerShutdown, "Server shutdown in progress"),
	}})
	w := newWorld(t, 1, at(t, flaky.Addr(), 1), at(t, mysqltest.ClosedPort(t), 1))
	if !w.server(1).Take(1) { // full for the whole test
		t.Fatal("no place")
	}
	first := w.newClient(0)
	first.acquire()
	waitWaiting(w, "1")
	first.pending()
	flaky.Change(func(c *mysqltest.ServerConfig) { c.Fault = mysqltest.Fault{} })
	w.waitConnections(0, 0)

	second, third := w.newClient(0), w.newClient(0)
	second.acquire()
	second.mustGet()
	third.acquire()
	second.discard()
	third.mustGet()
	first.pending()
	first.cancel()
	w.server(1).Give()
}

// waitWaiting waits until so many requests are in the queue.
func waitWaiting(w *world, n string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); w.metric(waiting) != n; {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s requests wait, want %s", w.metric(waiting), n)
		}
	}
}

// Who waits too long reads why, and for how long.
func TestDeadline(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, 1, at(t, server.Addr(), 1))
	w.settings.ConnectTimeoutServerMax = 20 * time.Millisecond
	if !w.server(0).Take(1) {
		t.Fatal("no place")
	}
	c := w.newClient(0)
	c.acquire()
	begin, end := "parkway: no server of hostgroup 1 can be used: 1 at max_connections; waited ", " ms (connect_timeout_server_max_ms)"
	text := c.mustFail(protocol.ErrCodeNoBackend, begin, end)
	if ms, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, begin), end)); err != nil || ms < 20 {
		t.Errorf("message %q, want at least 20 ms", text)
	}
	w.wantMetrics(map[string]string{
		`parkway_pool_wait_timeouts_total{hostgroup="1"}`: "1", waiting: "0",
	})
}

// The deadline bounds connecting too: a server that never answers costs no more than that.
func TestDeadlineOfASilentServer(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.ConnectTimeoutServerMax = 20 * time.Millisecond
	c := w.newClient(0)
	c.acquire()
	c.mustFail(protocol.ErrCodeNoBackend, "1 failed to connect", "greeting of "+server.Addr()+": no answer in time")
}

// The pause before another round does not go beyond the deadline: those of 10, 20, 40 and 80 ms lead to the fifth attempt, that of 160 ms behind it
// would end too late.
func TestDeadlineEndsRetries(t *testing.T) {
	w := newWorld(t, 1, at(t, mysqltest.ClosedPort(t), 10))
	w.settings.ConnectTimeoutServerMax = 250 * time.Millisecond
	w.settings.ConnectTimeoutServer = time.Second
	c := w.newClient(0)
	c.acquire()
	said := c.mustFail(protocol.ErrCodeNoBackend, "1 failed to connect; last error after ", "connection refused")
	_, rest, _ := strings.Cut(said, "last error after ")
	count, _, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(count); err != nil || n < 2 || n > 5 { // fewer on a busy machine
		t.Errorf("%q: want 5 attempts", said)
	}
}

// A request can be withdrawn at each moment; nothing is left of it, and it can be made again.
func TestCancel(t *testing.T) {
	for _, test := range []struct {
		name  string
		start func(t *testing.T, w *world, server *mysqltest.Server, c *client) // until the moment
		after func(w *world)                                                    // undoes what start did
	}{
		{"queued", func(t *testing.T, w *world, _ *mysqltest.Server, c *client) {
			w.server(0).Take(1)
			c.acquire()
			waitWaiting(w, "1")
		}, func(w *world) { w.server(0).Give() }},
		{"connecting", func(_ *testing.T, w *world, _ *mysqltest.Server, c *client) {
			w.on(0, func(p *Pool) {
				p.Acquire(&c.request)
				p.Cancel(&c.request)
			})
		}, func(*world) {}},
		{"logging in", func(t *testing.T, w *world, server *mysqltest.Server, c *client) {
			server.Change(func(cfg *mysqltest.ServerConfig) { cfg.Fault = mysqltest.Fault{NoVerdict: true} })
			c.acquire()
			server.WaitConnections(t, 1)
			server.Change(func(cfg *mysqltest.ServerConfig) { cfg.Fault = mysqltest.Fault{} })
		}, func(*world) {}},
		{"between rounds", func(t *testing.T, w *world, server *mysqltest.Server, c *client) {
			server.Change(func(cfg *mysqltest.ServerConfig) {
				cfg.Fault = mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "full")}
			})
			for paused := false; !paused; {
				if c.request.pool == nil {
					c.acquire()
				}
				w.on(0, func(*Pool) { paused = c.request.timer.Armed() })
			}
			server.Change(func(cfg *mysqltest.ServerConfig) { cfg.Fault = mysqltest.Fault{} })
		}, func(*world) {}},
		{"refused, and not told yet", func(_ *testing.T, w *world, _ *mysqltest.Server, c *client) {
			w.on(0, func(p *Pool) {
				c.request.Hostgroup = 9
				p.Acquire(&c.request)
				p.Cancel(&c.request)
				c.request.Hostgroup = 1
			})
		}, func(*world) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
			w := newWorld(t, 1, at(t, server.Addr(), 1))
			c := w.newClient(0)
			test.start(t, w, server, c)
			c.cancel()
			test.after(w)
			w.waitConnections(0, 0)
			server.WaitConnections(t, 0)
			w.on(0, func(*Pool) {})
			c.pending()
			if n := w.metric(waiting); n != "" && n != "0" {
				t.Errorf("%s requests wait", n)
			}
			c.acquire()
			c.mustGet()
		})
	}
}

// Loops that connect at once never exceed the budget, and everybody is served.
func TestBudgetUnderLoad(t *testing.T) {
	const limit, loops, each = 3, 2, 20
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	w := newWorld(t, loops, at(t, server.Addr(), limit))
	var over atomic.Int64
	var clients []*client
	for i := range loops * each {
		clients = append(clients, w.newClient(i%loops))
	}
	for _, c := range clients {
		c.acquire()
	}
	for len(clients) > 0 {
		for i, c := range clients {
			select {
			case o := <-c.outcome:
				if o.reason != nil {
					t.Fatal(o.reason)
				}
				if n := w.server(0).Connections(); n > limit {
					over.Add(1)
				}
				c.discard()
				clients = append(clients[:i:i], clients[i+1:]...)
			default:
				continue
			}
			break
		}
	}
	if over.Load() > 0 {
		t.Errorf("%d times more connections than the limit", over.Load())
	}
	w.waitConnections(0, 0)
}

// A reload that makes room serves who waits.
func TestWake(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	full := at(t, server.Addr(), 1)
	w := newWorld(t, 2, full)
	if !w.server(0).Take(1) {
		t.Fatal("no place")
	}
	waiting := []*client{w.newClient(0), w.newClient(1)}
	for _, c := range waiting {
		c.acquire()
	}
	waitWaiting(w, "2")
	full.MaxConnections = 3
	if err := w.Manager.Apply([]config.MySQLServer{full}); err != nil {
		t.Fatal(err)
	}
	w.set.Wake()
	for _, c := range waiting {
		c.mustGet()
		c.discard()
	}
}

// A client that leaves while its connection is being prepared takes nothing that was counted.
func TestCancelWhilePreparing(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		close(asked)
		<-release
		mysqltest.Reply(cmd, payload, a)
	}})
	defer close(release)
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	c := w.newSharer(0)
	c.acquire()
	<-asked
	c.cancel()
	w.waitConnections(0, 0)
	if got := w.metric(used(w.server(0))); got != "" && got != "0" {
		t.Errorf("%s connections are used", got)
	}
}
