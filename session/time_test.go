package session_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// brief is a limit that a test waits for.
const brief = 30 * time.Millisecond

func TestConnectTimeoutClient(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.settings.ConnectTimeoutClient = brief })
	c, err := mysqltest.Open(w.client())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wantGoodbye(t, c, protocol.ErrCodeNetReadTimeout, "parkway: login not finished within 30 ms (connect_timeout_client_ms)")
	// Half a login is none.
	if c, err = mysqltest.Open(w.client()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.WriteRaw(packet(1, strings.Repeat("x", 100))[:50]); err != nil {
		t.Fatal(err)
	}
	wantGoodbye(t, c, protocol.ErrCodeNetReadTimeout, "connect_timeout_client_ms")
	w.waitSessions(0)
}

func TestConnectTimeoutClientOfChangeUser(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	settings := config.Default().MySQL
	settings.ConnectTimeoutClient = brief
	w.Apply(&settings, w.Users(), nil)
	m := protocol.ChangeUser{User: "app", Charset: 45, AuthPlugin: auth.NativePassword}
	if err := c.WriteCommand(protocol.ComChangeUser, m.Append(nil, c.Capabilities)[1:]...); err != nil {
		t.Fatal(err)
	}
	if p, err := c.ReadMessage(); err != nil || p[0] != protocol.AuthSwitchHeader {
		t.Fatalf("%q, %v", p, err)
	}
	readERR(t, c, protocol.ErrCodeNetReadTimeout, "connect_timeout_client_ms")
	wantClose(t, c)
}

// A client that asks for nothing is sent away, also one in the middle of a command; one whose statement runs is not.
func TestWaitTimeout(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.settings.WaitTimeout = brief
		s.server.Queries = map[string]mysqltest.Handler{"slow": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Delay(2 * brief)
			a.OK()
		}}
	})
	const why = "parkway: disconnected because of inactivity for 30 ms (wait_timeout_ms)"
	wantGoodbye(t, w.dial(), protocol.ErrCodeInteractionTimeout, why)

	c := w.dial()
	mustQuery(t, c, "slow")
	wantGoodbye(t, c, protocol.ErrCodeInteractionTimeout, why)

	for _, cmd := range []protocol.Command{protocol.ComBinlogDump, protocol.ComStmtSendLongData} {
		c := w.dial()
		if err := c.WriteRaw(packet(0, string(rune(cmd))+strings.Repeat("x", 1<<20))[:100_000]); err != nil {
			t.Fatal(err)
		}
		wantGoodbye(t, c, protocol.ErrCodeInteractionTimeout, why)
	}
	w.waitSessions(0)
}

func TestQueryTimeout(t *testing.T) {
	const why = "parkway: query took longer than 300 ms (default_query_timeout_ms)"
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.settings.DefaultQueryTimeout = 10 * brief // in which a busy machine gets the beginning of an answer to the client
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch string(payload[1:]) {
			case "begun":
				a.Columns("a")
			case "large":
				a.Columns("a")
				a.Raw(packet(4, strings.Repeat("x", 1<<20))[:500_000])
			case "file":
				a.Packet([]byte("\xfbdata.csv"))
			case "fine":
				a.OK()
				return
			}
			a.Stall()
		}
	})
	for _, sql := range []string{"nothing", "begun"} {
		c := w.dial()
		mustQuery(t, c, "fine")
		_, err := c.Query(sql)
		wantERR(t, err, protocol.ErrCodeQueryTimeout, why)
		wantClose(t, c)
	}
	c := w.dial()
	if _, err := c.Query("large"); err == nil || strings.Contains(err.Error(), "parkway") {
		t.Errorf("in the middle of a packet: %v", err)
	}
	c = w.dial()
	if err := c.WriteRaw(packet(0, "\x03"+strings.Repeat("x", 1<<20))[:100_000]); err != nil {
		t.Fatal(err)
	}
	wantGoodbye(t, c, protocol.ErrCodeQueryTimeout, why)

	c = w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("file")...); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteMessage([]byte("1,2")); err != nil {
		t.Fatal(err)
	}
	w.waitBackends(0)
	if err := c.WriteMessage(nil); err != nil {
		t.Fatal(err)
	}
	readERR(t, c, protocol.ErrCodeQueryTimeout, why)
}

// Without a limit a statement takes as long as it takes.
func TestNoQueryTimeout(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.settings.DefaultQueryTimeout, s.settings.WaitTimeout = 0, brief
		s.server.Handler = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Delay(3 * brief)
			a.OK()
		}
	})
	mustQuery(t, w.dial(), "x")
}

// New settings are in force for the sessions that are there.
func TestApply(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	settings := config.Default().MySQL
	settings.WaitTimeout = brief
	settings.MaxAllowedPacket = 1024
	w.Apply(&settings, w.Users(), nil)
	_, err := c.Query(strings.Repeat("x", 2000))
	wantERR(t, err, protocol.ErrCodePacketTooLarge, "(1024)")
	wantGoodbye(t, w.dial(), protocol.ErrCodeInteractionTimeout, "wait_timeout_ms")
}

// Shorter timeouts hold at once: for a client in a transaction that is quiet, and for a statement that runs.
func TestApplyShorterTimeouts(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.settings.SessionIdle, s.settings.ConnectTimeoutClient = time.Hour, time.Hour // No timer fires soon.
		s.server.Queries = map[string]mysqltest.Handler{"slow": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() }}
	})
	quiet, busy := w.dial(), w.dial()
	mustQuery(t, quiet, "x")
	mustQuery(t, busy, "x")
	before := len(w.server.Commands())
	if err := busy.WriteCommand(protocol.ComQuery, []byte("slow")...); err != nil {
		t.Fatal(err)
	}
	w.server.WaitCommands(t, before+1)
	settings := config.Default().MySQL
	settings.SessionIdle, settings.WaitTimeout, settings.DefaultQueryTimeout = time.Hour, brief, brief
	w.Apply(&settings, w.Users(), nil)
	wantGoodbye(t, quiet, protocol.ErrCodeInteractionTimeout, "wait_timeout_ms")
	readERR(t, busy, protocol.ErrCodeQueryTimeout, "default_query_timeout_ms")
}

