package failover

import (
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// The monitor's account may have one connection: a primary that is made read-only is seen all the same, and the log names what helps.
func TestAccountWithOneConnection(t *testing.T) {
	w := newWorld(t, func(c *proxy.Config, cluster *servers.Cluster) {
		if err := cluster.Exec(0, "CREATE USER one@'%' IDENTIFIED BY 'one' WITH MAX_USER_CONNECTIONS 1"); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Variables["monitor_username"], c.Variables["monitor_password"] = "one", "one"
		c.Variables["monitor_connect_interval"], c.Variables["monitor_ping_interval"] = 200, 150
	})
	w.await("each server's warning", func() bool {
		return strings.Count(w.Log(), "too few connections: checks take turns") == len(w.cluster.Servers) && strings.Contains(w.Log(), "WITH MAX_USER_CONNECTIONS 5")
	})
	before, err := w.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.exec(0, "SET GLOBAL read_only = 1")
	w.awaitStatus(proxy.Primaries, w.name(0), "OFFLINE_SOFT")
	w.say("%s is read-only", w.name(0))
	w.exec(1, w.words().writable)
	w.awaitStatus(proxy.Primaries, w.name(1), "ONLINE")
	w.say("%s is the primary", w.name(1))
	w.awaitChecks("connect", 5)
	m, err := w.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ping", "read_only", "connect"} {
		since := func(result string) float64 {
			key := `parkway_monitor_checks_total{check="` + kind + `",result="` + result + `"}`
			return m[key] - before[key]
		}
		ok, refused := since("ok"), since("error")
		if refused > ok/10 {
			t.Errorf("%s: %v checks succeeded, %v were refused", kind, ok, refused)
		}
	}
}
