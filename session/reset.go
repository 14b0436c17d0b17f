package session

import (
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// COM_RESET_CONNECTION is carried out by the proxy: the session's state goes, and the connection with it. Only one that has what a reset does not
// end is kept, and reset by its server. A connection that nobody has followed is the client's own, and is sent the command.

// resetStep is how far the client's COM_RESET_CONNECTION has come on the connection at hand. It waits for each step, and then comes again.
type resetStep uint8

const (
	resetUnbegun resetStep = iota
	resetLocated           // the schema of a session that nobody has followed, which outlives the reset, was asked for
	resetDone              // the server was told to reset the connection
)

// resetConnection is COM_RESET_CONNECTION.
func (s *Session) resetConnection(p []byte, whole bool) int {
	switch {
	case !whole:
		return s.refuseMalformed(p, whole)
	case s.backend == nil:
		s.resetState()
	case s.passesReset():
		return s.forward(p, whole)
	case s.beingCut():
		return s.onEarly(p)
	case !s.resetBackend():
		return 0
	}
	s.releaseAsides()
	s.writeOK(s.message.NextSeq())
	s.settle()
	return len(p)
}

// passesReset reports whether the command goes to the server as it came.
func (s *Session) passesReset() bool {
	return !s.sharing() && s.backend.Init() == "" && !s.unfollowed()
}

// resetBackend resets the session together with its connection. It is false if the command has to wait.
func (s *Session) resetBackend() (done bool) {
	switch {
	case !s.sharing() && s.reset < resetLocated:
		s.reset = resetLocated
		s.locate()
		return false
	case !s.outlivesReset():
		s.worker.pool.Discard(s.backend)
		s.backend = nil
		s.resetState()
	case s.reset < resetDone:
		s.reset = resetDone
		s.await()
		s.backend.Reset()
		return false
	default:
		pins, unshareable := s.mine.pins&sysvar.SurviveReset, s.mine.unshareable
		s.resetState()
		s.mine.pins, s.mine.unshareable = pins, unshareable
		s.foreign, s.reset = everything, resetUnbegun
	}
	return true
}

// resetState is what COM_RESET_CONNECTION does: all is as after the login, but
// for the schema.
func (s *Session) resetState() {
	s.beginState(s.mine.schema)
	if !s.isMariaDB() {
		// MySQL goes back to its global character sets, whatever the login said.
		s.mine.vars.Vars = s.worker.pool.Interner().Empty()
	}
	s.status = protocol.StatusAutocommit
	s.forgetIgnoreSpace()
}

// forgetIgnoreSpace is called when the client resets its session or changes its user: MariaDB forgets then that CLIENT_IGNORE_SPACE added to
// sql_mode, and so must connections that serve the session from now on.
func (s *Session) forgetIgnoreSpace() {
	if s.isMariaDB() {
		s.caps &^= protocol.ClientIgnoreSpace
	}
}

// outlivesReset reports whether the session has something on its connection that COM_RESET_CONNECTION does not end.
func (s *Session) outlivesReset() bool {
	return s.mine.pins&sysvar.SurviveReset != 0 || s.mine.unshareable
}
