package kill

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"parkway/monitor/check"
	"parkway/protocol"
)

// errNoAccount is why the monitor's account can't be used when the configuration names none.
var errNoAccount = errors.New("there is no account for it (monitor_enabled, monitor_username)")

// errUnresolved is why there is no connection to a server whose name does not resolve.
var errUnresolved = errors.New("the server's name does not resolve")

// connector opens connections to one endpoint.
type connector struct {
	at Endpoint
	s  Settings
}

// open returns a pool of one connection, which is opened when it is first needed and again when it was lost.
func open(at Endpoint, s Settings) *sql.DB {
	db := sql.OpenDB(connector{at, s})
	db.SetMaxOpenConns(1)
	return db
}

// Driver is for database/sql.
func (connector) Driver() driver.Driver { return mysql.MySQLDriver{} }

// Connect is for database/sql.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.at == (Endpoint{}) {
		return nil, errUnresolved
	}
	ctx, cancel := context.WithTimeout(ctx, c.s.ConnectTimeout)
	defer cancel()
	conn, socket, err := check.Dial(ctx, check.Login{
		Network: c.at.Network, Address: c.at.Address, User: c.s.User, Password: c.s.Password, Program: "parkway-kill",
	})
	if err != nil {
		return nil, err
	}
	return conn, socket.SetDeadline(time.Time{}) // From here on contexts do.
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
	switch code := check.Code(err); {
	case err == nil:
		return Result{Killed, nil}
	case code == protocol.ErrCodeNoSuchThread:
		return Result{Gone, nil}
	case code == protocol.ErrCodeKillDenied || check.RefusesLogin(err) || check.NoRoom(err):
		return Result{Denied, err}
	}
	return Result{Failed, err}
}

// answered reports whether err is what the server said to a statement, on a connection that is still good.
func answered(err error) bool { return check.Code(err) != 0 }

// fix is what an administrator does about a cause; "" if that is not known.
func (t *target) fix(cause error) string {
	server, _, _ := t.current()
	privilege := "CONNECTION_ADMIN"
	if f := server.Facts(); f != nil && f.MariaDB {
		privilege = "CONNECTION ADMIN"
	}
	grant := fmt.Sprintf("GRANT %s ON *.* TO '%s'@'%%'", privilege, t.used.User)
	switch {
	case check.RefusesLogin(cause):
		return check.Fix(cause, t.used.User) + "; " + grant
	case check.Code(cause) == protocol.ErrCodeKillDenied:
		return grant + " (SUPER before MySQL 8.0 and MariaDB 10.5)"
	}
	return check.Fix(cause, t.used.User)
}
