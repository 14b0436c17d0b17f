package e2e

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// writers are the clients of TestDrainCutsNoTransaction, and what they saw.
type writers struct {
	t    *testing.T
	done atomic.Int64 // transactions and single statements that succeeded

	mu   sync.Mutex
	kept map[int]int // worker -> how many of its numbers, from 0 on, it was told are stored
}

// The rows that one number of a worker leaves: two of a transaction, or one.
const (
	transactionRows = 2
	singleRows      = 1
)

// transactions writes two rows in each, with pauses, until a BEGIN fails. An
// error in any other place is a transaction that was cut.
func (w *writers) transactions(ctx context.Context, c *sql.Conn, worker int) {
	for n := 0; ; n++ {
		tx, err := c.BeginTx(ctx, nil)
		if err != nil {
			w.end(worker, n, "BEGIN", err)
			return
		}
		for _, step := range []string{
			fmt.Sprintf("INSERT INTO drained VALUES (%d, %d, %d)", worker, n, transactionRows),
			"DO SLEEP(0.01)",
			fmt.Sprintf("INSERT INTO drained VALUES (%d, %d, %d)", worker, n, transactionRows),
			"DO SLEEP(0.005)",
		} {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				w.t.Errorf("worker %d, transaction %d was cut at %s: %v", worker, n, step, err)
				return
			}
		}
		if err := tx.Commit(); err != nil {
			w.t.Errorf("worker %d, transaction %d was cut at its COMMIT: %v", worker, n, err)
			return
		}
		w.done.Add(1)
	}
}

// statements writes a row in each statement until one is refused.
func (w *writers) statements(ctx context.Context, c *sql.Conn, worker int) {
	for n := 0; ; n++ {
		_, err := c.ExecContext(ctx, fmt.Sprintf("INSERT INTO drained SELECT %d, %d, %d FROM (SELECT SLEEP(0.005)) s", worker, n, singleRows))
		if err != nil {
			w.end(worker, n, "INSERT", err)
			return
		}
		w.done.Add(1)
	}
}

// end notes that a worker was sent away, which must be said clearly: by error
// 1053, or by the closed connection before anything was sent on it.
func (w *writers) end(worker, n int, at string, err error) {
	if codeOf(err) != protocol.ErrCodeServerShutdown && !errors.Is(err, driver.ErrBadConn) {
		w.t.Errorf("worker %d was sent away at its %s by: %v", worker, at, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept[worker] = n
}

// check compares what is stored with what the clients were told.
func (w *writers) check(db *sql.DB) {
	rows, err := db.QueryContext(w.t.Context(), "SELECT worker, n, COUNT(*), MIN(total) FROM app.drained GROUP BY worker, n")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	stored := make(map[int]int)
	for rows.Next() {
		var worker, n, got, want int
		if err := rows.Scan(&worker, &n, &got, &want); err != nil {
			w.t.Fatal(err)
		}
		if got != want {
			w.t.Errorf("worker %d, number %d: %d rows of %d", worker, n, got, want)
		}
		if n >= w.kept[worker] {
			w.t.Errorf("worker %d, number %d is stored, but the client was told otherwise", worker, n)
		}
		stored[worker]++
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	for worker, n := range w.kept {
		if stored[worker] != n {
			w.t.Errorf("worker %d has %d of %d numbers stored", worker, stored[worker], n)
		}
	}
}

// SIGTERM under load: whatever has begun is finished and answered, nothing is
// begun any more.
func TestDrainCutsNoTransaction(t *testing.T) {
	const clients = 60
	db := table(t, "drained", "worker INT, n INT, total INT, KEY (worker, n)")
	p, s := ownProxy(t, func(c *proxy.Config) { c.Variables["shutdown_timeout_ms"] = int(patience.Milliseconds()) })
	w := &writers{t: t, kept: make(map[int]int)}
	ctx := proxy.Limited(t, 3*patience)
	var group sync.WaitGroup
	for worker := range clients {
		c := s.session(t, "")
		work := w.transactions
		if worker%4 == 0 {
			work = w.statements
		}
		group.Go(func() { work(ctx, c, worker) })
	}
	await(t, "every client has written some", func() bool { return w.done.Load() > 5*clients || t.Failed() })
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	if code := awaitExit(t, p); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if len(w.kept) != clients {
		t.Errorf("%d of %d clients were sent away in order", len(w.kept), clients)
	}
	w.check(db)
}

// shutdownError reads what a client is told that has nothing under way, and the
// end of its connection.
func shutdownError(t *testing.T, name string, c *mysqltest.Client) {
	t.Helper()
	rest, err := c.ExpectEOF()
	if err != nil || len(rest) < protocol.HeaderLen {
		t.Errorf("%s: %q, %v", name, rest, err)
		return
	}
	var said protocol.ERR
	if err := said.Decode(rest[protocol.HeaderLen:]); err != nil || said.Code != protocol.ErrCodeServerShutdown || said.State != "08S01" {
		t.Errorf("%s: %q, want error 1053 (08S01) %v", name, rest, err)
	}
}

// At shutdown_timeout_ms the rest gets error 1053, wherever it is.
func TestDrainTimeout(t *testing.T) {
	db := table(t, "cut", "n INT")
	p, s := ownProxy(t, func(c *proxy.Config) { c.Variables["shutdown_timeout_ms"] = 300 })
	idle, fresh, open, busy := s.mustConnect(t), s.mustConnect(t), s.mustConnect(t), s.mustConnect(t)
	mustQuery(t, idle, "DO 1")
	mustQuery(t, open, "BEGIN", "INSERT INTO cut VALUES (1)")
	if err := busy.WriteCommand(protocol.ComQuery, []byte("SELECT SLEEP(30)")...); err != nil {
		t.Fatal(err)
	}
	awaitSleeper(t)
	defer endSleepers(t)
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	shutdownError(t, "idle", idle)
	shutdownError(t, "without a backend", fresh)
	// A transaction goes on in the meantime.
	mustQuery(t, open, "INSERT INTO cut VALUES (2)")
	if _, err := busy.ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeServerShutdown {
		t.Errorf("in a statement: %v, want error 1053", err)
	}
	shutdownError(t, "in a transaction", open)
	if code := awaitExit(t, p); code != 0 {
		t.Errorf("exit code %d", code)
	}
	var left int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM app.cut").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows of the transaction that was cut, %v", left, err)
	}
}

// While it drains the proxy says so, lets nobody in, and a second signal ends
// it at once.
func TestDrainAndSecondSignal(t *testing.T) {
	for _, signals := range [][2]syscall.Signal{{syscall.SIGTERM, syscall.SIGTERM}, {syscall.SIGINT, syscall.SIGTERM}} {
		t.Run(fmt.Sprint(signals), func(t *testing.T) {
			p, s := ownProxy(t, func(c *proxy.Config) { c.Variables["shutdown_timeout_ms"] = 600_000 })
			awaitHealth(t, p, http.StatusOK)
			open := s.mustConnect(t)
			mustQuery(t, open, "BEGIN", "DO 1")
			if err := p.Signal(signals[0]); err != nil {
				t.Fatal(err)
			}
			awaitHealth(t, p, http.StatusServiceUnavailable)
			await(t, "the port is closed", func() bool {
				c, err := net.Dial("tcp", s.address())
				if err == nil {
					c.Close()
				}
				return errors.Is(err, syscall.ECONNREFUSED)
			})
			mustQuery(t, open, "DO 2")
			if err := p.Signal(signals[1]); err != nil {
				t.Fatal(err)
			}
			shutdownError(t, "in a transaction", open)
			if code := awaitExit(t, p); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
