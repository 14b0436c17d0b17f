package session

import "parkway/protocol"

// MySQL reports what it has not yet with the next OK packet, whatever that is for.
//
// It goes to the schema of a prepared statement to execute it, and back, and reports that as a change of the schema.
// What was prepared in no schema may be prepared in one on the connection that the session has by then, which it does
// not leave to execute it.

// reportsSchema reports whether MySQL tells the client of changes of the schema.
func (s *Session) reportsSchema() bool { return !s.isMariaDB() && s.hears() }

// listens reports whether MySQL tells the client of changes, by itself or not.
func (s *Session) listens() bool { return !s.isMariaDB() && s.caps.Has(protocol.ClientSessionTrack) }

// watchReports takes the OK packets of the command that has begun out of the stream, if one of them has to tell what the server may not say.
func (s *Session) watchReports() {
	if s.owesReports() || s.executes() && s.executesElsewhere() && s.now.entry.Statement.Schema == "" && s.reportsSchema() {
		s.backend.Answer().WatchEveryOK()
	}
}

// owesReports reports whether the next OK packet has to tell of something before: to a client of MySQL, or to one that has the trackers, in whose place
// the proxy has heard it.
func (s *Session) owesReports() bool { return !s.mine.owed.none() && (s.listens() || s.hasTrackers()) }

// oweSchemaMySQL is oweSchema: the report comes with the next OK packet.
func (s *Session) oweSchemaMySQL(answer *protocol.ResponseReader) {
	switch code, failed := answer.Failed(); {
	case failed && code == protocol.ErrCodeWrongArguments && !s.now.entry.Anew():
		// It did not come to that, but for a connection that had to derive what the client's own would have had.
		s.backend.ReportsSchemaLate()
		return
	case !failed && !s.roomless(answer.Rows()):
		return
	}
	s.backend.ReportsSchemaLate()
	s.mine.owed.schema = s.mine.owed.schema || s.reportsSchema()
}

// reportLate makes an OK packet for the client tell what it is still to be told, and of the schema if it should, and only then. late: the server makes a
// report of that in this packet that may be another client's.
func (s *Session) reportLate(ok *protocol.OK, late bool) {
	owed := &s.mine.owed
	if s.reportsSchema() {
		owed.schema = owed.schema || s.executes() && s.executesElsewhere()
		if late && !owed.schema && !s.mayUse() {
			ok.StateChanges = withoutSchema(ok.StateChanges)
		}
	}
	if !owed.none() {
		s.setReports(ok, owed.pay(append(s.worker.block[:0], ok.StateChanges...), s.mine.schema))
	}
}
