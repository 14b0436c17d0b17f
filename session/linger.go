package session

import (
	"time"

	"parkway/protocol/sysvar"
)

// A connection lingers with a session that may ask what became of its last statement, though nothing else holds it there: for as long as
// nobody needs it, within lingerTime, and for what cannot be taken along (see askable) for connection_delay_multiplex_ms even then.

// lingerTime is how long a connection lingers that nobody waits for.
const lingerTime = time.Second

// lingering reports whether the connection is kept only for what the client may
// ask next.
func (s *Session) lingering() bool {
	return s.unbegun() && s.backend != nil && s.backend.Idle() && s.mine.pins != 0 && !s.bound() && !s.keeps()
}

// unbegun reports whether nothing is under way on the session's connection, though there may be a command that waits for the script.
func (s *Session) unbegun() bool {
	return s.state == ready || s.state == pondering && s.injection() == nil
}

// lingerEnd is the loop time at which lingering ends.
func (s *Session) lingerEnd() int64 {
	delay := s.worker.proxy.settings.Load().ConnectionDelayMultiplex
	switch {
	case !s.worker.pool.Waiting(s.request.Hostgroup):
		return s.since + int64(max(lingerTime, delay))
	case s.mine.pins&^askable == 0:
		return s.since
	default:
		return s.mine.stirred + int64(delay)
	}
}

// endLinger leaves a connection that has lingered for long enough.
func (s *Session) endLinger() {
	s.part()
	s.watch()
}

// linger makes the session known as one that may be asked to hurry.
func (s *Session) linger() {
	w := s.worker
	w.lingering[s] = struct{}{}
	w.tellLingerers()
}

// forgetLinger undoes linger.
func (w *worker) forgetLinger(s *Session) {
	delete(w.lingering, s)
	w.tellLingerers()
}

// tellLingerers publishes whether there are any.
func (w *worker) tellLingerers() { w.lingerers.Store(int32(len(w.lingering))) }

// hurry lets sessions know that somebody waits for a connection. Any loop.
func (p *Proxy) hurry() {
	for _, w := range p.workers {
		if w.lingerers.Load() > 0 {
			w.loop.Post(w.hurry)
		}
	}
}

// hurry looks at every session with a connection that lingers.
func (w *worker) hurry() {
	for s := range w.lingering {
		if s.lingering() {
			s.conn.Guard(s.watch)
		} else {
			delete(w.lingering, s)
		}
	}
	w.tellLingerers()
}

// yield gives up a connection that lingers when the client asks something else and others wait, unless the statement leaves what can be
// asked as it is. It is false if the command has to wait for that, or for what the server has not reported yet.
func (s *Session) yield() bool {
	if s.drowns() {
		return !s.askPast()
	}
	if !s.lingering() || s.asks() || !s.worker.pool.Waiting(s.request.Hostgroup) {
		return true
	}
	pins := s.mine.pins
	if !s.isMariaDB() || sysvar.ReadsTables(s.now.info.Verb) {
		pins &^= sysvar.Warnings
	}
	if pins&^askable != 0 && s.worker.loop.Now() < s.lingerEnd() {
		return true
	}
	return s.part()
}

// warn notes that the client may ask for the warnings of a command that conclude does not look at.
func (s *Session) warn() {
	s.mine.pins |= sysvar.Warnings
	s.foreign &^= diagnostics
	s.mine.stirred = s.worker.loop.Now()
}
