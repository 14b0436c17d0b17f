package reactor

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// A close with unread input makes the kernel send a reset, which destroys what was sent just before: an error message, say, for a peer that is still
// sending what the error is about. So a connection lingers: it reads what comes, for as long as it comes, within bounds.

// maxLinger bounds the whole of a linger, as a multiple of the silence that ends it.
const maxLinger = 10

// linger is how long a connection waits for its peer to leave. Loop times in nanoseconds.
type linger struct {
	silence int64 // ends it
	heard   int64 // when the peer was last heard of
	until   int64 // the end, whatever comes
}

// CloseAfterWrite sends what is unsent, ends the sending direction and discards what still comes, until the peer has left
// too, has neither sent nor taken anything for so long as silence, or ten times that is over; then OnClose(err) follows.
// From this call on Write does nothing and only OnClose will be called.
func (c *Conn) CloseAfterWrite(err error, silence time.Duration) {
	c.loop.CheckOwner()
	if c.Closed() || c.state == stateLingering {
		return
	}
	if silence <= 0 || c.state == stateConnecting {
		c.Close(err)
		return
	}
	c.setState(stateLingering)
	c.err = err
	if c.out.size == 0 && c.sock.CloseWrite() != nil {
		c.Close(err)
		return
	}
	now := c.loop.Now()
	c.linger = linger{silence: int64(silence), heard: now, until: now + maxLinger*int64(silence)}
	c.startTimer(silence)
	c.interestChanged()
}

// lingered ends a linger whose time is over. The timer is not set anew whenever the peer is heard of, but here.
func (c *Conn) lingered() {
	left := min(c.linger.heard+c.linger.silence, c.linger.until) - c.loop.Now()
	if left <= 0 {
		c.Close(c.err)
		return
	}
	c.startTimer(time.Duration(left))
}

// discard reads and forgets what comes while lingering. The end of input ends the connection, but not before everything
// is sent: the peer may have ended only its own direction.
func (c *Conn) discard(events uint32) {
	n, err := c.sock.Read(c.loop.readBuffer(0))
	c.bytesIn += uint64(n)
	switch {
	case err == nil:
		c.linger.heard = c.loop.Now()
	case err == transport.ErrAgain:
	case err == io.EOF && c.out.size > 0 && events&unix.EPOLLHUP == 0:
		c.inputEnded = true
		c.interestChanged()
	default:
		c.Close(c.err)
	}
}
