package reactor

import (
	"fmt"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// Parking: a connection on which nothing happens leaves its loop's epoll set for that of the idle loop beside it, and all of its
// memory with it. What is left is an entry in Loop.parked and what its owner, the Parker, keeps under a token.
//
// When its peer speaks, there is a connection again, but its descriptor stays with the idle loop for the time being: Conn.idling, an entry in
// Loop.woken. One that asks once and is quiet again is parked without having moved, which saves four epoll_ctl(2), half of what a park and an
// unpark cost. It moves to the loop's own set when anything else happens: more input, an end, or something to be watched for that the idle loop
// does not watch.

// Parker is the owner of a loop's parked connections. Its methods run on the loop.
type Parker interface {
	// OnWake tells that a parked connection, which c is now, has sent something. It must give c a handler, which is offered that next.
	OnWake(c *Conn, token uint32)
	// OnGone tells that a parked connection has ended, and is closed: io.EOF, ErrStopped, or the kernel's error.
	OnGone(token uint32, err error)
}

// SetParker says who owns the connections that are parked from now on. Before the loop starts, or on it.
func (l *Loop) SetParker(p Parker) {
	l.CheckOwner()
	l.parker = p
}

// Parks reports whether there is an idle loop to park connections on. Any thread.
func (l *Loop) Parks() bool { return l.idle != nil }

// Park takes the connection off its loop and has the idle loop watch it. There is no OnClose, and the Conn is of no more use; the
// Parker gets token when something happens, and the owner has fd to Unpark or DropParked it. ErrNotDetachable while bytes are kept or
// unsent, while reading is paused, unless open, inside the connection's own OnData, and where there is no idle loop; else the
// kernel's error. The connection stays as it was then.
func (c *Conn) Park(token uint32) (fd int, err error) {
	l := c.loop
	if !c.detachable() || c.paused || l.idle == nil {
		return -1, ErrNotDetachable
	}
	fd = c.sock.FD()
	if !c.idling {
		// Before it leaves the loop's own epoll set: this may fail, for want of memory or by /proc/sys/fs/epoll/max_user_watches.
		if err := l.idle.watch(fd); err != nil {
			return -1, err
		}
		if err := c.unwatch(); err != nil {
			return -1, fmt.Errorf("park: %w", err)
		}
	}
	c.setState(stateDetached)
	c.free()
	l.sessions.Add(1) // It has left as a connection, and is still one of them.
	l.parked.put(fd, token)
	return fd, nil
}

// Unpark makes a connection of a parked one, whose descriptor fd is, though its peer has not spoken. It is to be given a handler at
// once. Loop only.
func (l *Loop) Unpark(fd int) *Conn {
	l.CheckOwner()
	if _, ok := l.parked.get(fd); !ok {
		panic(fmt.Sprintf("reactor: descriptor %d is not parked", fd))
	}
	l.parked.remove(fd)
	c := l.newConn(transport.Socket(fd), stateOpen)
	c.session = true
	c.idling, c.watched = true, idleInterest
	l.woken.put(fd, c)
	return c
}

// stopIdling ends the idle loop's watch over a connection that was parked. It is in no epoll set then.
func (c *Conn) stopIdling() {
	l, fd := c.loop, c.sock.FD()
	if err := l.idle.unwatch(fd); err != nil {
		// A defect, of which nothing follows but wake-ups in vain.
		l.broken("a descriptor that was parked is not watched")
	}
	l.woken.remove(fd)
	c.idling, c.watched = false, 0
}

// move takes a connection from the idle loop to the loop's own epoll set, which is level-triggered: whatever is there is reported.
func (c *Conn) move() {
	c.stopIdling()
	c.interestChanged()
}

// DropParked closes a parked connection. lastWords are sent before, as far as the kernel takes them at once; may be nil. There is no
// OnGone. It is false, and nothing has happened, if the peer has just sent something or left: OnWake or OnGone follows. Loop only.
func (l *Loop) DropParked(fd int, lastWords []byte) bool {
	l.CheckOwner()
	if _, ok := l.parked.get(fd); !ok {
		return false
	}
	sock := transport.Socket(fd)
	if !sock.Silent() {
		return false
	}
	if len(lastWords) > 0 {
		_, _ = sock.Write(lastWords) // A peer that can't read them is not waited for.
	}
	l.closeParked(fd)
	return true
}

func (l *Loop) closeParked(fd int) {
	l.parked.remove(fd)
	l.sessions.Add(-1)
	transport.Socket(fd).Close()
}

// wakeParked looks at the connections of the idle loop that something has happened to.
func (l *Loop) wakeParked() {
	events, err := l.idle.stirred()
	if err != nil {
		panic(err) // As in await: a defect, after which no parked client would be heard.
	}
	for i := range events {
		l.stir(int(events[i].Fd), events[i].Events)
	}
}

// stir is told that something has happened to a descriptor, perhaps: what happened to one before it in this turn may have closed or
// moved it, and the number be another connection's. If that is in the idle set, too, the read says so.
func (l *Loop) stir(fd int, events uint32) {
	if token, ok := l.parked.get(fd); ok {
		l.wakeOne(fd, token, events)
	} else if c, ok := l.woken.get(fd); ok {
		c.move()
		c.onEvents(unix.EPOLLIN)
	}
}

// wakeOne reads from a parked descriptor.
func (l *Loop) wakeOne(fd int, token, events uint32) {
	buf := l.readBuffer(0)
	n, err := transport.Socket(fd).Read(buf)
	switch {
	case err == transport.ErrAgain:
		return
	case err != nil:
		l.closeParked(fd)
		l.callOnGone(token, err)
		return
	}
	c := l.Unpark(fd)
	if n == len(buf) || events != unix.EPOLLIN {
		c.move() // More is there, perhaps, and the idle loop tells only once.
	}
	c.bytesIn += uint64(n)
	l.callOnWake(c, token)
	switch {
	case c.handler == nil:
		c.Close(ErrNoHandler)
	case c.state == stateOpen:
		c.offer(buf[:n], 0)
	}
}

// stopParked closes all parked connections.
func (l *Loop) stopParked() {
	for fd, token := range l.parked.entries {
		l.closeParked(int(fd))
		l.callOnGone(token, ErrStopped)
	}
}

func (l *Loop) callOnWake(c *Conn, token uint32) {
	defer l.recovered(c)
	l.parker.OnWake(c, token)
}

func (l *Loop) callOnGone(token uint32, err error) {
	defer l.recovered(nil)
	l.parker.OnGone(token, err)
}
