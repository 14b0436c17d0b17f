package transport

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxUnixPath is the longest path that fits sockaddr_un with its closing zero (unix(7)).
const maxUnixPath = 107

// Addr is where to connect: an IP address with a port, or the path of a unix socket. Addrs compare with ==.
type Addr struct {
	ip   netip.AddrPort
	path string
}

// ParseAddr makes an Addr of an IP address (v4, or v6 without a zone) and a port of 1 to 65535, or of an absolute path
// with port 0. A host name is an error: to look it up would block.
func ParseAddr(host string, port int) (Addr, error) {
	if filepath.IsAbs(host) {
		switch {
		case port != 0:
			return Addr{}, fmt.Errorf("unix socket %q takes port 0, not %d", host, port)
		case len(host) > maxUnixPath:
			return Addr{}, fmt.Errorf("unix socket path of %d bytes, more than %d: %q", len(host), maxUnixPath, host)
		}
		return Addr{path: host}, nil
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return Addr{}, fmt.Errorf("%q is neither an IP address nor an absolute path", host)
	case ip.Zone() != "":
		return Addr{}, fmt.Errorf("IPv6 zones are not supported: %q", host)
	case port < 1 || port > 65535:
		return Addr{}, fmt.Errorf("port %d of %s is not between 1 and 65535", port, host)
	}
	return Addr{ip: netip.AddrPortFrom(ip.Unmap(), uint16(port))}, nil
}

// AddrOf is ParseAddr for an address that is known already.
func AddrOf(ip netip.AddrPort) Addr {
	return Addr{ip: netip.AddrPortFrom(ip.Addr().Unmap().WithZone(""), ip.Port())}
}

// IsUnix says whether it is a unix socket.
func (a Addr) IsUnix() bool { return a.path != "" }

// AddrPort returns the IP address and port; not valid for a unix socket.
func (a Addr) AddrPort() netip.AddrPort { return a.ip }

// String gives "ip:port", "[ip6]:port" or "unix:/path".
func (a Addr) String() string {
	switch {
	case a.path != "":
		return "unix:" + a.path
	case a.ip.Addr().Is6():
		return "[" + a.ip.Addr().String() + "]:" + strconv.Itoa(int(a.ip.Port()))
	}
	return a.ip.String()
}

// sockaddr returns the address family and the kernel's form of the address.
func (a Addr) sockaddr() (int, unix.Sockaddr) {
	switch {
	case a.path != "":
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: a.path}
	case a.ip.Addr().Is4():
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.ip.Port()), Addr: a.ip.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.ip.Port()), Addr: a.ip.Addr().As16()}
}
