package transport

import (
	"strings"
	"testing"
)

func TestParseAddr(t *testing.T) {
	for _, tc := range []struct {
		host string
		port int
		want string // Or, for an error, a part of it after "error: ".
	}{
		{"127.0.0.1", 3306, "127.0.0.1:3306"},
		{"::1", 3306, "[::1]:3306"},
		{"::ffff:10.0.0.1", 1, "10.0.0.1:1"},
		{"10.0.0.1", 65535, "10.0.0.1:65535"},
		{"/run/mysqld.sock", 0, "unix:/run/mysqld.sock"},
		{"10.0.0.1", 0, "error: port 0"},
		{"10.0.0.1", 65536, "error: port 65536"},
		{"10.0.0.1", -1, "error: port -1"},
		{"fe80::1%eth0", 3306, "error: zones"},
		{"localhost", 3306, "error: neither"},
		{"", 3306, "error: neither"},
		{"mysqld.sock", 0, "error: neither"},
		{"/run/mysqld.sock", 3306, "error: port 0"},
		{"/" + strings.Repeat("x", 106), 0, "unix:/" + strings.Repeat("x", 106)},
		{"/" + strings.Repeat("x", 107), 0, "error: 108 bytes"},
	} {
		a, err := ParseAddr(tc.host, tc.port)
		if part, bad := strings.CutPrefix(tc.want, "error: "); bad {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q, %d: error %v, want one with %q", tc.host, tc.port, err, part)
			}
			continue
		}
		if err != nil || a.String() != tc.want {
			t.Errorf("%q, %d: %v, %v; want %s", tc.host, tc.port, a, err, tc.want)
		}
		if again, _ := ParseAddr(tc.host, tc.port); again != a {
			t.Errorf("%q, %d: two parses differ", tc.host, tc.port)
		}
	}
}
