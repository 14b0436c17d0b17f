package stmt

import "parkway/protocol"

// Types is what a client said its parameters are, in one COM_STMT_EXECUTE. Immutable; nil is none.
type Types struct {
	bound string // from the flag that says that types follow to the values; with ClientQueryAttributes each type has a name behind it
	kinds string // the families of the types alone, two bytes each
	in    string // the environment that they were sent in, where that matters
	texts bool   // MariaDB reads values of them by that
}

// typesFollow is the flag that says so.
const typesFollow = "\x01"

// kindLen is the length of a type: type and flags.
const kindLen = 2

// list is the types without the flag.
func (t *Types) list() string { return t.bound[len(typesFollow):] }

// same reports whether a server that was told t knows u.
func (t *Types) same(u *Types) bool {
	return t == u || t != nil && u != nil && t.bound == u.bound && t.in == u.in
}

// maxTypes is how many different Types, and as many shapes, of a statement are shared by those who use them. Clients of one
// program use few.
const maxTypes = 8

// intern returns the Types that list stands for, sent in an environment, without allocation if they were seen before. named: it has names.
func (s *Statement) intern(list []byte, named bool, environment string) *Types {
	for _, t := range s.types {
		if t.list() == string(list) && t.in == environment {
			return t
		}
	}
	t := &Types{bound: typesFollow + string(list), kinds: kindsOf(list, named), in: environment}
	t.texts = hasTexts(t.kinds)
	s.types = remember(s.types, t, &s.nextType)
	return t
}

// kindsOf takes the types out of a list that has been read before, without the names that stand in it if named. Types that MySQL takes
// for the same are the same then.
func kindsOf(list []byte, named bool) string {
	var kinds []byte
	for len(list) >= kindLen {
		kinds = append(kinds, byte(family(protocol.ColumnType(list[0]))), list[1])
		list = list[kindLen:]
		if named {
			_, n, _ := protocol.ReadLenencBytes(list)
			list = list[n:]
		}
	}
	return string(kinds)
}

// hasTexts reports whether one of the types, given as kinds, has a character set: all but those of numbers, times and bytes.
func hasTexts(kinds string) bool {
	for i := 0; i < len(kinds); i += kindLen {
		switch protocol.ColumnType(kinds[i]) {
		case protocol.TypeLongLong, protocol.TypeDouble, protocol.TypeDecimal, protocol.TypeBlob,
			protocol.TypeDate, protocol.TypeTime, protocol.TypeDatetime, protocol.TypeTimestamp:
		default:
			return true
		}
	}
	return false
}

// family is a type that stands for all that a parameter of MySQL can have without being another one.
func family(t protocol.ColumnType) protocol.ColumnType {
	switch t {
	case protocol.TypeTiny, protocol.TypeShort, protocol.TypeInt24, protocol.TypeLong, protocol.TypeYear, protocol.TypeBool:
		return protocol.TypeLongLong
	case protocol.TypeFloat:
		return protocol.TypeDouble
	case protocol.TypeNewDecimal:
		return protocol.TypeDecimal
	case protocol.TypeVarchar, protocol.TypeString:
		return protocol.TypeVarString
	case protocol.TypeTinyBlob, protocol.TypeMediumBlob, protocol.TypeLongBlob:
		return protocol.TypeBlob
	}
	return t
}

// converts reports whether MySQL converts a value of one family to that of a parameter, instead of preparing the statement again
// for the value's.
func converts(value, parameter protocol.ColumnType) bool {
	switch value {
	case protocol.TypeNull:
		return true
	case protocol.TypeVarString, protocol.TypeBlob:
		return parameter != protocol.TypeNull
	case protocol.TypeLongLong:
		return parameter == protocol.TypeDecimal || parameter == protocol.TypeDouble
	case protocol.TypeDecimal:
		return parameter == protocol.TypeDouble
	}
	return false
}

// reshape is the shape of a client's parameters after types were sent: those of each parameter's last value that was not
// converted. With long data none is: MariaDB 10.11 reads it as the type that the last execution there had, as a number it sends the client an address
// of its memory. Without allocation if nothing changes.
func (s *Statement) reshape(shape string, t *Types, longData bool) string {
	if len(shape) != len(t.kinds) {
		return t.kinds
	}
	var changed []byte
	for i := 0; i < len(shape); i += kindLen {
		kind := t.kinds[i : i+kindLen]
		of := protocol.ColumnType(kind[0])
		if kind == shape[i:i+kindLen] || of == protocol.TypeNull || !longData && converts(of, protocol.ColumnType(shape[i])) {
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
