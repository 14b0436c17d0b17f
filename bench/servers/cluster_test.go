package servers

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// shared is for tests that change nothing but the contents of a table.
var shared = NewShared(Options{Flavor: flavor(), Replicas: 1, Args: []string{"--max-connections=50"}})

func TestMain(m *testing.M) {
	code := m.Run()
	shared.Stop()
	os.Exit(code)
}

// flavor is the one that PARKWAY_FLAVOR names.
func flavor() Flavor {
	f, err := ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		panic(err)
	}
	return f
}

// limited is the test's context with an end, so that nothing waits for ever.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// as opens connections of an account.
func as(t *testing.T, s *Server, user, pass, db string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("mysql", s.DSN(user, pass, db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func queryString(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var got string
	if err := db.QueryRowContext(limited(t), query).Scan(&got); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

// alive reports whether the process exists.
func alive(pid int) bool {
	_, err := os.Stat(filepath.Join("/proc", itoa(pid)))
	return err == nil
}

func TestReplication(t *testing.T) {
	c := shared.T(t)
	primary, replica := c.Servers[0], c.Servers[1]
	if err := c.Exec(0, "CREATE TABLE app.t (a INT PRIMARY KEY); INSERT INTO app.t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(limited(t)); err != nil {
		t.Fatal(err)
	}
	for _, a := range []struct{ user, pass, db string }{
		{"app", "app", "app"}, {"app", "app", "sbtest"}, {"mon", "mon", ""}, {"repl", "repl", ""},
	} {
		for i, s := range c.Servers {
			if err := as(t, s, a.user, a.pass, a.db).PingContext(limited(t)); err != nil {
				t.Errorf("%s at server %d: %v", a.user, i, err)
			}
		}
	}
	victim, err := as(t, primary, "app", "app", "app").Conn(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	var id int
	if err := victim.QueryRowContext(limited(t), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := as(t, primary, "mon", "mon", "").Exec("KILL QUERY " + itoa(id)); err != nil {
		t.Errorf("mon may not kill: %v", err)
	}
	if got := queryString(t, as(t, replica, "app", "app", "app"), "SELECT COUNT(*) FROM t"); got != "2" {
		t.Errorf("the replica has %s rows, want 2", got)
	}
	if _, err := as(t, replica, "app", "app", "app").Exec("INSERT INTO t VALUES (3)"); err == nil {
		t.Error("the replica takes a write")
	}
	if got := queryString(t, primary.DB(), "SELECT @@max_connections"); got != "50" {
		t.Errorf("max_connections = %s, want the option's 50", got)
	}
	threads, err := primary.Threads(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	var dumps int
	for _, thread := range threads {
		if thread.User == "repl" && strings.HasPrefix(thread.Command, "Binlog Dump") {
			dumps++
		}
	}
	if dumps != 1 {
		t.Errorf("%d binlog dumps at the primary, want 1: %+v", dumps, threads)
	}
}

func TestKillAndRestart(t *testing.T) {
	c := StartT(t, Options{Flavor: flavor(), Replicas: 1})
	primary, replica := c.Servers[0], c.Servers[1]
	if err := c.Exec(0, "CREATE TABLE app.t (a INT PRIMARY KEY); INSERT INTO app.t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	pid := primary.PID()
	primary.Kill()
	if alive(pid) {
		t.Errorf("process %d is there after Kill", pid)
	}
	if err := primary.DB().PingContext(limited(t)); err == nil {
		t.Error("a killed server answers")
	}
	if err := primary.Restart(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got := queryString(t, as(t, primary, "app", "app", "app"), "SELECT COUNT(*) FROM t"); got != "1" {
		t.Errorf("%s rows after the restart, want 1", got)
	}
	if err := replica.AwaitReplication(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(0, "INSERT INTO app.t VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got := queryString(t, replica.DB(), "SELECT COUNT(*) FROM app.t"); got != "2" {
		t.Errorf("the replica has %s rows after the restart, want 2", got)
	}
}

func TestFreezeAndThaw(t *testing.T) {
	c := StartT(t, Options{Flavor: flavor()})
	s := c.Servers[0]
	if err := s.Freeze(limited(t)); err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := as(t, s, "app", "app", "app").PingContext(brief); err == nil {
		t.Error("a frozen server answers")
	}
	if err := s.Thaw(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := as(t, s, "app", "app", "app").PingContext(limited(t)); err != nil {
		t.Errorf("after Thaw: %v", err)
	}
}

func TestTLS(t *testing.T) {
	c := StartT(t, Options{Flavor: flavor(), TLS: true})
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %s", c.CA)
	}
	config, err := mysql.ParseDSN(c.Servers[0].DSN("app", "app", "app"))
	if err != nil {
		t.Fatal(err)
	}
	config.TLS = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var name, cipher string
	if err := db.QueryRow("SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil {
		t.Fatal(err)
	}
	if cipher == "" {
		t.Error("the connection is not encrypted")
	}
}

func TestWithoutTLS(t *testing.T) {
	c := shared.T(t)
	pool, err := sql.Open("mysql", c.Servers[0].DSN("app", "app", "app")+"?tls=skip-verify")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.PingContext(limited(t)); err == nil {
		t.Error("the server offers TLS without being asked to")
	}
}

func TestUnixSocket(t *testing.T) {
	c := StartT(t, Options{Flavor: flavor(), Unix: true})
	if got := c.Servers[0].DSN("app", "app", "app"); !strings.Contains(got, "unix(") {
		t.Errorf("DSN %s, want the socket", got)
	}
	app := as(t, c.Servers[0], "app", "app", "app")
	if got := queryString(t, app, "SELECT SUBSTRING_INDEX(USER(), '@', -1)"); got != "localhost" {
		t.Errorf("connected from %s, want localhost: the socket", got)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	c := StartT(t, Options{Flavor: flavor(), Replicas: 1})
	if err := c.Servers[1].Freeze(limited(t)); err != nil {
		t.Fatal(err)
	}
	dir := c.scratch.Path
	c.Stop()
	for _, s := range c.Servers {
		if alive(s.PID()) {
			t.Errorf("process %d is there after Stop", s.PID())
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is there after Stop: %v", dir, err)
	}
	c.Stop()
}

func TestOwnDirIsKept(t *testing.T) {
	dir := enterable(t)
	c, err := Start(limited(t), Options{Flavor: flavor(), Dir: filepath.Join(dir, "new")})
	if err != nil {
		t.Fatal(err)
	}
	c.Stop()
	if _, err := os.Stat(filepath.Join(dir, "new", "0", "data", "ibdata1")); err != nil {
		t.Errorf("the data was not kept: %v", err)
	}
	if _, err := Start(limited(t), Options{Flavor: flavor(), Dir: dir}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a directory with something in it: %v, want an error", err)
	}
}

func TestFailedStartQuotesTheLogAndLeavesNothing(t *testing.T) {
	temp := enterable(t)
	t.Setenv("TMPDIR", temp)
	_, err := Start(limited(t), Options{Flavor: flavor(), Args: []string{"--no-such-option=1"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("error %v, want one that names the option", err)
	}
	left, err := filepath.Glob(filepath.Join(temp, "parkway-servers-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestClientProgram(t *testing.T) {
	f, s := flavor(), shared.T(t).Servers[0]
	args := []string{"-h", s.Host, "-P", itoa(s.Port), "-u", "app", "-papp", "-N", "-e", "SELECT 6*7", "app"}
	if f == MySQL {
		// caching_sha2_password without TLS: the client does not ask by itself.
		args = append([]string{"--get-server-public-key"}, args...)
	}
	cmd, err := Command(f, f.String(), args...)
	if err != nil {
		t.Fatal(err)
	}
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errors.String())
	}
	if got := strings.TrimSpace(out.String()); got != "42" {
		t.Errorf("the client says %q, want 42", got)
	}
}
