package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// What only the connection knows of the session's last statements is asked for before the session leaves it.

// askable are the pins of what the connection can be asked for before it is left.
const askable = sysvar.FoundRows | sysvar.InsertID | sysvar.Unreported

// askPast finds out what the session takes along from the connection at hand, which it is about to leave. It is false if there is nothing
// to be found out; otherwise asked follows, and commands wait until then.
func (s *Session) askPast() bool {
	pins := s.mine.pins
	if pins&askable == 0 {
		return false
	}
	then := func(found, insertID uint64) {
		if pins&sysvar.FoundRows != 0 {
			s.mine.past.found = found
		}
		if pins&sysvar.InsertID != 0 {
			s.mine.past.insertID = insertID
		}
	}
	if pins&sysvar.Unreported == 0 {
		s.backend.AskPast(nil, then)
		return true
	}
	flush := flushMySQL
	if s.isMariaDB() {
		flush = flushMariaDB
	}
	s.backend.AskPast(s.trackLate, then, backend.Query{SQL: flush, Report: s.trackLate, Must: true})
	return true
}

// drowns reports whether what MySQL has not reported yet would be lost among what the command under way makes it report: its own changes, or those
// that bring the connection to the session's state. MariaDB is asked before any command (flush).
func (s *Session) drowns() bool {
	if s.backend == nil || s.isMariaDB() || s.mine.pins&(sysvar.Unreported|sysvar.Trackers) != sysvar.Unreported || !s.backend.Idle() {
		return false // where the trackers are the client's, it is told what is reported, late or not
	}
	if !s.asks() && sysvar.Reports(s.now.info.Verb, s.now.info.Flags) {
		return true
	}
	want := s.want()
	return !s.backend.InSync(&want)
}

// trackLate notes the changes that are reported when nobody expects any: what a stored function has made of the connection.
func (s *Session) trackLate(ok *protocol.OK) {
	var e sysvar.Event
	s.track(ok, &e)
	s.oweReports(ok)
	if e.StateChanged && !s.isMariaDB() { // there it is that of the SET which was sent
		s.mine.pins |= sysvar.Unexplained
	}
	if e.PinVariable {
		s.mine.pins |= sysvar.Variable
	}
	s.note()
}

// asked goes on after askPast. The connection is left, if it was kept only for what could be asked; it may have been lost over it.
func (s *Session) asked() {
	s.mine.pins &^= askable
	if s.state == injecting {
		s.foreign = everything
		s.inject()
		return
	}
	switch {
	case s.backend == nil:
		s.mine.pins = 0
	case !s.bound() && !s.keeps():
		s.mine.pins = 0
		s.release()
	default:
		s.foreign = everything
	}
	if s.state == doubtful {
		s.reconsider()
		return
	}
	s.watch()
	s.resume()
}

// part leaves a connection that is kept only for what the client may ask. It is false if that takes a while: commands wait until then.
func (s *Session) part() bool {
	if s.askPast() {
		return false
	}
	s.mine.pins = 0
	s.release()
	s.resume() // OnBackendWritable does not follow.
	return true
}
