package sysvar

import (
	"bytes"
	"strings"

	"parkway/protocol/digest"
)

// User variables are kept in a Set too: under their names in lower case, with the SQL text of a literal that gives the
// same value with the same character set and collation on any connection, for numbers behind a collation (see
// splitNumber). A variable whose value only the server knows has the value unknown: as long as there is one, the
// connection cannot be shared (UserVarsKnown).

const (
	// maxUserVars is how many bytes of names and values are kept. A session with more is pinned.
	maxUserVars = 4096

	null    = "NULL" // the value of a variable that never had another
	unknown = ""     // the value of a variable that only the server knows
	anyVar  = "*"    // stands for all the variables that a text that can't be read may set; no variable is kept under this name
)

// UserVarsKnown reports whether the values of all variables are known, so that they can be set on another connection.
func UserVarsKnown(userVars *Set) bool {
	for _, p := range userVars.pairs {
		if p.value == unknown {
			return false
		}
	}
	return true
}

// AssignUserVars is userVars after a statement that assigns some (digest.UserVarAssign). before are the session's system variables
// when it was sent, o what they mean for the scanner, vars those when it had run. done is false if the statement failed half-way (Event.Ran):
// what it would have assigned is then unknown. Nothing is kept of sql.
//
// The literals of a SET are known afterwards; every variable that another statement names is unknown, assigned or not.
func (in *Interner) AssignUserVars(userVars *Set, sql []byte, o digest.Options, before, vars *Set, done bool) *Set {
	after, ok := userVars, false
	if done {
		run := assignments{in: in, texts: before, collation: connectionCollation(before)}
		ok = digest.Assignments(sql, o, func(a digest.Assignment) bool {
			if setsCollation(&a) {
				run.collation, ok = connectionCollation(vars), !run.switched
				run.switched = true
				return ok // twice: what it was in between is not known
			}
			after, ok = run.assign(after, a)
			return ok
		})
	}
	if !ok {
		after, ok = in.unknownIn(userVars, sql, false)
	}
	if !ok || after.size > maxUserVars {
		return in.UnknownUserVars()
	}
	return after
}

// UnknownUserVars is what is known of the variables after a text that is not at hand: nothing.
func (in *Interner) UnknownUserVars() *Set { return in.put(in.empty, []byte(anyVar), nil) }

// DeclareUserVars is userVars after a statement was prepared that assigns some (digest.UserVarAssign), for which servers make variables:
// those that the text names are unknown, of MySQL only if they are new. Nothing is kept of sql.
func (in *Interner) DeclareUserVars(userVars *Set, sql []byte, mariaDB bool) *Set {
	after, ok := in.unknownIf(userVars, sql, func(variable, _ token) bool {
		name, ok := userVarName(variable.text)
		_, known := userVars.Get(name)
		return !ok || !known || mariaDB
	})
	if !ok || after.size > maxUserVars {
		return in.UnknownUserVars()
	}
	return after
}

// PrepareUserVars is userVars after a PREPARE that got as far as the text, which does what DeclareUserVars says:
// nothing is known any more of any, if sql has variables, or its text is in one.
func (in *Interner) PrepareUserVars(userVars *Set, sql []byte) *Set {
	if bytes.IndexByte(sql, '@') < 0 {
		return userVars
	}
	return in.UnknownUserVars()
}

// assignments are those of a SET, which are carried out one after the other.
type assignments struct {
	in        *Interner
	texts     *Set   // the system variables that its literals were read with
	collation string // connectionCollation at the moment
	switched  bool   // it was changed
}

// assign is userVars after one of them.
func (run *assignments) assign(userVars *Set, a digest.Assignment) (after *Set, ok bool) {
	if !a.Literal { // there may be another assignment in the expression
		if userVars, ok = run.in.unknownIn(userVars, a.Value, true); !ok {
			return userVars, false
		}
	}
	if !a.User {
		return userVars, true
	}
	name, ok := userVarName(a.Name)
	if !ok {
		return userVars, false
	}
	var value []byte
	if a.Literal {
		value, _ = literal(a.Value, run.texts, run.collation)
	}
	if bytes.EqualFold(value, []byte(null)) {
		value = nulled(userVars, name)
	}
	return run.in.put(userVars, []byte(name), value), true
}

