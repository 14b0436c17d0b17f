package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// splitWorld is a primary and a replica, and a proxy in front of them that splits reads from writes.
type splitWorld struct {
	t       *testing.T
	cluster *servers.Cluster
	proxy   *proxy.Proxy
	config  proxy.Config
	ports   [2]string // of primary and replica
}

const primary, replica = 0, 1

// TestReadWriteSplit runs the example configuration's rules against a real primary and a real, read-only replica.
func TestReadWriteSplit(t *testing.T) {
	t.Parallel() // with servers of its own
	w := &splitWorld{t: t}
	var err error
	if w.cluster, err = servers.Start(proxy.Limited(t, startLimit), servers.Options{Flavor: currentFlavor(t), Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cluster.Stop)
	for i := range w.ports {
		w.ports[i] = fmt.Sprint(w.cluster.Servers[i].Port)
	}
	if err := w.cluster.Exec(primary, `CREATE USER loose@'%' IDENTIFIED BY 'loose'; GRANT ALL ON *.* TO loose@'%';
		CREATE DATABASE second; GRANT ALL ON second.* TO app@'%';
		CREATE TABLE second.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); INSERT INTO second.t (a) VALUES (1), (2), (3);
		CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); INSERT INTO app.t (a) VALUES (1), (2), (3)`); err != nil {
		t.Fatal(err)
	}
	if err := w.cluster.Sync(proxy.Limited(t, patience)); err != nil {
		t.Fatal(err)
	}
	w.config = proxy.Behind(w.cluster)
	w.config.Users = append(w.config.Users, proxy.User{Name: "loose", Password: "loose", Hostgroup: proxy.Primaries, Loose: true})
	w.config.Extra = proxy.ReadWriteSplit
	for _, multiplexing := range []bool{false, true} {
		w.config.Variables["multiplexing"] = multiplexing
		w.proxy = parkway.StartT(t, proxy.Options{Config: w.config})
		t.Run(fmt.Sprintf("multiplexing %v", multiplexing), func(t *testing.T) {
			w := *w
			w.t = t
			t.Run("statements", func(t *testing.T) { w.on(t).statements() })
			t.Run("transaction", func(t *testing.T) { w.on(t).transaction() })
			t.Run("transaction that does not bind", func(t *testing.T) { w.on(t).loose() })
			t.Run("without autocommit", func(t *testing.T) { w.on(t).manual() })
			t.Run("session state", func(t *testing.T) { w.on(t).state() })
			t.Run("questions", func(t *testing.T) { w.on(t).questions() })
			t.Run("prepared", func(t *testing.T) { w.on(t).prepared() })
			t.Run("reload", func(t *testing.T) { w.on(t).reload() })
		})
	}
}

func (w *splitWorld) on(t *testing.T) *splitWorld {
	v := *w
	v.t = t
	return &v
}

func (w *splitWorld) dial(user string) *mysqltest.Client {
	w.t.Helper()
	return mysqltest.Dial(w.t, mysqltest.ClientConfig{
		Addr: w.proxy.Addr, User: user, Password: user, Database: "app", Timeout: patience,
	})
}

// value is what a query for one value gives.
func (w *splitWorld) value(c *mysqltest.Client, sql string) string {
	w.t.Helper()
	v, err := c.Value(sql)
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// want checks the value of a query.
func (w *splitWorld) want(c *mysqltest.Client, sql, want string) {
	w.t.Helper()
	if got := w.value(c, sql); got != want {
		w.t.Errorf("%s: %q, want %q", sql, got, want)
	}
}

// at checks which server answers a read now.
func (w *splitWorld) at(c *mysqltest.Client, server int) {
	w.t.Helper()
	w.want(c, "SELECT @@port", w.ports[server])
}

func (w *splitWorld) statements() {
	c := w.dial("app")
	for range 2 {
		w.at(c, replica)
		w.want(c, "SELECT @@port FROM t LIMIT 1 FOR UPDATE", w.ports[primary])
		mustQuery(w.t, c, "INSERT INTO t (a) VALUES (10)") // the replica would refuse it
		w.want(c, "SHOW VARIABLES LIKE 'port'", "port")
	}
	mustQuery(w.t, c, "DELETE FROM t WHERE a = 10")
}

func (w *splitWorld) transaction() {
	c := w.dial("app")
	for _, begin := range []string{"BEGIN", "START TRANSACTION"} {
		mustQuery(w.t, c, begin)
		w.at(c, primary)
		mustQuery(w.t, c, "INSERT INTO t (a) VALUES (20)")
		w.want(c, "SELECT COUNT(*) FROM t WHERE a = 20", "1")
		mustQuery(w.t, c, "ROLLBACK")
		w.at(c, replica)
	}
	w.want(c, "SELECT COUNT(*) FROM t WHERE a = 20 FOR UPDATE", "0")
}

func (w *splitWorld) loose() {
	c := w.dial("loose")
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		mustQuery(w.t, c, "BEGIN", "INSERT INTO t (a) VALUES (30)")
		w.at(c, replica)
		w.want(c, "SELECT COUNT(*) FROM t WHERE a = 30 FOR UPDATE", "1")
		w.at(c, replica)
		mustQuery(w.t, c, "SAVEPOINT s", "INSERT INTO t (a) VALUES (31)")
		w.at(c, replica)
		mustQuery(w.t, c, "ROLLBACK TO s", end)
	}
	w.want(c, "SELECT COUNT(*) FROM t WHERE a IN (30, 31) FOR UPDATE", "1")
	mustQuery(w.t, c, "DELETE FROM t WHERE a = 30")
	// What a client leaves open when it goes is undone.
	mustQuery(w.t, c, "BEGIN", "INSERT INTO t (a) VALUES (32)")
	w.at(c, replica)
	c.Close()
	w.want(w.dial("app"), "SELECT COUNT(*) FROM t WHERE a = 32 FOR UPDATE", "0")
}

func (w *splitWorld) manual() {
	c := w.dial("app")
	mustQuery(w.t, c, "SET autocommit = 0")
	w.want(c, "SELECT COUNT(*) FROM t WHERE a = 40", "0")
	mustQuery(w.t, c, "INSERT INTO t (a) VALUES (40)") // the read has not taken it to the replica
	w.want(c, "SELECT COUNT(*) FROM t WHERE a = 40", "1")
	mustQuery(w.t, c, "ROLLBACK")
	w.at(c, primary)
	mustQuery(w.t, c, "SET autocommit = 1")
	w.at(c, replica)

	c = w.dial("loose")
	mustQuery(w.t, c, "SET autocommit = 0")
	w.want(c, "SELECT COUNT(*) FROM t WHERE a = 41", "0")
	w.at(c, replica)
	mustQuery(w.t, c, "INSERT INTO t (a) VALUES (41)")
	w.at(c, replica)
	mustQuery(w.t, c, "COMMIT")
	// The read's transaction on the replica has ended too: its snapshot is a new one.
	if err := w.cluster.Sync(proxy.Limited(w.t, patience)); err != nil {
		w.t.Fatal(err)
	}
	w.want(c, "SELECT COUNT(*) FROM t WHERE a = 41", "1")
	mustQuery(w.t, c, "DELETE FROM t WHERE a = 41", "SET autocommit = 1")
}

func (w *splitWorld) state() {
	c := w.dial("app")
	w.at(c, replica)
	mustQuery(w.t, c, "SET time_zone = '+03:00', sql_mode = 'ANSI_QUOTES'", "SET NAMES latin1", "SET @mine = 'kept'", "USE second")
	const all = `SELECT CONCAT_WS(' ', @@port, @@time_zone, @@sql_mode, @@character_set_client, @mine, DATABASE()) FROM t LIMIT 1`
	for range 2 {
		w.want(c, all, w.ports[replica]+" +03:00 ANSI_QUOTES latin1 kept second")
		w.want(c, all+" FOR UPDATE", w.ports[primary]+" +03:00 ANSI_QUOTES latin1 kept second")
	}
	mustQuery(w.t, c, "CREATE TEMPORARY TABLE temp (a INT)", "INSERT INTO temp VALUES (7)")
	w.want(c, "SELECT CONCAT(@@port, ' ', a) FROM temp", w.ports[primary]+" 7")
	w.at(c, primary)
	mustQuery(w.t, c, "DROP TEMPORARY TABLE temp")
	w.at(c, replica)
}

func (w *splitWorld) questions() {
	c := w.dial("app")
	mustQuery(w.t, c, "SELECT SQL_CALC_FOUND_ROWS id FROM second.t ORDER BY id LIMIT 1")
	w.want(c, "SELECT FOUND_ROWS()", "3")
	mustQuery(w.t, c, "UPDATE second.t SET a = a + 10")
	w.want(c, "SELECT ROW_COUNT()", "3")
	mustQuery(w.t, c, "INSERT INTO second.t (a) VALUES (1), (2)")
	id := w.value(c, "SELECT LAST_INSERT_ID()")
	w.at(c, replica)
	w.want(c, "SELECT LAST_INSERT_ID()", id)
	w.want(c, "SELECT a FROM second.t WHERE id = LAST_INSERT_ID() FOR UPDATE", "1")
	mustQuery(w.t, c, "DROP TABLE IF EXISTS app.nothing")
	if rows, err := mustRows(c, "SHOW WARNINGS"); err != nil || len(rows) != 1 || !strings.Contains(rows[0][2], "nothing") {
		w.t.Errorf("SHOW WARNINGS: %q, %v", rows, err)
	}
	mustQuery(w.t, c, "DELETE FROM second.t WHERE a < 10", "UPDATE second.t SET a = a - 10")
}

// mustRows are the rows of a query's first result.
func mustRows(c *mysqltest.Client, sql string) ([][]string, error) {
	results, err := c.Query(sql)
	if err != nil {
		return nil, err
	}
	return results[0].Text()
}

func (w *splitWorld) prepared() {
	db := side{host: w.proxy.Host, port: w.proxy.Port}.session(w.t, "")
	read, err := db.PrepareContext(w.t.Context(), "SELECT @@port, ? + 1")
	if err != nil {
		w.t.Fatal(err)
	}
	defer read.Close()
	write, err := db.PrepareContext(w.t.Context(), "INSERT INTO t (a) VALUES (?)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer write.Close()
	for i := range 3 {
		var port string
		var sum int
		if err := read.QueryRow(i).Scan(&port, &sum); err != nil || port != w.ports[replica] || sum != i+1 {
			w.t.Errorf("read: port %s, %d, %v", port, sum, err)
		}
		if _, err := write.Exec(50); err != nil {
			w.t.Errorf("write: %v", err)
		}
	}
	if _, err := db.ExecContext(w.t.Context(), "DELETE FROM t WHERE a = 50"); err != nil {
		w.t.Error(err)
	}
	// A parameter that is sent ahead goes where its statement will run, wherever the client was.
	c := w.dial("app")
	insert, err := c.Prepare("INSERT INTO t (a) VALUES (LENGTH(?))")
	if err != nil {
		w.t.Fatal(err)
	}
	w.at(c, replica)
	if err := insert.SendLongData(0, []byte(strings.Repeat("x", 60))); err != nil {
		w.t.Fatal(err)
	}
	if _, err := insert.Execute([]byte{}); err != nil {
		w.t.Error(err)
	}
	w.at(c, replica)
	mustQuery(w.t, c, "DELETE FROM t WHERE a = 60")
}

// What rules say beside the hostgroup, and that a reload puts them in force for clients that are there.
func (w *splitWorld) reload() {
	c := w.dial("app")
	w.at(c, replica)
	config := w.config
	config.Extra = `
[[mysql_query_rules]]
rule_id = 1
match_digest = "^SELECT \\?$"
error_msg = "not here"
[[mysql_query_rules]]
rule_id = 2
match_pattern = "answer me"
OK_msg = "yes"
[[mysql_query_rules]]
rule_id = 3
match_digest = "SLEEP"
timeout = 100
log = 1
[[mysql_query_rules]]
rule_id = 4
match_digest = "^DO"
delay = 200
`
	if err := w.proxy.WriteConfig(config); err != nil {
		w.t.Fatal(err)
	}
	reload(w.t, w.proxy, reloaded)
	w.at(c, primary)
	if _, err := c.Query("SELECT 17"); codeOf(err) != 1148 || !strings.Contains(err.Error(), "(42000): not here") {
		w.t.Errorf("a refused statement: %v", err)
	}
	if r, err := c.Query("INSERT INTO nowhere VALUES ('answer me')"); err != nil || string(r[0].OK.Info) != "yes" {
		w.t.Errorf("an answered statement: %+v, %v", r, err)
	}
	begun := time.Now()
	mustQuery(w.t, c, "DO 1")
	if d := time.Since(begun); d < 200*time.Millisecond {
		w.t.Errorf("delayed by %v", d)
	}
	begun = time.Now()
	_, err := c.Query("SELECT a FROM t WHERE SLEEP(5) = 0")
	if codeOf(err) != protocol.ErrCodeQueryTimeout || time.Since(begun) > 4*time.Second {
		w.t.Errorf("a statement past its rule's timeout: %v after %v", err, time.Since(begun))
	}
	w.at(c, primary) // the session goes on
	await(w.t, "the log has the query", func() bool { return strings.Contains(w.proxy.Log(), "SLEEP(?)") })

	// A bad rule changes nothing.
	config.Extra = "[[mysql_query_rules]]\nrule_id = 1\nmatch_digest = '('\n"
	if err := w.proxy.WriteConfig(config); err != nil {
		w.t.Fatal(err)
	}
	reload(w.t, w.proxy, refused)
	w.at(w.dial("app"), primary)
	if err := w.proxy.WriteConfig(w.config); err != nil {
		w.t.Fatal(err)
	}
	reload(w.t, w.proxy, reloaded)
	w.at(w.dial("app"), replica)
}
