package reactor

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

const (
	maxAccepts      = 64                     // Connections taken in one turn.
	acceptPause     = 100 * time.Millisecond // After the process ran out of descriptors or memory.
	acceptLogPeriod = 10 * time.Second
)

// listener is one loop's end of one listening address. A TCP listener's socket is its own (SO_REUSEPORT); the socket of a
// unix listener is in the epoll sets of all loops, and belongs to the group.
type listener struct {
	// Immutable.
	loop   *Loop
	sock   transport.Socket
	shared bool // A unix listener.
	slot   int32
	enter  func(*Conn) error // The owner's function for a new connection.

	// Owned by the loop.
	watched  bool
	closed   bool
	resume   *Timer
	lastLog  int64
	failures int // Since lastLog.
}

// HoldAccept stops taking new connections until it is called with false: they queue up in the kernel, as many as the listeners'
// backlog (/proc/sys/net/core/somaxconn) has room for. Those that other loops hand over still come. Loop only.
func (l *Loop) HoldAccept(hold bool) {
	l.CheckOwner()
	if l.held == hold {
		return
	}
	l.held = hold
	for _, ln := range l.listeners {
		if hold {
			ln.suspend()
		} else {
			ln.open()
		}
	}
}

// open begins to accept, unless somebody else wants that not to be.
func (ln *listener) open() {
	if ln.watched || ln.closed || ln.loop.held || ln.resume != nil && ln.resume.Armed() {
		return
	}
	events := uint32(unix.EPOLLIN)
	if ln.shared {
		events |= unix.EPOLLEXCLUSIVE // Wake one loop for a connection, not all.
	}
	if err := ln.loop.poll.add(ln.sock.FD(), events, ln.slot, 0); err != nil {
		ln.loop.log.Error().Err(err).Msg("can't watch a listener")
		return
	}
	ln.watched = true
}

// suspend stops to accept; connections queue up in the kernel.
func (ln *listener) suspend() {
	if !ln.watched {
		return
	}
	ln.watched = false
	if err := ln.loop.poll.remove(ln.sock.FD()); err != nil {
		ln.loop.log.Error().Err(err).Msg("can't stop watching a listener")
	}
}

// close stops accepting for good. Connections that are in the queue already are taken first.
func (ln *listener) close() {
	for ln.accept() {
	}
	ln.suspend()
	ln.closed = true
	if ln.resume != nil {
		ln.resume.Stop()
	}
	if !ln.shared {
		ln.sock.Close()
	}
}

// accept takes connections until none waits, at most maxAccepts. It reports whether there may be more. A late event for a
// listener that is suspended or closed is none of its business.
func (ln *listener) accept() (more bool) {
	if !ln.watched {
		return false
	}
	for range maxAccepts {
		sock, remote, err := ln.sock.Accept()
		switch err {
		case nil:
			if ln.place(sock, remote); !ln.watched {
				return false // HoldAccept
			}
		case transport.ErrAgain:
			return false
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			// The connection stays in the queue and the listener stays ready: to go on would spin.
			ln.failed(err)
			ln.suspend()
			ln.resumeAfter(acceptPause)
			return false
		case unix.EBADF, unix.EINVAL, unix.ENOTSOCK, unix.EFAULT:
			ln.failed(err)
			ln.suspend()
			return false
		default:
			// This one connection failed before it was taken (ECONNABORTED and others, accept(2)).
		}
	}
	return true
}

func (ln *listener) resumeAfter(d time.Duration) {
	if ln.resume == nil {
		ln.resume = ln.loop.NewTimer(ln.open)
	}
	ln.resume.Reset(d)
}

// failed logs, but not each time: descriptors stay short for long.
func (ln *listener) failed(err error) {
	ln.failures++
	now := ln.loop.now
	if ln.lastLog != 0 && now-ln.lastLog < int64(acceptLogPeriod) {
		return
	}
	ln.loop.log.Error().Err(err).Int("times", ln.failures).Msg("can't accept connections")
	ln.lastLog = now
	ln.failures = 0
}

// place gives a new connection to the emptiest loop if this one has clearly more sessions, else keeps it.
func (ln *listener) place(sock transport.Socket, remote netip.AddrPort) {
	l := ln.loop
	to := l.group.emptiest()
	if !handOver(l.Sessions(), to.Sessions()) {
		to = l
	}
	to.sessions.Add(1) // At once, so that a burst doesn't all go to one loop.
	if to == l {
		l.adopt(sock, remote, ln.shared, ln.enter)
		return
	}
	to.Post(func() { to.adopt(sock, remote, ln.shared, ln.enter) })
}

// handOver decides whether a loop with mine sessions gives a new one to a loop with least. The margin keeps connections
// where they were accepted unless it matters.
func handOver(mine, least int) bool { return mine > least+8+least/16 }

// adopt makes a session of an accepted socket, which is counted already.
func (l *Loop) adopt(sock transport.Socket, remote netip.AddrPort, isUnix bool, enter func(*Conn) error) {
	c := l.newConn(sock, stateOpen)
	c.session = true
	c.remote = remote
	c.unix = isUnix
	if err := l.callAccept(c, enter); err != nil {
		c.Close(err)
	}
	if c.handler == nil {
		c.Close(ErrNoHandler)
	}
}
