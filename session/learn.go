package session

import (
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// A session is unsure where it is when its server has not told it: of the collation that SET CHARACTER SET took from the schema, or of the schema,
// because the client does not want to hear of that. It matters where the connection has to go somewhere else and back: to prepare a statement.

// suspect notes that a statement may have gone to another schema without a report.
func (s *Session) suspect(e *sysvar.Event) {
	if s.mine.pins.Has(sysvar.Trackers) && !e.Schema && s.mayUse() {
		s.mine.unsure = true
	}
}

// learn asks the server if the session is unsure; the command under way waits then. It is false if there is nothing to be asked.
func (s *Session) learn() bool {
	if !s.mine.unsure {
		return false
	}
	s.mine.unsure = false
	if s.isMariaDB() {
		s.foreign |= rowCount | foundRows // it reads no table, so that the diagnostics stay
	} else {
		s.foreign = everything
	}
	s.backend.Ask("SELECT DATABASE(), @@SESSION.collation_connection", func(answer []string, refused *protocol.ERR) {
		if refused != nil || len(answer) != 2 {
			return
		}
		s.mine.schema = s.worker.names.of([]byte(answer[0]))
		if !s.mine.pins.Has(sysvar.Trackers) {
			s.mine.vars.Vars = s.worker.pool.Interner().With(s.mine.vars.Vars, []byte("collation_connection"), []byte(answer[1]))
		}
		s.note()
	})
	return true
}
