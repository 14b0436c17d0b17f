package session

import (
	"fmt"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a client may ask about its last statement: FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), SHOW WARNINGS. The session keeps the numbers
// and takes them along to other connections (backend.Past). Where the answer did not tell them, they are asked for before the connection is
// left. Warnings are not taken along: for them the connection is kept, for a while.

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

// remembered is what a connection remembers of a statement.
type remembered uint8

const (
	rowCount remembered = 1 << iota
	foundRows
	diagnostics
	everything = rowCount | foundRows | diagnostics
)

// wantPast is what the connection has to be told of the statement before.
func (s *Session) wantPast() backend.Past {
	const asksDiagnostics = digest.ShowWarnings | digest.Uncertain | digest.ExecutableComment
	flags := s.now.info.Flags
	var needs remembered
	switch {
	case flags&(digest.FoundRowsFn|digest.Uncertain|digest.ExecutableComment) != 0:
		needs |= foundRows
	case !s.isMariaDB() && flags.Has(digest.ShowWarnings) && s.foreign&diagnostics == 0: // it would cost the diagnostics
	case flags&unseen != 0, s.now.info.Verb == digest.VerbCall, s.showsDiagnostics(), sysvar.MayFind(s.now.info.Verb, flags, s.isMariaDB()):
		needs |= foundRows
	}
	if flags&asksDiagnostics != 0 || s.meetsDiagnostics() {
		needs |= diagnostics
	}
	if s.setsTrackers() {
		needs |= foundRows | diagnostics
	}
	if flags.Has(digest.RowCountFn) && s.command != protocol.ComQuery { // for those see writeRowCount
		needs |= rowCount
	}
	past := backend.Past{}
	if s.foreign&needs != 0 {
		past = backend.Past{
			Asked: true, Found: s.mine.past.found,
			Keep:  s.foreign&diagnostics == 0,
			Quiet: s.mine.past.rowCount == 0 && s.foreign&needs&foundRows == 0,
			Fresh: !s.mine.past.some && needs&foundRows == 0,
			Clean: needs&diagnostics != 0,
		}
	}
	if !s.isMariaDB() && s.foreign&diagnostics == 0 && (flags&asksDiagnostics != 0 || s.countsWarnings()) {
		past.Refused = s.unprepared
	}
	return past
}

// showsDiagnostics reports whether the statement is a SHOW WARNINGS, which leaves FOUND_ROWS() as it was.
func (s *Session) showsDiagnostics() bool {
	return s.now.info.Verb == digest.VerbShow && s.now.info.Flags.Has(digest.ShowWarnings)
}

// told notes that the connection will be told what s.request.Want says. Of a statement that affected rows nothing can stand in for their
// number; -1 of a query is as near as it gets.
func (s *Session) told() {
	switch p := &s.request.Want.Past; {
	case !p.Asked:
	case p.Quiet:
		s.foreign &= foundRows
	case s.command == protocol.ComQuery:
		s.foreign = rowCount // also if the connection had the session's number: what tells it of the rest is a statement too
	default:
		s.foreign = 0
	}
}

// meetsDiagnostics reports whether the client would see something of the warnings of the connection's last session.
func (s *Session) meetsDiagnostics() bool {
	return s.backend != nil && s.backend.Have().Diagnostics && (s.isMariaDB() || s.countsWarnings())
}

// concludePast notes what can be asked about the statement that was just answered.
func (s *Session) concludePast(answer *protocol.ResponseReader) {
	p, info := &s.mine.past, &s.now.info
	p.rowCount, p.some = answer.Affected(), true
	s.foreign &= foundRows
	switch _, failed := answer.Failed(); {
	case failed:
		return
	case !answer.Rows():
		if !s.isMariaDB() {
			s.concludeFound(answer)
		}
		return
	}
	if !sysvar.IsFound(info.Verb, info.Flags, s.isMariaDB()) {
		return
	}
	p.found = answer.Found()
	s.foreign = 0
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

// askable are the pins of what the connection can be asked for before it is left.
const askable = sysvar.FoundRows | sysvar.InsertID | sysvar.Unreported

// askPast finds out what the session takes along from the connection at hand, which it is about to leave. It is false if there is nothing
// to be found out; otherwise asked follows, and commands wait until then.
func (s *Session) askPast() bool {
	pins := s.mine.pins
	if pins&askable == 0 {
		return false
	}
	var report func(*protocol.OK)
	flush := ""
	if pins&sysvar.Unreported != 0 {
		report, flush = s.trackLate, flushMySQL
		if s.isMariaDB() {
			flush = flushMariaDB
		}
	}
	s.backend.AskPast(flush, report, func(found, insertID uint64) {
		if pins&sysvar.FoundRows != 0 {
			s.mine.past.found = found
		}
		if pins&sysvar.InsertID != 0 {
			s.mine.past.insertID = insertID
		}
	})
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

// writeRowCount writes what ROW_COUNT() returns into the text of the statement, because the connection, new to the session, has another
// number, which no statement sets without an effect. Servers give the literal the type and length of the function: the length is that of
// the text, and MySQL counts one more, for a sign.
func (s *Session) writeRowCount(t *rewriting) {
	digits := 20
	if s.isMariaDB() && s.mine.past.rowCount >= 0 {
		digits = 21
	}
	sign := ""
	if s.mine.past.rowCount < 0 {
		sign = "-"
	}
	literal := fmt.Sprintf("%s%0*d", sign, digits, max(s.mine.past.rowCount, -s.mine.past.rowCount))
	t.replaceAll(digest.AppendRowCount(t.out, t.sql, s.now.options, literal))
}
