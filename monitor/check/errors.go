package check

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
)

// Code is the code of a server's error, 0 if err is none.
func Code(err error) uint16 {
	var said *mysql.MySQLError
	if errors.As(err, &said) {
		return said.Number
	}
	return 0
}

// Codes of a login that is refused for good, beside access denied: by the plugin, the host, or an account that is locked or has
// an expired password.
const (
	errAccessDeniedNoPassword = 1698 // MariaDB's unix_socket
	errPasswordExpired        = 1862
	errPasswordMustChange     = 1820 // let in, but for this: every statement is refused
	errAccountLocked          = 3118
	errAccountLockedMariaDB   = 4151
)

// Others that checks come across.
const (
	errUnknownVariable = 1193
	errPrivilege       = 1227 // "Access denied; you need (at least one of) the ... privilege(s) for this operation"
)

// RefusesLogin reports whether the server has refused the account.
func RefusesLogin(err error) bool {
	switch Code(err) {
	case protocol.ErrCodeAccessDenied, errAccessDeniedNoPassword, protocol.ErrCodeHostNotPrivileged,
		protocol.ErrCodeNotSupportedAuth, errPasswordExpired, errAccountLocked, errAccountLockedMariaDB:
		return true
	}
	return false
}

// Fix is what an administrator does about an error; "" if that is not known.
func Fix(err error, user string) string {
	code := Code(err)
	switch {
	case code == errAccountLocked || code == errAccountLockedMariaDB:
		return fmt.Sprintf("ALTER USER '%s'@'%%' ACCOUNT UNLOCK", user)
	case code == errPasswordExpired || code == errPasswordMustChange:
		return fmt.Sprintf("ALTER USER '%s'@'%%' IDENTIFIED BY '...' PASSWORD EXPIRE NEVER (monitor_password)", user)
	case NoRoom(err):
		return fixRoom(user)
	case RefusesLogin(err):
		return fmt.Sprintf("CREATE USER '%[1]s'@'%%' IDENTIFIED BY '...'; if there is one, ALTER USER '%[1]s'@'%%' IDENTIFIED BY '...' "+
			"(monitor_username, monitor_password)", user)
	case code == errPrivilege:
		if p := privilege(err.Error()); p != "" {
			return fmt.Sprintf("GRANT %s ON *.* TO '%s'@'%%'", p, user)
		}
	}
	return ""
}

// needed finds the list of privileges in the error that asks for one of them.
var needed = regexp.MustCompile(`you need \(at least one of\) the (.+?) privilege\(s\)`)

// privilege is the one that a server asks for: of several that would do the one
// that allows least, which is not SUPER. The server knows its privileges best:
// what allows SHOW REPLICA STATUS is REPLICATION CLIENT in MySQL and before
// MariaDB 10.5, SLAVE MONITOR since.
func privilege(message string) string {
	found := needed.FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	list := strings.Split(found[1], ",")
	for i := len(list) - 1; i >= 0; i-- {
		if p := strings.TrimSpace(list[i]); p != "SUPER" {
			return p
		}
	}
	return strings.TrimSpace(list[0])
}
