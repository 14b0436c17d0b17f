package crowd

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"parkway/protocol/auth"
	"parkway/reactor/transport"
)

const (
	eventsPerTurn = 512
	readSize      = 16 << 10
)

// Config is where the clients of a crowd come from and go to.
type Config struct {
	Target         netip.AddrPort // IPv4
	User, Password string
	Database       string        // "" for none
	Source         int           // number of the first source address that is this crowd's alone: 0 is 127.0.0.2
	Patience       time.Duration // when nothing is heard for so long, what is under way has failed
}

// Crowd is the clients of one process. For one goroutine, which should be locked to its thread.
type Crowd struct {
	config   Config
	account  account
	poller   int
	began    time.Time // of the clock
	sessions []session
	in, out  []byte
	events   []unix.EpollEvent

	open   int            // sessions that are logged in
	busy   int            // sessions on which something was begun
	lost   int            // sessions that ended by themselves after they were logged in
	why    map[string]int // the reasons of all that failed, and how often
	number uint32         // that was asked for last
	heard  int64          // when a socket last had something, or the crowd began to do something

	// Called when a session has come to an end of what it was at: logged in, or answered. nil: nobody is interested.
	done func(s *session)
	// Called when what a session was at has failed.
	failed func(s *session)
}

// New makes a crowd of nobody. Close it.
func New(c Config) (*Crowd, error) {
	if !c.Target.Addr().Is4() {
		return nil, fmt.Errorf("%v is no IPv4 address with a port", c.Target)
	}
	poller, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Crowd{
		config:  c,
		account: account{user: c.User, database: c.Database, credential: auth.ClearCredential(c.Password)},
		poller:  poller, began: time.Now(), in: make([]byte, readSize), events: make([]unix.EpollEvent, eventsPerTurn),
		why: make(map[string]int),
	}, nil
}

// State is how the crowd is.
type State struct {
	Open int            // sessions that are logged in
	Lost int            // sessions that were, and ended by themselves
	Why  map[string]int // what went wrong so far, and how often
}

// Look reads what has arrived unasked, such as the end of a session, and says how the crowd is.
func (c *Crowd) Look() (State, error) {
	for {
		n, err := c.turn(0)
		if err != nil {
			return State{}, err
		}
		if n == 0 {
			return c.state(), nil
		}
	}
}

func (c *Crowd) state() State { return State{Open: c.open, Lost: c.lost, Why: c.why} }

// Leave closes every session, as fast as the kernel can, without a word, and forgets them. What was lost stays counted.
func (c *Crowd) Leave() error {
	var errs []error
	for i := range c.sessions {
		if s := &c.sessions[i]; s.phase != gone {
			errs = append(errs, c.close(s))
		}
	}
	c.sessions = c.sessions[:0]
	return errors.Join(errs...)
}

// Close leaves and gives back the crowd's own descriptor.
func (c *Crowd) Close() error { return errors.Join(c.Leave(), unix.Close(c.poller)) }

// now is the crowd's clock, in nanoseconds.
func (c *Crowd) now() int64 { return int64(time.Since(c.began)) }

// turn waits up to d for the sockets and lets the sessions have what has arrived. It returns how many had something.
func (c *Crowd) turn(d time.Duration) (int, error) {
	n, err := unix.EpollWait(c.poller, c.events, 0)
	if n == 0 && err == nil && d > 0 {
		// epoll_wait(2) counts in milliseconds, this does not.
		limit := unix.NsecToTimespec(int64(d))
		_, err = unix.Ppoll([]unix.PollFd{{Fd: int32(c.poller), Events: unix.POLLIN}}, &limit, nil)
		if err == nil {
			n, err = unix.EpollWait(c.poller, c.events, 0)
		}
	}
	if err != nil && err != unix.EINTR {
		return 0, fmt.Errorf("wait for the sockets: %w", err)
	}
	for _, e := range c.events[:max(n, 0)] {
		// Sessions don't move, and a closed one's socket has left the epoll; another one's event may have closed it in this turn.
		if s := &c.sessions[e.Fd]; s.phase != gone {
			c.read(s)
		}
	}
	return max(n, 0), nil
}

// read takes what a session's socket has.
func (c *Crowd) read(s *session) {
	n, err := transport.Socket(s.fd).Read(c.in)
	switch {
	case err == transport.ErrAgain:
		return
	case err == io.EOF:
		c.fail(s, errors.New("closed by the server"))
		return
	case err != nil:
		c.fail(s, err)
		return
	}
	before := s.phase
	c.out, err = s.feed(c.out[:0], c.in[:n], &c.account)
	if err == nil && len(c.out) > 0 {
		err = send(s, c.out)
	}
	if err != nil {
		s.phase = before // what a part of the bytes has brought is worth nothing
		c.fail(s, err)
		return
	}
	if s.phase != quiet || before == quiet {
		return
	}
	c.busy--
	if before != asked {
		c.open++
	}
	if c.done != nil {
		c.done(s)
	}
}

// send writes what fits into any socket whose peer has read what was sent before.
func send(s *session, b []byte) error {
	n, err := transport.Socket(s.fd).Write(b)
	if err != nil {
		return err
	}
	if n < len(b) {
		return fmt.Errorf("the socket took %d of %d bytes", n, len(b))
	}
	return nil
}

// phaseNames say what a session was at when it failed.
var phaseNames = [...]string{greeting: "waiting for the greeting", verdict: "logging in", quiet: "quiet", asked: "waiting for an answer"}

// fail ends a session.
func (c *Crowd) fail(s *session, err error) {
	c.why[phaseNames[s.phase]+": "+err.Error()]++
	at := s.phase
	if at == quiet || at == asked {
		c.lost++
	}
	if err := c.close(s); err != nil {
		c.why["close: "+err.Error()]++
	}
	if at != quiet && c.failed != nil {
		c.failed(s)
	}
}

// close closes a session that is not gone.
func (c *Crowd) close(s *session) error {
	if s.phase == quiet || s.phase == asked {
		c.open--
	}
	if s.phase != quiet {
		c.busy--
	}
	s.phase, s.rest, s.login = gone, nil, nil
	return transport.Socket(s.fd).Close()
}
