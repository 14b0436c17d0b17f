package session

import "parkway/protocol"

// The commands about prepared statements that the proxy may end itself: those without an answer, and COM_STMT_RESET.

// sendLongData is COM_STMT_SEND_LONG_DATA, which has no answer.
func (s *Session) sendLongData(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forwardSilent(p, whole)
	}
	if b := s.backend; b != nil && !b.Idle() {
		return s.onEarly(p)
	}
	s.examine(p, whole)
	if s.now.entry == nil || s.now.entry.Refusal != nil {
		return s.swallow(p, whole)
	}
	if s.mine.statements.KeepLongData(s.now.entry, p, whole) {
		return s.swallow(p, whole)
	}
	if s.decide(s.worker.rules()); !s.place() || !s.obtain() {
		return 0
	}
	s.transmit(p, whole)
	s.mine.statements.SentLongData(s.now.entry)
	s.holdStatements()
	if !whole {
		s.setState(trailing)
	} else {
		s.settle()
	}
	return len(p)
}

// refuseLater keeps the reason why COM_STMT_SEND_LONG_DATA failed for the
// execution.
func (s *Session) refuseLater(reason *protocol.ERR) {
	if e := s.now.entry; e != nil && reason != nil {
		e.Refusal = reason
	}
}

// resetStatement is COM_STMT_RESET.
func (s *Session) resetStatement(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forward(p, whole)
	}
	s.examine(p, whole)
	// Where there is a server that has the statement it is done there too: it changes what ROW_COUNT() says.
	switch e := s.now.entry; {
	case e == nil || s.server().Has(s.now.slot):
		return s.forward(p, whole)
	case !whole:
		return s.refuseMalformed(p, whole)
	default:
		s.mine.statements.Reset(e, s.server())
	}
	s.holdStatements()
	s.mine.past.rowCount = 0
	s.share()
	s.writeOK(s.message.NextSeq())
	s.settle()
	return len(p)
}

// closeStatement is COM_STMT_CLOSE, which has no answer.
func (s *Session) closeStatement(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forwardSilent(p, whole)
	}
	s.examine(p, whole)
	if e := s.now.entry; e != nil {
		s.now.entry = nil
		s.mine.statements.Close(e, s.server())
		s.holdStatements()
		s.share()
	}
	return s.swallow(p, whole)
}

// swallow passes over a command without an answer that nothing is sent for.
func (s *Session) swallow(p []byte, whole bool) int { return s.refuse(p, whole) }
