package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

func (r *reader) checkListen(l *Listen) {
	mysql, http := r.at("listen", "mysql"), r.at("listen", "http")
	if len(l.MySQL) == 0 {
		r.problem(mysql, "listen.mysql", "must name at least one address")
	}
	first := make(map[string]int) // Address -> line.
	for i, addr := range l.MySQL {
		r.checkAddress(mysql.elem(i), "listen.mysql", addr, true, first)
	}
	if l.HTTP != "" {
		r.checkAddress(http, "listen.http", l.HTTP, false, first)
	}
}

// checkAddress checks one address to listen on, and that first has not seen it; port 0 (any free one) may come again.
func (r *reader) checkAddress(n *node, key, addr string, unix bool, first map[string]int) {
	if n.bad {
		return
	}
	if reason := badAddress(addr, unix); reason != "" {
		r.problem(n, key, "%q is not an address to listen on: %s", addr, reason)
		return
	}
	if line, taken := first[addr]; taken {
		where := ""
		if line > 0 {
			where = fmt.Sprintf(" on line %d", line)
		}
		r.problem(n, key, "%q is already listened on%s", addr, where)
		return
	}
	if strings.HasPrefix(addr, "unix:") || !strings.HasSuffix(addr, ":0") {
		first[addr] = n.line
	}
}

// badAddress says why addr is neither host:port nor, where that is allowed, unix:/path; "" if it is. The host may be
// empty (all addresses), an IP address or a name.
func badAddress(addr string, unix bool) string {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		if !unix {
			return "a unix socket is not possible here"
		}
		return badSocketPath(path)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		if unix {
			return "write host:port or unix:/path"
		}
		return "write host:port"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("the port must be from 0 to 65535, not %q", port)
	} else if strconv.FormatUint(n, 10) != port {
		return "the port must be written without leading zeros"
	}
	if host == "" {
		return ""
	}
	return badHost(host)
}

// maxSocketPath is how long the path of a unix socket may be: sun_path has 108 bytes with the final NUL, unix(7).
const maxSocketPath = 107

// badSocketPath says why path can't be that of a unix socket; "" if it can.
func badSocketPath(path string) string {
	switch {
	case !strings.HasPrefix(path, "/"):
		return "the path of a socket must begin with /"
	case len(path) > maxSocketPath:
		return fmt.Sprintf("the path of a socket must not be longer than %d bytes", maxSocketPath)
	case strings.IndexByte(path, 0) >= 0:
		return "the path holds a NUL byte"
	}
	return ""
}

// badHost says why host is neither an IP address nor a DNS name; "" if it is. Underscores pass: they are no part of
// host names by RFC 952, but local resolvers know such names.
func badHost(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	if strings.HasPrefix(host, "[") {
		return "an IPv6 address is written without brackets"
	}
	if strings.Contains(host, ":") {
		return "not an IPv6 address; a port does not belong here"
	}
	if len(host) > 253 {
		return "a host name has at most 253 characters"
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, hostChars) != "" {
			return "not an IP address, and a host name has letters, digits, hyphens and dots only"
		}
	}
	if strings.Trim(host, "0123456789.") == "" {
		return "not an IP address"
	}
	return ""
}

const hostChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
