package sysvar

import "bytes"

// NamesCollation finds the collation in SET NAMES charset COLLATE collation (digest.SetNames), which no tracker reports: of the
// variables that it sets, the session's Set gets collation_connection. It is nil if there is none: the character set's default.
// It is not ok if the text can't be read: then only the server knows the collation.
func NamesCollation(sql []byte) (collation []byte, ok bool) {
	l := lexer{sql}
	if !l.next().word("set") {
		return nil, false
	}
	for t := l.next(); ; t = l.next() {
		if t.word("names") {
			if cs := l.next(); cs.kind != tokenWord && cs.kind != tokenString {
				return nil, false
			}
			collation, t = nil, l.next()
			if t.word("collate") {
				c := l.next()
				switch {
				case c.word("default"):
				case c.kind == tokenWord || c.kind == tokenString || c.kind == tokenName:
					collation = c.text
				default:
					return nil, false
				}
				t = l.next()
			}
		}
		end, ok := skipAssignment(&l, t, func([]byte) {})
		if end {
			return collation, ok
		}
	}
}

// SetsTrackers reports whether the text of a SET may change what the trackers report. The report on the very statement may then
// lack something already: servers go by the list that holds at its end.
func SetsTrackers(sql []byte) bool {
	const name = "session_track_"
	for i := 0; i+len(name) <= len(sql); i++ {
		if bytes.EqualFold(sql[i:i+len(name)], []byte(name)) {
			return true
		}
	}
	return false
}
