package kill

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
)

// errNoAccount is why the monitor's account can't be used when the configuration names none.
var errNoAccount = errors.New("there is no account for it (monitor_enabled, monitor_username)")

// connector opens connections to a target, wherever its name resolves to at the time.
type connector struct {
	t *target
	s Settings
}

// open returns a pool of one connection, which is opened when it is first needed and again when it was lost.
func open(t *target) *sql.DB {
	db := sql.OpenDB(connector{t, t.used})
	db.SetMaxOpenConns(1)
	return db
}

// Driver is for database/sql.
func (connector) Driver() driver.Driver { return mysql.MySQLDriver{} }

// Connect is for database/sql. The driver does not check all that it reads before the login is done: what it panics at is an
// error here. A goroutine of the driver's stays behind then.
func (c connector) Connect(ctx context.Context) (conn driver.Conn, err error) {
	var socket net.Conn
	defer func() {
		if v := recover(); v != nil {
			conn, err = nil, fmt.Errorf("login: %v", v)
			if socket != nil {
				socket.Close()
			}
		}
	}()
	server, _, _ := c.t.current()
	host, port, ok := server.Address()
	if !ok {
		return nil, fmt.Errorf("%s does not resolve", server)
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd = c.s.User, c.s.Password
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(host, strconv.Itoa(port))
	if server.IsUnix() {
		cfg.Net, cfg.Addr = "unix", host
	}
	cfg.Timeout = c.s.ConnectTimeout
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		var err error
		socket, err = d.DialContext(ctx, network, addr)
		return socket, err
	}
	cfg.ConnectionAttributes = "program_name:parkway-kill"
	cfg.Logger = &mysql.NopLogger{}
	real, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.s.ConnectTimeout)
	defer cancel()
	return real.Connect(ctx)
}

// statement is the task's text.
func (k *Task) statement() string {
	text := "KILL "
	if k.Soft {
		text += "SOFT "
	}
	if !k.Connection {
		text += "QUERY "
	}
	return text + strconv.FormatUint(uint64(k.Thread), 10)
}

// outcome is what the answer to a KILL means.
func outcome(err error) Result {
	switch code := codeOf(err); {
	case err == nil:
		return Result{Killed, nil}
	case code == protocol.ErrCodeNoSuchThread:
		return Result{Gone, nil}
	case code == protocol.ErrCodeKillDenied || refusesLogin(err):
		return Result{Denied, err}
	}
	return Result{Failed, err}
}

// codeOf is the code of a server's error, 0 if err is none.
func codeOf(err error) uint16 {
	var said *mysql.MySQLError
	if errors.As(err, &said) {
		return said.Number
	}
	return 0
}

// answered reports whether err is what the server said to a statement, on a connection that is still good.
func answered(err error) bool { return codeOf(err) != 0 }

// Codes of a login that is refused for good, beside access denied: by the plugin, the host, or an account that is locked or has
// an expired password.
const (
	errAccessDeniedNoPassword = 1698 // MariaDB's unix_socket
	errPasswordExpired        = 1862
	errAccountLocked          = 3118
	errAccountLockedMariaDB   = 4151
)

// refusesLogin reports whether the server has refused the account.
func refusesLogin(err error) bool {
	switch codeOf(err) {
	case protocol.ErrCodeAccessDenied, errAccessDeniedNoPassword, protocol.ErrCodeHostNotPrivileged,
		protocol.ErrCodeNotSupportedAuth, errPasswordExpired, errAccountLocked, errAccountLockedMariaDB:
		return true
	}
	return false
}

// fix is what an administrator does about a cause; "" if that is not known.
func (t *target) fix(cause error) string {
	server, _, _ := t.current()
	privilege := "CONNECTION_ADMIN"
	if f := server.Facts(); f != nil && f.MariaDB {
		privilege = "CONNECTION ADMIN"
	}
	grant := fmt.Sprintf("GRANT %s ON *.* TO '%s'@'%%'", privilege, t.used.User)
	switch {
	case refusesLogin(cause):
		return fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '...'; %s (monitor_username, monitor_password)", t.used.User, grant)
	case codeOf(cause) == protocol.ErrCodeKillDenied:
		return grant + " (SUPER before MySQL 8.0 and MariaDB 10.5)"
	}
	return ""
}
