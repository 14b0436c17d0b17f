package kill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const patience = 10 * time.Second

// account is what the pools here log in with.
var account = Settings{User: "monitor", Password: "m", ConnectTimeout: time.Second}

// world is a pool with one server.
type world struct {
	*Pool
	t      *testing.T
	server *mysqltest.Server
	known  []hostgroup.Target
	log    mysqltest.Log
}

func newWorld(t *testing.T, s Settings, change func(*mysqltest.ServerConfig)) *world {
	t.Helper()
	mysqltest.CheckLeaks(t)
	cfg := mysqltest.ServerConfig{Users: map[string]string{"monitor": "m", "app": "a"}}
	if change != nil {
		change(&cfg)
	}
	w := &world{t: t, server: mysqltest.NewServer(t, cfg)}
	w.known = managerOf(t, w.server.Addr(), "").Targets()
	w.Pool = NewPool(zerolog.New(&w.log))
	t.Cleanup(func() { w.Close(patience) })
	w.Apply(w.known, s)
	return w
}

// managerOf has a server in two hostgroups, by its address, or by a name if there is one.
func managerOf(t *testing.T, addr, name string) *hostgroup.Manager {
	t.Helper()
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	var list []config.MySQLServer
	for _, hg := range []int{1, 2} {
		list = append(list, config.MySQLServer{
			HostgroupID: hg, Hostname: cmp.Or(name, a.Addr().String()), Port: int(a.Port()), Weight: 1, Status: config.StatusOnline, MaxConnections: 1,
		})
	}
	m, err := hostgroup.NewManager(list, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// task is a KILL of a thread of app's.
func (w *world) task(thread uint32) Task {
	return Task{Server: w.known[0].Server, Thread: thread, User: "app", Password: "a", Known: true}
}

// run carries a task out.
func (w *world) run(task Task) Result {
	w.t.Helper()
	done := make(chan Result, 1)
	task.Done = func(r Result) { done <- r }
	if !w.Kill(task) {
		w.t.Fatal("not taken")
	}
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		w.t.Fatal("no outcome")
		return Result{}
	}
}

// texts are the statements that the server got.
func (w *world) texts() (list []string) {
	for _, c := range w.server.Commands() {
		if c.Command == protocol.ComQuery {
			list = append(list, string(c.Payload[1:]))
		}
	}
	return list
}

// The connection is there before it is needed, and one is enough.
func TestKill(t *testing.T) {
	w := newWorld(t, account, nil)
	w.server.WaitCommands(t, 1) // the ping
	soft, hard := w.task(8), w.task(9)
	soft.Soft, hard.Connection = true, true
	for _, task := range []Task{w.task(7), soft, hard} {
		if r := w.run(task); r != (Result{}) {
			t.Errorf("%+v", r)
		}
	}
	if got, want := w.texts(), "KILL QUERY 7;KILL SOFT QUERY 8;KILL 9"; strings.Join(got, ";") != want {
		t.Errorf("%q, want %s", got, want)
	}
	if n := w.server.Accepted(); n != 1 {
		t.Errorf("%d connections", n)
	}
	// A connection that was lost is opened again.
	w.server.KillAll()
	w.server.WaitConnections(t, 0)
	if r := w.run(w.task(7)); r.Outcome != Killed {
		t.Errorf("after the connection was lost: %+v", r)
	}
}

func TestOutcomes(t *testing.T) {
	for _, test := range []struct {
		name    string
		code    uint16 // that the server answers
		known   bool
		want    Outcome
		logins  int
		logged  string
		mariadb bool
	}{
		{name: "gone", code: protocol.ErrCodeNoSuchThread, known: true, want: Gone, logins: 1},
		{name: "an error", code: 1064, known: true, want: Failed, logins: 1},
		{name: "not allowed", code: protocol.ErrCodeKillDenied, want: Denied, logins: 1, logged: "GRANT CONNECTION_ADMIN ON *.* TO 'monitor'@'%'"},
		{name: "the owner may", code: protocol.ErrCodeKillDenied, known: true, want: Killed, logins: 3, logged: "may not kill"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, account, func(c *mysqltest.ServerConfig) {
				c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					if login := a.Login(); cmd == protocol.ComQuery && login.User == "monitor" {
						a.Error(test.code, "no")
						return
					}
					mysqltest.Reply(cmd, payload, a)
				}
			})
			w.server.WaitCommands(t, 1)
			task := w.task(7)
			task.Known = test.known
			for range 2 {
				if r := w.run(task); r.Outcome != test.want || (r.Err != nil) != (test.want == Denied || test.want == Failed) {
					t.Errorf("%+v, want %s", r, test.want)
				}
			}
			if n := w.server.Accepted(); n != test.logins {
				t.Errorf("%d logins, want %d", n, test.logins)
			}
			if got := strings.Count(w.log.String(), test.logged); test.logged != "" && got != 1 {
				t.Errorf("logged %d times: %s", got, &w.log)
			}
		})
	}
}

