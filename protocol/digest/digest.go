package digest

// Info is what Scan found out about a text.
type Info struct {
	Hash       uint64 // of the normal form of the whole text
	Verb       Verb   // of the first statement
	Class      Class  // of the first statement
	Flags      Flags  // of all statements together
	Statements int    // how many there are, empty ones not counted
}

// Scan looks at sql once. It allocates nothing and keeps nothing. A text may be of any length and contain anything.
func Scan(sql []byte, o Options) Info {
	s := scanner{lexer: lexer{sql: sql, opts: o}}
	n := normal{hash: hashSeed}
	for {
		t := s.lexer.next()
		n.add(&s.lexer, t)
		if t == tokEnd {
			return s.end(n.hash)
		}
		s.add(t)
	}
}
