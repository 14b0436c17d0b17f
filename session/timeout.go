package session

import (
	"time"

	"parkway/protocol"
)

func nanoseconds(n int64) time.Duration { return time.Duration(n) }

// deadline returns the loop time at which the present state has lasted too
// long; ok is false for states that others watch over.
func (s *Session) deadline() (at int64, ok bool) {
	set := s.worker.proxy.settings.Load()
	switch s.state {
	case greeted, authing, verifying:
		return s.since + int64(set.ConnectTimeoutClient), true
	case ready, discarding, trailing:
		return s.since + int64(set.WaitTimeout), true
	case abandoned:
		return s.since + int64(abandonLinger), true
	case sending, answering, uploading:
		return s.since + int64(set.DefaultQueryTimeout), set.DefaultQueryTimeout > 0
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
	s.timer.Reset(nanoseconds(max(at-s.worker.loop.Now(), 0)))
}

func (s *Session) onTimer() {
	at, ok := s.deadline()
	if !ok {
		return
	}
	if s.worker.loop.Now() < at {
		s.watch()
		return
	}
	set := s.worker.proxy.settings.Load()
	switch s.state {
	case greeted, authing, verifying:
		s.fatal(s.login.seq, protocol.NewERR(protocol.ErrCodeNetReadTimeout,
			"parkway: login not finished within %d ms (connect_timeout_client_ms)", set.ConnectTimeoutClient.Milliseconds()))
	case ready, discarding, trailing:
		s.goodbye(protocol.NewERR(protocol.ErrCodeInteractionTimeout,
			"parkway: disconnected because of inactivity for %d ms (wait_timeout_ms)", set.WaitTimeout.Milliseconds()))
	case abandoned:
		s.fatal(s.file.NextSeq(), s.refusal)
	default:
		s.expire(set.DefaultQueryTimeout)
	}
}

// expire ends a statement that took too long, and with it the session, whose
// backend connection can't be used any more.
func (s *Session) expire(limit time.Duration) {
	reason := protocol.NewERR(protocol.ErrCodeQueryTimeout,
		"parkway: query took longer than %d ms (default_query_timeout_ms)", limit.Milliseconds())
	if answer := s.backend.Answer(); answer.Partial() {
		s.drop(reason)
	} else {
		s.fatal(answer.NextSeq(), reason)
	}
}
