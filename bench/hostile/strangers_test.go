package hostile

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
)

const (
	silent       = 5000 // clients that say nothing
	loginTimeout = 3 * time.Second
	scans        = 2000
)

// gang runs job for 0..n-1 on so many goroutines at once.
func gang(workers, n int, job func(i int)) {
	jobs := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range jobs {
				job(i)
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	running.Wait()
}

// 5,000 connections that say nothing, or not all of their login, are told so
// when their time is over, and closed. A well-behaved client is let in
// meanwhile.
func TestClientsThatSayNothing(t *testing.T) {
	cfg := behindSound(t)
	cfg.Variables["connect_timeout_client_ms"] = int(loginTimeout.Milliseconds())
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	login := response("app", 0)
	conns, opened := make([]net.Conn, silent), make([]time.Time, silent)
	gang(20, silent, func(i int) {
		c, err := net.DialTimeout("tcp", p.Addr, patience)
		if err != nil {
			t.Error(err)
			return
		}
		// One in two says a part of what it should.
		if n := i % (2 * len(login)); n < len(login) {
			if _, err := c.Write(login[:n]); err != nil {
				t.Error(err)
			}
		}
		conns[i], opened[i] = c, time.Now()
	})
	if t.Failed() {
		return
	}
	before.bounded(t, p)
	lifetimes := make([]time.Duration, silent)
	gang(silent, silent, func(i int) {
		lifetimes[i] = hearOut(t, conns[i], opened[i])
	})
	var first, last time.Duration
	for i, d := range lifetimes {
		if i == 0 || d < first {
			first = d
		}
		last = max(last, d)
	}
	t.Logf("closed after %v to %v", first, last)
	// The clock of the proxy began a little earlier than the one here.
	if first < loginTimeout-stall || last > loginTimeout+2*stall {
		t.Errorf("they should be closed after %v", loginTimeout)
	}
	w.check(t)
	before.settled(t, p)
}

// Logins as large as they may be, none of them whole, cost the proxy no more
// than its marks.
func TestLargeHalfLogins(t *testing.T) {
	cfg := behindSound(t)
	cfg.Variables["connect_timeout_client_ms"] = int(loginTimeout.Milliseconds())
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	half := append([]byte{0xff, 0xff, 1, 1}, make([]byte, 120<<10)...)
	const clients = 2000
	conns := make([]net.Conn, clients)
	gang(20, clients, func(i int) {
		c, err := net.DialTimeout("tcp", p.Addr, patience)
		if err != nil {
			t.Error(err)
			return
		}
		conns[i] = c
		if _, err := c.Write(half); err != nil && !closed(err) {
			t.Error(err)
		}
	})
	before.bounded(t, p)
	for _, c := range conns {
		c.Close()
	}
	w.check(t)
	before.settled(t, p)
}

// hearOut reads a connection's greeting and its last error to the end and
// returns when that came.
func hearOut(t testing.TB, c net.Conn, opened time.Time) time.Duration {
	defer c.Close()
	if err := c.SetReadDeadline(opened.Add(patience)); err != nil {
		t.Error(err)
	}
	said, err := io.ReadAll(c)
	lasted := time.Since(opened)
	if err != nil {
		t.Errorf("not closed: %v", err)
		return lasted
	}
	expectERR(t, lastWords(said), protocol.ErrCodeNetReadTimeout)
	return lasted
}

// Port scans: connections that end as soon as they are there.
func TestPortScans(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindSound(t)})
	before := measure(t, p)
	w := observe(t, p)
	gang(20, scans, func(i int) {
		c, err := net.DialTimeout("tcp", p.Addr, patience)
		if err != nil {
			t.Error(err)
			return
		}
		switch i % 3 {
		case 0:
			c.Close()
		case 1:
			reset(t, c)
		case 2: // half closed
			defer c.Close()
			if err := errors.Join(c.SetDeadline(time.Now().Add(patience)), c.(*net.TCPConn).CloseWrite()); err != nil {
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, c); !closed(err) {
				t.Errorf("not closed: %v", err)
			}
		}
	})
	w.check(t)
	before.settled(t, p)
}

// Clients beyond max_connections are told so instead of being greeted.
func TestTooManyClients(t *testing.T) {
	cfg := behindSound(t)
	cfg.Variables["max_connections"] = 10
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	conns := make([]net.Conn, 10)
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("tcp", p.Addr); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
		if _, err := conns[i].Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(c)
		c.Close()
		if err != nil {
			t.Errorf("not closed: %v", err)
		}
		err = lastWords(said)
		expectERR(t, err, protocol.ErrCodeTooManyConnections)
		if err == nil || !strings.Contains(err.Error(), "max_connections = 10") {
			t.Errorf("the error does not name the limit: %v", err)
		}
	}
	for _, c := range conns {
		c.Close()
	}
	before.settled(t, p)
}
