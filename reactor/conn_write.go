package reactor

import (
	"parkway/reactor/transport"
)

// Write sends p without ever blocking: straight to the socket, and what the socket did not take is copied and sent later.
// A socket error closes the connection, with OnClose at the end of the turn. After Close it does nothing.
func (c *Conn) Write(p []byte) {
	c.loop.CheckOwner()
	if len(p) == 0 || !c.writable() {
		return
	}
	if c.out.size == 0 && c.state == stateOpen {
		n, err := c.sock.Write(p)
		c.bytesOut += uint64(n)
		if n == len(p) {
			return
		}
		if err != nil && err != transport.ErrAgain {
			c.failWrite(err)
			return
		}
		p = p[n:]
	}
	c.out.append(p)
	c.unsentGrew()
}

// Writev is Write for several buffers in one system call.
func (c *Conn) Writev(bufs ...[]byte) {
	c.loop.CheckOwner()
	if !c.writable() {
		return
	}
	n := 0
	if c.out.size == 0 && c.state == stateOpen {
		var err error
		n, err = c.sock.Writev(bufs)
		c.bytesOut += uint64(n)
		if err != nil && err != transport.ErrAgain {
			c.failWrite(err)
			return
		}
	}
	for _, b := range bufs {
		taken := min(n, len(b))
		n -= taken
		if taken < len(b) {
			c.out.append(b[taken:])
		}
	}
	if c.out.size > 0 {
		c.unsentGrew()
	}
}

// writable says whether bytes are still accepted. A connection that is being dialed keeps them.
func (c *Conn) writable() bool {
	return c.state == stateOpen && c.broken == nil || c.state == stateConnecting
}

func (c *Conn) unsentGrew() {
	if c.out.size >= c.high {
		c.aboveHigh = true
	}
	c.interestChanged()
}

// flush sends unsent bytes after the socket became writable.
func (c *Conn) flush() {
	n, err := c.out.flush(c.sock)
	c.bytesOut += uint64(n)
	if err != nil && err != transport.ErrAgain {
		c.failWrite(err)
		return
	}
	if c.state == stateLingering && n > 0 {
		c.linger.heard = c.loop.Now()
	}
	c.interestChanged()
	switch {
	case c.state == stateLingering && c.out.size == 0:
		if c.inputEnded || c.sock.CloseWrite() != nil {
			c.Close(c.err)
		}
	case c.state == stateOpen && c.aboveHigh && c.out.size <= c.low:
		c.aboveHigh = false
		c.loop.callOnWritable(c)
	}
}

// failWrite closes after a socket error, or does when the peer was heard out. A lingering connection has its reason already.
func (c *Conn) failWrite(err error) {
	switch {
	case c.state == stateLingering:
		c.Close(c.err)
	case c.hearOut:
		c.broken = err
		c.out.release()
		c.aboveHigh = false
		c.interestChanged()
		c.offerLater()
	default:
		c.Close(err)
	}
}
