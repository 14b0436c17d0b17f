package failover

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// load is clients of the proxy: writers, each with transactions of two rows, and readers.
type load struct {
	w       *world
	stop    chan struct{}
	running sync.WaitGroup
	keys    atomic.Int64

	mu     sync.Mutex
	acked  []ack
	failed map[string]int // writes, by error
	last   time.Time      // of a failed write
	reads  int
	broken []string // reads that failed
	slow   time.Duration
}

// ack is a transaction that was committed.
type ack struct {
	key         int64
	server      int // its server_id
	begun, done time.Time
}

func (w *world) load(writers, readers int) *load {
	w.t.Helper()
	l := &load{w: w, stop: make(chan struct{}), failed: make(map[string]int)}
	db := w.open(writers + readers)
	for range writers {
		l.running.Go(func() { repeat(l.stop, func() { l.write(db) }) })
	}
	for range readers {
		l.running.Go(func() { repeat(l.stop, func() { l.read(db) }) })
	}
	w.t.Cleanup(l.end)
	return l
}

// open is a client's view of the proxy, for so many connections at a time. It is closed with the test.
func (w *world) open(connections int) *sql.DB {
	w.t.Helper()
	config, err := mysql.ParseDSN(w.DSN("app", "app", "app"))
	if err != nil {
		w.t.Fatal(err)
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		w.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(connections)
	w.t.Cleanup(func() { db.Close() })
	return db
}

// end stops the load and waits for it.
func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.running.Wait()
}

// pace is how long each client pauses, so that there is time for others on a small machine.
const pace = 5 * time.Millisecond

// repeat calls f at that pace until stop is closed.
func repeat(stop <-chan struct{}, f func()) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			f()
		}
	}
}

func (l *load) write(db *sql.DB) {
	a := ack{key: l.keys.Add(1), begun: time.Now()}
	err := l.transaction(db, &a)
	a.done = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.acked = append(l.acked, a)
		return
	}
	l.failed[reason(err)]++
	l.last = a.done
}

// reason is an error without what differs from one to the next.
func reason(err error) string {
	var said *mysql.MySQLError
	if errors.As(err, &said) {
		text, _, _ := strings.Cut(said.Message, " 127.")
		return fmt.Sprintf("%d %s", said.Number, text)
	}
	return err.Error()
}

func (l *load) transaction(db *sql.DB, a *ack) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for half := 1; half <= 2; half++ {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO t VALUES (%d, %d, @@server_id, NOW(6))", a.key, half)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT server FROM t WHERE k = %d LIMIT 1", a.key)).Scan(&a.server); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (l *load) read(db *sql.DB) {
	begun := time.Now()
	var n int
	err := db.QueryRow("SELECT COUNT(*) FROM t WHERE k = 0").Scan(&n)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	l.slow = max(l.slow, time.Since(begun))
	if err != nil || n != 2 {
		l.broken = append(l.broken, fmt.Sprintf("%7.3f s  %d rows, %v", time.Since(l.w.begun).Seconds(), n, err))
	}
}

// writes is how many transactions are acknowledged.
func (l *load) writes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// report prints what became of the load, and fails the test if a read has failed.
func (l *load) report() {
	l.w.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.say("%d transactions, %d reads, the slowest read took %v", len(l.acked), l.reads, l.slow.Round(time.Millisecond))
	for text, n := range l.failed {
		l.w.say("%d transactions failed: %s", n, text)
	}
	if len(l.broken) > 0 {
		l.w.t.Errorf("%d reads failed, the first: %s", len(l.broken), l.broken[0])
	}
}
