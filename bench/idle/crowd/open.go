package crowd

import (
	"errors"
	"time"
)

// Arrival is what came of clients that were to log in.
type Arrival struct {
	Opened, Failed int
	Took           time.Duration   // from the first connect to the last login
	Times          []time.Duration // of each login that succeeded, from its connect on
}

var errSlow = errors.New("not done when patience ran out")

// Open lets n more clients come, as fast as they can, at most atOnce of them logging in at a time. A client that fails is
// counted, and the State says why; the error is the crowd's own.
func (c *Crowd) Open(n, atOnce int) (Arrival, error) {
	var a Arrival
	first := len(c.sessions)
	// Sessions don't move while events may point at them.
	c.sessions = append(c.sessions, make([]session, n)...)
	for i := range c.sessions[first:] {
		c.sessions[first+i].phase = gone
	}
	begun := c.now()
	c.heard = begun
	c.done = func(s *session) {
		a.Opened++
		a.Times = append(a.Times, s.age(c.now()))
		a.Took = time.Duration(c.now() - begun)
	}
	c.failed = func(*session) { a.Failed++ }
	defer func() { c.done, c.failed = nil, nil }()
	for next := first; a.Opened+a.Failed < n; {
		for next < len(c.sessions) && next-first-a.Opened-a.Failed < atOnce {
			c.begin(next)
			next++
		}
		if err := c.wait(c.config.Patience); err != nil {
			return a, err
		}
	}
	return a, nil
}

// begin lets client i connect.
func (c *Crowd) begin(i int) {
	s := &c.sessions[i]
	*s = session{since: c.now()}
	fd, err := c.connect(i)
	c.busy++
	if err != nil {
		c.busy--
		s.phase = gone
		c.why[err.Error()]++
		c.failed(s)
		return
	}
	s.fd = int32(fd)
}

// wait is a turn of at most d. When nothing has come from any socket for as long as patience lasts, whatever is under way has failed.
func (c *Crowd) wait(d time.Duration) error {
	if n, err := c.turn(min(d, c.config.Patience)); err != nil || n > 0 {
		c.heard = c.now()
		return err
	}
	if c.busy == 0 || time.Duration(c.now()-c.heard) < c.config.Patience {
		return nil
	}
	for i := range c.sessions {
		if s := &c.sessions[i]; s.phase != gone && s.phase != quiet {
			c.fail(s, errSlow)
		}
	}
	return nil
}
