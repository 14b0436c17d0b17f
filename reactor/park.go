package reactor

import (
	"fmt"

	"parkway/reactor/transport"
)

// Parking: a connection on which nothing happens leaves its loop's epoll set for that of the idle loop beside it, and all of its
// memory with it. What is left is an entry in Loop.parked and what its owner, the Parker, keeps under a token.

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
	// Before it leaves the loop's own epoll set: this may fail, for want of memory or by /proc/sys/fs/epoll/max_user_watches.
	if err := l.idle.watch(fd); err != nil {
		return -1, err
	}
	if _, err := c.detach(); err != nil {
		return -1, fmt.Errorf("park: %w", err)
	}
	l.sessions.Add(1) // It has left as a connection, and is still one of them.
	l.parked[int32(fd)] = token
	l.parkedMax = max(l.parkedMax, len(l.parked))
	return fd, nil
}

// Unpark makes a connection of a parked one, whose descriptor fd is, though its peer has not spoken. It is to be given a handler at
// once. Loop only.
func (l *Loop) Unpark(fd int) *Conn {
	l.CheckOwner()
	if _, ok := l.parked[int32(fd)]; !ok {
		panic(fmt.Sprintf("reactor: descriptor %d is not parked", fd))
	}
	if err := l.idle.unwatch(fd); err != nil {
		// A defect, of which nothing follows but wake-ups in vain.
		l.broken("a parked descriptor is not watched")
	}
	l.forgetParked(fd)
	c := l.newConn(transport.Socket(fd), stateOpen)
	c.session = true
	return c
}

// DropParked closes a parked connection. lastWords are sent before, as far as the kernel takes them at once; may be nil. There is no
// OnGone. It is false, and nothing has happened, if the peer has just sent something or left: OnWake or OnGone follows. Loop only.
func (l *Loop) DropParked(fd int, lastWords []byte) bool {
	l.CheckOwner()
	if _, ok := l.parked[int32(fd)]; !ok {
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
	l.forgetParked(fd)
	l.sessions.Add(-1)
	transport.Socket(fd).Close()
}

// largeParked is how many connections may have been parked for the map of them to be kept when none is any more: a map stays as
// large as it was once.
const largeParked = 1000

func (l *Loop) forgetParked(fd int) {
	delete(l.parked, int32(fd))
	if len(l.parked) == 0 && l.parkedMax > largeParked {
		l.parked, l.parkedMax = make(map[int32]uint32), 0
	}
}

// wakeParked looks at the parked connections that something has happened to.
func (l *Loop) wakeParked() {
	events, err := l.idle.stirred()
	if err != nil {
		panic(err) // As in await: a defect, after which no parked client would be heard.
	}
	for i := range events {
		l.wakeOne(int(events[i].Fd))
	}
}

// wakeOne reads from a descriptor that something has happened to, perhaps: what happened to one before it in this turn may have closed or
// unparked it, and the number be another connection's. If that is parked, too, the read says so.
func (l *Loop) wakeOne(fd int) {
	token, ok := l.parked[int32(fd)]
	if !ok {
		return
	}
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
	for fd, token := range l.parked {
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
