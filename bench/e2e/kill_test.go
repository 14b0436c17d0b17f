package e2e

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// long is a statement that only a KILL ends soon. The table killed has a row.
const long = "SELECT a FROM killed WHERE SLEEP(30) = 7"

// killed makes the table.
func killed(t *testing.T) *sql.DB {
	t.Helper()
	db := table(t, "killed", "a INT")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO app.killed VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	return db
}

// running is how many statements the server runs that begin like long.
func running(t testing.TB, db *sql.DB) (n int) {
	t.Helper()
	const query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT a FROM killed WHERE SLEEP%'"
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// begin sends a statement and waits until the server runs n.
func begin(t *testing.T, db *sql.DB, c *mysqltest.Client, statement string, n int) {
	t.Helper()
	if err := c.WriteCommand(protocol.ComQuery, []byte(statement)...); err != nil {
		t.Fatal(err)
	}
	await(t, "the statement runs", func() bool { return running(t, db) == n })
}

// awaitKilled waits until the server runs none of them: not as long as they would take.
func awaitKilled(t *testing.T, db *sql.DB) {
	t.Helper()
	began := time.Now()
	await(t, "no statement runs", func() bool { return running(t, db) == 0 })
	t.Logf("it ran for another %v", time.Since(began).Round(time.Millisecond))
}

func clientID(c *mysqltest.Client) uint32 { return c.Greeting.ConnectionID }

// What a client sees of KILL, by the ids that it knows, is what it sees at the server.
func TestKillByTheProxysIDs(t *testing.T) {
	db := killed(t)
	same(t, func(t *testing.T, s side, seen *transcript) {
		judge := s.dial(t, 0)
		outcome := func(what string, err error) { seen.addf("%s: %d", what, codeOf(err)) }
		exec := func(format string, id uint32) {
			_, err := judge.Query(fmt.Sprintf(format, id))
			outcome(format, err)
		}
		for _, format := range []string{"KILL QUERY %d", "KILL QUERY '%d'", "KILL %d", "KILL CONNECTION %d"} {
			c := s.dial(t, 0)
			begin(t, db, c, long, 1)
			exec(format, clientID(c))
			_, err := c.ReadAnswer(protocol.ComQuery)
			seen.addf("killed by %s: %d, the end: %v", format, codeOf(err), err != nil && codeOf(err) == 0)
			if codeOf(err) != 0 {
				_, err = c.Query("SELECT 'goes on'")
				outcome("afterwards", err)
			}
			awaitKilled(t, db)
		}
		idle := s.dial(t, 0)
		exec("KILL QUERY %d", clientID(idle))
		_, err := idle.Query("SELECT a FROM killed")
		outcome("an idle one", err)
		exec("KILL %d", clientID(idle))
		rest, err := idle.ExpectEOF()
		seen.addf("an idle one reads %q, %v", rest, err)
		for _, id := range []uint32{0, 4_000_000_000} {
			exec("KILL %d", id)
			exec("KILL QUERY %d", id)
		}
		other, err := s.connect(t, "plain", "plain")
		if err != nil {
			t.Fatal(err)
		}
		exec("KILL %d", clientID(other))
		exec("KILL QUERY %d", clientID(other))
		_, err = other.Query("SELECT 1")
		outcome("the other", err)
		if !isMySQL(t) {
			_, err = judge.Command(protocol.ComProcessKill, binary.LittleEndian.AppendUint32(nil, 4_000_000_000)...)
			outcome("COM_PROCESS_KILL", err)
			st, err := judge.Prepare("KILL QUERY ?")
			if err != nil {
				t.Fatal(err)
			}
			seen.addf("prepared: %+v %+v", st.Params, st.ParamDefinitions)
		}
		exec("KILL QUERY %d", clientID(judge))
		_, err = judge.Query("KILL CONNECTION_ID()")
		outcome("oneself", err)
		_, err = judge.Query("SELECT 1")
		seen.addf("and then: %v", err != nil)
	})
}

// Who has the right on the server may kill others.
func TestKillOfAnotherUser(t *testing.T) {
	w := shared(t)
	db := killed(t)
	c := w.proxySide(t).dial(t, 0)
	root, err := w.proxySide(t).connect(t, "root", "")
	if err != nil {
		t.Fatal(err)
	}
	begin(t, db, c, long, 1)
	mustQuery(t, root, fmt.Sprintf("KILL QUERY %d", clientID(c)))
	if _, err := c.ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeQueryInterrupted {
		t.Errorf("the statement ended with %v", err)
	}
	mustQuery(t, root, fmt.Sprintf("KILL %d", clientID(c)))
	if _, err := c.ExpectEOF(); err != nil {
		t.Error(err)
	}
}

// proxySide is the way through the shared proxy.
func (w *world) proxySide(t *testing.T) side { return sides(t)[1] }

// An account without the privilege is as good as none: users' own do the work, and the log says what is missing. A user whose
// password is not known can't be helped so.
func TestKillWithoutThePrivilege(t *testing.T) {
	db := killed(t)
	if err := shared(t).cluster.Exec(0, "CREATE USER IF NOT EXISTS powerless@'%' IDENTIFIED BY 'powerless'"); err != nil {
		t.Fatal(err)
	}
	p, s := ownProxy(t, func(c *proxy.Config) {
		c.Variables["monitor_username"], c.Variables["monitor_password"] = "powerless", "powerless"
	})
	c, judge := s.dial(t, 0), s.dial(t, 0)
	begin(t, db, c, long, 1)
	mustQuery(t, judge, fmt.Sprintf("KILL QUERY %d", clientID(c)))
	if _, err := c.ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeQueryInterrupted {
		t.Errorf("the statement ended with %v", err)
	}
	if log := p.Log(); !strings.Contains(log, "may not kill") || !strings.Contains(log, "GRANT CONNECTION") {
		t.Errorf("the log does not say what is missing:\n%s", log)
	}
	if isMySQL(t) {
		return // there the proxy can't log in with a hash
	}
	hashed := func() *mysqltest.Client {
		c, err := s.connect(t, "hashed", "hashed")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c, judge = hashed(), hashed()
	begin(t, db, c, long, 1)
	kill := fmt.Sprintf("KILL QUERY %d", clientID(c))
	if _, err := judge.Query(kill); codeOf(err) != protocol.ErrCodeUnknown || !strings.Contains(err.Error(), "could not be killed") {
		t.Errorf("KILL with nobody to do it: %v", err)
	}
	endAtServer(t, db)
	awaitKilled(t, db)
}

// endAtServer ends what runs, at the server.
func endAtServer(t *testing.T, db *sql.DB) {
	t.Helper()
	var id int
	if err := db.QueryRowContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT a FROM killed%'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)); err != nil {
		t.Fatal(err)
	}
}

// CONNECTION_ID() is the id that the client was greeted with, and looks as the server's own does.
func TestConnectionID(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		s.dial(t, 0) // so that the ids of the proxy are not by chance the server's
		c := s.dial(t, 0)
		for _, sql := range []string{
			"SELECT CONNECTION_ID()", "select connection_id( ) as id", "SELECT @@pseudo_thread_id", "SELECT @@session.pseudo_thread_id x, 1",
			"SELECT DISTINCT `CONNECTION_ID`(/**/), 7 FROM (SELECT 1) t WHERE CONNECTION_ID() > 0", "SELECT * FROM (SELECT CONNECTION_ID()) t",
			"SELECT CONNECTION_ID()+0 UNION SELECT CONNECTION_ID()+0",
		} {
			results, err := c.Query(sql)
			if seen.failed(sql, err) {
				continue
			}
			rows, err := results[0].Text()
			seen.addf("%s: %+v, own %v, %v", sql, results[0].Columns, rows[0][0] == fmt.Sprint(clientID(c)), err)
			st, err := c.Prepare(sql)
			if seen.failed(sql, err) {
				continue
			}
			executed, err := st.Execute()
			own := err == nil && strings.Contains(string(executed[0].Rows[0]), string(binary.LittleEndian.AppendUint32(nil, clientID(c))))
			seen.addf("prepared: %+v, own %v, %v", st.ColumnDefinitions, own, err)
		}
	})
}

