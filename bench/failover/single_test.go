package failover

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// singles is clients of the proxy that write one row at a time, each in a statement of its own: a text, or a prepared statement.
type singles struct {
	w       *world
	stop    chan struct{}
	running sync.WaitGroup
	keys    atomic.Int64

	mu      sync.Mutex
	acked   []int64
	slowest time.Duration
	failed  []string
}

func (w *world) singles(clients int) *singles {
	w.t.Helper()
	if err := w.cluster.Exec(0, "CREATE TABLE app.single (k BIGINT PRIMARY KEY, id INT NOT NULL AUTO_INCREMENT, server INT, KEY (id))"); err != nil {
		w.t.Fatal(err)
	}
	s := &singles{w: w, stop: make(chan struct{})}
	db := w.open(clients)
	for i := range clients {
		insert := func(ctx context.Context, key int64) (sql.Result, error) {
			return db.ExecContext(ctx, fmt.Sprintf("INSERT INTO single (k, server) VALUES (%d, @@server_id)", key))
		}
		if i%2 == 1 {
			prepared, err := db.Prepare("INSERT INTO single (k, server) VALUES (?, @@server_id)")
			if err != nil {
				w.t.Fatal(err)
			}
			insert = func(ctx context.Context, key int64) (sql.Result, error) { return prepared.ExecContext(ctx, key) }
		}
		s.running.Go(func() { repeat(s.stop, func() { s.write(insert) }) })
	}
	w.t.Cleanup(s.end)
	return s
}

func (s *singles) write(insert func(context.Context, int64) (sql.Result, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	key, begun := s.keys.Add(1), time.Now()
	_, err := insert(ctx, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowest = max(s.slowest, time.Since(begun))
	if err != nil {
		s.failed = append(s.failed, err.Error())
		return
	}
	s.acked = append(s.acked, key)
}

// end stops the clients and waits for them.
func (s *singles) end() {
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.running.Wait()
}

// report prints what became of the rows. The test fails if a client has read an error, or if server i has others than those that were
// acknowledged.
func (s *singles) report(t *testing.T, i int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	again := 0
	if m, err := s.w.Metrics(t.Context()); err == nil {
		again = int(m[`parkway_retries_total{reason="writer"}`])
	}
	s.w.say("%d rows by single statements, the slowest took %v; %d times one that the old primary refused went on", len(s.acked), s.slowest.Round(time.Millisecond), again)
	if len(s.failed) > 0 {
		t.Errorf("%d single statements failed, the first: %s", len(s.failed), s.failed[0])
	}
	rows, err := s.w.cluster.Servers[i].DB().Query("SELECT k FROM app.single ORDER BY k")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var there []int64
	for rows.Next() {
		var key int64
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		there = append(there, key)
	}
	slices.Sort(s.acked)
	if !slices.Equal(there, s.acked) {
		t.Errorf("%d rows are there, %d were acknowledged", len(there), len(s.acked))
	}
}
