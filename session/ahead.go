package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// asksAhead reports whether the command under way takes the question for LAST_INSERT_ID() along (backend.AskAhead): it ends the transaction
// that holds the connection, which the session leaves then to those who wait, and nothing else has to be asked before.
func (s *Session) asksAhead(whole bool) bool {
	const settled = sysvar.InTransaction | sysvar.Savepoint | sysvar.RowCount | sysvar.InsertID // by its end, and this question
	if s.mine.pins&sysvar.InsertID == 0 || s.mine.pins&^settled != 0 || !whole {
		return false
	}
	if s.command != protocol.ComQuery && s.command != protocol.ComStmtExecute {
		return false
	}
	switch info := &s.now.info; info.Verb {
	case digest.VerbCommit, digest.VerbRollback:
		return info.Flags == 0 && info.Statements == 1 && s.worker.pool.Waiting(s.request.Hostgroup)
	}
	return false
}

// concludeAhead takes the answer to the question that went in front of the command.
func (s *Session) concludeAhead() {
	id, ok := s.backend.TakeInsertID()
	if !ok {
		return
	}
	s.mine.past.insertID = id
	s.mine.pins &^= sysvar.InsertID
	s.foreign |= foundRows
}
