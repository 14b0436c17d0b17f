package reactor

import (
	"errors"
	"fmt"
)

// Handler is what a connection's owner does when something happens to it. All methods run on the connection's loop.
type Handler interface {
	// OnData offers all bytes that arrived and were not consumed yet, contiguous. p dies with the call. It returns how
	// many bytes are done with; the rest is kept by the Conn and offered again together with what follows. It is not
	// called while reading is paused.
	OnData(c *Conn, p []byte) int
	// OnWritable tells that the unsent bytes fell to the low mark after they had reached the high mark.
	OnWritable(c *Conn)
	// OnClose is called exactly once, at the end of the turn in which the connection was closed, never from inside
	// another Conn method. err: io.EOF (the peer left), ErrHangup, ErrStopped, the kernel's error, a *PanicError, or what
	// Close was given. A handler that dials again from here must not do so after ErrStopped.
	OnClose(c *Conn, err error)
}

// Dialer is the Handler of a connection that Loop.Dial makes.
type Dialer interface {
	Handler
	// OnConnect tells that the connection stands. If it can't be made, OnClose is called instead.
	OnConnect(c *Conn)
}

// Why a connection was closed, where it is neither the kernel's error nor what Close was given.
var (
	ErrHangup        = errors.New("peer hung up while its bytes were not being read")
	ErrStopped       = errors.New("event loop stopped")
	ErrInputTooLarge = errors.New("more unread input kept than allowed")
	ErrDialTimeout   = errors.New("timed out")
	ErrNoHandler     = errors.New("accepted connection was given no handler")
)

// ErrNotDetachable is what Detach returns for a connection that has unsent or unread bytes, is not open, or is in the
// middle of its own OnData.
var ErrNotDetachable = errors.New("connection can't be detached")

// PanicError closes a connection whose handler panicked.
type PanicError struct {
	Value any    // What panic was called with.
	Stack []byte // Where.
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in handler: %v", e.Value) }
