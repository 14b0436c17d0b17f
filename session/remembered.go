package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// A connection remembers its last statement, which may be another session's, or the proxy's own. A statement that shows some of that is preceded by
// one that stands in for the session's last (backend.Past).

// remembered is a set of what a connection remembers of a statement.
type remembered uint8

const (
	rowCount    remembered = 1 << iota // what ROW_COUNT() returns
	foundRows                          // what FOUND_ROWS() returns
	diagnostics                        // what SHOW WARNINGS shows
	everything  = rowCount | foundRows | diagnostics
)

// any reports whether any of these are in the set.
func (r remembered) any(these remembered) bool { return r&these != 0 }

// unclear are the flags of statements that may ask for anything.
const unclear = digest.Uncertain | digest.ExecutableComment

// wantPast is what the connection has to be told of the statement before.
func (s *Session) wantPast() (want backend.Past) {
	if s.foreign != 0 {
		if shown := s.shown(); s.foreign.any(shown) {
			want = s.mine.past.standIn(s.foreign, shown)
		}
	}
	if s.unprepared != nil && !s.isMariaDB() && !s.foreign.any(diagnostics) && (s.asksDiagnostics() || s.countsWarnings()) {
		want.Refused = s.unprepared
	}
	return want
}

// standIn is what a connection is told in place of the foreign things that it remembers, of which the ones shown will be seen.
func (p *past) standIn(foreign, shown remembered) backend.Past {
	return backend.Past{
		Asked: true,
		Found: p.found,
		Keep:  !foreign.any(diagnostics),
		Quiet: p.rowCount == 0 && !foreign.any(shown&foundRows),
		Fresh: !p.some && !shown.any(foundRows),
		Clean: shown.any(diagnostics),
	}
}

// told notes that the connection will be told what s.request.Want says, by a statement that is remembered in its turn. Of a statement that affected
// rows nothing can stand in for their number; -1 of a query is as near as it gets.
func (s *Session) told() {
	switch p := &s.request.Want.Past; {
	case !p.Asked:
	case p.Quiet: // FOUND_ROWS() stays as it was
		s.foreign &= foundRows
	case s.command == protocol.ComQuery:
		// Also if the connection had the session's number. Where it is asked for, it is written into the text (writeRowCount).
		s.foreign = rowCount
	default:
		s.foreign = 0
	}
}

// shown is what of the statement before may be seen in the answer to the one under way, or behind it.
func (s *Session) shown() (shown remembered) {
	if s.asksRowCount() {
		shown |= rowCount
	}
	if s.asksFound() {
		shown |= foundRows
	}
	if s.asksDiagnostics() || s.setsTrackers() || s.meetsDiagnostics() {
		shown |= diagnostics
	}
	return shown
}

// asksRowCount reports whether the statement under way returns ROW_COUNT() and can't have the number written into it.
func (s *Session) asksRowCount() bool {
	return s.now.info.Flags.Has(digest.RowCountFn) && s.command != protocol.ComQuery
}

// asksFound reports whether the statement under way returns FOUND_ROWS(), or may leave it as it is and have no answer that tells.
func (s *Session) asksFound() bool {
	info := &s.now.info
	switch {
	case info.Flags&(digest.FoundRowsFn|unclear) != 0, s.setsTrackers():
		return true
	case !s.isMariaDB() && info.Flags.Has(digest.ShowWarnings) && !s.foreign.any(diagnostics):
		return false // what tells it would cost the diagnostics
	}
	return info.Flags&unseen != 0 || info.Verb == digest.VerbCall || s.showsDiagnostics() ||
		sysvar.MayFind(info.Verb, info.Flags, s.isMariaDB())
}

// asksDiagnostics reports whether the statement under way shows warnings.
func (s *Session) asksDiagnostics() bool { return s.now.info.Flags&(digest.ShowWarnings|unclear) != 0 }

// showsDiagnostics reports whether the statement is a SHOW WARNINGS, which leaves FOUND_ROWS() as it was.
func (s *Session) showsDiagnostics() bool {
	return s.now.info.Verb == digest.VerbShow && s.now.info.Flags.Has(digest.ShowWarnings)
}

// meetsDiagnostics reports whether the client would see something of the warnings of the connection's last session.
func (s *Session) meetsDiagnostics() bool {
	return s.backend != nil && s.backend.Have().Diagnostics && (s.isMariaDB() || s.countsWarnings())
}
