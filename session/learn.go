package session

import (
	"slices"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// A session is unsure where it is when its server has not told it: of the collation that SET CHARACTER SET took from the schema; of the schema,
// because the client does not want to hear of that; and on MySQL, where the client has set the trackers, of all variables that decide what a prepared
// statement is, and of reports that the client has not read yet. It matters where the connection has to go somewhere else and back: to prepare a
// statement, or to execute it as the client's own connection would.

// suspect notes that a statement may have done what was not reported.
func (s *Session) suspect(e *sysvar.Event) {
	switch {
	case !s.mine.pins.Has(sysvar.Trackers) && !(e.Flags.Has(digest.TrackersVar) && e.Verb == digest.VerbSet):
	case s.mayUse() && !e.Schema:
		s.mine.unsure = true
	case s.isMariaDB():
	case e.Failed, s.roomless(e.Rows), s.mayUse(), e.Flags&(digest.SetSystemVar|digest.SetNames) != 0:
		s.mine.unsure = true
	}
}

// mustKnow reports whether the command under way needs a session that is not unsure: it prepares a statement, in the schema and with the variables of
// now, or has MySQL derive one.
func (s *Session) mustKnow() bool {
	switch s.command {
	case protocol.ComStmtPrepare:
		return true
	case protocol.ComStmtExecute:
		return !s.isMariaDB() && s.now.entry != nil && s.now.entry.Statement.Params() > 0
	}
	return false
}

// learn asks the server if the session is unsure; the command under way waits then. It is false if there is nothing to be asked.
func (s *Session) learn() bool {
	if !s.mine.unsure {
		return false
	}
	if s.mine.pins.Has(sysvar.FoundRows) {
		s.askFound() // which the connection is about to forget; the command comes here again
		return true
	}
	s.mine.unsure = false
	if s.isMariaDB() {
		s.foreign |= rowCount | foundRows // it reads no table, so that the diagnostics stay
	} else {
		s.foreign = everything
	}
	if !s.isMariaDB() && s.backend.Have().Bare {
		all := s.lessonOfAll()
		s.backend.Ask(
			backend.Query{SQL: flushMySQL, Report: s.oweReports, Must: true},
			backend.Query{SQL: all.query, Then: s.learned(all)})
	} else {
		s.backend.Ask(backend.Query{SQL: learnCollation.query, Then: s.learned(learnCollation)})
	}
	return true
}

// askFound asks the connection at hand for FOUND_ROWS(), which only that knows.
func (s *Session) askFound() {
	s.backend.AskPast(s.oweReports, func(found, _ uint64) {
		s.mine.past.found = found
		s.mine.pins &^= sysvar.FoundRows
	})
}

// lesson is what learn asks for beside the schema: variables.
type lesson struct {
	names []string
	query string
}

func newLesson(names ...string) lesson {
	query := "SELECT DATABASE()"
	for _, name := range names {
		for _, scope := range []string{"SESSION", "GLOBAL"} {
			value := "@@" + scope + "." + name
			if switches[name] {
				value = "IF(" + value + ",'ON','OFF')"
			}
			query += "," + value
		}
	}
	return lesson{names, query}
}

// switches are those of the variables which SELECT shows as numbers, other than trackers.
var switches = map[string]bool{"sql_auto_is_null": true, "sql_buffer_result": true, "windowing_use_high_precision": true}

var (
	learnCollation = newLesson("collation_connection")
	// allOfMySQL are those of MySQL's environment, in an order in which they can be set, and character_set_results, which goes along (withEnvironment).
	allOfMySQL = slices.Concat([]string{charsetVariable, "character_set_results", "collation_connection"},
		stmt.Environment(false)[len(stmt.Charsets):])
)

// lessonOfAll asks for all that the server has: one that is older lacks some (explain_format before 8.0.32, windowing_use_high_precision before 8.0),
// and would refuse the whole query.
func (s *Session) lessonOfAll() lesson {
	var names []string
	if t := s.backend.Server().Trackers(); t != nil {
		for _, name := range allOfMySQL {
			if t.Has(name) {
				names = append(names, name)
			}
		}
	}
	return newLesson(names...)
}

// learned takes the answer: what is not as the connection was known to be, the client has changed.
func (s *Session) learned(l lesson) func(backend.Told) {
	return func(told backend.Told) {
		answer := told.Values
		if len(answer) != 1+2*len(l.names) { // it was refused
			return
		}
		have := s.backend.Have()
		if schema := answer[0]; schema != have.Schema {
			s.mine.schema = s.worker.names.of([]byte(schema))
			have.Schema = s.mine.schema
		}
		in := s.worker.pool.Interner()
		for i, name := range l.names {
			value := answer[1+2*i]
			vars := withValue(in, have.Session.Vars, name, value, answer[2+2*i])
			if vars != have.Session.Vars {
				have.Session.Vars = vars
				s.mine.vars.Vars = in.With(s.mine.vars.Vars, []byte(name), []byte(value))
			}
		}
		if vars := in.WithResults(have.Session.Vars, told.Collation); vars != have.Session.Vars && !s.isMariaDB() {
			have.Session.Vars = vars
			s.mine.vars.Vars = in.WithResults(s.mine.vars.Vars, told.Collation)
		}
		s.backend.SetHave(have)
	}
}

// withValue is vars with the value that a variable turned out to have; global is that of new connections. Without need it stays as it is.
func withValue(in *sysvar.Interner, vars *sysvar.Set, name, value, global string) *sysvar.Set {
	known, ok := vars.Get(name)
	if name == "collation_connection" && !ok {
		_, ok = vars.Get("character_set_connection") // stands for a collation that is known by its character set only
	}
	if ok && known == value || !ok && value == global {
		return vars
	}
	return in.With(vars, []byte(name), []byte(value))
}
