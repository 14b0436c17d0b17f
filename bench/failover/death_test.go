package failover

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol/mysqltest"
)

// The primary dies in three ways. It is noticed within the time that the settings say, reads go on without an error, and when it is back
// writes go on.
func TestPrimaryDies(t *testing.T) {
	var wire *mysqltest.Wire
	w := newWorld(t, func(c *proxy.Config, cluster *servers.Cluster) {
		s := cluster.Servers[0]
		wire = mysqltest.NewWire(t, mysqltest.WireConfig{Target: net.JoinHostPort(s.Host, strconv.Itoa(s.Port))})
		for i := range c.Servers {
			if c.Servers[i].Port == s.Port {
				c.Servers[i].Port = int(netip.MustParseAddrPort(wire.Addr()).Port())
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	primary := w.cluster.Servers[0]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, way := range []struct {
		name       string
		kill, heal func()
	}{
		{"SIGKILL", func() { primary.Kill(); wire.Kill() }, func() { must(primary.Restart(ctx)) }},
		{"SIGSTOP", func() { must(primary.Freeze(ctx)) }, func() { must(primary.Thaw(ctx)) }},
		{"dropped packets", wire.Freeze, wire.Thaw},
	} {
		t.Run(way.name, func(t *testing.T) {
			w.t, w.begun = t, time.Now()
			w.awaitStatus(proxy.Replicas, wire.Addr(), "ONLINE")
			l := w.load(4, 8)
			w.await("some writes", func() bool { return l.writes() > 20 })
			died := time.Now()
			way.kill()
			w.say("%s of the primary", way.name)
			w.awaitStatus(proxy.Primaries, wire.Addr(), "OFFLINE_SOFT")
			writer := time.Since(died)
			w.say("it is no writer any more: after %v", writer.Round(time.Millisecond))
			w.awaitStatus(proxy.Replicas, wire.Addr(), "SHUNNED")
			reader := time.Since(died)
			w.say("it is shunned: after %v", reader.Round(time.Millisecond))
			// Until the first check that fails, at most an interval; then misses-1 more; the last one needs its timeout.
			limit := (misses*interval+timeout)*time.Millisecond + slack()
			if writer > limit || reader > limit {
				t.Errorf("the limit is %v", limit)
			}
			way.heal()
			healed, before := time.Now(), l.writes()
			w.say("it is back")
			w.await("writes", func() bool { return l.writes() > before+20 })
			w.say("writes go on: after %v", time.Since(healed).Round(time.Millisecond))
			w.awaitStatus(proxy.Replicas, wire.Addr(), "ONLINE")
			l.end()
			l.report()
		})
	}
}

// slack is for a machine that is busy with other tests, too.
func slack() time.Duration {
	if *long {
		return 400 * time.Millisecond
	}
	return time.Second
}

// A replica whose applier stops leaves, and comes back when it has caught up.
func TestReplicaLags(t *testing.T) {
	w := newWorld(t, func(c *proxy.Config, _ *servers.Cluster) {
		for i := range c.Servers {
			c.Servers[i].MaxReplicationLag = 5
		}
	})
	l := w.load(2, 8)
	w.await("some writes", func() bool { return l.writes() > 10 })
	say := w.words()
	w.exec(1, say.stopApplier)
	w.say("the applier of %s is stopped", w.name(1))
	w.awaitStatus(proxy.Replicas, w.name(1), "SHUNNED_REPLICATION_LAG")
	w.say("it is SHUNNED_REPLICATION_LAG")
	if s := w.status(proxy.Replicas, w.name(2)); s != "ONLINE" {
		t.Errorf("the other replica is %s", s)
	}
	w.exec(1, say.startApplier)
	w.say("the applier is started")
	w.awaitStatus(proxy.Replicas, w.name(1), "ONLINE")
	w.say("it is ONLINE")
	l.end()
	l.report()
}
