package hostile

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol/mysqltest"
)

// third is the third of three servers that can stand in for each other, beside
// the sound one and the victim.
var third = servers.NewShared(servers.Options{})

// trio is a proxy whose clients share connections to three servers.
type trio struct {
	*proxy.Proxy
	t      *testing.T
	victim *servers.Server
}

// trioHostgroup is the servers' hostgroup, and that of the user root.
const trioHostgroup = 20

func newTrio(t *testing.T) *trio {
	r := &trio{t: t, victim: victim.T(t).Servers[0]}
	cfg := proxy.Config{
		Loops: 2,
		Users: []proxy.User{{Name: "root", Hostgroup: trioHostgroup}},
		Variables: map[string]any{
			"monitor_enabled": false, "multiplexing": true, "shun_recovery_time_sec": 1, "max_connections": 1000,
		},
	}
	for _, s := range []*servers.Server{sound.T(t).Servers[0], third.T(t).Servers[0], r.victim} {
		cfg.Servers = append(cfg.Servers, proxy.Server{Hostgroup: trioHostgroup, Host: s.Host, Port: s.Port})
		if _, err := s.DB().ExecContext(t.Context(), "CREATE DATABASE IF NOT EXISTS failover"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB().ExecContext(t.Context(), "CREATE OR REPLACE TABLE failover.t (a INT)"); err != nil {
			t.Fatal(err)
		}
	}
	r.Proxy = parkway.StartT(t, proxy.Options{Config: cfg})
	return r
}

// has reports whether the victim has that status.
func (r *trio) has(status string) bool {
	r.t.Helper()
	m, err := r.Metrics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	name := fmt.Sprintf(`parkway_backend_status{hostgroup="%d",server="%s",status="%s"}`, trioHostgroup, addressOf(r.victim), status)
	return m[name] == 1
}

// hold has n clients hold a connection each at the same time, and returns how
// many of these are the victim's.
func (r *trio) hold(n int) (atVictim int) {
	r.t.Helper()
	for range n {
		c := mysqltest.Dial(r.t, as("root", r.Proxy))
		defer c.Close()
		if _, err := c.Query("BEGIN"); err != nil {
			r.t.Fatal(err)
		}
		port, err := c.Value("SELECT @@port")
		if err != nil {
			r.t.Fatal(err)
		}
		if port == strconv.Itoa(r.victim.Port) {
			atVictim++
		}
	}
	return atVictim
}

// crew is clients that work until they are told to end.
type crew struct {
	r       *trio
	ended   atomic.Bool
	running sync.WaitGroup
	warm    sync.WaitGroup
	lost    atomic.Int64 // transactions
}

// warmTurns is after how many turns a client is warm.
const warmTurns = 20

// work runs turn on a goroutine of its own.
func (w *crew) work(turn func()) {
	w.warm.Add(1)
	w.running.Go(func() {
		for n := 0; !w.ended.Load(); n++ {
			turn()
			if n == warmTurns {
				w.warm.Done()
			}
		}
	})
}

func (w *crew) end() {
	w.ended.Store(true)
	w.running.Wait()
}

// read is a client without transactions, which must notice nothing.
func (w *crew) read() {
	c := mysqltest.Dial(w.r.t, as("root", w.r.Proxy))
	w.work(func() {
		if _, err := c.Query("SELECT a, REPEAT('x', 100) FROM failover.t LIMIT 1"); err != nil && !w.ended.Swap(true) {
			w.r.t.Errorf("a read outside of transactions: %v", err)
		}
	})
}

// execute is read with a prepared statement.
func (w *crew) execute() {
	c := mysqltest.Dial(w.r.t, as("root", w.r.Proxy))
	st, err := c.Prepare("SELECT a, REPEAT('x', ?) FROM failover.t LIMIT 1")
	if err != nil {
		w.r.t.Fatal(err)
	}
	w.work(func() {
		if _, err := st.Execute([]byte("100")); err != nil && !w.ended.Swap(true) {
			w.r.t.Errorf("a prepared read outside of transactions: %v", err)
		}
	})
}

// transact is a client with transactions, of which the one that is lost may
// fail, with one error.
func (w *crew) transact() {
	c := mysqltest.Dial(w.r.t, as("root", w.r.Proxy))
	failures := 0
	w.work(func() {
		for _, sql := range []string{"BEGIN", "INSERT INTO failover.t VALUES (1)", "SELECT COUNT(*) FROM failover.t", "COMMIT"} {
			_, err := c.Query(sql)
			if err == nil {
				continue
			}
			w.lost.Add(1)
			if failures++; failures > 1 {
				w.r.t.Errorf("%s: %v, not the first error", sql, err)
			}
			expectERR(w.r.t, err, 0)
			switch _, err := c.Query("SELECT 1"); {
			case err == nil && sql == "BEGIN":
				return // which was lost, and nothing with it
			case !gone(err):
				w.r.t.Errorf("%s was lost, and then: %v", sql, err)
			}
			c.Close()
			c = mysqltest.Dial(w.r.t, as("root", w.r.Proxy))
			return
		}
	})
}

// gone reports whether a connection was closed by the other side.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// One of three servers is killed under load: reads outside of transactions
// notice nothing, a lost transaction gets one error, and the server is back by
// itself after its restart.
func TestOneOfThreeServersIsKilled(t *testing.T) {
	r := newTrio(t)
	w := &crew{r: r}
	for range 4 {
		w.read()
		w.execute()
	}
	for range 6 {
		w.transact()
	}
	w.warm.Wait()
	r.victim.Kill()
	// New connections find out that it is down.
	await(t, "the dead server is shunned", func() bool {
		if n := r.hold(24); n > 0 {
			t.Errorf("%d connections to a dead server", n)
		}
		return r.has("SHUNNED")
	})
	if n := r.hold(24); n > 0 {
		t.Errorf("%d connections to a shunned server", n)
	}
	if err := r.victim.Restart(proxy.Limited(t, patience)); err != nil {
		t.Fatal(err)
	}
	await(t, "the server is ONLINE", func() bool { return r.has("ONLINE") })
	await(t, "the server is used", func() bool { return r.hold(24) > 0 })
	w.end()
	t.Logf("%d transactions were lost; %s", w.lost.Load(), strings.Join(retries(t, r.Proxy), ", "))
}

// retries lists the metric of that name.
func retries(t *testing.T, p *proxy.Proxy) (list []string) {
	m, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range m {
		if strings.HasPrefix(name, "parkway_retries_total") {
			list = append(list, fmt.Sprintf("%s %v", name, v))
		}
	}
	return list
}

// A server whose max_connections others use up is not shunned: it is asked for
// less, and clients wait for what there is instead of failing.
func TestServerWithoutRoomIsNotShunned(t *testing.T) {
	server := victim.T(t).Servers[0]
	cfg := behindVictim(t)
	cfg.Variables["multiplexing"] = true
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	await(t, "nobody but the harness is connected to the server", func() bool {
		threads, err := server.Threads(t.Context())
		return err == nil && len(threads) == 1
	})
	direct := as("root", p)
	direct.Addr = addressOf(server)
	const others = victimConnections - 4
	for range others {
		h := mysqltest.Dial(t, direct)
		defer h.Close()
	}
	const clients, turns = 40, 10
	var running sync.WaitGroup
	for range clients {
		c := mysqltest.Dial(t, as("root", p))
		running.Go(func() {
			defer c.Close()
			for range turns {
				if _, err := c.Query("SELECT SLEEP(0.005)"); err != nil {
					t.Errorf("a client failed: %v", err)
					return
				}
			}
		})
	}
	running.Wait()
	m, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	labels := fmt.Sprintf(`hostgroup="%d",`, soundHostgroup+1)
	name := fmt.Sprintf(`server="%s"`, addressOf(server))
	if m["parkway_backend_status{"+labels+name+`,status="ONLINE"}`] != 1 {
		t.Error("the server is not ONLINE")
	}
	refused := m["parkway_backend_connects_total{"+labels+`result="error",`+name+"}"]
	if refused == 0 {
		t.Error("the server refused nobody: nothing was tested")
	}
	if refused > clients*2 {
		t.Errorf("%v connects failed: the server was asked too often", refused)
	}
	t.Logf("%v connects were refused", refused)
}