// An account that can't log in is not tried again and again; its users' own do the work.
func TestAccountOfNoUse(t *testing.T) {
	for _, s := range []Settings{{ConnectTimeout: time.Second}, {User: "monitor", Password: "wrong", ConnectTimeout: time.Second}} {
		w := newWorld(t, s, nil)
		for range 3 {
			if r := w.run(w.task(7)); r.Outcome != Killed {
				t.Errorf("%q: %+v", s.User, r)
			}
		}
		unknown := w.task(7)
		unknown.Known = false
		if r := w.run(unknown); r.Outcome != Denied || r.Err == nil {
			t.Errorf("%q, without a password: %+v", s.User, r)
		}
		if got := strings.Count(w.log.String(), "CREATE USER"); got != len(s.User)/7 {
			t.Errorf("%q: logged %d times: %s", s.User, got, &w.log)
		}
		// With another account it goes on at once.
		w.Apply(w.known, account)
		unknown.Known = false
		await(t, func() bool { return w.run(unknown).Outcome == Killed })
	}
}

// A server that is not there fails at once but for the first attempt, and one that hangs holds nothing up for long.
func TestServerAway(t *testing.T) {
	w := newWorld(t, account, nil)
	w.server.WaitCommands(t, 1)
	w.server.Close()
	began := time.Now()
	for range 50 {
		if r := w.run(w.task(7)); r.Outcome != Failed || r.Err == nil {
			t.Fatalf("%+v", r)
		}
	}
	if d := time.Since(began); d > killTimeout {
		t.Errorf("50 tasks took %v", d)
	}
}

// Whatever a server sends in place of an answer is an error.
func TestServerTalksNonsense(t *testing.T) {
	mysqltest.CheckLeaks(t)
	for _, text := range []string{"\x02\x00\x00\x02\xff\x01", "\x01\x00\x00\x02\xff", "\x01\x00\x00\x02\xfe", "\x00\x00\x00\x02", "\xff\xff\xff\xff"} {
		for _, when := range []string{"login", "KILL"} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var serving sync.WaitGroup
			serving.Go(func() { serveNonsense(l, text, when == "login") })
			known := managerOf(t, l.Addr().String(), "").Targets()
			pool := NewPool(zerolog.Nop())
			w := &world{Pool: pool, t: t, known: known}
			pool.Apply(known, account)
			for range 2 {
				if r := w.run(w.task(7)); r.Outcome != Failed || r.Err == nil {
					t.Errorf("%q at the %s: %+v", text, when, r)
				}
			}
			pool.Close(patience)
			l.Close()
			serving.Wait()
		}
	}
}

// serveNonsense greets properly, and then sends text: when it should let a client in, or when it should answer.
func serveNonsense(l net.Listener, text string, atLogin bool) {
	h := protocol.Handshake{
		ServerVersion: "8.0.0", AuthPlugin: "mysql_native_password",
		Capabilities: protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth,
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		c.Write(protocol.AppendPacket(nil, h.Append(nil), 0))
		if _, err := c.Read(buf); err == nil && !atLogin {
			ok := protocol.OK{Status: protocol.StatusAutocommit}
			c.Write(protocol.AppendPacket(nil, ok.Append(nil, h.Capabilities), 2))
			c.Read(buf)
		}
		c.Write([]byte(text))
		c.Close()
	}
}

