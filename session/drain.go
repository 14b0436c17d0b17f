package session

import "parkway/protocol"

// drain ends the session if it has nothing under way, because the proxy is
// about to stop. A session in the middle of a statement or a transaction is
// asked again when that ends.
func (s *Session) drain() {
	switch s.state {
	case greeted, authing, verifying, acquiring, refused:
		s.shutdown()
	case ready:
		if s.status&protocol.StatusInTrans == 0 {
			s.shutdown()
		}
	}
}

// shutdown ends the session whatever it is doing.
func (s *Session) shutdown() {
	reason := protocol.NewERR(protocol.ErrCodeServerShutdown, "parkway: server shutdown in progress")
	switch {
	case s.state == closing:
	case s.login != nil:
		s.fatal(s.login.seq, reason)
	case s.backend == nil || s.backend.Idle():
		s.goodbye(reason)
	case s.backend.Answer().Partial():
		s.drop(reason)
	default:
		s.fatal(s.backend.Answer().NextSeq(), reason)
	}
}
