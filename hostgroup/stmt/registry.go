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
	bytes         int64
	serial        uint64 // of entries
}

// NewRegistry makes an empty registry. More than maxStatements statements, and more than maxBytes of texts, are kept only while
// clients have them open.
func NewRegistry(maxStatements int, maxBytes int64) *Registry {
	return &Registry{maxStatements: maxStatements, maxBytes: maxBytes, statements: make(map[Key]*Statement)}
}

// Acquire returns the statement with this text in this context, new if there is none, with one more reference, which the caller
// gives to ClientStatements.Add or back to Release. text may be overwritten afterwards; the strings of c are kept. Without
// allocation if the statement is known.
func (r *Registry) Acquire(c Context, text []byte) *Statement {
	s := r.statements[Key{c, string(text)}]
	if s == nil {
		c.User, c.Schema, c.Environment = strings.Clone(c.User), strings.Clone(c.Schema), strings.Clone(c.Environment)
		s = newStatement(Key{c, string(text)})
		r.statements[s.Key] = s
		r.bytes += int64(len(s.Text))
	}
	r.idle.remove(&s.idle)
	s.refs++
	r.trim()
	return s
}

// AcquireSingle returns a statement that no other client will ever share, with one reference: of its text only the beginning is
// known, so that it can't be prepared anywhere else (ClientStatements.AddAnchored).
func (r *Registry) AcquireSingle(c Context, beginning []byte) *Statement {
	s := newStatement(Key{c, string(beginning)})
	s.single, s.refs = true, 1
	return s
}

// Release gives back a reference.
func (r *Registry) Release(s *Statement) {
	if s.refs == 0 {
		panic("stmt: a statement was released more often than acquired")
	}
	if s.refs--; s.refs == 0 && !s.single {
		r.idle.pushBack(&s.idle)
		r.trim()
	}
}

// Len is the number of statements.
func (r *Registry) Len() int { return len(r.statements) }

// Bytes is the length of all texts.
func (r *Registry) Bytes() int64 { return r.bytes }

// trim drops idle statements while there is too much.
func (r *Registry) trim() {
	for len(r.statements) > r.maxStatements || r.bytes > r.maxBytes {
		s := r.idle.front()
		if s == nil {
			return
		}
		r.idle.remove(&s.idle)
		r.bytes -= int64(len(s.Text))
		delete(r.statements, s.Key)
	}
}
