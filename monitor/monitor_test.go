package monitor

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/protocol/mysqltest"
)

const patience = 20 * time.Second

// world is a monitor of scripted servers. It is the monitor's Hostgroups, in front of a manager's, and notes what it is told.
type world struct {
	*hostgroup.Manager
	t       *testing.T
	monitor *Monitor
	log     mysqltest.Log
	set     config.MySQLVariables

	mu   sync.Mutex
	news *sync.Cond
	told []string
}

func newWorld(t *testing.T, servers ...*mysqltest.Server) *world {
	t.Helper()
	w := &world{t: t, set: config.Default().MySQL}
	w.news = sync.NewCond(&w.mu)
	w.set.MonitorUsername, w.set.MonitorPassword = "monitor", "m"
	// Only what a test asks for, and often.
	w.set.MonitorConnectInterval, w.set.MonitorPingInterval, w.set.MonitorReadOnlyInterval, w.set.MonitorReplicationLagInterval = 0, 0, 0, 0
	w.set.MonitorConnectTimeout, w.set.MonitorPingTimeout = patience, patience
	w.set.MonitorReadOnlyTimeout, w.set.MonitorReplicationLagTimeout = patience, patience
	var err error
	if w.Manager, err = hostgroup.NewManager(nil, zerolog.New(&w.log)); err != nil {
		t.Fatal(err)
	}
	w.configure(servers...)
	w.monitor = New(Config{Hostgroups: w, Log: zerolog.New(&w.log)})
	t.Cleanup(w.monitor.Close)
	return w
}

// configure makes servers all that there are: of hostgroup 1, with a limit to their lag.
func (w *world) configure(servers ...*mysqltest.Server) {
	w.t.Helper()
	var list []config.MySQLServer
	for _, s := range servers {
		a := netip.MustParseAddrPort(s.Addr())
		list = append(list, config.MySQLServer{
			HostgroupID: 1, Hostname: a.Addr().String(), Port: int(a.Port()), Weight: 1, Status: config.StatusOnline, MaxConnections: 10,
			MaxReplicationLag: time.Second,
		})
	}
	if err := w.Apply(list, config.MySQLReplicationHostgroup{WriterHostgroup: 1, ReaderHostgroup: 2, CheckType: config.CheckReadOnly}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
	w.news.Broadcast()
}

func (w *world) SeeConnect(name string) { w.note("connect"); w.Manager.SeeConnect(name) }
func (w *world) SeePing(name string, err error) {
	w.note("ping %v", err)
	w.Manager.SeePing(name, err)
}
func (w *world) SeeReadOnly(name string, s hostgroup.Switches, err error) {
	w.note("read_only %v %v", s.ReadOnly, err)
	w.Manager.SeeReadOnly(name, s, err)
}
func (w *world) MissLag(name string, err error) {
	w.note("no lag %v", err)
	w.Manager.MissLag(name, err)
}
func (w *world) SeeLag(name string, lag hostgroup.Lag) {
	w.note("lag %v", lag.Behind)
	w.Manager.SeeLag(name, lag)
}

// wait waits until the monitor has said something that begins so, and returns how much it said before.
func (w *world) wait(prefix string) (before int) {
	w.t.Helper()
	late := time.AfterFunc(patience, func() { w.note("too late") })
	defer late.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 0; ; i++ {
		for i >= len(w.told) {
			w.news.Wait()
		}
		if strings.HasPrefix(w.told[i], prefix) {
			w.told = w.told[i+1:]
			return i
		}
		if w.told[i] == "too late" {
			w.t.Fatalf("nothing like %q: %q", prefix, w.told)
		}
	}
}

// waitLog waits for a text in the log.
func (w *world) waitLog(text string) {
	w.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(w.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%q is not logged: %s", text, w.log.String())
		}
	}
}

// replica is a server that says so.
func replica(t *testing.T) *mysqltest.Server {
	t.Helper()
	return mysqltest.NewServer(t, mysqltest.ServerConfig{
		Users: map[string]string{"monitor": "m"},
		Queries: map[string]mysqltest.Handler{
			"SELECT @@global.read_only, @@global.super_read_only": mysqltest.Rows([]string{"a", "b"}, []string{"1", "0"}),
			"SHOW ALL SLAVES STATUS":                              mysqltest.Rows([]string{"Seconds_Behind_Master"}, []string{"7"}),
		},
	})
}

