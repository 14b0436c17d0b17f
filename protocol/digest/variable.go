package digest

// userVariable takes @name. Behind a name or string in a statement about accounts it is the host of an account.
func (s *scanner) userVariable(prev *keyword) {
	s.before = s.flags
	switch {
	case s.state == stateTarget:
		s.flags |= UserVarAssign
		s.state = stateValue
	case s.namesAccount(prev):
	case prev != nil && prev.word == wordInto:
		s.flags |= IntoVar | UserVarAssign
	case s.verb == VerbCall || s.verb == VerbLoad || s.verb == VerbGet:
		s.flags |= UserVarRead | UserVarAssign
	default:
		s.flags |= UserVarRead
		s.other(tokUserVar)
	}
}

// namesAccount reports whether what is before "@" is the name of an account.
func (s *scanner) namesAccount(prev *keyword) bool {
	switch s.verb {
	case VerbCreate, VerbAlter, VerbDrop, VerbRename, VerbGrant, VerbRevoke, VerbShow, VerbSet:
		switch s.prev {
		case tokString, tokQuoted, tokIntroducer:
			return true
		case tokWord:
			return prev == nil || prev.plain
		}
	}
	return false
}

// assignment takes `:=`.
func (s *scanner) assignment() {
	switch {
	case s.prev == tokUserVar:
		s.flags = s.before | UserVarAssign
	case s.verb != VerbSet:
		s.flags |= UserVarAssign
	}
}

// systemVariable takes @@name, and @@scope of @@scope.name.
func (s *scanner) systemVariable() {
	sql, start, end := s.lexer.sql, s.lexer.start+2, s.lexer.pos
	if start < end && !inWord[sql[start]] {
		start, end = unquoted(sql, start, end)
	}
	k := words.find(sql, start, end)
	s.sysVar, s.sysScope = false, wordAny
	if k != nil {
		switch k.word {
		case wordGlobal, wordSession, wordLocal, wordPersist:
			s.sysVar, s.sysScope = true, k.word
			if s.state == stateTarget {
				s.state = stateVariable
			}
			return
		}
	}
	switch {
	case s.state == stateTarget && k != nil && k.assigned == SetTransactionNext:
		s.flags |= SetTransactionNext // With a scope, or without @@, it would set the session's value.
		s.state = stateValue
	case s.state == stateTarget:
		s.set(k, wordAny)
	default:
		s.read(k)
		s.other(tokSysVar)
	}
}

// scopedVariable takes the name in @@scope.name.
func (s *scanner) scopedVariable(start, end int) {
	s.sysVar = false
	k := words.find(s.lexer.sql, start, end)
	if s.state == stateVariable {
		s.set(k, s.sysScope)
	} else {
		s.read(k)
	}
}

// read notes that the system variable that k names is read.
func (s *scanner) read(k *keyword) {
	if k != nil {
		s.flags |= k.variable
	}
}

// set notes that the system variable that k names, nil for most, is set in a scope.
func (s *scanner) set(k *keyword, scope word) {
	s.state = stateValue
	if scope == wordGlobal || scope == wordPersist {
		return // the session stays as it is
	}
	s.flags |= SetSystemVar
	if k != nil {
		s.flags |= k.assigned &^ SetTransactionNext
	}
}

// setWord takes a word of a SET statement, in its own states.
func (s *scanner) setWord(k, prev *keyword) {
	if k == nil {
		k = &unknown
	}
	switch s.state {
	case stateStatement:
		if k.word == wordFor && s.depth == s.base {
			s.state = stateHead
		}
	case stateTarget:
		s.target(k, prev)
	case stateScoped:
		switch k.word {
		case wordTransaction:
			s.set(nil, s.scope)
			s.state = s.body()
		case wordAuthorization:
			s.flags |= SetRole
			s.state = s.body()
		default:
			s.set(k, s.scope)
		}
	}
}

// target takes the word that says what is set.
func (s *scanner) target(k, prev *keyword) {
	switch k.word {
	case wordGlobal, wordSession, wordLocal, wordPersist:
		s.scope, s.state = k.word, stateScoped
	case wordNames:
		s.flags |= SetNames
		s.state = stateValue
	case wordPassword:
		s.flags |= ImplicitCommit
		s.state = s.body()
	case wordRole, wordDefault:
		s.flags |= SetRole
		s.state = s.body()
	case wordTransaction:
		s.flags |= SetTransactionNext
		s.state = s.body()
	case wordStatement:
		s.flags |= SetStatement
		s.state = stateStatement
	default:
		if ahead := s.lexer; !ahead.nextAssigns() {
			s.flags |= SetOther
		}
		s.set(k, s.scope)
	}
}

// nextAssigns reports whether "=", ":=" or a dot follows.
func (l *lexer) nextAssigns() bool {
	switch l.next() {
	case tokAssign, tokDot:
		return true
	case tokOp:
		return l.sql[l.start] == '=' && l.pos == l.start+1
	}
	return false
}