// drain begins to drain and returns what Drain will return.
func (w *world) drain(limit time.Duration) (cut <-chan int) {
	result := make(chan int, 1)
	w.BeginDrain()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	go func() {
		defer cancel()
		result <- w.Drain(ctx)
	}()
	return result
}

const stopping = "parkway: server shutdown in progress"

// Clients with nothing under way leave at once, on all loops, and no new one is let in.
func TestDrain(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.loops = 2 })
	var clients []*mysqltest.Client
	for i := range 6 {
		c := w.dial()
		if i%2 == 0 {
			mustQuery(t, c, "SELECT 1")
		}
		clients = append(clients, c)
	}
	half, err := mysqltest.Open(w.client())
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	cut := w.drain(patience)
	var all sync.WaitGroup
	for _, c := range append(clients, half) {
		all.Go(func() {
			wantGoodbye(t, c, protocol.ErrCodeServerShutdown, stopping)
			c.Close()
		})
	}
	all.Wait()
	if n := <-cut; n != 0 || !w.Draining() {
		t.Errorf("%d clients were cut off; draining %v", n, w.Draining())
	}
	_, err = mysqltest.Connect(w.client())
	wantERR(t, err, protocol.ErrCodeServerShutdown, stopping)
}

// A statement that runs, and a transaction, come to their end first.
func TestDrainWaitsForWork(t *testing.T) {
	finish := make(chan struct{})
	w := newWorld(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"BEGIN": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Status |= protocol.StatusInTrans
				a.OK()
			},
			"slow": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Wait(finish)
				a.OK()
			},
			"update": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Status |= protocol.StatusInTrans
				a.OK()
			},
		}
	})
	running, transaction, idle := w.dial(), w.dial(), w.dial()
	mustQuery(t, transaction, "BEGIN")
	if err := running.WriteCommand(protocol.ComQuery, []byte("slow")...); err != nil {
		t.Fatal(err)
	}
	w.server.WaitCommands(t, 2)
	cut := w.drain(patience)
	wantGoodbye(t, idle, protocol.ErrCodeServerShutdown, stopping)
	mustQuery(t, transaction, "update")
	close(finish)
	if _, err := running.ReadAnswer(protocol.ComQuery); err != nil {
		t.Error(err)
	}
	wantGoodbye(t, running, protocol.ErrCodeServerShutdown, stopping)
	mustQuery(t, transaction, "COMMIT")
	wantGoodbye(t, transaction, protocol.ErrCodeServerShutdown, stopping)
	if n := <-cut; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
}

// When the time is over, each client reads why in its place.
func TestDrainEnds(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"BEGIN": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Status |= protocol.StatusInTrans
				a.OK()
			},
			"stuck": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() },
			"begun": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Columns("a")
				a.Stall()
			},
			"large": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Columns("a")
				a.Raw(packet(4, strings.Repeat("x", 1<<20))[:500_000])
				a.Stall()
			},
		}
	})
	transaction := w.dial()
	mustQuery(t, transaction, "BEGIN")
	clients := make(map[string]*mysqltest.Client)
	for _, sql := range []string{"stuck", "begun", "large"} {
		c := w.dial()
		if err := c.WriteCommand(protocol.ComQuery, []byte(sql)...); err != nil {
			t.Fatal(err)
		}
		clients[sql] = c
	}
	w.server.WaitCommands(t, 4)
	// What is passed on of a packet before all of it is there says that the proxy is in the middle of it.
	for got := 0; got <= 64<<10; {
		b, err := clients["large"].ReadRaw(64 << 10)
		if err != nil {
			t.Fatal(err)
		}
		got += len(b)
	}
	if n := <-w.drain(brief); n != 4 {
		t.Errorf("%d clients were cut off, want 4", n)
	}
	wantGoodbye(t, transaction, protocol.ErrCodeServerShutdown, stopping)
	for sql, c := range clients {
		if sql == "large" {
			if rest, err := c.ExpectEOF(); err != nil || strings.Contains(string(rest), "parkway") {
				t.Errorf("in the middle of a packet: %d bytes, %v", len(rest), err)
			}
			continue
		}
		_, err := c.ReadAnswer(protocol.ComQuery)
		wantERR(t, err, protocol.ErrCodeServerShutdown, stopping)
	}
}

// A client that waits for a backend does not wait for it while the proxy drains.
func TestDrainEndsWaiting(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.server.Fault = mysqltest.Fault{NoVerdict: true} })
	c := w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT 1")...); err != nil {
		t.Fatal(err)
	}
	w.server.WaitConnections(t, 1)
	cut := w.drain(patience)
	wantGoodbye(t, c, protocol.ErrCodeServerShutdown, stopping)
	c.Close()
	if n := <-cut; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
	w.server.WaitConnections(t, 0)
}

// A command that comes while the proxy drains is answered by the reason, and does not run.
func TestCommandWhileDraining(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	cut := w.drain(patience)
	_, err := c.Query("SELECT 2")
	wantERR(t, err, protocol.ErrCodeServerShutdown, stopping)
	wantClose(t, c)
	<-cut
	for _, got := range w.server.Commands() {
		if string(got.Payload[1:]) == "SELECT 2" {
			t.Error("the statement ran")
		}
	}
}
