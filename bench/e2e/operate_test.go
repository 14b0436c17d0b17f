package e2e

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// ownProxy starts a proxy for one test, in front of the shared server. change
// may be nil.
func ownProxy(t *testing.T, change func(*proxy.Config)) (*proxy.Proxy, side) {
	t.Helper()
	config := shared(t).config()
	if change != nil {
		change(&config)
	}
	p := parkway.StartT(t, proxy.Options{Config: config})
	return p, side{name: "own proxy", host: p.Host, port: p.Port}
}

// connect is a raw client as some user, or what turned it away.
func (s side) connect(t *testing.T, user, password string) (*mysqltest.Client, error) {
	t.Helper()
	c, err := mysqltest.Connect(mysqltest.ClientConfig{
		Addr: s.address(), User: user, Password: password, Database: "app", Timeout: patience,
	})
	if err == nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

// mustQuery runs statements that must succeed.
func mustQuery(t *testing.T, c *mysqltest.Client, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := c.Query(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// codeOf is the number of a MySQL error, 0 if err is none.
func codeOf(err error) uint16 {
	var raw *protocol.ERR
	var said *mysql.MySQLError
	switch {
	case errors.As(err, &raw):
		return raw.Code
	case errors.As(err, &said):
		return said.Number
	}
	return 0
}

// awaitHealth waits until /healthz answers with a status.
func awaitHealth(t *testing.T, p *proxy.Proxy, status int) {
	t.Helper()
	await(t, "/healthz says "+http.StatusText(status), func() bool {
		got, err := p.Health(t.Context())
		return err == nil && got == status
	})
}

// awaitExit waits for the end of the process and returns its exit code.
func awaitExit(t *testing.T, p *proxy.Proxy) int {
	t.Helper()
	select {
	case <-p.Done():
		return p.ExitCode()
	case <-proxy.Limited(t, patience).Done():
		t.Fatalf("it runs after %v\n%s", patience, p.Log())
		return -1
	}
}

// table makes an empty table at the server, for this test.
func table(t *testing.T, name, columns string) *sql.DB {
	t.Helper()
	db := shared(t).cluster.Servers[0].DB()
	drop := "DROP TABLE IF EXISTS app." + name
	if _, err := db.ExecContext(t.Context(), drop+"; CREATE TABLE app."+name+" ("+columns+")"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), drop); err != nil {
			t.Error(err)
		}
	})
	return db
}
