package session

import "parkway/protocol"

// What a client sees of the changes that the server reports: the proxy has it report more.

// trackedVars is a set of variables, as bits.
type trackedVars uint8

// defaultTracked are the variables that servers report to a client that has not
// asked for others (session_track_system_variables), each with its bit.
var defaultTracked = map[string]trackedVars{
	"autocommit": 1 << 0, "character_set_client": 1 << 1, "character_set_connection": 1 << 2,
	"character_set_results": 1 << 3, "time_zone": 1 << 4,
}

// tell makes an OK packet of the server's tell the client what it has asked for, and what it has not been told yet.
func (s *Session) tell(ok *protocol.OK) {
	late := s.backend.TakeSchemaLate()
	switch {
	case !s.caps.Has(protocol.ClientSessionTrack):
		ok.StateChanges = nil
		return
	case s.backend.Have().Bare: // it reports what the client wants to know, but not again what it has reported to the proxy
		s.mine.owed.add(s.backend.TakeUnheard())
	default:
		ok.StateChanges = s.visible(ok.StateChanges)
	}
	s.tellOwed(ok, late)
}

// tellOwed makes an OK packet tell what the client has not been told yet, when the server would. late is for reportLate.
func (s *Session) tellOwed(ok *protocol.OK, late bool) {
	if s.isMariaDB() {
		s.reportBehind(ok)
	} else {
		s.reportLate(ok, late)
	}
}

// setReports makes an OK packet report a tracker block, which is in a buffer of the worker.
func (s *Session) setReports(ok *protocol.OK, block []byte) {
	s.worker.block, ok.StateChanges = block, block
	ok.Status |= protocol.StatusSessionStateChanged
}

// visible is the part of a tracker block that the client has asked for: it has
// not changed what servers report by default. It is in a buffer of the worker.
func (s *Session) visible(block []byte) []byte {
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
				if !qualified || reports(s.mine.owed.block, c.Type, c.Name) {
					s.owe(c.Append(nil))
				}
				continue
			}
		}
		kept = c.Append(kept)
	}
	s.worker.block = kept
	return kept
}
