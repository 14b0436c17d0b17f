package digest

import (
	"bytes"
	"fmt"
)

// maxAlias is the longest column alias, in bytes, that every server takes whatever the characters are.
const maxAlias = 64

// AppendConnectionID appends sql with id in place of CONNECTION_ID() and of @@pseudo_thread_id where that is read. The types
// stay those of the originals, and where such an expression is an item of a SELECT's list that surely has no alias, the
// column keeps its name. From a CREATE or ALTER on the text stays as it is: what is stored asks at its own time.
func AppendConnectionID(dst, sql []byte, o Options, id uint32) []byte {
	return appendWith(dst, sql, o, replacement{
		function: ConnectionIDFn,
		call:     fmt.Sprintf("CAST(%010d AS UNSIGNED)", id), // as wide as the function's type is
		variable: fmt.Sprintf("NULLIF(CAST(%021d AS UNSIGNED),0)", id),
	})
}

// AppendRowCount appends sql with a literal in place of ROW_COUNT() in its first statement: what comes behind that asks about it.
// The names of columns stay, as with AppendConnectionID.
func AppendRowCount(dst, sql []byte, o Options, literal string) []byte {
	return appendWith(dst, sql, o, replacement{function: RowCountFn, call: literal, first: true})
}

// replacement is what takes the place of a function without arguments.
type replacement struct {
	function Flags
	call     string
	variable string // of the variable that shows the same; "": there is none
	first    bool   // only in the first statement
}

func appendWith(dst, sql []byte, o Options, by replacement) []byte {
	r := replacing{lexer: lexer{sql: sql, opts: o}, dst: dst, by: by}
	for r.lexer.next(); r.lexer.tok != tokEnd && !r.over; r.step() {
	}
	r.endItem()
	return append(r.dst, sql[r.copied:]...)
}

// replacing rewrites a text. The lexer stands at the token that is looked at.
type replacing struct {
	lexer  lexer
	dst    []byte
	by     replacement
	copied int // so much of the text is in dst

	begun bool // a statement has begun
	over  bool // the rest stays: something is defined that is evaluated later, or another statement begins
	set   bool // the statement is a SET

	list  selectList   // that the token is in
	outer []selectList // those around it, outside of parentheses
	end   int          // of the token before
	last  token        // the token before
}

// selectList is the list of a SELECT, or what stands in parentheses and is none.
type selectList struct {
	first   bool // the next token begins an item
	item    bool // in an item
	start   int  // of that item
	changed bool // something in it was replaced
	opaque  bool // it has words that may be an alias, or behind the list
}

// step takes one token, or all those of a thing to be replaced.
func (r *replacing) step() {
	l := &r.lexer
	if r.list.first && !r.modifier() {
		r.list = selectList{item: true, start: l.start}
	}
	switch l.tok {
	case tokWord:
		if r.word() {
			return
		}
	case tokQuoted:
		start, end := unquoted(l.sql, l.start, l.pos)
		if k := words.find(l.sql, start, end); k != nil && k.function == r.by.function && r.call() {
			return
		}
	case tokSysVar:
		if r.variable() {
			return
		}
	case tokOpen:
		r.outer = append(r.outer, r.list)
		r.list = selectList{}
	case tokClose:
		r.close()
	case tokComma:
		if r.list.item {
			r.endItem()
			r.list.first = true
		}
	case tokSemicolon:
		r.endItem()
		r.begun, r.set, r.outer = false, false, r.outer[:0]
		r.over = r.by.first
	}
	r.pass()
}

// close ends what is in parentheses.
func (r *replacing) close() {
	changed := r.endItem()
	if n := len(r.outer); n > 0 {
		r.list, r.outer = r.outer[n-1], r.outer[:n-1]
		r.list.changed = r.list.changed || changed
	}
}

// pass goes on to the next token.
func (r *replacing) pass() {
	r.end, r.last = r.lexer.pos, r.lexer.tok
	r.lexer.next()
}

// modifiers are the words that may stand between SELECT and the first item.
var modifiers = [...]string{
	"ALL", "DISTINCT", "DISTINCTROW", "HIGH_PRIORITY", "STRAIGHT_JOIN", "SQL_SMALL_RESULT", "SQL_BIG_RESULT",
	"SQL_BUFFER_RESULT", "SQL_CACHE", "SQL_NO_CACHE", "SQL_CALC_FOUND_ROWS",
}

