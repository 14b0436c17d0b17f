package failover

import (
	"strings"
	"syscall"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// The primary dies, and a replica is made writable without anybody telling it that its primary is gone; all replicas
// have a max_replication_lag. Reads go on all the time, also while there is no primary. Writes go on there and stay,
// whatever the lag checks say of its replication.
func TestSurvivorIsPromotedAsItIs(t *testing.T) {
	w := newWorld(t, func(c *proxy.Config, _ *servers.Cluster) {
		for i := range c.Servers {
			c.Servers[i].MaxReplicationLag = 5
		}
	})
	readers := w.load(0, 4)
	w.cluster.Servers[0].Kill()
	w.say("SIGKILL of the primary")
	w.awaitStatus(proxy.Primaries, w.name(0), "OFFLINE_SOFT")
	w.awaitChecks("replication_lag", 8)
	readers.end()
	w.say("reads went on at the replicas, which look for their primary")
	readers.report()
	w.exec(1, w.words().writable)
	w.say("%s is writable, and still looks for its primary", w.name(1))
	w.awaitStatus(proxy.Primaries, w.name(1), "ONLINE")
	w.awaitStatus(proxy.Replicas, w.name(2), "SHUNNED_REPLICATION_LAG")
	w.say("the other replica is SHUNNED_REPLICATION_LAG")
	l := w.load(2, 4)
	w.awaitChecks("replication_lag", 12)
	l.end()
	for _, hostgroup := range []int{proxy.Primaries, proxy.Replicas} {
		if s := w.status(hostgroup, w.name(1)); s != "ONLINE" {
			t.Errorf("hostgroup %d: the new primary is %s", hostgroup, s)
		}
	}
	l.wantAll(2)
	l.report()

	// The configuration still calls the dead one the writer. Whoever turns the checks off now wants no second failover.
	w.config.Variables["monitor_enabled"] = false
	w.reload(w.config)
	if err := w.cluster.Servers[0].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.say("the monitor is turned off, and the old primary is back, writable")
	l = w.load(2, 4)
	w.await("writes", func() bool { return l.writes() > 20 })
	l.end()
	l.wantAll(2)
	l.report()
}

// reload has the proxy read another configuration.
func (w *world) reload(c proxy.Config) {
	w.t.Helper()
	if err := w.WriteConfig(c); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Signal(syscall.SIGHUP); err != nil {
		w.t.Fatal(err)
	}
	w.await("the reload", func() bool { return strings.Contains(w.Log(), "configuration reloaded") })
}

// awaitChecks waits for so many more checks of a kind that succeed.
func (w *world) awaitChecks(kind string, n int) {
	w.t.Helper()
	count := func() int {
		m, err := w.Metrics(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		return int(m[`parkway_monitor_checks_total{check="`+kind+`",result="ok"}`])
	}
	first := count()
	w.await("checks of "+kind, func() bool { return count() >= first+n })
}

// wantAll fails the test unless there are transactions, none has failed, and all were at the server with that server_id. The load has ended.
func (l *load) wantAll(server int) {
	l.w.t.Helper()
	for _, a := range l.acked {
		if a.server != server {
			l.w.t.Fatalf("a transaction was at server %d", a.server)
		}
	}
	if len(l.acked) == 0 || len(l.failed) > 0 {
		l.w.t.Errorf("%d transactions, failed: %v", len(l.acked), l.failed)
	}
}
