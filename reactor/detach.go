package reactor

import (
	"fmt"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// Detach takes the connection off its loop without closing it and returns the descriptor, which now belongs to the caller.
// There is no OnClose, and the Conn is of no more use. Unread bytes in the kernel stay there. ErrNotDetachable while bytes
// are kept or unsent, unless open and not Broken, and inside the connection's own OnData.
func (c *Conn) Detach() (fd int, err error) {
	if !c.detachable() {
		return -1, ErrNotDetachable
	}
	return c.detach()
}

// detachable reports whether the descriptor is all that there is of the connection.
func (c *Conn) detachable() bool {
	c.loop.CheckOwner()
	return c.state == stateOpen && c.broken == nil && c.out.size == 0 && len(c.in.bytes) == 0 && c.loop.reading != c
}

func (c *Conn) detach() (fd int, err error) {
	if err := c.unwatch(); err != nil {
		return -1, err
	}
	c.setState(stateDetached)
	c.free()
	return c.sock.FD(), nil
}

// Attach makes a connection of a connected, non-blocking stream socket, such as Detach returned on any loop. It counts as a
// session. On an error the descriptor still belongs to the caller.
func (l *Loop) Attach(fd int, h Handler) (*Conn, error) {
	l.CheckOwner()
	if l.stopping {
		return nil, ErrStopped
	}
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, fmt.Errorf("attach descriptor %d: %w", fd, err)
	}
	c := l.newConn(transport.Socket(fd), stateOpen)
	c.handler = h
	c.session = true
	l.sessions.Add(1)
	if c.unix = family == unix.AF_UNIX; !c.unix {
		c.remote = c.sock.Remote()
	}
	return c, nil
}
