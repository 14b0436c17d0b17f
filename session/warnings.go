package session

import (
	"bytes"
	"slices"

	"parkway/protocol"
	"parkway/protocol/digest"
)

// A statement of the script's behind one of the client's costs what SHOW WARNINGS shows. So that is asked for before,
// and the answer, byte by byte, is what the client reads if SHOW WARNINGS is what it says next. Other ways to ask (SHOW
// COUNT(*) WARNINGS, @@warning_count, GET DIAGNOSTICS, a LIMIT) find what the script's statement has left.

const (
	showWarnings = "SHOW WARNINGS"
	// maxWarnings bounds an answer that is kept.
	maxWarnings = 64 << 10
)

// hasWarnings reports whether there is something to show of the statement that was answered.
func (s *Session) hasWarnings() bool {
	answer := s.backend.Answer()
	_, failed := answer.Failed()
	return failed || s.warningsOf(answer) > 0
}

// warningsOf is how many warnings SHOW WARNINGS shows behind the answer, at least: MariaDB keeps those of a result over others of the same text that
// read no table.
func (s *Session) warningsOf(answer *protocol.ResponseReader) uint16 {
	n := answer.Warnings()
	if n == 0 && s.isMariaDB() && answer.Warned() {
		return 1
	}
	return n
}

// keepWarnings keeps the answer to a SHOW WARNINGS, if it is whole.
func (s *Session) keepWarnings(answer []byte) {
	if len(answer) > maxWarnings {
		return
	}
	var last []byte
	count := 0
	for p := (packets{rest: answer}); ; count++ {
		next, ok := p.next()
		if !ok {
			break
		}
		last = next
	}
	if count > 1 && endsRows(last, len(last), s.caps) {
		s.script.warnings = slices.Clone(answer)
	}
}

// keptWarnings is what was kept of them; nil if nothing was.
func (s *Session) keptWarnings() []byte {
	if s.script == nil {
		return nil
	}
	return s.script.warnings
}

// repeatsWarnings answers the command p, a SHOW WARNINGS, with what was kept, in place of the server, whose connection
// is at hand for what the script has to be sent before and after. It is false for other commands: what is kept is
// forgotten.
func (s *Session) repeatsWarnings(p []byte) bool {
	sc := s.script
	if sc == nil || sc.warnings == nil {
		return false
	}
	asks := s.now.info.Verb == digest.VerbShow && s.now.info.Flags.Has(digest.ShowWarnings)
	if !asks || !s.isShowWarnings(p) {
		if !asks {
			sc.warnings = nil
		}
		return false
	}
	s.send(sc.warnings)
	s.mine.past.rowCount, s.mine.past.some = -1, true
	s.foreign = everything
	s.countQuery()
	if in := s.injection(); in != nil && len(in.after) > 0 {
		in.behind, in.asked = true, false
		s.setState(injecting)
		s.inject()
		return true
	}
	s.finish()
	return true
}

// isShowWarnings reports whether the command p is nothing but that.
func (s *Session) isShowWarnings(p []byte) bool {
	if s.command != protocol.ComQuery {
		return false
	}
	sql, err := protocol.QueryText(p[protocol.HeaderLen:], s.caps)
	if err != nil {
		return false
	}
	words := bytes.Fields(bytes.TrimRight(sql, "; \t\r\n"))
	return len(words) == 2 && bytes.EqualFold(words[0], []byte("SHOW")) && bytes.EqualFold(words[1], []byte("WARNINGS"))
}
