package monitor

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// When Settle returns, what the servers say of their read_only is known; it waits for no server for longer than it is told to.
func TestSettle(t *testing.T) {
	mysqltest.CheckLeaks(t)
	w := newWorld(t, replica(t), replica(t))
	w.set.MonitorReadOnlyInterval = time.Hour
	w.monitor.Apply(&w.set)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w.monitor.Settle(ctx)
	w.mu.Lock()
	told := slices.Clone(w.told)
	w.mu.Unlock()
	if ctx.Err() != nil || !slices.Equal(told, []string{"read_only true <nil>", "read_only true <nil>"}) {
		t.Errorf("%q, %v", told, ctx.Err())
	}

	w.configure(mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}}))
	w.monitor.Apply(&w.set)
	brief, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	w.monitor.Settle(brief)
	if brief.Err() == nil {
		t.Error("a server that says nothing has been asked")
	}
}

// A server that answered no ping is pinged as soon as it lets the monitor in again.
func TestLoginBringsAPing(t *testing.T) {
	mysqltest.CheckLeaks(t)
	var dead atomic.Bool
	dead.Store(true)
	s := replica(t)
	s.Change(func(c *mysqltest.ServerConfig) {
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if cmd != protocol.ComPing || !dead.Load() {
				mysqltest.Reply(cmd, payload, a)
			}
		}
	})
	w := newWorld(t, s)
	w.set.MonitorPingInterval, w.set.MonitorPingTimeout, w.set.MonitorConnectInterval = time.Hour, 10*time.Millisecond, 10*time.Millisecond
	w.monitor.Apply(&w.set)
	w.wait("ping no answer")
	dead.Store(false)
	w.wait("ping <nil>")
}
