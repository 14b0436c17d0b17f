package digest

import "strconv"

// Kill is what a KILL statement says.
type Kill struct {
	ID    uint64 // of a connection
	Own   bool   // CONNECTION_ID() stands in place of the id
	Param bool   // a placeholder does
	Query bool   // only the connection's statement is to end
	Soft  bool   // MariaDB's SOFT
}

// KillTarget reads KILL [HARD|SOFT] [CONNECTION|QUERY] <id>. ok is false for anything else: another statement, several, an
// id that must be evaluated, MariaDB's KILL QUERY ID and KILL USER.
func KillTarget(sql []byte) (k Kill, ok bool) {
	l := lexer{sql: sql}
	if l.next(); !l.is(wordKill) {
		return Kill{}, false
	}
	if l.next(); l.is(wordHard) || l.is(wordSoft) {
		k.Soft = l.is(wordSoft)
		l.next()
	}
	if k.Query = l.is(wordQuery); k.Query || l.is(wordConnection) {
		l.next()
	}
	switch {
	case l.tok == tokNumber || l.tok == tokString:
		text := l.bytes()
		if l.tok == tokString && len(text) >= 2 {
			text = text[1 : len(text)-1]
		}
		var err error
		if k.ID, err = strconv.ParseUint(string(text), 10, 64); err != nil {
			return Kill{}, false
		}
	case l.tok == tokParam:
		k.Param = true
	case l.tok == tokWord && l.word != nil && l.word.function == ConnectionIDFn:
		if l.next() != tokOpen || l.next() != tokClose {
			return Kill{}, false
		}
		k.Own = true
	default:
		return Kill{}, false
	}
	l.next()
	if !l.ended() || l.flags != 0 {
		return Kill{}, false
	}
	return k, true
}
