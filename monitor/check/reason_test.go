package check

import (
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// talker accepts connections, sends text to each and hangs up.
func talker(t *testing.T, text string) (addr string) {
	return accepting(t, func(c net.Conn) { _, _ = c.Write([]byte(text)) })
}

// What is wrong with what a server says is told: the driver has one error for all of it.
func TestReasons(t *testing.T) {
	mysqltest.CheckLeaks(t)
	for text, reason := range map[string]string{
		"":                       "the server has closed the connection",
		"J\x00\x00\x00\x0a10.11": "the server has closed the connection",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n": `the server does not speak MySQL's protocol: it said "HTTP/1.1 400 Bad Request"`,
		"\x06\x00\x00\x00\nhello":                               "malformed packet: \"\\nhello\"",
	} {
		r := target(t, talker(t, text)).Check(Ping, account, patience)
		want(t, r, Unreachable, reason)
		if strings.Contains(r.Err.Error(), "invalid connection") {
			t.Errorf("%q: %v", text, r.Err)
		}
	}
}

// Nor does an answer that the driver panics at show its code.
func TestMalformedAnswer(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Queries[bothSwitches] = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Packet([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		}
	})
	r := target(t, s.Addr()).Check(ReadOnly, account, patience)
	want(t, r, Unreachable, "malformed answer")
	if strings.Contains(r.Err.Error(), "runtime") || strings.Contains(r.Err.Error(), "panic") {
		t.Error(r.Err)
	}
}

// What is to be done about an account that is refused depends on what is wrong with it.
func TestFixOfAccounts(t *testing.T) {
	for code, want := range map[uint16]string{
		protocol.ErrCodeAccessDenied: "CREATE USER 'mon'@'%' IDENTIFIED BY '...'; if there is one, ALTER USER 'mon'@'%' IDENTIFIED BY '...' (monitor_username, monitor_password)",
		errAccountLocked:             "ALTER USER 'mon'@'%' ACCOUNT UNLOCK",
		errAccountLockedMariaDB:      "ALTER USER 'mon'@'%' ACCOUNT UNLOCK",
		errPasswordExpired:           "ALTER USER 'mon'@'%' IDENTIFIED BY '...' PASSWORD EXPIRE NEVER (monitor_password)",
		errPasswordMustChange:        "ALTER USER 'mon'@'%' IDENTIFIED BY '...' PASSWORD EXPIRE NEVER (monitor_password)",
		1064:                         "",
	} {
		if got := Fix(&mysql.MySQLError{Number: code}, "mon"); got != want {
			t.Errorf("%d: %q", code, got)
		}
	}
}
