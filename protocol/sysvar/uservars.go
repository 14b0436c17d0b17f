package sysvar

import (
	"bytes"
	"strings"
)

// User variables are kept in a Set too: under their names in lower case, with the SQL text of a literal that gives the same
// value with the same character set and collation on any connection. A variable whose value only the server knows has the value
// unknown: as long as there is one, the connection cannot be shared (UserVarsKnown).

const (
	// MaxUserVars is how many bytes of names and values are kept. A session with more is pinned.
	MaxUserVars = 4096

	unknown = ""  // the value of a variable that only the server knows
	anyVar  = "*" // stands for all the variables that a text that can't be read may set; no variable is kept under this name
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

// AssignUserVars is userVars after a statement that assigns some (digest.UserVarAssign). vars are the session's system variables
// when it ran. ran is false if the statement failed: what it would have assigned is then unknown. Nothing is kept of sql.
//
// The literals of a SET are known afterwards; every variable that another statement names is unknown, assigned or not.
func (in *Interner) AssignUserVars(userVars *Set, sql []byte, vars *Set, ran bool) *Set {
	l := lexer{sql}
	var ok bool
	if ran && l.next().word("set") {
		userVars, ok = in.assignSet(userVars, &l, vars)
	} else {
		userVars, ok = in.assignAny(userVars, sql)
	}
	if !ok || userVars.size > MaxUserVars {
		return in.put(in.empty, []byte(anyVar), nil)
	}
	return userVars
}

// assignSet reads what follows the word SET, to the end of the text.
func (in *Interner) assignSet(userVars *Set, l *lexer, vars *Set) (*Set, bool) {
	for {
		t := l.next()
		if t.kind != tokenUserVar {
			end, ok := skipAssignment(l, t, func(name []byte) { userVars = in.unknown(userVars, name) })
			if end || !ok {
				return userVars, ok
			}
			continue
		}
		name, ok := userVarName(t.text)
		if !ok {
			return userVars, false
		}
		if eq := l.next(); !eq.is('=') && !eq.is(':') {
			return userVars, false
		}
		value, after, known := literal(l, vars)
		if known && (after.is(',') || after.kind == tokenEnd || after.is(';')) {
			userVars = in.put(userVars, []byte(name), value)
		} else {
			userVars = in.put(userVars, []byte(name), nil)
		}
		end, ok := skipAssignment(l, after, func(name []byte) { userVars = in.unknown(userVars, name) })
		if end || !ok {
			return userVars, ok
		}
	}
}

// skipAssignment goes to the comma that ends an assignment, from token t on. What is assigned inside it is reported.
// end: the statement ended. It is not ok if the text can't be read, or if another statement follows.
func skipAssignment(l *lexer, t token, assigned func(name []byte)) (end, ok bool) {
	depth := 0
	var last token
	for ; ; t = l.next() {
		switch {
		case t.kind == tokenBad:
			return true, false
		case t.kind == tokenEnd:
			return true, true
		case t.is(';'):
			return true, l.next().kind == tokenEnd
		case t.is('('):
			depth++
		case t.is(')'):
			depth--
		case t.is(',') && depth == 0:
			return false, true
		case t.is(':') && last.kind == tokenUserVar:
			assigned(last.text)
		}
		last = t
	}
}

// assignAny makes every variable that a text names unknown.
func (in *Interner) assignAny(userVars *Set, sql []byte) (*Set, bool) {
	l := lexer{sql}
	for {
		switch t := l.next(); t.kind {
		case tokenEnd:
			return userVars, true
		case tokenBad:
			return userVars, false
		case tokenUserVar:
			if _, ok := userVarName(t.text); !ok {
				return userVars, false
			}
			userVars = in.unknown(userVars, t.text)
		}
	}
}

func (in *Interner) unknown(userVars *Set, name []byte) *Set {
	lower, ok := userVarName(name)
	if !ok {
		lower = anyVar
	}
	return in.put(userVars, []byte(lower), nil)
}

// userVarName gives a name in lower case. Names that lower case or quoting could change the meaning of are not ok.
func userVarName(name []byte) (string, bool) {
	if !plain(string(name)) || bytes.IndexByte(name, '`') >= 0 || string(name) == anyVar {
		return "", false
	}
	return strings.ToLower(string(name)), true
}

// literal reads a literal and the token behind it, and writes it so that it has the same value, character set and collation
// under any setting. known is false if it isn't one, or one that can't be written so.
func literal(l *lexer, vars *Set) (value []byte, after token, known bool) {
	t := l.next()
	if t.is('-') || t.is('+') {
		number := l.next()
		if number.kind != tokenNumber {
			return nil, number, false
		}
		return append([]byte(string(t.text)), number.text...), l.next(), true
	}
	switch {
	case t.kind == tokenNumber:
		return t.text, l.next(), true
	case t.word("null") || t.word("true") || t.word("false"):
		return t.text, l.next(), true
	case t.kind == tokenString:
		value, known = appendText(nil, t.text, vars)
		return value, l.next(), known
	}
	return nil, t, false
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
	if plain(string(text)) {
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
