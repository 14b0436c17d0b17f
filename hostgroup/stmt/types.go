package stmt

import "parkway/protocol"

// Types is what a client said its parameters are, in one COM_STMT_EXECUTE. Immutable; nil is none.
type Types struct {
	bound string // from the flag that says that types follow to the values; with ClientQueryAttributes each type has a name behind it
	kinds string // the types alone, two bytes each
}

// typesFollow is the flag that says so.
const typesFollow = "\x01"

// kindLen is the length of a type: type and flags.
const kindLen = 2

// list is the types without the flag.
func (t *Types) list() string { return t.bound[len(typesFollow):] }

// same reports whether a server that was told t knows u.
func (t *Types) same(u *Types) bool {
	return t == u || t != nil && u != nil && t.bound == u.bound
}

// maxTypes is how many different Types, and as many shapes, of a statement are shared by those who use them. Clients of one
// program use few.
const maxTypes = 8

// intern returns the Types that list stands for, without allocation if they were seen before. named: it has names.
func (s *Statement) intern(list []byte, named bool) *Types {
	for _, t := range s.types {
		if t.list() == string(list) {
			return t
		}
	}
	t := &Types{bound: typesFollow + string(list)}
	if t.kinds = t.list(); named {
		t.kinds = kindsOf(list)
	}
	s.types = remember(s.types, t, &s.nextType)
	return t
}

// kindsOf takes the names out of a list of types that has been read before.
func kindsOf(list []byte) string {
	var kinds []byte
	for len(list) >= kindLen {
		kinds = append(kinds, list[:kindLen]...)
		_, n, _ := protocol.ReadLenencBytes(list[kindLen:])
		list = list[kindLen+n:]
	}
	return string(kinds)
}

// reshape is the shape of a client's parameters after types were sent: those of each parameter's last value that was not NULL,
// since libraries send NULL as a type of its own and the others don't change then. Without allocation if nothing changes.
func (s *Statement) reshape(shape string, t *Types) string {
	if len(shape) != len(t.kinds) {
		return t.kinds
	}
	var changed []byte
	for i := 0; i < len(shape); i += kindLen {
		kind := t.kinds[i : i+kindLen]
		if protocol.ColumnType(kind[0]) == protocol.TypeNull || kind == shape[i:i+kindLen] {
			continue
		}
		if changed == nil {
			changed = []byte(shape)
		}
		copy(changed[i:], kind)
	}
	if changed == nil {
		return shape
	}
	for _, known := range s.shapes {
		if known == string(changed) {
			return known
		}
	}
	shape = string(changed)
	s.shapes = remember(s.shapes, shape, &s.nextShape)
	return shape
}

// remember adds v to a list of at most maxTypes, in which next is the place of the one to go.
func remember[T any](list []T, v T, next *int) []T {
	if len(list) < maxTypes {
		return append(list, v)
	}
	list[*next] = v
	*next = (*next + 1) % maxTypes
	return list
}
