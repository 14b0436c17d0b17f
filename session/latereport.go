package session

import (
	"bytes"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a server has to report and has no OK packet for, it reports later, to whoever comes then: with a statement of
// the proxy's own, or another client's. So the proxy tells the client: of variables that a SET changed which then
// failed, or a stored function whose answer ended in an EOF packet, and of the schema. MySQL reports it with the next
// OK packet, whatever that is for (reportLate); MariaDB with the next that reports anything (withOwed), which is sooner
// for the proxy, to which it reports more than to clients. So after a SET that failed half-way the proxy asks, before
// anything else is done on the connection (flush).
//
// MySQL goes to the schema of a prepared statement to execute it, and back, and reports that as a change of the schema.
// What was prepared in no schema may be prepared in one on the connection that the session has by then, which it does
// not leave to execute it.

// reportsSchema reports whether MySQL tells the client of changes of the schema.
func (s *Session) reportsSchema() bool { return !s.isMariaDB() && s.hears() }

// hears reports whether the client is told of changes, and not by the server itself.
func (s *Session) hears() bool {
	return s.caps.Has(protocol.ClientSessionTrack) && !s.mine.pins.Has(sysvar.Trackers)
}

// listens reports whether MySQL tells the client of changes, by itself or not.
func (s *Session) listens() bool { return !s.isMariaDB() && s.caps.Has(protocol.ClientSessionTrack) }

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

// The statements that make a server report what it has not yet: MySQL with any, MariaDB with one that changes
// something, which is none of defaultTracked.
const (
	flushMySQL   = "DO 0"
	flushMariaDB = "SET @@SESSION.lc_time_names=@@SESSION.lc_time_names"
)

// watchReports takes the OK packets of the command that has begun out of the stream, if one of them has to tell what the server may not say.
func (s *Session) watchReports() {
	if s.owesReports() || s.executes() && s.executesElsewhere() && s.now.entry.Statement.Schema == "" && s.reportsSchema() {
		s.backend.Answer().WatchEveryOK()
	}
}

// owesReports reports whether the next OK packet for a client of MySQL has to tell of something before.
func (s *Session) owesReports() bool {
	return s.mine.owesSchema && s.reportsSchema() || len(s.mine.owed) > 0 && s.listens()
}

// oweReports notes what an OK packet that is not for the client reports to it: all there is, where the trackers are the client's.
func (s *Session) oweReports(ok *protocol.OK) {
	switch {
	case s.listens() && s.backend.Have().Bare:
		s.mine.owed = appendMissing(bytes.Clone(ok.StateChanges), s.mine.owed)
		return
	case !s.hears():
		return
	}
	var block []byte
	for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
		switch c := it.Change(); {
		case c.Type == protocol.TrackSchema:
			s.oweLateSchema()
		case c.Type == protocol.TrackSystemVariables && defaultTracked[string(c.Name)]&^s.mine.untold != 0:
			block = c.Append(block)
		}
	}
	s.owe(block)
}

// owe notes that a client is still to be told this; what it was to be told before of the same is out of date. The block is kept.
func (s *Session) owe(block []byte) {
	if len(block) > 0 && s.hears() {
		s.mine.owed = appendMissing(block, s.mine.owed)
	}
}

// oweLateSchema notes that a report of the schema has come with a statement that does not change it. On MariaDB it may
// be another client's, but not for one who has statements by name and so has had the connection since before: then it
// is of an EXECUTE of the session's own.
func (s *Session) oweLateSchema() {
	s.mine.owesSchema = s.mine.owesSchema || !s.isMariaDB() || s.mine.pins.Has(sysvar.PreparedText)
}

// appendMissing appends the reports of a tracker block on variables that dst has none on.
func appendMissing(dst, block []byte) []byte {
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); !reports(dst, c.Type, c.Name) {
			dst = c.Append(dst)
		}
	}
	return dst
}

// reports reports whether a tracker block has a report of this type; of variables, on the one of this name.
func reports(block []byte, t protocol.StateChangeType, name []byte) bool {
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); c.Type == t && (t != protocol.TrackSystemVariables || bytes.Equal(c.Name, name)) {
			return true
		}
	}
	return false
}

// executes reports whether the command under way executes a prepared statement.
func (s *Session) executes() bool { return s.now.entry != nil && executes(s.command) }

// oweSchemaLate notes that an execution of what was prepared in another schema had no OK packet to report that.
func (s *Session) oweSchemaLate(answer *protocol.ResponseReader) {
	switch code, failed := answer.Failed(); {
	case failed && code == protocol.ErrCodeWrongArguments && !s.now.entry.Anew():
		// It did not come to that, but for a connection that had to derive what the client's own would have had.
		s.backend.ReportsSchemaLate()
		return
	case !failed && !s.roomless(answer.Rows()):
		return
	}
	s.backend.ReportsSchemaLate()
	s.mine.owesSchema = s.mine.owesSchema || s.reportsSchema()
}

// oweUnexecuted is oweSchema for an execution whose statement the connection at hand refused to prepare, as MySQL does
// with a write in a transaction that is read-only, and both with a table that is not among those that are locked: the
// client reads that as the failure of the execution, which on a connection of its own would have gone to the statement's
// schema.
func (s *Session) oweUnexecuted() {
	if s.executes() && s.executesElsewhere() && s.hears() {
		s.mine.owesSchema = true
	}
}

// reportLate makes an OK packet for the client tell what it owes, and of the schema if it should, and only then. owed: a report of that is due since
// before; late: the server makes one in this packet that may be another client's.
func (s *Session) reportLate(ok *protocol.OK, owed, late bool) {
	if !s.listens() {
		return
	}
	due, told := false, reports(ok.StateChanges, protocol.TrackSchema, nil)
	if s.reportsSchema() {
		due = owed || s.executes() && s.executesElsewhere()
		if told && late && !due && !s.mayUse() {
			ok.StateChanges = withoutSchema(ok.StateChanges)
		}
		s.mine.owesSchema = false
	}
	if due && !told || len(s.mine.owed) > 0 {
		block := append(s.worker.block[:0], ok.StateChanges...)
		if due && !told {
			change := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte(s.mine.schema)}
			block = change.Append(block)
		}
		block = appendMissing(block, s.mine.owed)
		s.worker.block, ok.StateChanges = block, block
		ok.Status |= protocol.StatusSessionStateChanged
	}
	s.mine.owed = nil
}

// mayUse reports whether the statement under way may itself make the server report the schema.
func (s *Session) mayUse() bool {
	return s.command == protocol.ComInitDB || s.now.info.Flags&(digest.UseDB|unseen|digest.StoredCall) != 0 || s.now.info.Verb == digest.VerbCall
}

// withoutSchema is a tracker block without reports of the schema.
func withoutSchema(block []byte) []byte {
	var kept []byte
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); c.Type != protocol.TrackSchema {
			kept = c.Append(kept)
		}
	}
	return kept
}
