package digest

import "bytes"

// Scope is what an assignment of a system variable changes.
type Scope uint8

// The scopes.
const (
	ScopeSession     Scope = iota // the session: SET x, SET SESSION x, SET LOCAL x, SET @@session.x
	ScopeUnqualified              // SET @@x: the session, but of the isolation level that of the next transaction only
	ScopeGlobal
	ScopePersist
	ScopePersistOnly
)

// Assignment is one part of a SET statement. Its slices are views of the text.
type Assignment struct {
	User    bool   // Name is that of a user variable
	Name    []byte // without quotes, @ and scope; NAMES and CHARACTER SET under these names, as they were written
	Value   []byte // as it was written, without the white space and comments around it
	Literal bool   // Value is one literal, with or without a sign, TRUE, FALSE or, for system variables, a single word
	Scope   Scope  // of system variables
}

// Assignments calls each for every assignment of a SET statement, from left to right. It reports whether the statement
// consists of assignments only, whose names it can read; if not, or if each returned false, the rest is left out.
func Assignments(sql []byte, o Options, each func(Assignment) bool) bool {
	p := setParser{lexer: lexer{sql: sql, opts: o}}
	if p.lexer.next() != tokWord || !p.lexer.is(wordSet) {
		return false
	}
	p.lexer.next()
	for {
		a, ok := p.assignment()
		if !ok || !each(a) {
			return false
		}
		if p.lexer.tok != tokComma {
			return p.lexer.ended() && p.lexer.flags == 0
		}
		p.lexer.next()
	}
}

// setParser reads a SET statement. Its lexer's current token is the next one to look at.
type setParser struct {
	lexer lexer
	scope Scope // of system variables that don't name one: SET GLOBAL a = 1, b = 2 sets b globally too
}

// assignment reads one assignment and moves to the comma or the end behind it.
func (p *setParser) assignment() (a Assignment, ok bool) {
	switch p.lexer.tok {
	case tokUserVar:
		a.User = true
		a.Name, ok = p.plain(p.lexer.start+1, p.lexer.pos)
		p.lexer.next()
	case tokSysVar:
		ok = p.systemVariable(&a)
	case tokWord, tokIntroducer, tokQuoted:
		if p.lexer.is(wordNames) {
			return p.names()
		}
		p.scopeWord()
		a.Scope = p.scope
		ok = p.name(&a)
	}
	if !ok || !p.equals() {
		return a, false
	}
	return a, p.value(&a)
}

// equals takes "=" or ":=".
func (p *setParser) equals() bool {
	ok := p.lexer.tok == tokAssign || p.lexer.tok == tokOp && string(p.lexer.bytes()) == "="
	p.lexer.next()
	return ok
}

// scopeWord takes GLOBAL, SESSION, LOCAL, PERSIST or PERSIST_ONLY, if it is there.
func (p *setParser) scopeWord() {
	if scope, ok := scopeOf(p.lexer.bytes()); ok && p.lexer.tok == tokWord {
		p.scope = scope
		p.lexer.next()
	}
}

// scopeOf returns the scope that a word names.
func scopeOf(b []byte) (Scope, bool) {
	k := words.find(b, 0, len(b))
	if k == nil {
		return ScopeSession, false
	}
	switch k.name {
	case "SESSION", "LOCAL":
		return ScopeSession, true
	case "GLOBAL":
		return ScopeGlobal, true
	case "PERSIST":
		return ScopePersist, true
	case "PERSIST_ONLY":
		return ScopePersistOnly, true
	}
	return ScopeSession, false
}

// name takes the name of a system variable, which may have a dot in it.
func (p *setParser) name(a *Assignment) (ok bool) {
	start := p.lexer.start
	switch p.lexer.tok {
	case tokQuoted:
		a.Name, ok = p.plain(start, p.lexer.pos)
		p.lexer.next()
		return ok
	case tokWord, tokIntroducer:
	default:
		return false
	}
	end := p.lexer.pos
	if p.lexer.next() == tokDot {
		if p.lexer.next() != tokWord {
			return false
		}
		end = p.lexer.pos
		p.lexer.next()
	}
	a.Name = p.lexer.sql[start:end]
	return true
}

// systemVariable takes @@name or @@scope.name.
func (p *setParser) systemVariable(a *Assignment) (ok bool) {
	a.Scope = ScopeUnqualified
	a.Name, ok = p.plain(p.lexer.start+2, p.lexer.pos)
	if p.lexer.next() != tokDot {
		return ok
	}
	if a.Scope, ok = scopeOf(a.Name); !ok {
		return false
	}
	p.lexer.next()
	return p.name(a)
}

// plain returns the name sql[start:end] without its quotes. It must not be empty or contain what a reader would have
// to undo: doubled quotes, backslashes.
func (p *setParser) plain(start, end int) ([]byte, bool) {
	name := p.lexer.sql[start:end]
	if len(name) > 0 && (name[0] == '`' || name[0] == '"' || name[0] == '\'') {
		quote := name[0]
		if len(name) < 2 || name[len(name)-1] != quote {
			return nil, false
		}
		name = name[1 : len(name)-1]
		if bytes.IndexByte(name, quote) >= 0 || bytes.IndexByte(name, '\\') >= 0 {
			return nil, false
		}
	}
	return name, len(name) > 0
}

// names takes NAMES x, CHARACTER SET x or CHARSET x.
func (p *setParser) names() (a Assignment, ok bool) {
	start, end := p.lexer.start, p.lexer.pos
	long := p.lexer.word.name != "NAMES" && p.lexer.word.name != "CHARSET"
	p.lexer.next()
	if long {
		if !p.lexer.is(wordSet) {
			return a, false
		}
		end = p.lexer.pos
		p.lexer.next()
	}
	a.Name = p.lexer.sql[start:end]
	return a, p.value(&a)
}

// value takes an expression, up to a comma outside of parentheses or the end.
func (p *setParser) value(a *Assignment) bool {
	l := &p.lexer
	start, end, depth, tokens := l.start, l.start, 0, 0
	signed, prefixed := false, false
	for ; l.tok != tokEnd && l.tok != tokSemicolon && (depth > 0 || l.tok != tokComma); l.next() {
		switch l.tok {
		case tokOpen:
			depth++
		case tokClose:
			depth--
		}
		switch {
		case tokens == 0 && l.tok == tokSign && !prefixed:
			signed, prefixed = true, true
		case tokens == 0 && l.tok == tokIntroducer && !prefixed:
			prefixed = true
		default:
			tokens++
			a.Literal = tokens == 1 && p.literal(a.User, prefixed, signed)
		}
		end = l.pos
	}
	a.Value = l.sql[start:end]
	return tokens > 0 && depth == 0
}

// literal reports whether the current token is a value of its own, maybe behind a sign or an introducer.
func (p *setParser) literal(user, prefixed, signed bool) bool {
	switch l := &p.lexer; l.tok {
	case tokNumber:
		return true
	case tokString:
		return !signed
	case tokWord:
		if prefixed {
			return false
		}
		return !user || l.word != nil && (l.word.name == "NULL" || l.word.name == "TRUE" || l.word.name == "FALSE")
	}
	return false
}

// ended reports whether nothing but semicolons follows the current token, which counts too.
func (l *lexer) ended() bool {
	for l.tok == tokSemicolon {
		l.next()
	}
	return l.tok == tokEnd
}
