package reactor

import (
	"fmt"
	"time"

	"parkway/reactor/transport"
)

// Addr is where Dial connects to.
type Addr = transport.Addr

// ParseAddr makes an Addr of an IP address and a port, or of an absolute unix socket path and port 0. Names are an error.
func ParseAddr(host string, port int) (Addr, error) { return transport.ParseAddr(host, port) }

// DialError says why no connection came about.
type DialError struct {
	Addr Addr
	Err  error // the kernel's, or ErrStopped
}

func (e *DialError) Error() string { return fmt.Sprintf("dial %s: %v", e.Addr, e.Err) }

func (e *DialError) Unwrap() error { return e.Err }

// Dial starts a connection to addr and returns at once, always with a Conn. h.OnConnect follows, or h.OnClose with a *DialError;
// neither before Dial has returned. What is written before is sent when the connection stands.
// A timeout of zero or less means none but the kernel's. Loop only.
func (l *Loop) Dial(addr Addr, timeout time.Duration, h Dialer) *Conn {
	l.CheckOwner()
	sock, err := transport.NoSocket, error(ErrStopped)
	if !l.stopping {
		sock, err = transport.Connect(addr)
	}
	c := l.newConn(sock, stateConnecting)
	c.handler = h
	c.dialed = addr
	c.remote = addr.AddrPort()
	c.unix = addr.IsUnix()
	if err != nil {
		c.failDial(err)
		return c
	}
	if timeout > 0 {
		c.startTimer(timeout)
	}
	return c
}

func (c *Conn) failDial(err error) { c.Close(&DialError{Addr: c.dialed, Err: err}) }

// connected is called when the socket of a connecting Conn became writable or failed.
func (c *Conn) connected() {
	if err := c.sock.Err(); err != nil {
		c.failDial(err)
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.setState(stateOpen)
	if c.out.size > 0 {
		c.flush()
	}
	c.interestChanged()
	if c.state == stateOpen {
		c.loop.callOnConnect(c)
	}
}
