package e2e

import (
	"context"
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
	poll       = 10 * time.Millisecond
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

// limited is a context for one step of a test.
func limited(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// await polls until ok, for what nothing announces.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("%v later still not: %s", patience, what)
		}
	}
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