// nulled is the value of a variable that was assigned NULL: it keeps the type of what it had before, which another connection has to assign
// first.
func nulled(userVars *Set, name string) []byte {
	before, set := userVars.Get(name)
	switch then := ",@`" + name + "`=NULL"; {
	case !set:
		return []byte(null)
	case before == unknown || before == null || strings.HasSuffix(before, then):
		return []byte(before)
	default:
		return []byte(before + then)
	}
}

// unknownIn makes the variables that a text names unknown: all, or those that an `:=` follows. It is not ok if the text can't be
// read.
func (in *Interner) unknownIn(userVars *Set, sql []byte, assigned bool) (after *Set, ok bool) {
	return in.unknownIf(userVars, sql, func(_, next token) bool { return !assigned || next.is(':') })
}

// unknownIf makes the variables that a text names unknown for which that holds, given the variable and what follows. It is not ok if the
// text can't be read.
func (in *Interner) unknownIf(userVars *Set, sql []byte, holds func(variable, next token) bool) (after *Set, ok bool) {
	l := lexer{sql}
	for t := l.next(); t.kind != tokenEnd; {
		next := l.next()
		if t.kind == tokenBad {
			return userVars, false
		}
		if t.kind == tokenUserVar && holds(t, next) {
			name, ok := userVarName(t.text)
			if !ok {
				return userVars, false
			}
			userVars = in.put(userVars, []byte(name), nil)
		}
		t = next
	}
	return userVars, true
}

// userVarName gives a name in lower case. Names that lower case or quoting could change the meaning of are not ok.
func userVarName(name []byte) (string, bool) {
	if !plain(name) || bytes.IndexByte(name, '`') >= 0 || string(name) == anyVar {
		return "", false
	}
	return strings.ToLower(string(name)), true
}

// literal is the value in a set of a variable that was assigned a literal: what has the same value, character set and collation under any setting,
// and for a number the collation that it was assigned with. It is unknown, and not ok, if that can't be done for sure.
func literal(text []byte, vars *Set, collation string) (value []byte, ok bool) {
	l := lexer{text}
	t := l.next()
	if t.is('-') || t.is('+') {
		if t = l.next(); t.kind != tokenNumber {
			return nil, false
		}
	}
	next := l.next()
	if (t.word("x") || t.word("b")) && next.kind == tokenString {
		next = l.next() // X'41', of no character set
	}
	switch {
	case next.kind != tokenEnd:
		return nil, false
	case t.kind == tokenString:
		return appendText(nil, t.text, vars)
	case t.kind == tokenNumber && !binaryNumber(t.text), t.word("true"), t.word("false"):
		return numbered(collation, text), plain(text)
	case t.kind == tokenNumber || t.kind == tokenWord:
		return text, plain(text)
	}
	return nil, false
}

// binaryNumber reports whether a number is hexadecimal or binary: a text of no character set.
func binaryNumber(number []byte) bool {
	return len(number) > 1 && number[0] == '0' && strings.IndexByte("xXbB", number[1]) >= 0
}

// introducible are the character sets in which ASCII is ASCII, so that the bytes of a literal mean the same in a statement of
// any other of them.
var introducible = map[string]bool{
	"utf8mb4": true, "utf8mb3": true, "utf8": true, "latin1": true, "ascii": true, "binary": true,
}

// appendText writes a string of a client's statement with the character set and collation that the server gave it: those of the
// connection. Bytes beyond ASCII are known only if the server had nothing to convert.
func appendText(dst, text []byte, vars *Set) ([]byte, bool) {
	client, _ := vars.Get("character_set_client")
	collation, collated := vars.Get("collation_connection")
	charset, _ := vars.Get("character_set_connection")
	if collated {
		charset, _, _ = strings.Cut(collation, "_")
	}
	if !introducible[client] || !introducible[charset] || !plain(collation) {
		return dst, false
	}
	dst = append(append(dst, '_'), charset...)
	if plain(text) {
		dst = appendQuoted(dst, text)
	} else {
		if client != charset || bytes.IndexByte(text, '\\') >= 0 {
			return dst, false
		}
		dst = append(dst, " 0x"...)
		const digits = "0123456789ABCDEF"
		for _, c := range text {
			dst = append(dst, digits[c>>4], digits[c&15])
		}
	}
	if collated {
		dst = append(dst, " COLLATE "...)
		dst = append(dst, collation...)
	}
	return dst, true
}
