package session

import (
	"time"

	"parkway/protocol"
)

// deadline returns the loop time at which the present state has lasted too
// long; ok is false for states that others watch over.
func (s *Session) deadline() (at int64, ok bool) {
	if s.leaving() || s.parting != nil {
		return s.since + int64(farewell), true
	}
	if s.lingering() {
		return s.lingerEnd(), true
	}
	set := s.worker.proxy.settings.Load()
	switch s.state {
	case greeted, knocking, authing, verifying, vetting:
		return s.since + int64(s.loginTimeout()), true
	case ready, discarding, trailing:
		at := s.since + int64(set.WaitTimeout)
		if s.parkable() {
			at = min(at, s.parkingTime())
		}
		return at, true
	case abandoned:
		return s.since + int64(abandonLinger), true
	case sending, answering, observing, uploading, injecting:
		if s.beingCut() && s.cut.until != 0 {
			return s.cut.until, true
		}
		limit, _ := s.queryTimeout()
		return s.since + int64(limit), limit > 0
	case delayed:
		return s.route.until, true
	case doubtful:
		return s.doubtEnd(), true
	case pondering:
		return s.scriptDeadline()
	}
	return 0, false
}

// watch makes sure that the timer fires by the deadline of the present state.
// It is left alone when it fires earlier than that: deadlines mostly move
// away, and onTimer looks again.
func (s *Session) watch() {
	at, ok := s.deadline()
	if !ok || s.timer.Armed() && s.alarm <= at {
		return
	}
	s.alarm = at
	s.timer.Reset(time.Duration(max(at-s.worker.loop.Now(), 0)))
}

// onTimer ends the session, or its statement, if its time is over.
func (s *Session) onTimer() {
	at, ok := s.deadline()
	if !ok {
		return
	}
	if s.worker.loop.Now() < at {
		s.watch()
		return
	}
	if s.parting != nil {
		s.sayLast()
		return
	}
	if s.lingering() && !s.leaving() {
		s.part()
		s.watch()
		return
	}
	switch s.state {
	case delayed:
		s.endDelay()
		return
	case doubtful:
		s.reconsider()
		return
	case pondering:
		s.giveUpScript(s.tooSlow())
		return
	}
	if s.parkable() && s.worker.loop.Now() < s.since+int64(s.worker.proxy.settings.Load().WaitTimeout) {
		s.parkOrWait()
		return
	}
	switch reason := s.late(); s.state {
	case sending, answering, observing, uploading, injecting:
		s.overdue(reason)
	default:
		s.interrupt(reason)
	}
}

// late says what took too long in the present state.
func (s *Session) late() *protocol.ERR {
	if s.leaving() {
		return stopping()
	}
	set := s.worker.proxy.settings.Load()
	switch s.state {
	case greeted, knocking, authing, verifying, vetting:
		limit, why := s.loginTimeout(), "connect_timeout_client_ms"
		if limit < set.ConnectTimeoutClient {
			why = "many more wait to log in"
		}
		return protocol.NewERR(protocol.ErrCodeNetReadTimeout,
			"parkway: login not finished within %d ms (%s)", limit.Milliseconds(), why)
	case ready, discarding, trailing:
		return inactive(set.WaitTimeout)
	default:
		limit, setting := s.queryTimeout()
		return protocol.NewERR(protocol.ErrCodeQueryTimeout,
			"parkway: query took longer than %d ms (%s)", limit.Milliseconds(), setting)
	}
}

// inactive is what a client reads that was quiet for limit.
func inactive(limit time.Duration) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeInteractionTimeout,
		"parkway: disconnected because of inactivity for %d ms (wait_timeout_ms)", limit.Milliseconds())
}
