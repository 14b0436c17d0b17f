//go:build integration

package auth

import (
	"net"
	"os"
	"strconv"
	"testing"

	"parkway/bench/servers"
)

// The tests TestReal... hold the client machine against real servers and the server machine against real client programs.
// PARKWAY_FLAVOR says whose: mariadb, which is the default, or mysql. Where those are not installed, the tests fail.

// onlyFor skips a test that is not about the flavor of this run.
func onlyFor(t *testing.T, f servers.Flavor) {
	t.Helper()
	current, err := servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		t.Fatal(err)
	}
	if current != f {
		t.Skipf("it is about %s, and PARKWAY_FLAVOR asks for %s", f, current)
	}
}

// startServer starts a server without TLS for a test that is only for this flavor, and runs statements there as root.
func startServer(t *testing.T, f servers.Flavor, statements ...string) *servers.Server {
	t.Helper()
	onlyFor(t, f)
	server := servers.StartT(t, servers.Options{Flavor: f}).Servers[0]
	execute(t, server, statements...)
	return server
}

// execute runs statements as root.
func execute(t *testing.T, server *servers.Server, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := server.DB().Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// tcpAddress is where the server listens, for net.Dial.
func tcpAddress(server *servers.Server) string {
	return net.JoinHostPort(server.Host, strconv.Itoa(server.Port))
}
