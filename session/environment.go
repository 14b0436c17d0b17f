package session

import (
	"slices"
	"strings"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol/sysvar"
)

// environment are the variables that a server reads a text by when it prepares
// it, and does not look at again: one that prepares the text later, on another
// connection, must see the same.
var environment = slices.Concat(charsets, []string{
	"default_week_format", "div_precision_increment", "old_mode", "sql_auto_is_null", "sql_mode",
})

// charsets are those of them that MariaDB reads the texts of a prepared statement's
// parameters by, from when it is told their types.
var charsets = []string{charsetVariable, "character_set_connection", "collation_client", "collation_connection"}

// environment is what the session has set of these variables, as the context of
// a prepared statement has it: each name and value behind a NUL byte.
func (s *Session) environment() string {
	if s.envVars == s.mine.vars.Vars {
		return s.env
	}
	s.envVars = s.mine.vars.Vars
	var env []byte
	add := func(names []string) {
		s.envVars.Each(func(name, value string) {
			if slices.Contains(names, name) {
				env = append(env, "\x00"+name+"\x00"+value...)
			}
		})
	}
	add(charsets)
	s.envBinds = len(env)
	add(environment[len(charsets):])
	s.env = s.worker.names.of(env)
	return s.env
}

// charsetEnvironment is the part of environment that is about charsets.
func (s *Session) charsetEnvironment() string {
	env := s.environment()
	return env[:s.envBinds]
}

// inContext is what a connection needs so that a statement can be prepared there
// as the client has prepared it. No command leaves a schema: a statement of none
// is prepared in any.
func (s *Session) inContext(at stmt.Slot) backend.Want {
	w := backend.Want{Session: s.inEnvironment(s.now.entry.Environment(at)), Schema: s.mine.schema, Bare: s.bare()}
	if at.Statement.Schema != "" {
		w.Schema = at.Statement.Schema
	}
	return w
}

// inEnvironment is the session's state but for its environment.
func (s *Session) inEnvironment(env string) sysvar.State {
	state := s.mine.vars
	if env != s.environment() {
		state.Vars = withEnvironment(s.worker.pool.Interner(), state.Vars, environment, env)
	}
	return state
}

// withEnvironment is vars with these variables as an environment has them. With the client's character set come its collation and, for results, the
// default one of theirs: nothing gives them two.
func withEnvironment(in *sysvar.Interner, vars *sysvar.Set, names []string, env string) *sysvar.Set {
	for _, name := range names {
		vars = in.Without(vars, name)
	}
	if results, ok := vars.Get("character_set_results"); ok && slices.Contains(names, charsetVariable) {
		vars = in.With(vars, []byte("character_set_results"), []byte(results))
	}
	if env == "" {
		return vars
	}
	parts := strings.Split(env[1:], "\x00")
	for i := 0; i+1 < len(parts); i += 2 {
		if slices.Contains(names, parts[i]) {
			vars = in.With(vars, []byte(parts[i]), []byte(parts[i+1]))
		}
	}
	return vars
}