// Sessions that share connections and statements keep their own ids, and a driver that prepares its KILL is understood.
func TestConnectionIDOfSharedStatements(t *testing.T) {
	db := killed(t)
	_, s := ownProxy(t, func(c *proxy.Config) {
		c.Variables["multiplexing"] = true
		c.Servers[0].MaxConnections = 1
	})
	var clients [3]*mysqltest.Client
	var statements [3]*mysqltest.Statement
	for i := range clients {
		clients[i] = s.dial(t, 0)
		var err error
		if statements[i], err = clients[i].Prepare("SELECT CONNECTION_ID()"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for i, c := range clients {
			results, err := statements[i].Execute()
			if err != nil || !strings.Contains(string(results[0].Rows[0]), string(binary.LittleEndian.AppendUint32(nil, clientID(c)))) {
				t.Errorf("client %d: %q, %v", clientID(c), results[0].Rows, err)
			}
			if got, err := c.Value("SELECT CONNECTION_ID()"); got != fmt.Sprint(clientID(c)) || err != nil {
				t.Errorf("client %d is told %s, %v", clientID(c), got, err)
			}
		}
	}
	begin(t, db, clients[0], long, 1)
	if _, err := s.session(t, "").ExecContext(t.Context(), "KILL QUERY ?", clientID(clients[0])); err != nil {
		t.Error(err)
	}
	if _, err := clients[0].ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeQueryInterrupted {
		t.Errorf("the statement ended with %v", err)
	}
}

// A statement past its timeout ends at the server, and its client goes on with all that it has.
func TestQueryTimeout(t *testing.T) {
	db := killed(t)
	p, s := ownProxy(t, func(c *proxy.Config) { c.Variables["default_query_timeout_ms"] = 300 })
	c := s.dial(t, 0)
	mustQuery(t, c, "SET @mine = 'kept'")
	for range 2 {
		_, err := c.Query(long)
		if codeOf(err) != protocol.ErrCodeQueryTimeout || !strings.Contains(err.Error(), "parkway: query took longer than 300 ms") {
			t.Errorf("%v, want the timeout", err)
		}
		if n := running(t, db); n != 0 {
			t.Errorf("%d statements run", n)
		}
	}
	if got, err := c.Value("SELECT @mine"); got != "kept" || err != nil {
		t.Errorf("the session has %q, %v", got, err)
	}
	if metrics, err := p.Metrics(t.Context()); err != nil || metrics[`parkway_kills_total{result="ok"}`] != 2 {
		t.Errorf("%v kills by the metrics (%v)", metrics[`parkway_kills_total{result="ok"}`], err)
	}
}

// The statement of a client that has left does not run on, whether the client leaves or the proxy does.
func TestClientGone(t *testing.T) {
	db := killed(t)
	p, s := ownProxy(t, func(c *proxy.Config) { c.Variables["shutdown_timeout_ms"] = 100 })
	c := s.dial(t, 0)
	begin(t, db, c, long, 1)
	c.Close()
	awaitKilled(t, db)
	for i := range 2 {
		begin(t, db, s.dial(t, 0), long, i+1)
	}
	if code, err := p.Stop(); code != 0 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	awaitKilled(t, db)
}

// KILL works when the server is full (DESIGN 15): the connection for it was there before. So do timeouts.
func TestKillWorksWhenTheServerIsFull(t *testing.T) {
	t.Parallel() // it waits for a timeout, with a server of its own
	cluster := servers.StartT(t, servers.Options{Flavor: currentFlavor(t), Args: []string{"--max-connections=10"}})
	server := cluster.Servers[0]
	if err := cluster.Exec(0, "CREATE TABLE app.killed (a INT); INSERT INTO app.killed VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	config := proxy.Behind(cluster)
	config.Variables["default_query_timeout_ms"] = 4000
	p := parkway.StartT(t, proxy.Options{Config: config})
	s := side{name: "own proxy", host: p.Host, port: p.Port}
	db := server.DB()
	await(t, "the proxy's connection stands", func() bool {
		var n int
		err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'mon'").Scan(&n)
		return err == nil && n == 1
	})
	victim, judge, slow := s.dial(t, 0), s.dial(t, 0), s.dial(t, 0)
	begin(t, db, victim, long, 1)
	begin(t, db, slow, long, 2)
	direct := side{name: "direct", host: server.Host, port: server.Port}
	await(t, "the server is full", func() bool {
		_, err := direct.connect(t, "app", "app")
		return codeOf(err) == protocol.ErrCodeTooManyConnections
	})
	mustQuery(t, judge, fmt.Sprintf("KILL QUERY %d", clientID(victim)))
	if _, err := victim.ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeQueryInterrupted {
		t.Errorf("the statement ended with %v", err)
	}
	if _, err := slow.ReadAnswer(protocol.ComQuery); codeOf(err) != protocol.ErrCodeQueryTimeout {
		t.Errorf("the slow statement ended with %v", err)
	}
	if n := running(t, db); n != 0 {
		t.Errorf("%d statements run", n)
	}
}

// Many sessions share few connections, and some are killed all the time: who is not meant is not hit.
func TestKillHitsNoStranger(t *testing.T) {
	killed(t)
	_, s := ownProxy(t, func(c *proxy.Config) {
		c.Variables["multiplexing"] = true
		c.Servers[0].MaxConnections = 4
	})
	const sessions = 24
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var clients [sessions]*mysqltest.Client
	for i := range clients {
		clients[i] = s.dial(t, 0)
	}
	var all sync.WaitGroup
	var targeted, hit [sessions]atomic.Int64
	var served atomic.Int64
	for i, c := range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				_, err := c.Query(fmt.Sprintf("SELECT a FROM killed WHERE SLEEP(0.00%d) = 7", rand.IntN(6)))
				switch {
				case err == nil:
					served.Add(1)
				case codeOf(err) != protocol.ErrCodeQueryInterrupted:
					t.Errorf("session %d: %v", i, err)
					return
				default:
					if hit[i].Add(1) > targeted[i].Load() {
						t.Errorf("session %d was hit %d times, and meant %d times", i, hit[i].Load(), targeted[i].Load())
						return
					}
				}
			}
		})
	}
	// The second half is never meant.
	for range 3 {
		judge := s.dial(t, 0)
		all.Go(func() {
			for ctx.Err() == nil {
				i := rand.IntN(sessions / 2)
				targeted[i].Add(1)
				if _, err := judge.Query(fmt.Sprintf("KILL QUERY %d", clientID(clients[i]))); err != nil {
					t.Errorf("KILL: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	hits, kills := int64(0), int64(0)
	for i := range hit {
		hits += hit[i].Load()
		kills += targeted[i].Load()
	}
	t.Logf("%d statements, %d kills, %d hits", served.Load(), kills, hits)
	if hits == 0 || served.Load() == 0 {
		t.Error("nobody was hit, or nobody served")
	}
}
