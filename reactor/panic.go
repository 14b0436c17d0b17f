package reactor

import (
	"fmt"
	"runtime/debug"
)

// Handlers are called only through these functions. A panic in one of them ends the connection it was called for, is
// logged with its stack and counted; the loop goes on. The deferred call costs a few nanoseconds.

func (l *Loop) callOnData(c *Conn, p []byte) (n int) {
	defer l.recovered(c)
	l.reading = c
	n = c.handler.OnData(c, p)
	l.reading = nil
	if uint(n) > uint(len(p)) {
		c.Close(&PanicError{Value: "OnData consumed more than it was offered"})
		l.broken("OnData consumed more than it was offered")
		n = 0
	}
	return n
}

func (l *Loop) callOnWritable(c *Conn) {
	defer l.recovered(c)
	c.handler.OnWritable(c)
}

func (l *Loop) callOnConnect(c *Conn) {
	defer l.recovered(c)
	c.handler.(Dialer).OnConnect(c)
}

func (l *Loop) callOnClose(c *Conn) {
	defer l.recovered(c)
	if c.handler != nil {
		c.handler.OnClose(c, c.err)
	}
}

// Guard runs fn, and a panic in it ends the connection as one in its handler would: for what is done on the connection's
// behalf in a timer's, a posted or a turn-end function. Loop only.
func (c *Conn) Guard(fn func()) {
	c.loop.CheckOwner()
	defer c.loop.recovered(c)
	fn()
}

// call runs a timer's, a posted or a turn-end function.
func (l *Loop) call(fn func()) {
	defer l.recovered(nil)
	fn()
}

// callAccept hands a new connection to its owner. A panic closes it.
func (l *Loop) callAccept(c *Conn, accept func(*Conn) error) (err error) {
	defer l.recovered(c)
	return accept(c)
}

// recovered is deferred around every foreign function. c is nil where there is no connection to close.
func (l *Loop) recovered(c *Conn) {
	v := recover()
	if v == nil {
		return
	}
	l.reading = nil
	stack := debug.Stack()
	l.group.panics.Add(1)
	l.log.Error().Str("panic", fmt.Sprint(v)).Bytes("stack", stack).Msg("handler panicked")
	if c != nil {
		c.Close(&PanicError{Value: v, Stack: stack})
	}
}
