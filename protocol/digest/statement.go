package digest

// scanner finds out about statements from the sequence of their tokens. It is a state machine: most statements leave
// it in stateBody after their first word, where only a few words, calls and variables matter.
type scanner struct {
	lexer    lexer
	prev     token    // the token before
	prevWord *keyword // the keyword of prev, if it was one

	// The statement at hand.
	state     state
	verb      Verb
	class     Class
	flags     Flags
	compound  bool // a semicolon does not end it
	depth     int  // of parentheses
	base      int  // depth at the verb
	scope     word // of SET: what the variables without a scope of their own have
	sysVar    bool // the token before, but for a dot, was @@ and a scope
	sysScope  word // that scope
	plainName bool // prev is a quoted name that follows no dot
	nameStart int  // of that name
	nameEnd   int
	before    Flags // the flags before the user variable that is prev
	inLastID  bool  // prev is the parenthesis of LAST_INSERT_ID(

	// The text so far.
	firstVerb  Verb  // of the first statement
	firstClass Class // of the first statement
	all        Flags // of the statements that ended
	statements int
}

// state is what the next word of the statement may decide on.
type state uint8

const (
	stateHead      state = iota // the verb
	stateBody                   // nothing but what note looks for
	stateBlock                  // as stateBody, in a compound statement: words behind which another statement begins
	stateLabel                  // whether the first word was a label
	stateWith                   // the verb behind WITH
	stateAnalyze                // what is analyzed
	stateBegin                  // BEGIN or BEGIN NOT ATOMIC
	stateAtomic                 // ATOMIC
	stateStart                  // START TRANSACTION or START REPLICA
	stateLock                   // LOCK TABLES or LOCK INSTANCE
	stateUnlock                 // UNLOCK TABLES or UNLOCK INSTANCE
	stateFlush                  // FLUSH ... READ LOCK
	stateEnding                 // COMMIT, ROLLBACK: CHAIN, RELEASE, TO
	stateCreate                 // CREATE, ALTER: the kind of object
	stateDrop                   // DROP: the kind of object
	stateShow                   // SHOW WARNINGS
	stateLoad                   // LOAD DATA LOCAL
	stateStatement              // SET STATEMENT ... FOR
	stateTarget                 // SET: what is set
	stateScoped                 // SET GLOBAL: what is set
	stateVariable               // SET @@session.: what is set
	stateValue                  // SET x =: up to a comma
)

// end closes the text, whose normal form has the hash given.
func (s *scanner) end(hash uint64) Info {
	s.endStatement()
	i := Info{Hash: hash, Verb: s.firstVerb, Class: s.firstClass, Flags: s.all | s.lexer.flags, Statements: s.statements}
	if s.statements > 1 {
		i.Flags |= MultiStatement
	}
	if i.Flags&Uncertain != 0 && i.Class == ClassRead {
		i.Class = ClassOther
	}
	return i
}

// add takes the token that the lexer has just read.
func (s *scanner) add(t token) {
	if s.inLastID {
		s.lastInsertID(t)
	}
	prevWord := s.prevWord
	s.prevWord = nil
	switch t {
	case tokWord:
		k := s.lexer.word
		s.prevWord = k
		if s.state != stateBody {
			s.head(k, prevWord)
		}
		if k != nil {
			if k.notable {
				s.note(k, prevWord)
			}
		} else if s.sysVar && s.prev == tokDot {
			s.scopedVariable(s.lexer.start, s.lexer.pos)
		}
	case tokOpen:
		s.depth++
		if prevWord != nil {
			s.call(prevWord)
		} else if s.prev == tokQuoted && s.plainName {
			s.call(words.find(s.lexer.sql, s.nameStart, s.nameEnd))
		} else if s.state == stateWith && s.prev == tokClose && s.depth == s.base+1 {
			s.become(VerbSelect) // WITH x AS (...) (SELECT ...)
		}
	case tokClose:
		s.depth--
	case tokComma:
		if s.state == stateValue && s.depth == s.base {
			s.state = stateTarget
		}
	case tokDot:
	case tokSemicolon:
		s.semicolon()
	case tokQuoted:
		s.quoted()
	case tokUserVar:
		s.userVariable(prevWord)
	case tokSysVar:
		s.systemVariable()
	case tokAssign:
		s.assignment()
	case tokParam:
		s.flags |= HasPlaceholder
		s.other(t)
	default:
		if s.state != stateBody {
			s.other(t)
		}
	}
	s.prev = t
}

