package e2e

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

const (
	startLimit = 3 * time.Minute  // to build the proxy and to start servers
	patience   = 20 * time.Second // for what should happen at once
)

// maxPacket is max_allowed_packet of the shared server and of proxies: room for
// a value of 40 MB with its escapes.
const maxPacket = 128 << 20

var (
	parkway = proxy.NewBinary(proxy.AsThis())
	common  = newWorld()
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := errors.Join(common.stop(code != 0), parkway.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// await is proxy.Await for what should happen at once.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	proxy.Await(t, patience, what, ok)
}

// flavor is the make of the servers and client programs under test.
func flavor() (servers.Flavor, error) { return servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR")) }

func currentFlavor(t testing.TB) servers.Flavor {
	t.Helper()
	f, err := flavor()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// isMySQL reports whether the servers under test are MySQL's.
func isMySQL(t testing.TB) bool {
	t.Helper()
	return currentFlavor(t) == servers.MySQL
}
