package hostile

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	flood = 2 << 30 // bytes of rows that are asked for
	crowd = 50      // clients that misbehave at once
)

// A client that asks for 2 GB of rows and reads none of them costs the proxy no
// more than its marks, and the others nothing; so do 50 of them.
func TestClientsThatDoNotRead(t *testing.T) {
	endless := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stream(flood, 10_000) },
	})
	cfg := unshared(behindSound(t)) // the scripted server has one answer to everything
	addServer(t, &cfg, "scripted", endless.Addr(), 0)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	for _, c := range []struct {
		user, sql string
		clients   int
	}{
		{"scripted", "SELECT endless", 1},
		{"scripted", "SELECT endless", crowd},
		{"app", "SELECT REPEAT('x', 1000000) FROM seq_1_to_2000", 1},
	} {
		t.Run(fmt.Sprintf("%s, %d clients", c.user, c.clients), func(t *testing.T) {
			fetched := unread(t, p, measure(t, p), c.clients, c.user, c.sql, slack)
			if fetched > int64(c.clients)*slack/4 {
				t.Errorf("the proxy fetched %d bytes that nobody reads", fetched)
			}
		})
	}
}

// unread has so many clients of a user send a query, and read nothing of the answer until the proxy fetches no more. It returns how many bytes
// that were. One of them then reads some after all, and all leave.
func unread(t *testing.T, p *proxy.Proxy, before footprint, n int, user, sql string, some int64) (fetched int64) {
	t.Helper()
	w := observe(t, p)
	fetching := carried(t, p, "server", "in")
	clients := make([]*mysqltest.Client, n)
	for i := range clients {
		login := as(user, p)
		if user == "app" {
			login.Database = "app"
		}
		clients[i] = mysqltest.Dial(t, login)
		// The kernel would keep megabytes for each: that takes long, and says nothing of the proxy.
		if err := clients[i].Conn().(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
			t.Fatal(err)
		}
		if err := clients[i].WriteCommand(protocol.ComQuery, []byte(sql)...); err != nil {
			t.Fatal(err)
		}
	}
	fetched = fetching.awaitStill()
	t.Logf("the proxy fetched %.1f MiB", mib(fetched))
	before.bounded(t, p)
	if n, err := io.CopyN(io.Discard, clients[0].Conn(), some); err != nil {
		t.Errorf("read %d bytes: %v", n, err)
	}
	before.bounded(t, p)
	for _, client := range clients {
		client.Close()
	}
	w.check(t)
	before.withKills().settled(t, p)
	return fetched
}

// Clients that send command after command and never read an answer are stopped
// by their own answers.
func TestClientsThatOnlySend(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindSound(t)})
	for name, packet := range map[string][]byte{
		"queries that the server answers":    command(protocol.ComQuery, []byte("SELECT REPEAT('x', 100000)")...),
		"commands that the proxy answers":    command(protocol.ComStatistics),
		"commands that the proxy refuses":    command(protocol.ComBinlogDump),
		"commands that have no answer":       command(protocol.ComStmtClose, 1, 0, 0, 0),
		"large commands that are not served": command(protocol.ComBinlogDump, make([]byte, 1<<20)...),
	} {
		t.Run(name, func(t *testing.T) {
			before := measure(t, p)
			w := observe(t, p)
			burst := bytes.Repeat(packet, 1+(256<<10)/len(packet))
			gang(crowd, crowd, func(int) {
				c, err := mysqltest.Connect(as("app", p))
				if err != nil {
					t.Error(err)
					return
				}
				// What has no answer never gets stuck, so that time bounds it.
				late := time.Now().Add(2 * stuck)
				for ok := true; ok && time.Now().Before(late); {
					_, ok = sendAll(t, c.Conn(), burst)
				}
				reset(t, c.Conn())
			})
			before.bounded(t, p)
			w.check(t)
			before.settled(t, p)
		})
	}
}

// carriage is how many bytes the proxy has carried on one side and in one
// direction.
type carriage struct {
	t     testing.TB
	p     *proxy.Proxy
	name  string
	first int64
}

// carried begins to count.
func carried(t testing.TB, p *proxy.Proxy, side, direction string) *carriage {
	t.Helper()
	c := &carriage{t: t, p: p, name: fmt.Sprintf("parkway_bytes_total{direction=%q,side=%q}", direction, side)}
	c.first = c.now()
	return c
}

func (c *carriage) now() int64 {
	c.t.Helper()
	metrics, err := c.p.Metrics(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	value, ok := metrics[c.name]
	if !ok {
		c.t.Fatalf("no %s among the metrics", c.name)
	}
	return int64(value)
}

// awaitStill waits until the proxy, after it has carried something, carries
// hardly any bytes more than what the witness causes, and returns how many it
// has carried.
func (c *carriage) awaitStill() int64 {
	c.t.Helper()
	const (
		look  = 200 * time.Millisecond
		noise = 256 << 10 // bytes of the witness in that time, and more
	)
	last, late := c.first, time.Now().Add(patience)
	for time.Now().Before(late) {
		<-time.After(look)
		now := c.now()
		if now-last < noise && now-c.first > noise {
			return now - c.first
		}
		last = now
	}
	c.t.Fatalf("%v later the proxy still carries bytes, or none: %.1f MiB so far", patience, mib(last-c.first))
	return 0
}
