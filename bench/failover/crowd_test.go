package failover

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// silence is a listener that accepts and says nothing, at every address of this machine.
func silence(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	var all []net.Conn
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, c)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
		for _, c := range all {
			c.Close()
		}
	})
	return l.Addr().(*net.TCPAddr).Port
}

// crowd is how many servers there are, and how often they are asked.
type crowd struct {
	servers  int
	duration time.Duration
	ping     int // milliseconds, as are the others
	readOnly int
	timeout  int // of read_only
}

// checks is what /monitor says of a server's checks of one kind.
type checks []struct {
	At     time.Time `json:"at"`
	Result string    `json:"result"`
}

// Very many servers (one, behind as many addresses), a tenth of them dead or silent: each live one is checked within its interval, and the
// workers are as many as the silent ones need, and fewer again without them.
func TestManyServers(t *testing.T) {
	c := crowd{servers: 100, duration: 4 * time.Second, ping: 1000, readOnly: 500, timeout: 500}
	if *long {
		c = crowd{servers: 500, duration: 40 * time.Second, ping: 10000, readOnly: 1500, timeout: 500} // the defaults
	}
	flavor, err := servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		t.Fatal(err)
	}
	cluster := servers.StartT(t, servers.Options{Flavor: flavor, Args: []string{"--bind-address=0.0.0.0", "--read-only=1"}})
	alive, silent := cluster.Servers[0].Port, silence(t)
	w := &world{t: t, cluster: cluster, begun: time.Now()}
	config := proxy.Config{
		Users: []proxy.User{{Name: "app", Password: "app", Hostgroup: proxy.Replicas}},
		Pairs: []proxy.Pair{{Writer: proxy.Primaries, Reader: proxy.Replicas}},
		Variables: map[string]any{
			"monitor_username": "mon", "monitor_password": "mon",
			"monitor_ping_interval": c.ping, "monitor_read_only_interval": c.readOnly, "monitor_read_only_timeout": c.timeout,
			"monitor_replication_lag_interval": c.ping, "monitor_ping_timeout": 1000,
			"connect_timeout_server_ms": 500,
		},
	}
	live := make(map[string]bool)
	for i := range c.servers {
		s := proxy.Server{Hostgroup: proxy.Replicas, Host: fmt.Sprintf("127.1.%d.%d", i/250, i%250+1), Port: alive, MaxReplicationLag: 10}
		switch i % 20 {
		case 7:
			s.Port = 1 // Nothing listens there.
		case 13:
			s.Port = silent
		default:
			live[fmt.Sprintf("%s:%d", s.Host, s.Port)] = true
		}
		config.Servers = append(config.Servers, s)
	}
	w.Proxy = parkway.StartT(t, proxy.Options{Config: config})
	w.begun = time.Now()
	w.say("%d servers, %d of them alive", c.servers, len(live))
	begun, most := w.begun, 0
	last, before := begun, time.Duration(0)
	var shares []float64 // of a core, in %, in each step
	tick := time.NewTicker(c.duration / steps)
	defer tick.Stop()
	for time.Since(begun) < c.duration {
		<-tick.C
		workers, queue := w.workers()
		most = max(most, workers)
		used, err := w.CPU()
		if err != nil {
			t.Fatal(err)
		}
		if time.Since(begun) > c.duration/4 { // What it costs to begin is not of interest.
			shares = append(shares, 100*(used-before).Seconds()/time.Since(last).Seconds())
		}
		last, before = time.Now(), used
		w.say("%d workers, %d checks wait, %v of CPU", workers, queue, used)
	}
	slices.Sort(shares)
	w.say("%.1f %% of a core, the median of %d steps; %.1f %% in the one that other programs disturbed least", shares[len(shares)/2], len(shares), shares[0])
	if *long && shares[0] > 5 {
		t.Errorf("the proxy takes %.1f %% of a core", shares[0])
	}
	w.wantTimely(live, "ping", time.Duration(c.ping)*time.Millisecond)
	w.wantTimely(live, "read_only", time.Duration(c.readOnly)*time.Millisecond)
	if most <= 2 {
		t.Errorf("there were never more than %d workers", most)
	}
	if !*long {
		return
	}
	config.Servers = config.Servers[:1]
	if err := w.WriteConfig(config); err != nil {
		t.Fatal(err)
	}
	if err := w.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	w.say("one server is left")
	w.await("fewer workers", func() bool { n, _ := w.workers(); return n == 2 })
	w.say("2 workers")
}

// workers are the monitor's, and the checks that wait for one.
func (w *world) workers() (n, queue int) {
	w.t.Helper()
	m, err := w.Metrics(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return int(m["parkway_monitor_workers"]), int(m["parkway_monitor_queue"])
}

// wantTimely looks whether each live server was asked within an interval of the time before, and now, and answered.
func (w *world) wantTimely(live map[string]bool, kind string, every time.Duration) {
	w.t.Helper()
	text, err := w.Get(w.t.Context(), "/monitor")
	if err != nil {
		w.t.Fatal(err)
	}
	now := time.Now()
	var page struct {
		Servers []struct {
			Server string
			Checks map[string]checks
		}
	}
	if err := json.Unmarshal(text, &page); err != nil {
		w.t.Fatal(err)
	}
	late := every + every/eagerness + slack()
	seen, worst := 0, time.Duration(0)
	var failures []string
	for _, s := range page.Servers {
		list := s.Checks[kind] // The latest first.
		if !live[s.Server] {
			continue
		}
		seen++
		if len(list) < 2 {
			failures = append(failures, s.Server+": hardly ever asked")
			continue
		}
		next := now
		for _, c := range list {
			gap := next.Sub(c.At)
			worst = max(worst, gap)
			if gap > late || c.Result != "ok" {
				failures = append(failures, fmt.Sprintf("%s: %s, %v before the next", s.Server, c.Result, gap))
			}
			next = c.At
		}
	}
	w.say("%s: the longest pause between two checks of a live server was %v, of an interval of %v", kind, worst.Round(time.Millisecond), every)
	if seen != len(live) || len(failures) > 0 {
		w.t.Errorf("%d of %d live servers seen, %d times late or not answered: %s", seen, len(live), len(failures), strings.Join(failures[:min(5, len(failures))], "; "))
	}
}

// steps is how often the numbers are printed.
const steps = 10

// eagerness is which part of its interval a check may begin late, by design.
const eagerness = 10
