package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a client may ask about its last statement: FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), SHOW WARNINGS. The session keeps the numbers
// and takes them along to other connections (remembered.go). Where the answer did not tell them, they are asked for before the connection is
// left (askpast.go). Warnings are not taken along: for them the connection is kept, for a while.

// past is what the session's last statement left behind.
type past struct {
	rowCount int64  // what ROW_COUNT() returns
	found    uint64 // what FOUND_ROWS() returns, unless a pin says that only the connection knows
	insertID uint64 // what LAST_INSERT_ID() returns, likewise
	presumed uint64 // and what it is taken for if that connection is lost: see presumePast
	some     bool   // there was a statement
}

// needsInsertID reports whether LAST_INSERT_ID() has to be right before the statement: because it asks, or because the answer does not say
// for sure whether it changed that.
func (s *Session) needsInsertID() bool {
	switch s.now.info.Verb {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbLoad, digest.VerbCall:
		return true
	case digest.VerbShow:
		if !s.now.info.Flags.Has(digest.ShowWarnings) {
			return true // it is among SHOW VARIABLES
		}
	}
	return s.now.info.Flags&(digest.LastInsertIDFn|digest.LastInsertIDSet|unseen) != 0 || s.setsTrackers()
}

// unseen are the flags of statements that may do anything that can be asked for, or leave it as it is.
const unseen = digest.ExecuteStmt | digest.Compound | digest.MultiStatement

// The flags of statements that ask about the one before: what its connection has to be asked, and LAST_INSERT_ID(), which
// follows the session.
const (
	connectionPast = digest.FoundRowsFn | digest.RowCountFn | digest.ShowWarnings | digest.ConnectionStatus | digest.SequenceLast
	anyPast        = connectionPast | digest.LastInsertIDFn
)

// asks reports whether the statement under way asks for what only the
// connection that ran the one before knows.
func (s *Session) asks() bool {
	return s.now.info.Flags&(anyPast|digest.Uncertain|digest.ExecutableComment) != 0 || s.countsWarnings()
}

// countsWarnings reports whether the command leaves SHOW WARNINGS as it is, but for an error of its own, and its answer may have their number:
// MySQL.
func (s *Session) countsWarnings() bool {
	switch s.command {
	case protocol.ComInitDB, protocol.ComPing, protocol.ComSetOption, protocol.ComStmtFetch, protocol.ComStmtReset:
		return !s.isMariaDB()
	case protocol.ComStmtExecute:
		return !s.isMariaDB() && s.now.entry == nil
	}
	return false
}

// concludePast notes what can be asked about the statement that was just answered.
func (s *Session) concludePast(answer *protocol.ResponseReader) {
	p, info := &s.mine.past, &s.now.info
	p.rowCount, p.some = answer.Affected(), true
	s.foreign &= foundRows
	switch _, failed := answer.Failed(); {
	case failed:
	case !answer.Rows():
		if !s.isMariaDB() {
			s.concludeFound(answer)
		}
	case sysvar.IsFound(info.Verb, info.Flags, s.isMariaDB()):
		p.found = answer.Found()
		s.foreign = 0
	}
}

// concludeInsertID notes what the client was told of LAST_INSERT_ID() by a statement that has or may have set it; pins are from before. One that
// failed has most likely left it alone.
func (s *Session) concludeInsertID(e *sysvar.Event, pins sysvar.Pins) {
	switch p := &s.mine.past; {
	case e.InsertID != 0:
		p.presumed = e.InsertID
	case !e.Failed:
		p.presumed = 0
	case !pins.Has(sysvar.InsertID):
		p.presumed = p.insertID
	}
}

// presumePast is called when the connection at hand is lost together with what only it knew of the last statements. That costs the client no more:
// LAST_INSERT_ID() is then the number that the client itself was told; 0, as after the login, if the answer told none. FOUND_ROWS() is how many
// it has read.
func (s *Session) presumePast() {
	if s.mine.pins.Has(sysvar.InsertID) {
		s.mine.past.insertID = s.mine.past.presumed
	}
}

// asksLost reports whether the statement under way asks for a LAST_INSERT_ID() that nobody knows but the connection at hand.
func (s *Session) asksLost() bool {
	return s.now.info.Flags.Has(digest.LastInsertIDFn) && s.mine.pins.Has(sysvar.InsertID) && s.mine.past.presumed == 0
}

// concludeFound notes what FOUND_ROWS() returns on MySQL after a statement without a result set that has succeeded: an UPDATE of one table and
// the SELECT in an INSERT or REPLACE count.
func (s *Session) concludeFound(answer *protocol.ResponseReader) {
	switch info := &s.now.info; {
	case info.Verb == digest.VerbDo:
		s.mine.past.found = 1
	case info.Verb == digest.VerbUpdate, info.Flags.Has(digest.InsertSelect):
		s.mine.past.found = answer.Matched()
	default:
		return
	}
	s.foreign = 0
}
