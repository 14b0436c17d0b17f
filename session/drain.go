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
	s.interrupt(protocol.NewERR(protocol.ErrCodeServerShutdown, "parkway: server shutdown in progress"))
}
