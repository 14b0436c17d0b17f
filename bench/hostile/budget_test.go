package hostile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	budget = 2 // max_connections of the server
	queue  = 8 // clients that wait
)

// awaitWaiting waits until so many clients wait for a connection.
func awaitWaiting(t testing.TB, p *proxy.Proxy, hostgroup, n int) {
	t.Helper()
	name := fmt.Sprintf("parkway_pool_waiting{hostgroup=%q}", fmt.Sprint(hostgroup))
	await(t, fmt.Sprint(n, " clients wait"), func() bool {
		metrics, err := p.Metrics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return int(metrics[name]) == n
	})
}

// Clients beyond a server's budget are served in the order in which they came,
// or read the reason when they have waited long enough.
func TestBudget(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	cfg := unshared(behindSound(t))
	cfg.Loops = 1 // the order holds for the clients of one loop
	const wait = 3 * time.Second
	cfg.Variables["connect_timeout_server_max_ms"] = int(wait.Milliseconds())
	hostgroup := addServer(t, &cfg, "scripted", server.Addr(), budget)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)

	holders := make([]*mysqltest.Client, budget)
	for i := range holders {
		holders[i] = mysqltest.Dial(t, as("scripted", p))
		if _, err := holders[i].Query("SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	served := make(chan int, queue)
	waiters := make([]*mysqltest.Client, queue)
	for i := range waiters {
		waiters[i] = mysqltest.Dial(t, as("scripted", p))
		go func() {
			if _, err := waiters[i].Query("SELECT 1"); err != nil {
				t.Errorf("waiter %d: %v", i, err)
			}
			served <- i
		}()
		awaitWaiting(t, p, hostgroup, i+1)
	}
	for i, leaving := range append(holders, waiters[:queue-budget]...) {
		leaving.Close()
		if got := <-served; got != i {
			t.Errorf("waiter %d was served, it was the turn of %d", got, i)
		}
	}
	if n := server.Connections(); n > budget {
		t.Errorf("%d connections to the server, its budget is %d", n, budget)
	}

	c := mysqltest.Dial(t, as("scripted", p))
	begun := time.Now()
	_, err := c.Query("SELECT 1")
	t.Log(err)
	expectERR(t, err, protocol.ErrCodeNoBackend)
	for _, part := range []string{fmt.Sprint("hostgroup ", hostgroup), "max_connections", "waited"} {
		if err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err)
		}
	}
	if d := time.Since(begun); d < wait-stall || d > wait+stall {
		t.Errorf("refused after %v, not after %v", d, wait)
	}
	for _, w := range waiters {
		w.Close()
	}
	if _, err := c.Query("SELECT 1"); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	c.Close()
	before.settled(t, p)
}

// With several loops no waiter is forgotten.
func TestBudgetAcrossLoops(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	cfg := behindSound(t)
	hostgroup := addServer(t, &cfg, "scripted", server.Addr(), budget)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	const clients = 300
	slowest := make([]time.Duration, clients)
	gang(30, clients, func(i int) {
		begun := time.Now()
		c, err := mysqltest.Connect(as("scripted", p))
		if err == nil {
			_, err = c.Query("SELECT 1")
			c.Close()
		}
		if err != nil {
			t.Error(err)
		}
		slowest[i] = time.Since(begun)
	})
	var most time.Duration
	for _, d := range slowest {
		most = max(most, d)
	}
	t.Logf("the slowest of %d clients waited %v", clients, most)
	awaitWaiting(t, p, hostgroup, 0)
	before.settled(t, p)
}