func (r *replacing) modifier() bool {
	return r.lexer.tok == tokWord && isOne(modifiers[:], r.lexer.bytes())
}

// ends are the words behind which the list of a SELECT is over.
var ends = [...]string{
	"FROM", "INTO", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "PROCEDURE", "FOR", "LOCK", "UNION", "EXCEPT", "INTERSECT", "MINUS",
	"WINDOW", "QUALIFY", "FETCH", "OFFSET",
}

// isOne reports whether word is one of words, in any case.
func isOne(words []string, word []byte) bool {
	for _, w := range words {
		if len(w) == len(word) && bytes.EqualFold(word, []byte(w)) {
			return true
		}
	}
	return false
}

// word takes a word, and reports whether it has gone on to the next token.
func (r *replacing) word() (passed bool) {
	l := &r.lexer
	k := l.word
	if k == nil {
		k = &unknown
	}
	if k.function == r.by.function && r.call() {
		return true
	}
	if !r.begun {
		r.begun, r.set = true, k.verb == VerbSet
	}
	switch {
	case k.verb == VerbCreate || k.verb == VerbAlter:
		r.over = true
	case k.verb == VerbSelect:
		r.list = selectList{first: true}
	case r.list.item && l.start > r.list.start && isOne(ends[:], l.bytes()):
		r.endItem()
	case r.list.item:
		ahead := *l
		r.list.opaque = r.list.opaque || ahead.next() != tokOpen
	}
	return false
}

// call replaces a call of the function, if the token begins one.
func (r *replacing) call() (ok bool) {
	ahead := r.lexer
	if r.last == tokDot || ahead.next() != tokOpen || ahead.next() != tokClose {
		return false
	}
	r.replace(&ahead, r.by.call)
	return true
}

// variable replaces the variable in any of its forms, if the token begins one that is read.
func (r *replacing) variable() (ok bool) {
	l := &r.lexer
	ahead := *l
	start, end := l.start+2, l.pos
	if start < end && !inWord[l.sql[start]] {
		start, end = unquoted(l.sql, start, end)
	}
	k := words.find(l.sql, start, end)
	if k != nil && (k.word == wordSession || k.word == wordLocal) {
		if ahead.next() != tokDot {
			return false
		}
		switch ahead.next() {
		case tokWord:
			start, end = ahead.start, ahead.pos
		case tokQuoted:
			start, end = unquoted(ahead.sql, ahead.start, ahead.pos)
		default:
			return false
		}
		k = words.find(l.sql, start, end)
	}
	if r.by.variable == "" || k == nil || k.variable != r.by.function {
		return false
	}
	if further := ahead; r.set && len(r.outer) == 0 && further.nextAssigns() && (r.last == tokWord || r.last == tokComma) {
		return false
	}
	r.replace(&ahead, r.by.variable)
	return true
}

// replace writes text in place of all up to the end of the token that upTo stands at.
func (r *replacing) replace(upTo *lexer, text string) {
	r.dst = append(r.dst, r.lexer.sql[r.copied:r.lexer.start]...)
	r.dst = append(r.dst, text...)
	r.copied = upTo.pos
	r.lexer = *upTo
	r.begun, r.list.changed = true, true
	r.lexer.tok = tokClose // a sign behind it is an operator
	r.pass()
}

// endItem ends an item, and names it as it was. It reports whether something in it was replaced.
func (r *replacing) endItem() (changed bool) {
	item := r.list
	r.list = selectList{}
	// Behind a parenthesis or a number stands no alias.
	aliased := r.last != tokClose && r.last != tokNumber
	if !item.item || !item.changed || item.opaque || aliased || r.end-item.start > maxAlias {
		return item.changed
	}
	r.dst = append(r.dst, r.lexer.sql[r.copied:r.end]...)
	r.copied = r.end
	r.dst = append(r.dst, " AS `"...)
	r.dst = append(r.dst, bytes.ReplaceAll(r.lexer.sql[item.start:r.end], []byte("`"), []byte("``"))...)
	r.dst = append(r.dst, '`')
	return true
}
