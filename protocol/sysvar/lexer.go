package sysvar

import "bytes"

// lexer splits the few texts whose names matter here (SET, CREATE TEMPORARY TABLE, PREPARE and so on) into tokens. It gives up
// early: what it doesn't know for sure is a token of kind tokenBad, and the session is pinned instead.
type lexer struct {
	rest []byte
}

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota
	tokenWord              // a name or keyword without quotes
	tokenName              // a name in backquotes, without escapes
	tokenString            // a string without escapes and backslashes; or, under ANSI_QUOTES, a name in double quotes
	tokenNumber            // digits with whatever follows them: 1.5e3, 0xff
	tokenUserVar           // @name, @`name`, @'name'
	tokenSysVar            // @@name, @@session.name: everything behind the @@
	tokenPunct             // one byte; := is the byte ':'
	tokenBad
)

// token aliases the text it was read from.
type token struct {
	kind tokenKind
	text []byte // without quotes and at signs
}

// is reports whether t is this byte of punctuation.
func (t token) is(c byte) bool { return t.kind == tokenPunct && t.text[0] == c }

// word reports whether t is this keyword, given in lower case.
func (t token) word(keyword string) bool {
	return t.kind == tokenWord && len(t.text) == len(keyword) && bytes.EqualFold(t.text, []byte(keyword))
}

// names reports whether t can name an object: a table, an alias, a prepared statement.
func (t token) names() bool { return t.kind == tokenWord || t.kind == tokenName }

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func (l *lexer) next() token {
	if !l.skip() {
		return token{kind: tokenBad}
	}
	if len(l.rest) == 0 {
		return token{}
	}
	switch c := l.rest[0]; {
	case c == '\'' || c == '"':
		return l.quoted(tokenString)
	case c == '`':
		return l.quoted(tokenName)
	case c == '@':
		return l.variable()
	case c >= '0' && c <= '9' || c == '.' && len(l.rest) > 1 && l.rest[1] >= '0' && l.rest[1] <= '9':
		return token{tokenNumber, l.take(func(c byte) bool { return wordByte(c) || c == '.' })}
	case wordByte(c):
		return token{tokenWord, l.take(wordByte)}
	case c == ':' && len(l.rest) > 1 && l.rest[1] == '=':
		l.rest = l.rest[2:]
		return token{tokenPunct, []byte(":")}
	}
	t := token{tokenPunct, l.rest[:1]}
	l.rest = l.rest[1:]
	return t
}

// skip passes over white space and comments. It is false at a comment that servers may execute, and at one without end.
func (l *lexer) skip() bool {
	for len(l.rest) > 0 {
		switch c := l.rest[0]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			l.rest = l.rest[1:]
		case c == '#' || bytes.HasPrefix(l.rest, []byte("--")) && (len(l.rest) == 2 || l.rest[2] <= ' '):
			if i := bytes.IndexByte(l.rest, '\n'); i >= 0 {
				l.rest = l.rest[i+1:]
			} else {
				l.rest = nil
			}
		case bytes.HasPrefix(l.rest, []byte("/*")):
			end := bytes.Index(l.rest[2:], []byte("*/"))
			if end < 0 || l.rest[2] == '!' || l.rest[2] == 'M' || l.rest[2] == '+' {
				return false
			}
			l.rest = l.rest[end+4:]
		default:
			return true
		}
	}
	return true
}

// quoted reads what stands between quotes.
func (l *lexer) quoted(kind tokenKind) token {
	quote := l.rest[0]
	end := bytes.IndexByte(l.rest[1:], quote)
	if end < 0 {
		return token{kind: tokenBad}
	}
	t := token{kind, l.rest[1 : end+1]}
	l.rest = l.rest[end+2:]
	doubled := len(l.rest) > 0 && l.rest[0] == quote
	if doubled || kind != tokenName && bytes.IndexByte(t.text, '\\') >= 0 {
		return token{kind: tokenBad}
	}
	return t
}

// variable reads what begins with an at sign.
func (l *lexer) variable() token {
	kind := tokenUserVar
	l.rest = l.rest[1:]
	if len(l.rest) > 0 && l.rest[0] == '@' {
		kind = tokenSysVar
		l.rest = l.rest[1:]
	}
	if len(l.rest) > 0 && (l.rest[0] == '`' || kind == tokenUserVar && (l.rest[0] == '\'' || l.rest[0] == '"')) {
		t := l.quoted(tokenString)
		if t.kind != tokenBad {
			t.kind = kind
		}
		return t
	}
	t := token{kind, l.take(func(c byte) bool { return wordByte(c) || c == '.' })}
	if len(t.text) == 0 {
		t.kind = tokenBad
	}
	return t
}

func (l *lexer) take(in func(byte) bool) []byte {
	n := 0
	for n < len(l.rest) && in(l.rest[n]) {
		n++
	}
	text := l.rest[:n]
	l.rest = l.rest[n:]
	return text
}
