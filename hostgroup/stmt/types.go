package stmt

// Types is what a client said its parameters are: the bytes of a COM_STMT_EXECUTE from the flag that says that types follow to
// the values. With ClientQueryAttributes each type has a name behind it. Immutable; nil is none.
type Types struct{ bound string }

// typesFollow is the flag that says so.
const typesFollow = "\x01"

// list is the types without the flag.
func (t *Types) list() string { return t.bound[len(typesFollow):] }

// same reports whether a server that was told t knows u.
func (t *Types) same(u *Types) bool {
	return t == u || t != nil && u != nil && t.bound == u.bound
}

// maxTypes is how many different Types of a statement are shared by those who use them. Clients of one program use few.
const maxTypes = 8

// intern returns the Types that list stands for, without allocation if they were seen before.
func (s *Statement) intern(list []byte) *Types {
	for _, t := range s.types {
		if t.list() == string(list) {
			return t
		}
	}
	t := &Types{bound: typesFollow + string(list)}
	if len(s.types) < maxTypes {
		s.types = append(s.types, t)
		return t
	}
	s.types[s.nextType] = t
	s.nextType = (s.nextType + 1) % maxTypes
	return t
}
