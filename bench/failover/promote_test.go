package failover

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// A replica is promoted under load, as an administrator does it: the old primary is made read-only, the replica catches up, is made
// writable, and the others follow it. Writes resume within two intervals of the read_only check and a second, no transaction is half
// there, the old primary has nothing that the new one lacks, and who writes without transactions reads no error.
func TestPromote(t *testing.T) {
	w := newWorld(t, func(c *proxy.Config, _ *servers.Cluster) {
		if *long {
			c.Variables["monitor_read_only_interval"], c.Variables["monitor_read_only_timeout"] = 1500, 500 // the defaults
		}
	})
	every := interval * time.Millisecond
	if *long {
		every = 1500 * time.Millisecond
	}
	l, single := w.load(8, 8), w.singles(4)
	w.await("some writes", func() bool { return l.writes() > 50 })
	finish := func() {}
	if *long {
		finish = w.sysbench()
	}
	say := w.words()

	closing := time.Now()
	w.say("the old primary, %s, is made read-only", w.name(0))
	w.exec(0, say.readOnly)
	closed := time.Now()
	w.say("it is")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.cluster.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	w.say("the replica %s has caught up", w.name(1))
	w.exec(1, say.stop)
	w.exec(1, say.writable)
	opened := time.Now()
	before := l.writes()
	w.say("it is writable")
	for _, i := range []int{0, 2} {
		if i == 2 {
			w.exec(i, say.stop)
		}
		w.exec(i, fmt.Sprintf(say.follow, w.cluster.Servers[1].Port))
	}
	w.say("the others follow it")
	w.await("the proxy to see that", func() bool { return w.status(proxy.Primaries, w.name(0)) != "ONLINE" })
	w.say("the proxy has seen that the old primary is none any more")
	w.await("writes at the new primary", func() bool { return l.writes() > before })
	w.await("more writes", func() bool { return l.writes() > before+50 })
	finish()
	l.end()
	single.end()
	l.report()
	single.report(t, 1)

	last, first := closed, time.Time{}
	for _, a := range l.acked {
		switch {
		case a.server == 1 && a.done.After(last):
			last = a.done
		case a.server == 2 && (first.IsZero() || a.done.Before(first)):
			first = a.done
		}
	}
	w.say("the last transaction at the old primary ended %v after the statement that made it read-only began, the first at the new one %v after it was writable",
		last.Sub(closing).Round(time.Millisecond), first.Sub(opened).Round(time.Millisecond))
	if limit := 2*every + time.Second; first.Sub(opened) > limit || first.IsZero() {
		t.Errorf("writes resumed after %v, the limit is %v", first.Sub(opened), limit)
	}
	w.compare(l)
}

// sysbench begins to read and write beside the load. It goes on when a statement fails because its server became read-only, or was left. The
// function that is returned waits for its end.
func (w *world) sysbench() (finish func()) {
	w.t.Helper()
	program, err := exec.LookPath("sysbench")
	if err != nil {
		w.t.Fatalf("%v: make bench-monitor installs it", err)
	}
	args := []string{
		"oltp_read_write", "--db-driver=mysql", "--mysql-host=" + w.Host, fmt.Sprintf("--mysql-port=%d", w.Port), "--mysql-user=app", "--mysql-password=app",
		"--mysql-db=sbtest", "--mysql-ssl=off", "--tables=2", "--table-size=1000", "--threads=8", "--time=6", "--mysql-ignore-errors=1290,1836,1213,1152,1158",
	}
	if out, err := exec.Command(program, append(args, "prepare")...).CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	var out bytes.Buffer
	cmd := exec.Command(program, append(args, "run")...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := cmd.Wait(); err != nil {
			w.t.Errorf("sysbench: %v", err)
		}
		w.say("sysbench:\n%s", &out)
	}
}

// compare looks for what was acknowledged in the servers' data: two rows of each transaction, and the same everywhere.
func (w *world) compare(l *load) {
	w.t.Helper()
	primary := w.cluster.Servers[1].DB()
	var halves, rows int
	if err := primary.QueryRow("SELECT COUNT(*) FROM (SELECT k FROM app.t GROUP BY k HAVING COUNT(*) <> 2 OR COUNT(DISTINCT server) <> 1) AS x").Scan(&halves); err != nil {
		w.t.Fatal(err)
	}
	if halves > 0 {
		w.t.Errorf("%d transactions are half there", halves)
	}
	there := make(map[int64]bool)
	found, err := primary.Query("SELECT DISTINCT k FROM app.t")
	if err != nil {
		w.t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var key int64
		if err := found.Scan(&key); err != nil {
			w.t.Fatal(err)
		}
		there[key] = true
	}
	for _, a := range l.acked {
		if !there[a.key] {
			w.t.Errorf("transaction %d was acknowledged by server %d and is lost", a.key, a.server)
		}
	}
	if err := primary.QueryRow("SELECT COUNT(*) FROM app.t").Scan(&rows); err != nil {
		w.t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		var n int
		w.await("the same rows everywhere", func() bool {
			if err := w.cluster.Servers[i].DB().QueryRow("SELECT COUNT(*) FROM app.t").Scan(&n); err != nil {
				w.t.Fatal(err)
			}
			return n == rows
		})
	}
	w.say("%d rows on each server, of %d acknowledged transactions", rows, len(l.acked))
}
