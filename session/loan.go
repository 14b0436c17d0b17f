package session

import (
	"strings"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// MySQL keeps with a prepared statement under which variables it derived what the statement computes, and in which character set clients sent
// their texts when they sent the types (stmt/derive.go). A connection that has the statement, but not that yet, is told it by the execution itself,
// which for once runs under the variables of those moments. Nothing but what it computes goes by them.

// loan is what of the session's variables is another moment's. The zero value is none.
type loan struct {
	derives bool
	in      string // the environment to derive in, if derives
	charset string // character_set_client, "": the session's
}

// of is what a session's variables are with the loan.
func (l loan) of(in *sysvar.Interner, state sysvar.State) sysvar.State {
	if l.derives {
		state.Vars = withEnvironment(in, state.Vars, stmt.DerivedBy, l.in)
	}
	if l.charset != "" {
		state.Vars = in.With(state.Vars, []byte(charsetVariable), []byte(l.charset))
	}
	return state
}

const charsetVariable = "character_set_client"

// clientCharset is the character set of what the client sends; "" if only the server knows it.
func (s *Session) clientCharset() string {
	charset, _ := s.mine.vars.Vars.Get(charsetVariable)
	return charset
}

// onLoan is the session's state as the command under way needs it on its connection, and notes what of it is on loan.
func (s *Session) onLoan() sysvar.State {
	now := &s.now
	now.loan = loan{}
	if s.backend == nil || now.on == nil || !executes(s.command) || s.isMariaDB() || s.mindsLoan() ||
		s.mine.unsure {
		return s.mine.vars
	}
	l := loan{}
	if in, ok := now.on.Unsettled(); ok && in != s.environment() {
		l.derives, l.in = true, in
	}
	if charset, ok := now.execution.Rebinds(now.on); ok && charset != s.clientCharset() {
		l.charset = charset
	}
	if l == (loan{}) {
		return s.mine.vars
	}
	if l.derives && l.charset == "" && s.clientCharset() == bytesCharset {
		l.charset = s.charsetIn(l.in)
	}
	want := backend.Want{Session: l.of(s.worker.pool.Interner(), s.mine.vars)}
	if s.backend.Resets(&want) {
		return s.mine.vars
	}
	now.loan = l
	return want.Session
}

// bytesCharset is the only character set of texts that shows in what MySQL derives from them: as the collation of what is computed.
const bytesCharset = "binary"

// charsetIn is the client's character set in an environment, if texts in it mean there what they mean as bytes: they
// are not converted. Else it is "".
func (s *Session) charsetIn(env string) string {
	charsets := []string{charsetVariable, "character_set_connection", "collation_connection"}
	vars := withEnvironment(s.worker.pool.Interner(), s.mine.vars.Vars, charsets, env)
	client, _ := vars.Get(charsetVariable)
	connection, ok := vars.Get("character_set_connection")
	if !ok {
		collation, _ := vars.Get("collation_connection")
		connection, _, _ = strings.Cut(collation, "_")
	}
	if client == bytesCharset || client != connection {
		return ""
	}
	return client
}

// mindsLoan reports whether the statement under way would do something else with other variables than the session's: it sets some, or runs what is
// not in its text.
func (s *Session) mindsLoan() bool {
	const minds = digest.SetSystemVar | digest.SetNames | digest.SetVarHint | unseen
	return s.now.info.Flags&minds != 0 || s.now.info.Verb == digest.VerbCall
}
