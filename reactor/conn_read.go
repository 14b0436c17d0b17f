package reactor

import (
	"io"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// read takes one buffer of bytes from the socket and offers it. Level-triggered epoll reports what is left, so that a busy
// connection takes turns with the others.
//
// Bytes that were kept go in front, in the loop's read buffer: handlers always see one contiguous view, and a connection
// that keeps nothing owns no buffer.
func (c *Conn) read() {
	kept := len(c.in.bytes)
	buf := c.loop.readBuffer(kept)
	n, err := c.sock.Read(buf[kept:])
	if err != nil {
		if err != transport.ErrAgain {
			c.Close(err)
		}
		return
	}
	c.bytesIn += uint64(n)
	if kept > 0 {
		copy(buf, c.in.bytes)
	}
	c.offer(buf[:kept+n], kept)
}

// offer shows p to the handler and keeps what it leaves. The first kept bytes of p are in c.in already.
func (c *Conn) offer(p []byte, kept int) {
	n := c.loop.callOnData(c, p)
	if c.state != stateOpen {
		return
	}
	rest := p[n:]
	switch {
	case len(rest) == 0 && kept == 0:
	case len(rest) > c.loop.maxKept:
		c.Close(ErrInputTooLarge)
	case n == 0:
		c.in.append(rest[kept:])
	default:
		c.in.set(rest)
	}
}

// offerKept offers what was kept, after ResumeRead.
func (c *Conn) offerKept() {
	c.offered = false
	if c.state == stateOpen && !c.paused && len(c.in.bytes) > 0 {
		c.offer(c.in.bytes, len(c.in.bytes))
	}
}

// discard reads and forgets what comes while lingering. The end of input ends the connection, but not before everything
// is sent: the peer may have ended only its own direction.
func (c *Conn) discard(events uint32) {
	n, err := c.sock.Read(c.loop.readBuffer(0))
	c.bytesIn += uint64(n)
	switch {
	case err == nil || err == transport.ErrAgain:
	case err == io.EOF && c.out.size > 0 && events&unix.EPOLLHUP == 0:
		c.inputEnded = true
		c.interestChanged()
	default:
		c.Close(c.err)
	}
}
