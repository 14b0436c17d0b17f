package digest

// firstStates are the states behind the verb, where that is not stateBody.
var firstStates = [verbCount]state{
	VerbOther:    stateLabel,
	VerbWith:     stateWith,
	VerbAnalyze:  stateAnalyze,
	VerbBegin:    stateBegin,
	VerbStart:    stateStart,
	VerbLock:     stateLock,
	VerbUnlock:   stateUnlock,
	VerbFlush:    stateFlush,
	VerbCommit:   stateEnding,
	VerbRollback: stateEnding,
	VerbCreate:   stateCreate,
	VerbAlter:    stateCreate,
	VerbDrop:     stateDrop,
	VerbShow:     stateShow,
	VerbLoad:     stateLoad,
	VerbSet:      stateTarget,
}

// body is the state of a statement of which all is known that its first words tell.
func (s *scanner) body() state {
	if s.compound {
		return stateBlock
	}
	return stateBody
}

// become makes v the verb, and leaves the state to look for more. In a compound statement only the flags count.
func (s *scanner) become(v Verb) {
	s.state = s.body()
	if s.compound {
		s.flags |= verbs[v].flags &^ Compound
		return
	}
	s.flags |= verbs[v].flags
	s.verb, s.class = v, verbs[v].class
	if s.lexer.inside && s.class == ClassRead {
		s.class = ClassOther // Another server may see another verb.
	}
}

// begin takes the first word of a statement, whose verb is v.
func (s *scanner) begin(v Verb) {
	if s.verb == VerbNone {
		s.statements++
	}
	s.follow()
	s.base, s.scope = s.depth, wordAny
	s.become(v)
	if v == VerbBlock {
		s.compound = true
		s.state = stateBlock
	} else if first := firstStates[v]; first != stateHead {
		s.state = first
	}
}

// block makes a compound statement of the statement at hand; another one begins in it.
func (s *scanner) block() {
	s.become(VerbBlock)
	s.compound = true
	s.state = stateHead
}

// separates reports whether a statement begins behind k in a compound statement.
func separates(k *keyword) bool {
	switch k.word {
	case wordBegin, wordDo, wordElse, wordLoop, wordRepeat, wordThen:
		return true
	}
	return false
}

// head takes a word in any state but stateBody.
func (s *scanner) head(k, prev *keyword) {
	if s.state == stateHead {
		s.verbWord(k)
		return
	}
	if s.state >= stateStatement {
		s.setWord(k, prev)
		return
	}
	if k == nil {
		k = &unknown
	}
	behind := wordAny
	if prev != nil {
		behind = prev.word
	}
	switch s.state {
	case stateBlock:
		if separates(k) {
			s.state = stateHead
		}
	case stateLabel:
		s.state = s.body()
	case stateWith:
		switch k.verb {
		case VerbSelect, VerbInsert, VerbUpdate, VerbDelete, VerbReplace, VerbTable, VerbValues:
			if s.depth == s.base {
				s.become(k.verb)
			}
		}
	case stateAnalyze:
		s.analyze(k)
	case stateBegin:
		s.beginWord(k)
	case stateAtomic:
		s.state = s.body()
		if k.word == wordAtomic {
			s.block()
		}
	case stateStart:
		s.state = s.body()
		if k.word == wordTransaction {
			s.flags &^= ImplicitCommit
			s.become(VerbBegin)
		}
	case stateLock, stateUnlock:
		s.lockWord(k)
	case stateFlush:
		if k.word == wordRead || k.word == wordExport {
			s.flags |= LockTables
		}
	case stateEnding:
		switch {
		case k.word == wordTo:
			s.flags |= Savepoint
		case k.word == wordRelease && behind != wordNo:
			s.flags |= Release
		}
	case stateCreate:
		s.createWord(k)
	case stateDrop:
		s.dropWord(k)
	case stateShow:
		s.showWord(k, behind)
	case stateLoad:
		if k.word == wordIndex {
			s.flags |= ImplicitCommit
			s.class = ClassAdmin
		}
	}
}

