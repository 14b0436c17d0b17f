package reactor

import "parkway/reactor/transport"

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
		switch {
		case c.broken != nil:
			c.Close(c.broken)
		case err != transport.ErrAgain:
			c.Close(err)
		}
		return
	}
	c.bytesIn += uint64(n)
	if kept > 0 {
		copy(buf, c.in.bytes)
	}
	c.offer(buf[:kept+n], kept)
	if c.broken != nil {
		c.offerLater()
	}
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

// offerLater offers, later in this turn or in the next, what was kept, or what there still is of a peer that is heard out.
func (c *Conn) offerLater() {
	if !c.offered && c.state == stateOpen {
		c.offered = true
		c.loop.offers = append(c.loop.offers, c)
	}
}

// offerKept does what offerLater has promised.
func (c *Conn) offerKept() {
	c.offered = false
	switch {
	case c.state != stateOpen || c.paused:
	case c.broken != nil:
		c.read() // What was kept goes in front.
	case len(c.in.bytes) > 0:
		c.offer(c.in.bytes, len(c.in.bytes))
	}
}

// HearOut says what becomes of a connection on which a write has failed. On, what the peer had said before is still offered,
// and OnClose follows then: a server that refuses a command in the middle says why, and closes with the rest unread. Off,
// which is the default, OnClose follows at once.
func (c *Conn) HearOut(on bool) {
	c.loop.CheckOwner()
	c.hearOut = on
}

// Broken reports whether the connection is open only to hear the peer out: what is written is lost, and OnClose will follow.
func (c *Conn) Broken() bool { return c.broken != nil }
