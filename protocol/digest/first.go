package digest

// First looks at the first statement of a text alone. info is what Scan would say of it, but for the hash, which is 0; text is the statement, rest is
// what follows behind its semicolon. Where Info.Statements of the whole text counts what cannot be told apart as one statement, so does First. Both
// slices are views of sql. A text without a statement gives an Info without one.
func First(sql []byte, o Options) (info Info, text, rest []byte) {
	s := scanner{lexer: lexer{sql: sql, opts: o}}
	for {
		t := s.lexer.next()
		if t == tokEnd || t == tokSemicolon && s.verb != VerbNone && !s.compound {
			return s.end(0), sql[:s.lexer.start], sql[s.lexer.pos:]
		}
		s.add(t)
	}
}
