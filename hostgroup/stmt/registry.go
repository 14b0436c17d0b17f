package stmt

import "strings"

// Registry holds a loop's statements. A statement is kept while a client has it open, and after that until there are too many:
// the one that was closed first goes first. ServerStatements hold no reference: what they know of a statement that was dropped
// here is found by nobody any more, and goes when its connection has too many.
type Registry struct {
	maxStatements int
	maxBytes      int64
	statements    map[Key]*Statement
	idle          list[Statement] // without references, in the order in which they lost the last
	described     list[Statement] // with definitions, the least recently asked for first
	bytes         int64
	serial        uint64 // of entries
}

// NewRegistry makes an empty registry. More than maxStatements statements are kept only while clients have them open; more than
// maxBytes of texts and definitions only while open statements have such texts.
func NewRegistry(maxStatements int, maxBytes int64) *Registry {
	return &Registry{maxStatements: maxStatements, maxBytes: maxBytes, statements: make(map[Key]*Statement)}
}

// Acquire returns the statement with this text in this context, new if there is none, with one more reference, which the caller
// gives to ClientStatements.Add or back to Release. text may be overwritten afterwards; the strings of c are kept. Without
// allocation if the statement is known.
func (r *Registry) Acquire(c Context, text []byte) *Statement {
	s := r.statements[Key{c, string(text)}]
	if s == nil {
		c.User, c.Schema = strings.Clone(c.User), strings.Clone(c.Schema)
		s = newStatement(Key{c, string(text)})
		r.statements[s.Key] = s
		r.bytes += s.size()
	}
	r.idle.remove(&s.idle)
	if s.described.in() {
		r.described.toBack(&s.described)
	}
	s.refs++
	r.trim()
	return s
}

// Release gives back a reference.
func (r *Registry) Release(s *Statement) {
	if s.refs == 0 {
		panic("stmt: a statement was released more often than acquired")
	}
	if s.refs--; s.refs == 0 {
		r.idle.pushBack(&s.idle)
		r.trim()
	}
}

// Len is the number of statements.
func (r *Registry) Len() int { return len(r.statements) }

// Bytes is the length of all texts and definitions.
func (r *Registry) Bytes() int64 { return r.bytes }

// trim drops idle statements while there is too much, then definitions.
func (r *Registry) trim() {
	for len(r.statements) > r.maxStatements || r.bytes > r.maxBytes {
		s := r.idle.front()
		if s == nil {
			break
		}
		r.idle.remove(&s.idle)
		r.setDefinitions(s, nil)
		r.bytes -= s.size()
		delete(r.statements, s.Key)
	}
	for r.bytes > r.maxBytes {
		s := r.described.front()
		if s == nil {
			break
		}
		r.setDefinitions(s, nil)
	}
}

// setDefinitions replaces what is kept of a statement's definitions.
func (r *Registry) setDefinitions(s *Statement, definitions []byte) {
	r.bytes += int64(len(definitions) - len(s.definitions))
	s.definitions = definitions
	r.described.remove(&s.described)
	if definitions != nil {
		r.described.pushBack(&s.described)
	}
}
