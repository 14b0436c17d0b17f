package hostile

import (
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// behindVictim is behindSound with the victim as well, for the user root.
func behindVictim(t testing.TB) proxy.Config {
	server := victim.T(t).Servers[0]
	cfg := behindSound(t)
	cfg.Servers = append(cfg.Servers, proxy.Server{Hostgroup: soundHostgroup + 1, Host: server.Host, Port: server.Port})
	cfg.Users = append(cfg.Users, proxy.User{Name: "root", Hostgroup: soundHostgroup + 1})
	cfg.Variables["connect_timeout_server_max_ms"] = int(connectLimit.Milliseconds())
	return cfg
}

// A server that is killed under load: every client learns it at once, who comes
// later reads why nothing works, and after the restart all is well.
func TestServerKilledUnderLoad(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindVictim(t)})
	before := measure(t, p)
	w := observe(t, p)
	server := victim.T(t).Servers[0]
	const clients = 8
	var killed atomic.Int64 // Unix ns
	var running, warm sync.WaitGroup
	warm.Add(clients)
	for range clients {
		c := mysqltest.Dial(t, as("root", p))
		running.Go(func() {
			defer c.Close()
			for n := 0; ; n++ {
				_, err := c.Query("SELECT REPEAT('x', 1000) FROM mysql.help_topic")
				if n == 0 {
					warm.Done()
				}
				if err == nil {
					continue
				}
				if d := time.Since(time.Unix(0, killed.Load())); d > stall {
					t.Errorf("a client learnt it after %v", d)
				}
				// In the middle of a large packet there is no room for an error.
				if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
					expectERR(t, err, 0)
				}
				t.Log(err)
				return
			}
		})
	}
	warm.Wait()
	killed.Store(time.Now().UnixNano())
	server.Kill()
	running.Wait()

	late := mysqltest.Dial(t, as("root", p))
	begun := time.Now()
	_, err := late.Query("SELECT 1")
	expectERR(t, err, protocol.ErrCodeNoBackend)
	if d := time.Since(begun); d > connectLimit+stall {
		t.Errorf("no server: an error after %v", d)
	}
	if err := server.Restart(proxy.Limited(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	// The client that was refused is still there and is served now.
	if _, err := late.Query("SELECT 1"); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	late.Close()
	w.check(t)
	before.settled(t, p)
}

// A server that has no connection left: the client reads what the server says,
// in time, and is served when there is one again.
func TestServerAtMaxConnections(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindVictim(t)})
	before := measure(t, p)
	server := victim.T(t).Servers[0]
	// What leaves while the server is being filled would leave room again.
	await(t, "nobody but the harness is connected to the server", func() bool {
		threads, err := server.Threads(t.Context())
		return err == nil && len(threads) == 1
	})
	direct := as("root", p) // for whom the server keeps one more
	direct.Addr = addressOf(server)
	var holders []*mysqltest.Client
	for {
		c, err := mysqltest.Connect(direct)
		if err != nil {
			break
		}
		if holders = append(holders, c); len(holders) > 2*victimConnections {
			t.Fatalf("%d connections, the server does not keep its limit", len(holders))
		}
	}
	c := mysqltest.Dial(t, as("root", p))
	begun := time.Now()
	_, err := c.Query("SELECT 1")
	t.Log(err)
	expectERR(t, err, protocol.ErrCodeTooManyConnections)
	if err != nil && !strings.Contains(err.Error(), "Too many connections") {
		t.Errorf("%v does not say so", err)
	}
	if d := time.Since(begun); d > connectLimit+stall {
		t.Errorf("an error after %v", d)
	}
	for _, h := range holders {
		h.Close()
	}
	await(t, "the client is served", func() bool {
		_, err := c.Query("SELECT 1")
		return err == nil
	})
	c.Close()
	before.settled(t, p)
}
