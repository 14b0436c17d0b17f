package session

import (
	"time"

	"parkway/protocol"
)

// deadline returns the loop time at which the present state has lasted too long, and what is done then: nil for states
// that others watch over.
func (s *Session) deadline() (at int64, over func(*Session)) {
	switch {
	case s.parting != nil:
		return s.since + int64(farewell), (*Session).sayLast
	case s.leaving():
		return s.since + int64(farewell), (*Session).shutdown
	case s.lingering():
		return s.lingerEnd(), (*Session).endLinger
	}
	switch s.state {
	case greeted, knocking, authing, verifying, vetting:
		return s.since + int64(s.loginTimeout()), (*Session).endLogin
	case barred:
		return s.login.until, (*Session).endBarred
	case ready, discarding, trailing:
		return s.quietDeadline()
	case abandoned:
		return s.since + int64(abandonLinger), (*Session).endAbandoned
	case sending, answering, observing, uploading, injecting:
		if s.beingCut() && s.cut.until != 0 {
			return s.cut.until, (*Session).endQuery
		}
		return s.queryDeadline((*Session).endQuery)
	case delayed:
		return s.route.until, (*Session).endDelay
	case doubtful:
		return s.doubtEnd(), (*Session).reconsider
	case pondering:
		return s.queryDeadline((*Session).endPondering)
	}
	return 0, nil
}

// quietDeadline is deadline for a session whose client is to say something: it is parked, or else ended.
func (s *Session) quietDeadline() (at int64, over func(*Session)) {
	at = s.since + int64(s.worker.proxy.settings.Load().WaitTimeout)
	if s.parkable() && s.worker.loop.Now() < at {
		if parking := s.parkingTime(); parking < at {
			return parking, (*Session).parkOrWait
		}
	}
	return at, (*Session).endInactive
}

// queryDeadline is deadline for a command under way, at the end of which over is called. What limits the statement limits
// its wait for the script too, which has limits of its own.
func (s *Session) queryDeadline(over func(*Session)) (int64, func(*Session)) {
	limit, _ := s.queryTimeout()
	if limit <= 0 {
		return 0, nil
	}
	return s.since + int64(limit), over
}

// watch makes sure that the timer fires by the deadline of the present state.
// It is left alone when it fires earlier than that: deadlines mostly move
// away, and onTimer looks again.
func (s *Session) watch() {
	at, over := s.deadline()
	if over == nil || s.timer.Armed() && s.alarm <= at {
		return
	}
	s.alarm = at
	s.timer.Reset(time.Duration(max(at-s.worker.loop.Now(), 0)))
}

// onTimer does what is due, if the time of the present state is over.
func (s *Session) onTimer() {
	switch at, over := s.deadline(); {
	case over == nil:
	case s.worker.loop.Now() < at:
		s.watch()
	default:
		over(s)
	}
}

// endLogin ends a session whose client takes too long to log in.
func (s *Session) endLogin() {
	limit, why := s.loginTimeout(), "connect_timeout_client_ms"
	if limit < s.worker.proxy.settings.Load().ConnectTimeoutClient {
		why = "many more wait to log in"
	}
	s.interrupt(protocol.NewERR(protocol.ErrCodeNetReadTimeout,
		"parkway: login not finished within %d ms (%s)", limit.Milliseconds(), why))
}

// endInactive ends a session whose client says nothing.
func (s *Session) endInactive() { s.interrupt(inactive(s.worker.proxy.settings.Load().WaitTimeout)) }

// inactive is what a client reads that was quiet for limit.
func inactive(limit time.Duration) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeInteractionTimeout,
		"parkway: disconnected because of inactivity for %d ms (wait_timeout_ms)", limit.Milliseconds())
}

// endQuery ends a statement that takes too long.
func (s *Session) endQuery() { s.overdue(s.tookTooLong("query")) }

// endPondering ends the wait of a statement for the script.
func (s *Session) endPondering() { s.giveUpScript(s.tookTooLong("the script")) }

// tookTooLong is what a client reads whose statement has taken too long because of what.
func (s *Session) tookTooLong(what string) *protocol.ERR {
	limit, setting := s.queryTimeout()
	return protocol.NewERR(protocol.ErrCodeQueryTimeout, "parkway: %s took longer than %d ms (%s)", what, limit.Milliseconds(), setting)
}
