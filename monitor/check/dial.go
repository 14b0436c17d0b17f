package check

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net"

	"github.com/go-sql-driver/mysql"
)

// Login is how a connection of the proxy's own is opened.
type Login struct {
	Network, Address string // as net.Dial takes them
	User, Password   string
	Program          string // what the server's list of connections calls it
}

// Dial opens a connection, within ctx. Not on a loop. socket is what the
// connection reads and writes, for deadlines and for Reason. What of a server's packets the
// driver would panic at is an error (see loginConn).
func Dial(ctx context.Context, l Login) (conn driver.Conn, socket net.Conn, err error) {
	defer func() {
		if v := recover(); v != nil {
			conn, err = nil, fmt.Errorf("login: %v", v)
		}
		if err != nil && socket != nil {
			socket.Close()
		}
	}()
	var guarded *loginConn
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd = l.User, l.Password
	cfg.Net, cfg.Addr = l.Network, l.Address
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{KeepAlive: -1} // Who uses the connection asks, with a timeout.
		var err error
		if socket, err = d.DialContext(ctx, network, addr); err != nil {
			return nil, err
		}
		if t, ok := ctx.Deadline(); ok {
			err = socket.SetDeadline(t)
		}
		guarded = &loginConn{Conn: socket}
		return guarded, err
	}
	cfg.ConnectionAttributes = "program_name:" + l.Program
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	if conn, err = connector.Connect(ctx); err == nil {
		guarded.done = true
		return conn, guarded, nil
	}
	if guarded != nil {
		err = guarded.reason(err)
	}
	return conn, socket, err
}
