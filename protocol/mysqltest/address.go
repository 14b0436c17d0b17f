package mysqltest

import (
	"net"
	"strings"
	"time"
)

// defaultTimeout is the longest that a read or write takes unless the caller says otherwise.
const defaultTimeout = 10 * time.Second

// network splits an address as the proxy writes them, "host:port" or "unix:/path".
func network(addr string) (network, address string) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return "unix", path
	}
	return "tcp", addr
}

func dial(addr string, timeout time.Duration) (net.Conn, error) {
	kind, address := network(addr)
	return net.DialTimeout(kind, address, timeout)
}

// addrString is the inverse of network.
func addrString(a net.Addr) string {
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return a.String()
}
