package failover

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// A client that has inserted into a table with an AUTO_INCREMENT goes on with its session when the primary is killed in the middle of its next
// statement, and when it dies while the client is idle: at the next primary it is told the number that it was told when it inserted.
func TestSessionOutlivesThePrimary(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.cluster.Exec(0, "CREATE TABLE app.numbered (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT = 1000"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.cluster.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	client := func() (c *sql.Conn, inserted int64) {
		c, err := w.open(1).Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		answer, err := c.ExecContext(ctx, "INSERT INTO numbered (v) VALUES (1)")
		if err != nil {
			t.Fatal(err)
		}
		if inserted, err = answer.LastInsertId(); err != nil || inserted < 1000 {
			t.Fatalf("%d, %v", inserted, err)
		}
		return c, inserted
	}
	busy, busyID := client()
	idle, idleID := client()
	ended := make(chan error, 1)
	go func() {
		_, err := busy.ExecContext(ctx, "INSERT INTO numbered (v) VALUES (SLEEP(30))")
		ended <- err
	}()
	w.await("the statement", func() bool {
		threads, err := w.cluster.Servers[0].Threads(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, th := range threads {
			if strings.Contains(th.Info, "SLEEP(30)") {
				return true
			}
		}
		return false
	})
	w.cluster.Servers[0].Kill()
	w.say("SIGKILL of the primary")
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "the statement may have run; it is not repeated") {
		t.Errorf("the statement: %v", err)
	}
	w.exec(1, w.words().writable)
	w.awaitStatus(proxy.Primaries, w.name(1), "ONLINE")
	for _, who := range []struct {
		name string
		c    *sql.Conn
		want int64
	}{{"busy", busy, busyID}, {"idle", idle, idleID}} {
		var id int64
		if err := who.c.QueryRowContext(ctx, "SELECT LAST_INSERT_ID()").Scan(&id); err != nil || id != who.want {
			t.Errorf("%s: %d, %v; want %d", who.name, id, err, who.want)
		}
		if _, err := who.c.ExecContext(ctx, "INSERT INTO numbered (v) VALUES (2)"); err != nil {
			t.Errorf("%s: %v", who.name, err)
		}
	}
}
