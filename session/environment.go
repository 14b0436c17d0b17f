package session

import (
	"slices"
	"strings"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol/sysvar"
)

// environment is what the session has set of the variables of stmt.Environment, as the
// context of a prepared statement has it: each name and value behind a NUL byte.
func (s *Session) environment() string {
	if s.env.vars != s.mine.vars.Vars {
		s.env = s.environmentOf(s.mine.vars.Vars)
	}
	return s.env.all
}

// environment is what variables amount to.
type environment struct {
	vars     *sysvar.Set // they were these when it was asked for last
	all      string
	charsets int // the length of the part that is about charsets, which is the first
}

// environmentOf makes it.
func (s *Session) environmentOf(vars *sysvar.Set) environment {
	env := appendEnvironment(nil, vars, stmt.Charsets)
	charsets := len(env)
	env = appendEnvironment(env, vars, stmt.Environment(s.isMariaDB())[len(stmt.Charsets):])
	return environment{vars: vars, all: s.worker.names.of(env), charsets: charsets}
}

// appendEnvironment appends what a set has of the variables.
func appendEnvironment(env []byte, vars *sysvar.Set, names []string) []byte {
	vars.Each(func(name, value string) {
		if slices.Contains(names, name) {
			env = append(env, "\x00"+name+"\x00"+value...)
		}
	})
	return env
}

// charsetEnvironment is the part of environment that is about charsets.
func (s *Session) charsetEnvironment() string {
	env := s.environment()
	return env[:s.env.charsets]
}

// inContext is what a connection needs so that a statement can be prepared there
// as the client has prepared it. No command leaves a schema: a statement of none
// is prepared in any, or where everybody may go, if the client's own trackers tell that it
// is not executed in the session's (MySQL).
func (s *Session) inContext(at stmt.Slot) backend.Want {
	w := backend.Want{Session: s.inEnvironment(s.now.entry.Environment(at)), Schema: s.mine.schema, Bare: s.bare()}
	switch {
	case at.Statement.Schema != "":
		w.Schema = at.Statement.Schema
	case s.mine.schema != "" && w.Bare && !s.isMariaDB():
		w.Schema = "information_schema"
	}
	return w
}

// inEnvironment is the session's state but for its environment.
func (s *Session) inEnvironment(env string) sysvar.State {
	state := s.mine.vars
	if env != s.environment() {
		state.Vars = withEnvironment(s.worker.pool.Interner(), state.Vars, stmt.Environment(s.isMariaDB()), env)
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
