package hostile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol/mysqltest"
)

const (
	stall        = time.Second // the longest that a witness may wait
	witnessPause = 5 * time.Millisecond
	visit        = 20 // queries between two logins
)

// witness is a well-behaved client that must notice nothing of an attack: it
// logs in, queries, leaves, and comes back. A second one does the same at the
// server itself, so that a machine that is busy is not held against the proxy.
type witness struct {
	stop    chan struct{}
	running sync.WaitGroup

	// Of the goroutines; to be read when they have ended.
	through, direct series
}

// series is what a witness saw.
type series struct {
	queries int
	logins  int
	slowest struct{ login, query time.Duration } // login: with the first query
	err     error                                // the first one, which ended it
}

func (s series) String() string {
	return fmt.Sprintf("%d logins, slowest %v, %d queries, slowest %v", s.logins, s.slowest.login, s.queries, s.slowest.query)
}

// observe starts a witness; check ends it.
func observe(t testing.TB, p *proxy.Proxy) *witness {
	w := &witness{stop: make(chan struct{})}
	direct := as("app", p)
	direct.Addr = addressOf(sound.T(t).Servers[0])
	w.running.Go(func() { w.through = w.watch(as("app", p)) })
	w.running.Go(func() { w.direct = w.watch(direct) })
	return w
}

func (w *witness) watch(cfg mysqltest.ClientConfig) (s series) {
	for {
		begun := time.Now()
		c, err := mysqltest.Connect(cfg)
		if err == nil {
			_, err = c.Query("SELECT 1")
		}
		s.logins++
		s.slowest.login = max(s.slowest.login, time.Since(begun))
		for n := 0; err == nil && n < visit; n++ {
			select {
			case <-w.stop:
				c.Close()
				return s
			case <-time.After(witnessPause):
			}
			begun = time.Now()
			_, err = c.Query("SELECT 1")
			s.queries++
			s.slowest.query = max(s.slowest.query, time.Since(begun))
		}
		if c != nil {
			c.Close()
		}
		if err != nil {
			s.err = err
			return s
		}
	}
}

// check ends the witness: no query failed, and none took long.
func (w *witness) check(t testing.TB) {
	t.Helper()
	close(w.stop)
	w.running.Wait()
	t.Logf("witness: %s; directly: %s", w.through, w.direct)
	if w.direct.err != nil {
		t.Fatalf("the witness at the server itself: %v", w.direct.err)
	}
	if w.through.err != nil {
		t.Errorf("the witness got an error: %v", w.through.err)
	}
	if w.through.slowest.query > stall+w.direct.slowest.query || w.through.slowest.login > stall+w.direct.slowest.login {
		t.Errorf("the witness had to wait")
	}
}
