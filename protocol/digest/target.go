package digest

import (
	"bytes"
	"strconv"
)

// KillTarget reads KILL [HARD|SOFT] [CONNECTION|QUERY] <number>: the id of a connection, and whether only its statement
// is to end. ok is false for anything else: another statement, several, an id that must be evaluated, MariaDB's KILL
// QUERY ID and KILL USER.
func KillTarget(sql []byte) (id uint64, query, ok bool) {
	l := lexer{sql: sql}
	if l.next(); !l.is(wordKill) {
		return 0, false, false
	}
	if l.next(); l.is(wordHard) || l.is(wordSoft) {
		l.next()
	}
	if query = l.is(wordQuery); query || l.is(wordConnection) {
		l.next()
	}
	if l.tok != tokNumber {
		return 0, false, false
	}
	id, err := strconv.ParseUint(string(l.bytes()), 10, 64)
	l.next()
	if err != nil || !l.ended() || l.flags != 0 {
		return 0, false, false
	}
	return id, query, true
}

// UseTarget reads USE <schema>. The name is a view of sql, or a copy if quotes had to be undone. ok is false for
// anything else.
func UseTarget(sql []byte) (schema []byte, ok bool) {
	l := lexer{sql: sql, opts: AnsiQuotes}
	if l.next(); !l.is(wordUse) {
		return nil, false
	}
	switch l.next() {
	case tokWord, tokIntroducer:
		schema = l.bytes()
	case tokQuoted:
		start, end := unquoted(sql, l.start, l.pos)
		schema = sql[start:end]
		if quote := sql[l.start]; bytes.IndexByte(schema, quote) >= 0 {
			schema = bytes.ReplaceAll(schema, []byte{quote, quote}, []byte{quote})
		}
	default:
		return nil, false
	}
	l.next()
	if len(schema) == 0 || !l.ended() || l.flags != 0 {
		return nil, false
	}
	return schema, true
}
