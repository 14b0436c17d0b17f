package hostgroup

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"parkway/config"
)

// configured is a configured server of hostgroup 1; change, if not nil, makes it another.
func configured(host string, port int, change func(*config.MySQLServer)) config.MySQLServer {
	c := config.MySQLServer{
		HostgroupID: 1, Hostname: host, Port: port, Weight: 1, Status: config.StatusOnline, MaxConnections: 10,
	}
	if change != nil {
		change(&c)
	}
	return c
}

// at is configured for an address as the test kit gives it: "host:port" or "unix:/path".
func at(t testing.TB, addr string) config.MySQLServer {
	t.Helper()
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return configured(path, 0, nil)
	}
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return configured(a.Addr().String(), int(a.Port()), nil)
}

func newManager(t testing.TB, servers ...config.MySQLServer) (m *Manager, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	m, err := NewManager(servers, zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	return m, log
}

// none excludes no server.
func none(*Server) bool { return false }

// silentPort is where something listens and never says a word.
func silentPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}
