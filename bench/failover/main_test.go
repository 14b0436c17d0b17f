package failover

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

const (
	startLimit = 3 * time.Minute
	patience   = 20 * time.Second
)

var (
	long    = flag.Bool("long", false, "more servers, for longer")
	parkway = proxy.NewBinary(proxy.AsThis())
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := parkway.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// The monitor's intervals and timeouts in these tests, in milliseconds.
const (
	interval = 300
	timeout  = 250
	misses   = 3
)

// world is a primary and two replicas, and a proxy that splits reads from writes and moves servers with their read_only.
type world struct {
	*proxy.Proxy
	t       *testing.T
	cluster *servers.Cluster
	flavor  servers.Flavor
	begun   time.Time
	config  proxy.Config
}

// newWorld starts both; change alters the configuration.
func newWorld(t *testing.T, change func(*proxy.Config, *servers.Cluster)) *world {
	t.Helper()
	flavor, err := servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, flavor: flavor, cluster: servers.StartT(t, servers.Options{Flavor: flavor, Replicas: 2})}
	if err := w.cluster.Exec(0, `CREATE TABLE app.t (k BIGINT, half INT, server INT, at TIMESTAMP(6), KEY (k));
		INSERT INTO app.t VALUES (0, 1, 0, NOW(6)), (0, 2, 0, NOW(6))`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.cluster.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	c := proxy.Behind(w.cluster)
	c.Loops = 2
	c.Extra = proxy.ReadWriteSplit
	c.Pairs = []proxy.Pair{{Writer: proxy.Primaries, Reader: proxy.Replicas}}
	for key, value := range map[string]any{
		"monitor_ping_interval": interval, "monitor_ping_timeout": timeout, "monitor_ping_max_failures": misses,
		"monitor_read_only_interval": interval, "monitor_read_only_timeout": timeout, "monitor_read_only_max_timeout_count": misses,
		"monitor_replication_lag_interval": interval, "monitor_replication_lag_timeout": timeout,
		"connect_timeout_server_ms": 1000, "shun_recovery_time_sec": 1,
	} {
		c.Variables[key] = value
	}
	if change != nil {
		change(&c, w.cluster)
	}
	primary := fmt.Sprintf("%s:%d", c.Servers[0].Host, c.Servers[0].Port)
	w.config = c
	w.Proxy = parkway.StartT(t, proxy.Options{Config: c})
	w.await("the first checks", func() bool { return w.status(proxy.Replicas, primary) == "ONLINE" })
	w.begun = time.Now()
	return w
}

// name is what the proxy calls a server.
func (w *world) name(i int) string {
	s := w.cluster.Servers[i]
	return fmt.Sprintf("%s:%d", s.Host, s.Port)
}

// status is a server's status in a hostgroup; "" if it is no member.
func (w *world) status(hostgroup int, server string) string {
	w.t.Helper()
	m, err := w.Metrics(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for key := range m {
		rest, found := strings.CutPrefix(key, fmt.Sprintf("parkway_backend_status{hostgroup=\"%d\",server=\"%s\",status=\"", hostgroup, server))
		if found {
			return strings.TrimSuffix(rest, `"}`)
		}
	}
	return ""
}

// await waits until ok, for what should happen at once.
func (w *world) await(what string, ok func() bool) time.Duration {
	w.t.Helper()
	return proxy.Await(w.t, patience, what, ok)
}

// awaitStatus is await for a server's status.
func (w *world) awaitStatus(hostgroup int, server, status string) time.Duration {
	w.t.Helper()
	return w.await(server+" is "+status, func() bool { return w.status(hostgroup, server) == status })
}

// say prints a line of the timeline.
func (w *world) say(format string, args ...any) {
	w.t.Logf("%7.3f s  %s", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// exec executes a statement at a server as root.
func (w *world) exec(i int, sql string) {
	w.t.Helper()
	if err := w.cluster.Exec(i, sql); err != nil {
		w.t.Fatalf("server %d: %s: %v", i, sql, err)
	}
}

// words are what differs between the flavors. %d is the port of the primary.
type words struct{ readOnly, writable, stop, follow, stopApplier, startApplier string }

func (w *world) words() words {
	if w.flavor == servers.MySQL {
		return words{
			"SET GLOBAL super_read_only=1", "SET GLOBAL super_read_only=0; SET GLOBAL read_only=0", "STOP REPLICA; RESET REPLICA ALL",
			`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='repl', SOURCE_PASSWORD='repl', SOURCE_AUTO_POSITION=1, SOURCE_SSL=0,
				GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1; START REPLICA`,
			"STOP REPLICA SQL_THREAD", "START REPLICA SQL_THREAD",
		}
	}
	return words{
		"SET GLOBAL read_only=1", "SET GLOBAL read_only=0", "STOP SLAVE; RESET SLAVE ALL",
		`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='repl', MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos,
			MASTER_CONNECT_RETRY=1; START SLAVE`,
		"STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD",
	}
}