// unknown stands for a word that is no keyword.
var unknown keyword

// verbWord takes the first word of a statement.
func (s *scanner) verbWord(k *keyword) {
	if k == nil {
		k = &unknown
	}
	if s.compound {
		switch {
		case k.word == wordEnd:
			s.state = stateBlock
			return
		case separates(k):
			s.follow()
			return
		}
	}
	v := k.verb
	if v == VerbNone {
		v = VerbOther
	}
	s.begin(v)
	if k.word == wordLoop || k.word == wordRepeat {
		s.state = stateHead
	}
}

// follow notes that in a compound statement something follows a semicolon.
func (s *scanner) follow() {
	if s.compound && s.prev == tokSemicolon {
		s.flags |= MultiStatement
	}
}

// beginWord takes the word behind BEGIN. In Oracle's mode MariaDB takes what follows for a block.
func (s *scanner) beginWord(k *keyword) {
	switch k.word {
	case wordWork:
		s.state = s.body()
	case wordNot:
		s.state = stateAtomic
	default:
		s.block()
		s.verbWord(k)
	}
}

// analyze takes a word behind ANALYZE: of ANALYZE TABLE, or of a statement that runs and is analyzed.
func (s *scanner) analyze(k *keyword) {
	switch {
	case k.word == wordTable || k.word == wordLocal || k.word == wordNoWriteToBinlog:
		s.flags |= ImplicitCommit
		s.class = ClassAdmin
	case k.verb == VerbSelect:
		s.class = ClassRead
	case k.verb != VerbNone:
		s.class = ClassWrite
	default:
		return // FORMAT = JSON
	}
	s.state = s.body()
}

// lockWord takes the word behind LOCK or UNLOCK.
func (s *scanner) lockWord(k *keyword) {
	switch {
	case k.word == wordTable && s.state == stateLock:
		s.flags |= ImplicitCommit
	case k.word == wordTable:
		s.flags |= ImplicitCommit | UnlockTables
	case k.word == wordInstance && s.state == stateLock:
		s.flags |= LockInstance
	case k.word == wordInstance:
		s.flags |= UnlockInstance
	}
	s.state = s.body()
}

// createWord takes a word behind CREATE or ALTER, up to the kind of object.
func (s *scanner) createWord(k *keyword) {
	switch k.word {
	case wordTemporary:
		s.flags = s.flags&^ImplicitCommit | CreateTemporary
	case wordTable, wordObject, wordIndex, wordRole:
		s.state = s.body()
	case wordRoutine:
		s.compound = true
		s.state = stateBlock
	}
}

// dropWord takes the word behind DROP.
func (s *scanner) dropWord(k *keyword) {
	s.state = s.body()
	switch k.word {
	case wordTemporary:
		s.flags = s.flags&^ImplicitCommit | DropTemporary
	case wordTable:
		s.flags |= DropTemporary
	case wordPrepare:
		s.flags &^= ImplicitCommit
		s.become(VerbDeallocate)
	}
}

// showWord takes a word behind SHOW; behind is the word before it.
func (s *scanner) showWord(k *keyword, behind word) {
	switch k.word {
	case wordWarnings: // And ERRORS.
		switch {
		case behind == wordShow:
			s.flags |= ShowWarnings
		case s.prev == tokClose: // COUNT(*): to servers it is SELECT @@warning_count
			s.become(VerbSelect)
			s.flags |= ShowWarnings
		}
	case wordStatus:
		if behind == wordShow || behind == wordSession || behind == wordLocal {
			s.flags |= ConnectionStatus
		}
	case wordVariables:
		if behind == wordShow || behind == wordSession || behind == wordLocal {
			s.flags |= TrackersVar
		}
	case wordProfile:
		if behind == wordShow {
			s.flags |= ConnectionStatus
		}
	}
}
