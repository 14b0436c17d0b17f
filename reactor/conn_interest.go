package reactor

import (
	"golang.org/x/sys/unix"
)

// What a connection wants to be told by epoll follows from its state; it is never set by hand. A change is written to the
// kernel once, at the end of the turn, so that a pause and a resume in one turn cost nothing. A pause that no input comes into
// costs nothing either: the descriptor is watched for input until some comes.

// wants returns the events to watch. 0 means that the descriptor must leave the epoll set: EPOLLHUP and EPOLLERR are
// reported for every descriptor in it, wanted or not, and would wake the loop for ever.
func (c *Conn) wants() uint32 {
	var events uint32
	switch c.state {
	case stateConnecting:
		return unix.EPOLLOUT
	case stateOpen:
		if !c.paused || !c.pressed {
			events = unix.EPOLLIN
		}
		if c.watchHangup {
			events |= unix.EPOLLRDHUP
		}
	case stateLingering:
		if !c.inputEnded {
			events = unix.EPOLLIN
		}
	default:
		return 0
	}
	if c.out.size > 0 {
		events |= unix.EPOLLOUT
	}
	return events
}

// interestChanged is called after everything that wants looks at may have changed.
func (c *Conn) interestChanged() {
	if c.listed || c.wants() == c.watched {
		return
	}
	c.listed = true
	c.loop.changed = append(c.loop.changed, c)
}

// register writes what the connection wants to the kernel. Called at the end of the turn.
func (c *Conn) register() {
	c.listed = false
	if c.Closed() {
		return
	}
	wants := c.wants()
	if wants == c.watched {
		return
	}
	if c.idling {
		c.stopIdling()
	}
	var err error
	poll, fd := &c.loop.poll, c.sock.FD()
	switch {
	case c.watched == wants: // nothing, and in no set
	case c.watched == 0:
		err = poll.add(fd, wants, c.slot, c.generation)
	case wants == 0:
		err = poll.remove(fd)
	default:
		err = poll.modify(fd, wants, c.slot, c.generation)
	}
	if err != nil {
		c.Close(err)
		return
	}
	c.watched = wants
}

// unwatch takes the descriptor out of the set that it is in, if any.
func (c *Conn) unwatch() error {
	switch {
	case c.idling:
		c.stopIdling()
		return nil
	case c.watched == 0:
		return nil
	}
	err := c.loop.poll.remove(c.sock.FD())
	if err == nil {
		c.watched = 0
	}
	return err
}

// PauseRead stops offering input, from now on: what arrives stays in the kernel, whose window closes in time, so that the
// peer is slowed down. Pausing twice is as good as once.
func (c *Conn) PauseRead() {
	c.loop.CheckOwner()
	c.paused = true
}

// ResumeRead offers input again. Bytes that were kept are offered later in this turn or in the next, never from inside this
// call.
func (c *Conn) ResumeRead() {
	c.loop.CheckOwner()
	if !c.paused {
		return
	}
	c.paused = false
	if len(c.in.bytes) == 0 {
		c.pressed = false // Else the kept bytes come first, and mostly bring the next pause.
	}
	c.interestChanged()
	if len(c.in.bytes) > 0 || c.broken != nil {
		c.offerLater()
	}
}

// WatchHangup says whether a peer that hangs up while reading is paused is noticed: the connection closes with ErrHangup,
// and bytes that it sent before are lost. Off, which is the default, they are offered after ResumeRead, and the end after
// them.
func (c *Conn) WatchHangup(on bool) {
	c.loop.CheckOwner()
	c.watchHangup = on
	c.interestChanged()
}

// onEvents handles what epoll reported. Bounded work: one write and one read.
func (c *Conn) onEvents(events uint32) {
	switch c.state {
	case stateConnecting:
		c.connected()
		return
	case stateOpen, stateLingering:
	default:
		return
	}
	if events&unix.EPOLLOUT != 0 && c.out.size > 0 {
		c.flush()
	}
	const ended = unix.EPOLLHUP | unix.EPOLLERR
	switch {
	case c.state == stateOpen && !c.paused:
		// The read also finds the end and the error, after the bytes that came before them: also after those that were kept
		// and are about to be offered.
		if events&(unix.EPOLLIN|ended) != 0 && !c.offered {
			c.read()
		}
	case c.state == stateOpen:
		c.hungUp(events)
	case c.state == stateLingering && events&(unix.EPOLLIN|ended) != 0:
		c.discard(events)
	}
}

// hungUp looks at the events of a paused connection, which is not watched for input any more.
func (c *Conn) hungUp(events uint32) {
	if events != unix.EPOLLOUT {
		c.pressed = true
		c.interestChanged()
	}
	switch {
	case events&unix.EPOLLERR != 0:
		c.Close(c.socketError())
	case c.watchHangup && events&(unix.EPOLLRDHUP|unix.EPOLLHUP) != 0:
		c.Close(ErrHangup)
	case events&unix.EPOLLHUP != 0 && c.out.size > 0:
		c.flush() // Finds the error that ends it.
	}
}
