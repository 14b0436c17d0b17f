package session

import (
	"bytes"
	"fmt"

	"parkway/protocol"
	"parkway/protocol/digest"
)

// A few statements do not reach the server as the client wrote them: those that ask for the connection's id (forwardOwnID, on any connection,
// before all else), those that would get another answer on another connection (writeRowCount), and those whose effect MariaDB does not report
// (qualify).

// rewrite returns the command that the server has to be sent in place of p, which is whole: mostly p itself. The result lives until the next
// packet that the worker makes.
func (s *Session) rewrite(p []byte) []byte {
	if s.command != protocol.ComQuery {
		return p
	}
	write := s.rewriter()
	if write == nil {
		return p
	}
	sql, err := protocol.QueryText(p[protocol.HeaderLen:], s.caps)
	if err != nil {
		return p
	}
	s.worker.scratch = s.appendRewritten(s.worker.scratch[:0], p, sql, write)
	return s.worker.scratch
}

// appendRewritten appends the command p, which ends with the text sql, with what write makes of that.
func (s *Session) appendRewritten(dst, p, sql []byte, write func(*Session, *rewriting)) []byte {
	dst, start := protocol.BeginPacket(dst)
	t := rewriting{sql: sql, out: append(dst, p[protocol.HeaderLen:len(p)-len(sql)]...)}
	write(s, &t)
	return protocol.EndPacket(append(t.out, sql[t.at:]...), start, 0)
}

// rewriter is what has to be done to the text of the statement under way; nil: nothing.
func (s *Session) rewriter() func(*Session, *rewriting) {
	flags := s.now.info.Flags
	switch {
	case s.foreign&rowCount != 0 && flags&(digest.RowCountFn|digest.Compound) == digest.RowCountFn:
		return (*Session).writeRowCount
	case !flags.Has(digest.SetSystemVar) || !s.isMariaDB():
	case flags&(digest.MultiStatement|digest.Compound|digest.ExecutableComment|digest.Uncertain) != 0, s.bare():
		s.now.raw = true
	default:
		return (*Session).qualify
	}
	return nil
}

// rewriting is a text that is copied with changes.
type rewriting struct {
	sql []byte
	at  int    // so much of sql was copied or left out
	out []byte // behind what comes before the text
}

// upTo copies the text up to start, and leaves out what follows up to end.
func (t *rewriting) upTo(start, end int) {
	t.out = append(t.out, t.sql[t.at:start]...)
	t.at = end
}

// replaceAll is for who has appended the whole text to t.out.
func (t *rewriting) replaceAll(out []byte) { t.out, t.at = out, len(t.sql) }

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

// qualify names the scope in `SET @@x = ...`: MariaDB reports such a change only if the scope is named. That of an isolation level stays
// unnamed, because it is that of the next transaction. (Measured on MariaDB 10.11; MySQL 9.7 reports both.)
func (s *Session) qualify(t *rewriting) {
	digest.Assignments(t.sql, s.now.options, func(a digest.Assignment) bool {
		if !unreported(&a) {
			return true
		}
		name := cap(t.sql) - cap(a.Name) // where it stands in the text, of which it is a part
		if sign := bytes.LastIndex(t.sql[:name], []byte("@@")); sign >= 0 {
			s.now.qualified = true
			t.upTo(sign+2, sign+2)
			t.out = append(t.out, "SESSION."...)
		}
		return true
	})
}

// onlyQualified reports whether a variable is reported only because of qualify.
func (s *Session) onlyQualified(name []byte) (yes bool) {
	if !s.now.qualified {
		return false
	}
	digest.Assignments(s.now.text, s.now.options, func(a digest.Assignment) bool {
		if !a.User && bytes.EqualFold(a.Name, name) {
			yes = unreported(&a)
		}
		return true
	})
	return yes
}

// qualifiedVars are those that are reported only because of qualify.
func (s *Session) qualifiedVars() (vars trackedVars) {
	if s.now.qualified {
		for name, bit := range defaultTracked {
			if s.onlyQualified([]byte(name)) {
				vars |= bit
			}
		}
	}
	return vars
}

// unreported reports whether MariaDB's trackers say nothing of an assignment, though it changes the session.
func unreported(a *digest.Assignment) bool {
	return !a.User && a.Scope == digest.ScopeUnqualified && !bytes.HasPrefix(bytes.ToLower(a.Name), []byte("tx_"))
}

// setsUnreported reports whether a SET that was not rewritten has changed what no tracker tells of.
func setsUnreported(sql []byte, o digest.Options) (yes bool) {
	ok := digest.Assignments(sql, o, func(a digest.Assignment) bool {
		yes = yes || unreported(&a)
		return true
	})
	return yes || !ok && bytes.Contains(sql, []byte("@@"))
}
