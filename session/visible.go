package session

import (
	"bytes"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a client sees of the changes that the server reports: the proxy has it report more.

// trackedVars is a set of variables, as bits.
type trackedVars uint8

// defaultTracked are the variables that servers report to a client that has not
// asked for others (session_track_system_variables), each with its bit.
var defaultTracked = map[string]trackedVars{
	"autocommit": 1 << 0, "character_set_client": 1 << 1, "character_set_connection": 1 << 2,
	"character_set_results": 1 << 3, "time_zone": 1 << 4,
}

// visible is the part of a tracker block that the client has asked for: it has
// not changed what servers report by default.
func (s *Session) visible(block []byte) []byte {
	if !s.caps.Has(protocol.ClientSessionTrack) {
		return nil
	}
	kept := s.worker.block[:0]
	late := s.reportsLate()
	for it := protocol.NewStateChanges(block); it.Next(); {
		c := it.Change()
		switch c.Type {
		case protocol.TrackStateChange:
			continue
		case protocol.TrackSchema:
			if (late || s.setsNoSchema() || s.setsForStatement()) && !s.executesElsewhere() {
				s.oweLateSchema()
				continue
			}
		case protocol.TrackSystemVariables:
			if defaultTracked[string(c.Name)] == 0 {
				continue
			}
			if qualified := s.onlyQualified(c.Name); late || qualified {
				if !qualified || reports(s.mine.owed, c.Type, c.Name) {
					s.owe(c.Append(nil))
				}
				continue
			}
		}
		kept = c.Append(kept)
	}
	s.worker.block = s.withOwed(kept)
	return s.worker.block
}

// visibleBare is visible for a connection whose trackers are the client's: it reports what they want to know, but not what was lost when they were
// changed to that, nor what it has reported to the proxy.
func (s *Session) visibleBare(block []byte) []byte {
	s.mine.owed = appendMissing(s.backend.TakeUnheard(), s.mine.owed)
	if !s.mine.owesSchema && len(s.mine.owed) == 0 {
		return block
	}
	s.worker.block = s.withOwed(append(s.worker.block[:0], block...))
	return s.worker.block
}

// withOwed is the report for a client, with what it has not been told yet: nothing is reported for the sake of that alone.
func (s *Session) withOwed(block []byte) []byte {
	if len(block) == 0 {
		return block
	}
	if s.mine.owesSchema && !reports(block, protocol.TrackSchema, nil) {
		owed := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte(s.mine.schema)}
		block = owed.Append(block)
	}
	if len(s.mine.owed) > 0 {
		block = appendMissing(block, s.mine.owed)
	}
	s.mine.owesSchema, s.mine.owed = false, nil
	return block
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

// oweSchema notes, when MariaDB has answered an execution of what was prepared in another schema, and the answer had no room for the report of
// that: it comes with the next report of something that the client tracks. To a client who has set the trackers the server sends it.
func (s *Session) oweSchema(answer *protocol.ResponseReader) {
	_, failed := answer.Failed()
	if !s.executesElsewhere() || s.now.event.Schema && !failed { // with one of several results, before it failed, it was the schema of the statement
		return
	}
	if !s.isMariaDB() {
		s.oweSchemaLate(answer)
		return
	}
	if s.mine.pins.Has(sysvar.Trackers) {
		return
	}
	if failed || s.roomless(answer.Rows()) {
		s.mine.owesSchema = true
		s.backend.ReportsSchemaLate()
	}
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

// executesElsewhere reports whether the statement under way is an execution of what was prepared in another schema: MariaDB goes there and comes
// back, which is a change of schema that it reports.
func (s *Session) executesElsewhere() bool {
	return s.now.entry != nil && s.now.entry.Statement.Schema != s.mine.schema
}