// other takes a token that is no word, name or variable.
func (s *scanner) other(t token) {
	switch s.state {
	case stateHead:
		s.begin(VerbOther)
	case stateLabel:
		s.state = s.body()
		if t == tokColon {
			s.block()
		}
	case stateTarget, stateScoped, stateVariable:
		s.flags |= SetOther
		s.state = stateValue
	}
}

// quoted takes a quoted name.
func (s *scanner) quoted() {
	start, end := unquoted(s.lexer.sql, s.lexer.start, s.lexer.pos)
	s.plainName, s.nameStart, s.nameEnd = s.prev != tokDot, start, end
	switch {
	case s.sysVar && s.prev == tokDot:
		s.scopedVariable(start, end)
	case s.state == stateTarget || s.state == stateScoped:
		s.set(words.find(s.lexer.sql, start, end), s.scope)
	default:
		s.other(tokQuoted)
	}
}

// unquoted returns what is between the quotes of the token sql[start:end].
func unquoted(sql []byte, start, end int) (int, int) {
	start++
	if end > start && sql[end-1] == sql[start-1] {
		end--
	}
	return start, end
}

// call notes a call of the function that k names, if it is one: nothing but blanks and comments was before the
// parenthesis. The servers take a quoted name for that of a function too.
func (s *scanner) call(k *keyword) {
	if k == nil || k.function == 0 {
		return
	}
	if k.function == LastInsertIDFn {
		s.inLastID = true // what follows decides
		return
	}
	s.flags |= k.function
}

// lastInsertID takes the token behind the parenthesis of LAST_INSERT_ID: with an argument it sets what it returns.
func (s *scanner) lastInsertID(t token) {
	s.inLastID = false
	if t == tokClose {
		s.flags |= LastInsertIDFn
	} else {
		s.flags |= LastInsertIDSet
	}
}

// note takes a word that matters wherever it stands.
func (s *scanner) note(k, prev *keyword) {
	behind := wordAny
	if prev != nil {
		behind = prev.word
	}
	switch {
	case k.verb == VerbSelect:
		if s.verb != VerbSelect && !s.compound {
			s.flags |= Subquery
		}
	case k.word == wordSQLCalcFoundRows:
		s.flags |= CalcFoundRows
	case k.word == wordUpdate && behind == wordFor:
		s.flags |= ForUpdate
	case k.word == wordShare && (behind == wordFor || behind == wordIn):
		s.flags |= ForShare
	case k.word == wordOutfile && behind == wordInto:
		s.flags |= IntoOutfile
	case k.word == wordValue && behind == wordNext:
		s.flags |= SequenceNext
	case k.word == wordValue && behind == wordPrevious:
		s.flags |= SequenceLast
	}
}

// semicolon ends the statement at hand, or in a compound statement the one in it.
func (s *scanner) semicolon() {
	if !s.compound {
		s.endStatement()
	}
	s.state, s.depth, s.sysVar = stateHead, 0, false
}

// endStatement closes the statement at hand.
func (s *scanner) endStatement() {
	if s.inLastID {
		s.lastInsertID(tokEnd)
	}
	if s.verb == VerbNone {
		return
	}
	s.all |= s.flags
	if s.statements == 1 {
		s.firstVerb, s.firstClass = s.verb, s.finalClass()
	}
	s.verb, s.flags, s.compound = VerbNone, 0, false
}

// notReads are the flags of statements that look like reads and are none: they write, or what they lock or ask for is
// on the primary only.
const notReads = ForUpdate | ForShare | IntoOutfile | SequenceNext | GetLock | ReleaseLock | ReleaseAllLocks | IsLockFn

// finalClass is the class of the statement at hand, all of it known.
func (s *scanner) finalClass() Class {
	if s.class == ClassRead && s.flags&notReads != 0 {
		return ClassWrite
	}
	return s.class
}
