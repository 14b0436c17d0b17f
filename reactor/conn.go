package reactor

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

// Default water marks of unsent bytes.
const (
	defaultLow  = 64 << 10
	defaultHigh = 256 << 10
)

// connState is where a connection is in its life. Only Conn.setState changes it.
type connState uint8

const (
	stateConnecting connState = iota // Dial: waiting for the outcome.
	stateOpen
	stateLingering // CloseAfterWrite: sends the rest, discards what comes.
	stateClosed    // Marked; freed at the end of the turn.
	stateDetached  // The descriptor belongs to somebody else.
)

// legalMoves has a bit for each state that may follow.
var legalMoves = [...]uint8{
	stateConnecting: 1<<stateOpen | 1<<stateLingering | 1<<stateClosed,
	stateOpen:       1<<stateLingering | 1<<stateClosed | 1<<stateDetached,
	stateLingering:  1 << stateClosed,
	stateClosed:     0,
	stateDetached:   0,
}

// Conn is one connection on one loop. All methods: loop only. None of them calls the handler before it returns.
//
// Closing only marks: the descriptor stays reserved and events for it are ignored until the end of the turn, when it is
// closed and OnClose is called. So whoever holds a *Conn may use it through the whole turn, whatever failed in between.
type Conn struct {
	// Immutable.
	loop    *Loop
	session bool // Accepted or attached: counts in Loop.Sessions.
	unix    bool

	// Owned by the loop.
	handler    Handler
	sock       transport.Socket
	remote     netip.AddrPort
	dialed     transport.Addr // Where Dial connects to.
	state      connState
	slot       int32
	generation uint32
	watched    uint32 // The events registered with epoll; 0: in no set.
	idling     bool   // They are registered with the idle loop; see park.go.

	paused      bool
	pressed     bool // input came while paused: it is not watched for any more
	watchHangup bool
	hearOut     bool
	aboveHigh   bool
	inputEnded  bool // Lingering: the peer ended its direction before everything was sent.
	listed      bool // In loop.changed.
	offered     bool // In loop.offers.

	in        input
	out       output
	low, high int
	timer     *Timer // Of Dial and of CloseAfterWrite; nil until needed.
	linger    linger
	broken    error // Why nothing can be sent any more, while the peer is heard out.
	err       error // For OnClose.
	bytesIn   uint64
	bytesOut  uint64
}

// newConn makes a connection on the loop. It is watched from the end of the turn on.
func (l *Loop) newConn(sock transport.Socket, state connState) *Conn {
	c := &Conn{loop: l, sock: sock, state: state, low: defaultLow, high: defaultHigh}
	l.conns.put(c)
	c.interestChanged()
	return c
}

// setState moves the connection to another state. An illegal move is a defect of this package and is not made.
func (c *Conn) setState(to connState) {
	if legalMoves[c.state]&(1<<to) == 0 {
		c.loop.broken("illegal move of a connection's state")
		return
	}
	c.state = to
}

// SetHandler replaces who is called from now on.
func (c *Conn) SetHandler(h Handler) {
	c.loop.CheckOwner()
	c.handler = h
}

// Loop returns the loop that the connection belongs to.
func (c *Conn) Loop() *Loop { return c.loop }

// Close marks the connection closed: nothing is sent or offered any more, and OnClose(err) follows at the end of the turn.
// Unsent bytes are lost. Only the first call counts.
func (c *Conn) Close(err error) {
	c.loop.CheckOwner()
	if c.Closed() {
		return
	}
	c.setState(stateClosed)
	c.err = err
	c.loop.closed = append(c.loop.closed, c)
}

// startTimer bounds the state that the connection is in.
func (c *Conn) startTimer(d time.Duration) {
	if c.timer == nil {
		c.timer = c.loop.NewTimer(c.timedOut)
	}
	c.timer.Reset(d)
}

func (c *Conn) timedOut() {
	switch c.state {
	case stateConnecting:
		c.failDial(ErrDialTimeout)
	case stateLingering:
		c.lingered()
	}
}

// Closed says whether the connection is of no use any more: closed, failed or detached.
func (c *Conn) Closed() bool { return c.state >= stateClosed }

// Buffered returns the number of unsent bytes.
func (c *Conn) Buffered() int { return c.out.size }

// AboveHigh is true from when the unsent bytes reached the high mark until they fell to the low mark.
func (c *Conn) AboveHigh() bool { return c.aboveHigh }

// SetWaterMarks sets when AboveHigh begins and when it ends with OnWritable, in bytes; low must be less than high.
func (c *Conn) SetWaterMarks(low, high int) {
	c.loop.CheckOwner()
	c.low, c.high = low, high
	c.aboveHigh = c.out.size >= high || c.aboveHigh && c.out.size > low
}

// Remote returns the peer's address; not valid for a unix socket.
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// IsUnix says whether it is a unix socket.
func (c *Conn) IsUnix() bool { return c.unix }

// RemoteString returns the peer's address for logs: "ip:port", "unix:/path" where this side connected, or "unix".
func (c *Conn) RemoteString() string {
	switch {
	case c.dialed != transport.Addr{}:
		return c.dialed.String()
	case c.remote.IsValid():
		return c.remote.String()
	}
	return "unix"
}

// BytesIn returns how many bytes were read from the socket.
func (c *Conn) BytesIn() uint64 { return c.bytesIn }

// BytesOut returns how many bytes the socket took.
func (c *Conn) BytesOut() uint64 { return c.bytesOut }

// free gives back all that the connection holds. What is left is for the garbage collector.
func (c *Conn) free() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.in.release()
	c.out.release()
	c.loop.conns.remove(c)
	if c.idling {
		c.loop.woken.remove(c.sock.FD())
		c.idling = false
	}
	if c.session {
		c.loop.sessions.Add(-1)
	}
	c.watched = 0
}

// socketError is the error behind EPOLLERR; a cause that was already taken by a read or write reads as a reset.
func (c *Conn) socketError() error {
	if err := c.sock.Err(); err != nil {
		return err
	}
	return unix.ECONNRESET
}
