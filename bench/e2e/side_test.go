package e2e

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// side is one of the two ways to the same server.
type side struct {
	name   string // "direct" or "proxy"
	host   string
	port   int
	socket string
}

// sides are the ways to the shared server, the direct one first.
func sides(t testing.TB) [2]side {
	t.Helper()
	w := shared(t)
	s := w.cluster.Servers[0]
	return [2]side{
		{name: "direct", host: s.Host, port: s.Port, socket: s.Socket},
		{name: "proxy", host: w.proxy.Host, port: w.proxy.Port, socket: w.proxy.UnixSocket},
	}
}

// same runs script at the server and through the proxy, and fails where the
// proxy's transcript is not the server's.
func same(t *testing.T, script func(t *testing.T, s side, seen *transcript)) {
	t.Helper()
	both := sides(t)
	var seen [2]transcript
	for i, s := range both {
		script(t, s, &seen[i])
	}
	if len(seen[0].lines) == 0 {
		t.Error("nothing was written down")
	}
	seen[0].compare(t, &seen[1])
}

func (s side) address() string { return fmt.Sprintf("%s:%d", s.host, s.port) }

// config is for go-sql-driver/mysql as user app; params as in a DSN: "a=b&c=d".
func (s side) config(t testing.TB, params string) *mysql.Config {
	t.Helper()
	c, err := mysql.ParseDSN(fmt.Sprintf("app:app@tcp(%s)/app?%s", s.address(), params))
	if err != nil {
		t.Fatal(err)
	}
	c.Logger = &mysql.NopLogger{}
	return c
}

// open is a pool of the driver's, closed with the test.
func (s side) open(t testing.TB, params string) *sql.DB {
	t.Helper()
	return openConfig(t, s.config(t, params))
}

func openConfig(t testing.TB, c *mysql.Config) *sql.DB {
	t.Helper()
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

// session is one connection of the driver's.
func (s side) session(t testing.TB, params string) *sql.Conn {
	t.Helper()
	c, err := s.open(t, params).Conn(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// dial is a raw client, logged in as app. more are capabilities beside the
// usual ones.
func (s side) dial(t testing.TB, more protocol.Capability) *mysqltest.Client {
	t.Helper()
	return mysqltest.Dial(t, mysqltest.ClientConfig{
		Addr: s.address(), User: "app", Password: "app", Database: "app",
		Capabilities: mysqltest.BaseCapabilities | more, Timeout: patience,
	})
}
