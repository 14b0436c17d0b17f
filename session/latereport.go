package session

import (
	"bytes"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a server has to report and has no OK packet for, it reports later (latemariadb.go, latemysql.go), to whoever comes
// then: with a statement of the proxy's own, or another client's. So the proxy tells the client (dues): of variables that
// a SET changed which then failed, or a stored function whose answer ended in an EOF packet, and of the schema.

// hears reports whether the client is told of changes, and not by the server itself.
func (s *Session) hears() bool {
	return s.caps.Has(protocol.ClientSessionTrack) && !s.mine.pins.Has(sysvar.Trackers)
}

// hasTrackers reports whether the connection tracks what the client has asked for.
func (s *Session) hasTrackers() bool {
	return s.caps.Has(protocol.ClientSessionTrack) && s.backend != nil && s.backend.Have().Bare
}

// The statements that make a server report what it has not yet: MySQL with any, MariaDB with one that changes
// something, which is none of defaultTracked.
const (
	flushMySQL   = "DO 0"
	flushMariaDB = "SET @@SESSION.lc_time_names=@@SESSION.lc_time_names"
)

// oweReports notes what an OK packet that is not for the client reports to it: all there is, where the trackers are the client's.
func (s *Session) oweReports(ok *protocol.OK) {
	switch {
	case s.hasTrackers():
		s.mine.owed.add(bytes.Clone(ok.StateChanges))
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

// owe notes that the client is still to be told this. The block is kept.
func (s *Session) owe(block []byte) {
	if s.hears() {
		s.mine.owed.add(block)
	}
}

// oweLateSchema notes that a report of the schema has come with a statement that does not change it. On MariaDB it may
// be another client's, but not for one who has statements by name and so has had the connection since before: then it
// is of an EXECUTE of the session's own.
func (s *Session) oweLateSchema() {
	s.mine.owed.schema = s.mine.owed.schema || !s.isMariaDB() || s.mine.pins.Has(sysvar.PreparedText)
}

// executes reports whether the command under way executes a prepared statement.
func (s *Session) executes() bool { return s.now.entry != nil && executes(s.command) }

// oweSchema notes, when an execution of what was prepared in another schema was answered, that the answer had no room for the report of that.
func (s *Session) oweSchema(answer *protocol.ResponseReader) {
	_, failed := answer.Failed()
	switch {
	case !s.executesElsewhere() || s.now.event.Schema && !failed: // with one of several results, before it failed, it was the schema of the statement
	case s.isMariaDB():
		s.oweSchemaMariaDB(answer)
	default:
		s.oweSchemaMySQL(answer)
	}
}

// oweUnexecuted is oweSchema for an execution whose statement the connection at hand refused to prepare, as MySQL does
// with a write in a transaction that is read-only, and both with a table that is not among those that are locked: the
// client reads that as the failure of the execution, which on a connection of its own would have gone to the statement's
// schema.
func (s *Session) oweUnexecuted() {
	if s.executes() && s.executesElsewhere() && s.hears() {
		s.mine.owed.schema = true
	}
}

// mayUse reports whether the statement under way may itself make the server report the schema.
func (s *Session) mayUse() bool {
	return s.command == protocol.ComInitDB || s.now.info.Flags&(digest.UseDB|unseen|digest.StoredCall) != 0 || s.now.info.Verb == digest.VerbCall
}

// executesElsewhere reports whether the statement under way is an execution of what was prepared in another schema: MariaDB goes there and comes
// back, which is a change of schema that it reports.
func (s *Session) executesElsewhere() bool {
	return s.now.entry != nil && s.now.entry.Statement.Schema != s.mine.schema
}
