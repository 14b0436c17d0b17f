package session

import (
	"bytes"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// MariaDB reports what it has not yet with the next change that it reports anyway, which is sooner for the proxy, to
// which it reports more than to clients. So after a SET that failed half-way the proxy asks, before anything else is
// done on the connection (flush).

// flush asks MariaDB for what it has not reported yet, if it may matter. The command under way waits then; it is false if nothing is asked. That the
// question was a statement shows in ROW_COUNT() only.
func (s *Session) flush() bool {
	if !s.isMariaDB() || !s.reportsUnclear() || s.mine.pins.Has(sysvar.Trackers) || s.backend.Have().Bare {
		return false
	}
	report := s.trackLate
	if !s.mine.pins.Has(sysvar.Unreported) {
		report = s.oweReports // the connection may still be in the state of another client, which must not become the session's
	}
	s.await()
	s.foreign |= rowCount
	s.backend.Ask(backend.Query{SQL: flushMariaDB, Report: report, Must: true, Then: func(backend.Told) {
		s.mine.pins &^= sysvar.Unreported
		s.backend.TakeSchemaLate()
	}})
	return true
}

// reportsUnclear reports whether MariaDB would report late with the command under way what is followed or told in another way than what that does
// itself: what a SET has assigned that failed; or the schema, with several statements, among which there may be a USE.
func (s *Session) reportsUnclear() bool {
	return s.mine.pins.Has(sysvar.Unreported) || s.backend.SchemaLate() && s.now.info.Flags.Has(digest.MultiStatement)
}

// reportsLate reports whether the statement changes nothing that the client has reported, so that a report speaks of a
// SET or CALL that failed half-way, or of a prepared statement of another schema, whose rows ended in an EOF packet:
// MariaDB sends it with the next change of any state that is tracked, of which the proxy tracks more than clients do.
func (s *Session) reportsLate() bool {
	info := &s.now.info
	if !s.isMariaDB() || info.Flags&unseen != 0 {
		return false
	}
	switch info.Verb {
	case digest.VerbSet:
		return !s.setsTracked()
	case digest.VerbCreate, digest.VerbDrop, digest.VerbPrepare, digest.VerbDeallocate:
		return true
	}
	return false
}

// setsTracked reports whether a SET may set a variable that MariaDB reports to the client.
func (s *Session) setsTracked() (yes bool) {
	switch flags := s.now.info.Flags; {
	case flags&(digest.SetNames|digest.SetStatement) != 0:
		return true
	case !flags.Has(digest.SetSystemVar):
		return false
	}
	readable := digest.Assignments(s.now.text, s.now.options, func(a digest.Assignment) bool {
		yes = yes || !a.User && a.Scope != digest.ScopeGlobal && !unreported(&a) && defaultTracked[string(bytes.ToLower(a.Name))] != 0
		return true
	})
	return yes || !readable
}

// setsNoSchema reports whether the statement is a SET, which may report variables but no schema: MariaDB sends with it what was late.
func (s *Session) setsNoSchema() bool {
	return s.now.info.Verb == digest.VerbSet && s.now.info.Flags&unseen == 0 && s.isMariaDB()
}

// setsForStatement reports whether the statement is one with variables of its own (SET STATEMENT) and goes to no
// schema: MariaDB sends with their reports what was late, and the client has most of them not reported.
func (s *Session) setsForStatement() bool {
	flags := s.now.info.Flags
	return s.isMariaDB() && flags.Has(digest.SetStatement) && flags&(unseen|digest.UseDB) == 0 && s.now.info.Verb != digest.VerbCall
}

// reportBehind makes an OK packet for the client that reports anything tell what it is still to be told: nothing is reported for the sake of that
// alone, but for what the server has told the proxy in the client's place.
func (s *Session) reportBehind(ok *protocol.OK) {
	owed := &s.mine.owed
	switch {
	case len(ok.StateChanges) > 0 && !owed.none():
		s.setReports(ok, owed.pay(append(s.worker.block[:0], ok.StateChanges...), s.mine.schema))
	case len(owed.block) > 0 && s.hasTrackers():
		s.setReports(ok, append(s.worker.block[:0], owed.block...))
		owed.block = nil
	}
}

// oweSchemaMariaDB is oweSchema: the report comes with the next of something that the client tracks. To a client who has set the trackers the server
// sends it.
func (s *Session) oweSchemaMariaDB(answer *protocol.ResponseReader) {
	if s.mine.pins.Has(sysvar.Trackers) {
		return
	}
	if _, failed := answer.Failed(); failed || s.roomless(answer.Rows()) {
		s.mine.owed.schema = true
		s.backend.ReportsSchemaLate()
	}
}
