package monitor

import (
	"strings"
	"testing"
	"time"

	"parkway/protocol/mysqltest"
)

// Far more silent servers than goroutines: the one that answers is asked in time all the same, its read_only first of all, and the log says that
// the others are not.
func TestSilentServersDoNotStarveOthers(t *testing.T) {
	mysqltest.CheckLeaks(t)
	const silent, looks = 30, 5
	servers := []*mysqltest.Server{}
	for range silent {
		s := replica(t)
		s.Change(func(c *mysqltest.ServerConfig) { c.Fault.Mute = true })
		servers = append(servers, s)
	}
	w := newWorld(t, append(servers, replica(t))...)
	w.set.MonitorThreadsMin, w.set.MonitorThreadsMax = 1, 1
	w.set.MonitorConnectInterval, w.set.MonitorPingInterval = 40*time.Millisecond, 40*time.Millisecond
	w.set.MonitorReadOnlyInterval, w.set.MonitorReplicationLagInterval = 20*time.Millisecond, 40*time.Millisecond
	w.set.MonitorPingTimeout, w.set.MonitorReadOnlyTimeout = 20*time.Millisecond, 20*time.Millisecond
	w.set.MonitorConnectTimeout, w.set.MonitorReplicationLagTimeout = 20*time.Millisecond, 20*time.Millisecond
	w.monitor.Apply(&w.set)
	others := 0
	for range looks {
		others += w.wait("read_only true <nil>")
	}
	// At the start each of the others may be asked once before it; then it waits for one that runs into its timeout, and for its own.
	if others > silent+6*looks {
		t.Errorf("%d other checks between %d of read_only", others, looks)
	}
	w.waitLog("the monitor does not keep up")
	if n := strings.Count(w.log.String(), "does not keep up"); n != 1 {
		t.Errorf("%d lines", n)
	}
}