// Every kind of check reaches the hostgroups, /monitor and the metrics.
func TestChecks(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := replica(t)
	w := newWorld(t, s)
	w.set.MonitorConnectInterval, w.set.MonitorPingInterval = 5*time.Millisecond, 5*time.Millisecond
	w.set.MonitorReadOnlyInterval, w.set.MonitorReplicationLagInterval = 5*time.Millisecond, 5*time.Millisecond
	w.monitor.Apply(&w.set)
	for _, news := range []string{"connect", "ping <nil>", "read_only true <nil>", "lag 7s"} {
		w.wait(news)
	}
	stats := w.monitor.Stats()
	counts := make(map[string]uint64)
	for _, c := range stats.Checks {
		counts[c.Check+" "+c.Result] = c.Count
	}
	for _, kind := range []string{"connect", "ping", "read_only", "replication_lag"} {
		if counts[kind+" ok"] == 0 || counts[kind+" error"]+counts[kind+" timeout"]+counts[kind+" unreachable"] != 0 {
			t.Errorf("%s: %v", kind, counts)
		}
	}
	if stats.Lag[s.Addr()] != 7*time.Second || stats.Workers < w.set.MonitorThreadsMin {
		t.Errorf("%+v", stats)
	}
	page := httptest.NewRecorder()
	w.monitor.ServeHTTP(page, nil)
	var got report
	if err := json.Unmarshal(page.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Servers) != 1 || got.Servers[0].Server != s.Addr() {
		t.Fatalf("%s", page.Body)
	}
	if m := got.Servers[0].Member; len(m) != 2 || m[0].Hostgroup != 1 || m[0].Status != "OFFLINE_SOFT" || m[0].Reason == "" || m[1].Hostgroup != 2 {
		t.Errorf("%+v", m)
	}
	checks := got.Servers[0].Checks
	if r := checks["read_only"]; len(r) == 0 || len(r) > kept || r[0].Result != "ok" || !*r[0].ReadOnly || *r[0].Super {
		t.Errorf("%+v", r)
	}
	if r := checks["replication_lag"]; len(r) == 0 || *r[0].Lag != 7 || !*r[0].Replica {
		t.Errorf("%+v", r)
	}
}

// What a server refuses is no silence: it is there. The log says once what to do about it, and that it was done.
func TestRefusedIsAlive(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := replica(t)
	s.Change(func(c *mysqltest.ServerConfig) { c.Users = map[string]string{"other": ""} })
	w := newWorld(t, s)
	w.set.MonitorPingInterval, w.set.MonitorReadOnlyInterval = 5*time.Millisecond, 5*time.Millisecond
	w.monitor.Apply(&w.set)
	for range 5 {
		w.wait("ping <nil>")
	}
	w.mu.Lock()
	for _, news := range w.told {
		if strings.HasPrefix(news, "read_only") {
			t.Error(news)
		}
	}
	w.mu.Unlock()
	w.waitLog("CREATE USER 'monitor'@'%'")
	if n := strings.Count(w.log.String(), `"check":"ping"`); n != 1 {
		t.Errorf("%d lines: %s", n, w.log.String())
	}
	s.Change(func(c *mysqltest.ServerConfig) { c.Users = map[string]string{"monitor": "m"} })
	w.wait("read_only true")
	w.waitLog("check succeeds")
}

// A server that says nothing costs its checks their timeouts, and the others no time; it is known as a suspect.
func TestSilentServer(t *testing.T) {
	mysqltest.CheckLeaks(t)
	silent, well := replica(t), replica(t)
	silent.Change(func(c *mysqltest.ServerConfig) { c.Fault.Mute = true })
	w := newWorld(t, silent, well)
	w.set.MonitorPingInterval, w.set.MonitorPingTimeout = 20*time.Millisecond, 10*time.Millisecond
	w.set.MonitorThreadsMin, w.set.MonitorThreadsMax = 1, 4
	w.monitor.Apply(&w.set)
	for range 3 {
		w.wait("ping no answer within 10ms")
	}
	w.wait("ping <nil>")
	for _, s := range w.monitor.list() {
		if s.name == silent.Addr() && !s.suspect(1) {
			t.Error("no suspect")
		}
	}
	w.waitLog(`"status":"SHUNNED","reason":"3 pings in a row`)
	if n := w.Table().Hostgroup(1).Refusal(func(*hostgroup.Server) bool { return false }).Shunned; n != 1 {
		t.Errorf("%d servers are shunned", n)
	}
}

// A reload: servers come and go, checks that are off stop, and connections of what has left are closed.
func TestApply(t *testing.T) {
	mysqltest.CheckLeaks(t)
	first, second := replica(t), replica(t)
	w := newWorld(t, first)
	w.set.MonitorReadOnlyInterval = 5 * time.Millisecond
	w.monitor.Apply(&w.set)
	w.wait("read_only")
	first.WaitConnections(t, 1)
	w.configure(second)
	w.monitor.Apply(&w.set)
	first.WaitConnections(t, 0)
	second.WaitCommands(t, 1)
	w.set.MonitorEnabled = false
	w.monitor.Apply(&w.set)
	second.WaitConnections(t, 0)
	w.set.MonitorEnabled, w.set.MonitorReadOnlyInterval, w.set.MonitorPingInterval = true, 0, 10*time.Millisecond
	w.monitor.Apply(&w.set)
	w.wait("ping")
	w.monitor.Close()
	w.monitor.Apply(&w.set) // too late
	second.WaitConnections(t, 0)
}