// Tasks above the limit, and those for servers that are not configured, are turned down.
func TestNotTaken(t *testing.T) {
	w := newWorld(t, account, func(c *mysqltest.ServerConfig) {
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if cmd == protocol.ComQuery {
				a.Stall()
			}
			mysqltest.Reply(cmd, payload, a)
		}
	})
	foreign := w.task(1)
	foreign.Server = managerOf(t, "127.0.0.1:1", "").Targets()[0].Server
	if w.Kill(foreign) {
		t.Error("a task for a server that is not configured was taken")
	}
	taken := 0
	for range 2 * maxQueued {
		if w.Kill(w.task(1)) {
			taken++
		}
	}
	if taken < maxQueued || taken > maxQueued+1 {
		t.Errorf("%d tasks were taken", taken)
	}
	w.Close(0)
	if w.Kill(w.task(1)) {
		t.Error("a task was taken after Close")
	}
}

// Close carries out what is queued.
func TestCloseFinishes(t *testing.T) {
	w := newWorld(t, account, nil)
	var mu sync.Mutex
	done := 0
	for range 20 {
		task := w.task(7)
		task.Done = func(r Result) {
			mu.Lock()
			defer mu.Unlock()
			if r.Outcome == Killed {
				done++
			}
		}
		w.Kill(task)
	}
	w.Close(patience)
	if done != 20 {
		t.Errorf("%d of 20 tasks were carried out", done)
	}
	w.Apply(w.known, account)
	if w.Kill(w.task(1)) {
		t.Error("a closed pool came back")
	}
}

// The connection goes when the server leaves the configuration, and stays if the server comes back in time.
func TestServerLeaves(t *testing.T) {
	w := newWorld(t, account, nil)
	w.server.WaitCommands(t, 1)
	name := w.known[0].Server.String()
	target := (*w.targets.Load())[name]
	w.Apply(nil, account)
	if r := w.run(w.task(7)); r.Outcome != Killed {
		t.Errorf("what runs on a server that has just left can't be killed: %+v", r)
	}
	w.Apply(w.known, account)
	if (*w.targets.Load())[name] != target || target.leaving != nil {
		t.Error("a server that came back got another connection")
	}
	gone := make(chan struct{})
	target.leave(time.Millisecond, func() {
		w.forget(name, target)
		close(gone)
	})
	<-gone
	w.server.WaitConnections(t, 0)
	if w.Kill(w.task(7)) {
		t.Error("a task was taken for a server that has left")
	}
	w.Apply(w.known, account)
	w.server.WaitConnections(t, 1)
}

// The thread of a connection is killed where that was opened, though the server's name means another machine by now, on which its id is somebody
// else's.
func TestServersNameMoves(t *testing.T) {
	mysqltest.CheckLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	var ip atomic.Pointer[netip.Addr]
	m := managerOf(t, server.Addr(), "db.example")
	m.ResolveBy(func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{*ip.Load()}, nil })
	move := func(to string) {
		a := netip.MustParseAddr(to)
		ip.Store(&a)
		m.Discover(t.Context())
	}
	w := &world{Pool: NewPool(zerolog.Nop()), t: t, server: server, known: m.Targets()}
	t.Cleanup(func() { w.Close(patience) })
	w.Apply(w.known, account)
	if r := w.run(w.task(1)); r.Outcome != Failed || !errors.Is(r.Err, errUnresolved) {
		t.Errorf("without an address: %+v", r)
	}
	move("127.0.0.1")
	before := w.task(2)
	before.At = endpointOf(w.known[0].Server)
	if r := w.run(before); r.Outcome != Killed {
		t.Errorf("%+v", r)
	}
	move("127.0.0.2") // where nobody listens
	after := w.task(3)
	after.At = endpointOf(w.known[0].Server)
	if r := w.run(after); r.Outcome != Failed {
		t.Errorf("at the new address: %+v", r)
	}
	if r := w.run(before); r.Outcome != Killed {
		t.Errorf("at the old address: %+v", r)
	}
	if got := strings.Join(w.texts(), ";"); got != "KILL QUERY 2;KILL QUERY 2" {
		t.Errorf("the machine at the old address got %q", got)
	}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !ok(); {
		if time.Now().After(late) {
			t.Fatal("it does not happen")
		}
	}
}

func TestStatement(t *testing.T) {
	if got := fmt.Sprint(outcome(errors.New("x")).Outcome, Killed, Gone, Denied, Dropped); got != "error ok gone denied dropped" {
		t.Error(got)
	}
}
