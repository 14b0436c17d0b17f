package session_test

import (
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// While many log in, one more waits in the kernel's queue, and none is lost.
func TestArrivalsWait(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.arrivals = 4 })
	var half []*mysqltest.Client
	for range 4 {
		c, err := mysqltest.Open(w.client())
		if err != nil {
			t.Fatal(err)
		}
		half = append(half, c)
		defer c.Close()
	}
	late := make(chan error)
	go func() {
		c, err := mysqltest.Connect(w.client())
		if err == nil {
			c.Close()
		}
		late <- err
	}()
	select {
	case err := <-late:
		t.Errorf("one too many was let in: %v", err)
	case <-time.After(brief):
	}
	half[0].Close()
	half[1].Close()
	half[2].Close()
	if err := <-late; err != nil {
		t.Error(err)
	}
	half[3].Close()
	w.waitSessions(0)
}

// Clients that connect and say nothing make room for those that log in, before connect_timeout_client.
func TestSilentArrivalsMakeRoom(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.arrivals = 2 })
	var silent []*mysqltest.Client
	for range 2 {
		c, err := mysqltest.Open(w.client())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent = append(silent, c)
	}
	began := time.Now()
	mustQuery(t, w.dial(), "SELECT 1")
	if took := time.Since(began); took > patience/2 {
		t.Errorf("took %v", took)
	}
	for _, c := range silent {
		readERR(t, c, protocol.ErrCodeNetReadTimeout, "many more wait to log in")
		wantClose(t, c)
	}
}

// A herd that is larger than what may log in at once logs in, all of it.
func TestHerdArrives(t *testing.T) {
	w := newWorld(t, func(s *setup) { parking(s); s.arrivals = 8; s.loops = 2; s.users[0].MaxConnections = 0 })
	const herd = 300
	errs := make(chan error, herd)
	clients := make([]*mysqltest.Client, herd)
	for i := range herd {
		go func() {
			var err error
			clients[i], err = mysqltest.Connect(w.client())
			errs <- err
		}()
	}
	for range herd {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	w.waitParked(herd)
	for _, c := range clients {
		c.Close()
	}
	w.waitSessions(0)
}
