package protocol

// Attribute is one of the connection attributes, with which a client describes itself.
type Attribute struct{ Key, Value string }

// attributes reads a block of connection attributes and copies them.
func (f *fields) attributes() []Attribute {
	block := fields{rest: f.lenencBytes()}
	var list []Attribute
	for len(block.rest) > 0 {
		list = append(list, Attribute{Key: string(block.lenencBytes()), Value: string(block.lenencBytes())})
	}
	if block.short {
		f.fail()
		return nil
	}
	return list
}

func appendAttributes(dst []byte, list []Attribute) []byte {
	size := 0
	for _, a := range list {
		size += lenencSize(len(a.Key)) + lenencSize(len(a.Value))
	}
	dst = AppendLenencInt(dst, uint64(size))
	for _, a := range list {
		dst = AppendLenencString(dst, a.Key)
		dst = AppendLenencString(dst, a.Value)
	}
	return dst
}

// lenencSize is the number of bytes that a length-encoded string of n bytes takes.
func lenencSize(n int) int {
	switch {
	case n < lenencNull:
		return 1 + n
	case n < 1<<16:
		return 3 + n
	case n < 1<<24:
		return 4 + n
	}
	return 9 + n
}
