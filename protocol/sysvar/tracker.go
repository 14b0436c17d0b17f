package sysvar

import (
	"bytes"
	"strings"

	"parkway/protocol"
	"parkway/protocol/digest"
)

// NamesQueries ask for the names of a server's session variables, in the first column. The first that works is enough, once per
// server. The last works everywhere and gives the global ones too, which does no harm.
var NamesQueries = [...]string{
	"SELECT VARIABLE_NAME FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE LIKE 'SESSION%' AND READ_ONLY='NO'", // MariaDB
	"SELECT VARIABLE_NAME FROM performance_schema.variables_metadata WHERE VARIABLE_SCOPE LIKE 'SESSION%'",                  // MySQL 9
	"SHOW SESSION VARIABLES",
}

// globalPrefixes begin the names of variables that SHOW SESSION VARIABLES lists though no session can set them. Of the rest,
// those that no session can set are tracked in vain.
var globalPrefixes = []string{
	"performance_schema_", "innodb_buffer_pool_", "innodb_log_", "innodb_redo_", "innodb_undo_", "innodb_purge_", "innodb_io_",
	"innodb_adaptive_", "version_", "have_", "ssl_", "tls_", "admin_", "mysqlx_", "relay_log_", "binlog_group_", "report_",
}

// TrackList is the value for session_track_system_variables on a server whose variables have these names, lower case or upper.
// Names that servers spell with anything but letters, digits and underscores are left out.
func TrackList(names []string) []byte {
	var list []byte
	for _, name := range names {
		name = strings.ToLower(name)
		if t, _ := TreatmentOf(name); t == Ignored || t == Tracker || !trackable(name) {
			continue
		}
		if len(list) > 0 {
			list = append(list, ',')
		}
		list = append(list, name...)
	}
	return list
}

func trackable(name string) bool {
	for _, prefix := range globalPrefixes {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Passing are the statements whose reports are not the session's: the variables have these values for the statement only.
// MariaDB reports how they go back with a later statement, MySQL with the statement itself.
const Passing = digest.SetVarHint | digest.SetStatement

// holding are values that make the connection the session's, of variables whose other values are copied.
var holding = map[string]string{
	completionType:     "RELEASE", // a COMMIT ends the connection behind its answer
	"sql_auto_is_null": "ON",      // IS NULL finds, once, the row that the connection has inserted last
}

// Report is s after the tracker reported a variable, and what that means. A value that can't be written for sure is Pinned too.
// It is not for the reports of Passing statements. Nothing is kept of name and value.
func (in *Interner) Report(s *Set, name, value []byte) (*Set, Treatment) {
	name = in.fold(name)
	t, _ := TreatmentOf(name)
	if t != Copied {
		return s, t
	}
	if !plain(value) {
		return s, Pinned
	}
	if held, ok := holding[string(name)]; ok && held == string(value) {
		t = Pinned
	}
	return in.With(s, name, value), t
}

// Complete is s after Report was called for all that the trackers of an OK packet report, changes: of a family's members that are among them each is
// as reported, in whatever order that was. MariaDB 10.11 goes by addresses: behind "SET max_join_size=DEFAULT, sql_big_selects=0" one start of the
// server reports the former first, another the latter, which the former then made stale. Nothing is kept of changes.
func (in *Interner) Complete(s *Set, changes []byte) *Set {
	for it := protocol.NewStateChanges(changes); it.Next(); {
		c := it.Change()
		if c.Type != protocol.TrackSystemVariables || !plain(c.Value) {
			continue
		}
		name := in.fold(c.Name)
		m, ok := families[string(name)]
		switch {
		case ok && !m.total:
			s = in.put(s, name, c.Value)
		case ok && m.family.says(string(name)):
			s = in.With(s, name, c.Value)
		}
	}
	return s
}

// UntrackQuery makes the trackers what they are on a fresh connection.
const UntrackQuery = "SET @@SESSION.session_track_schema=DEFAULT,@@SESSION.session_track_state_change=DEFAULT," +
	"@@SESSION.session_track_system_variables=DEFAULT"

// ShowsTrackers reports whether a SHOW VARIABLES may show those that say what is tracked: unless LIKE says otherwise.
func ShowsTrackers(sql []byte) bool {
	const names = "session_track_"
	_, pattern, found := bytes.Cut(bytes.ToLower(sql), []byte(" like '"))
	if !found {
		return true
	}
	if end := bytes.IndexAny(pattern, "%_\\"); end >= 0 {
		pattern = pattern[:end]
	} else if pattern, _, found = bytes.Cut(pattern, []byte{'\''}); !found {
		return true
	}
	n := min(len(pattern), len(names))
	return string(pattern[:n]) == names[:n]
}

// AppendTrackerQuery writes the statement that turns the trackers on. It has to be sent after every login, COM_CHANGE_USER and
// COM_RESET_CONNECTION, which turn them off. A server that refuses it with error 1193 (unknown system variable) has no trackers. The report
// that follows has the session's completion_type: see Releases.
func AppendTrackerQuery(dst, list []byte) []byte {
	dst = append(dst, "SET @@SESSION.session_track_schema=1,@@SESSION.session_track_state_change=1,@@SESSION.session_track_system_variables='"...)
	return append(append(dst, list...), "',@@SESSION.completion_type=@@SESSION.completion_type"...)
}

// completionType says what servers do behind a COMMIT or ROLLBACK that does not say it itself.
const completionType = "completion_type"

// Releases reports whether the report on a variable says that the server hangs up behind COMMIT and ROLLBACK; ok is false if it is not about that.
func Releases(name, value []byte) (releases, ok bool) {
	ok = string(name) == completionType
	return ok && string(value) == holding[completionType], ok
}

// CompletesAsTheServer reports whether a session has left its completion_type to the server.
func (s State) CompletesAsTheServer() bool {
	_, set := s.Vars.Get(completionType)
	return !set
}
