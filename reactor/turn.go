package reactor

import (
	"math"

	"golang.org/x/sys/unix"
)

// One turn of a loop: wait, then connections, posted functions, timers, resumed connections, turn-end functions, and last
// the kernel's view of what changed and the closed connections. Each step does a bounded amount of work and leaves the rest
// to the next turn.

// watchOwn adds the mailbox and the alarm to the epoll set, edge-triggered, so that neither must be read.
func (l *Loop) watchOwn() error {
	if err := l.poll.add(l.mail.efd, unix.EPOLLIN|unix.EPOLLET, wakeSlot, 0); err != nil {
		return err
	}
	return l.poll.add(l.alarm.fd, unix.EPOLLIN|unix.EPOLLET, timerSlot, 0)
}

// begin prepares the thread.
func (l *Loop) begin() {
	l.tid.Store(int64(unix.Gettid()))
	l.pin()
	l.now = l.clock()
	l.busyFrom = l.now
	for _, ln := range l.listeners {
		ln.open()
	}
	l.settle()
}

func (l *Loop) turn() {
	n := l.await()
	for i := range n {
		l.dispatch(&l.poll.events[i])
	}
	l.expireTimers()
	l.offerResumed()
	l.endTurn()
	l.settle()
}

// await takes the ready events. First without waiting, which is cheap: a busy loop never blocks. The clock is read once
// here, and once more only when the loop ran dry.
func (l *Loop) await() int {
	n, err := l.poll.ready()
	if n == 0 && err == nil && !l.pending {
		l.accountBusy(l.clock())
		l.setAlarm()
		n, err = l.poll.wait()
		l.now = l.clock()
		l.busyFrom = l.now
	} else {
		l.now = l.clock()
		l.accountBusy(l.now)
	}
	if err != nil {
		panic(err) // Only a defect of this package makes epoll_wait fail, and a loop that can't wait would spin.
	}
	l.pending = false
	return n
}

func (l *Loop) accountBusy(now int64) {
	l.busy.Store(l.busy.Load() + now - l.busyFrom)
	l.busyFrom = now
}

// setAlarm makes sure that the wait ends when the earliest timer is due.
func (l *Loop) setAlarm() {
	when, ok := l.timers.next()
	if !ok {
		when = math.MaxInt64
	}
	if err := l.alarm.ringAt(when, l.busyFrom); err != nil {
		panic(err) // As in await: a defect, after which no timer would fire.
	}
}

func (l *Loop) dispatch(ev *unix.EpollEvent) {
	switch slot := ev.Fd; {
	case slot >= 0:
		if c := l.conns.get(slot, uint32(ev.Pad)); c != nil {
			c.onEvents(ev.Events)
		}
	case slot == wakeSlot:
		l.mail.opened()
		l.runPosted()
	case slot == timerSlot:
		l.alarm.rang()
	case slot == idleSlot:
		l.wakeParked()
	default:
		l.listeners[listenerSlot-slot].accept()
	}
}

func (l *Loop) runPosted() {
	for range maxPosts {
		fn := l.mail.take()
		if fn == nil {
			return
		}
		l.call(fn)
	}
	l.mail.push(func() {}) // More is there, perhaps: wake up again.
}

// expireTimers runs timers that are due, the earliest first. One that arms itself or another for now is left to the next turn.
func (l *Loop) expireTimers() {
	mark := l.timers.mark()
	for range maxTimers {
		t := l.timers.expire(l.now, mark)
		if t == nil {
			break
		}
		l.call(t.fn)
	}
	if when, ok := l.timers.next(); ok && when <= l.now {
		l.pending = true
	}
}

// offerResumed offers kept bytes of connections that were resumed. One that is resumed meanwhile waits for the next turn.
func (l *Loop) offerResumed() {
	offers := l.offers
	l.offers, l.spareConn = l.spareConn[:0], nil
	for i, c := range offers {
		c.offerKept()
		offers[i] = nil
	}
	l.spareConn = offers
}

// endTurn runs what OnTurnEnd was given.
func (l *Loop) endTurn() {
	fns := l.turnEnd
	l.turnEnd, l.spare = l.spare[:0], nil
	for i, fn := range fns {
		l.call(fn)
		fns[i] = nil
	}
	l.spare = fns
}

// settle frees the closed connections and tells epoll what the others want. A handler may close and open connections in
// OnClose; those are settled in the same turn.
func (l *Loop) settle() {
	for len(l.changed) > 0 || len(l.closed) > 0 {
		for i := 0; i < len(l.changed); i++ {
			l.changed[i].register()
			l.changed[i] = nil
		}
		l.changed = l.changed[:0]
		for i := 0; i < len(l.closed); i++ {
			c := l.closed[i]
			l.closed[i] = nil
			c.free()
			if c.sock >= 0 {
				c.sock.Close()
			}
			l.callOnClose(c)
		}
		l.closed = l.closed[:0]
	}
	if len(l.offers) > 0 || len(l.turnEnd) > 0 {
		l.pending = true
	}
}
