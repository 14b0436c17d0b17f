package stmt

import (
	"encoding/binary"

	"parkway/protocol"
)

// Values are the values of a statement's own parameters in a COM_STMT_EXECUTE, to be read one after the other.
type Values struct {
	entry *Entry
	types string // of those to come, with their names if named
	named bool
	nulls []byte
	rest  []byte // from the next value on
	next  int
	count int
}

// Param is a parameter in an execution.
type Param struct {
	Type     protocol.ColumnType
	Unsigned bool
	Null     bool
	Long     bool   // it was sent as long data
	Value    []byte // begins with the value, unless Null or Long: see Values.Skip
}

// Values returns the values in the execution x of e, of which message is all; ok is false if they cannot be told, because a server has long data
// of which nobody has noted the parameters, or since it is no COM_STMT_EXECUTE. They alias message.
func (e *Entry) Values(message []byte, x *Execution, caps protocol.Capability) (v Values, ok bool) {
	length, _ := protocol.Header(message)
	command := protocol.Command(message[protocol.HeaderLen])
	if length != len(message)-protocol.HeaderLen || command != protocol.ComStmtExecute || e.held&HoldLongData != 0 {
		return v, false
	}
	v = Values{entry: e, count: e.Statement.params, named: caps.Has(protocol.ClientQueryAttributes)}
	if v.count == 0 {
		return v, true
	}
	payload := message[protocol.HeaderLen:]
	at := &x.at
	begin := at.types
	if at.bound {
		var need int
		if begin, need = endOfTypes(payload, at.end, at.count-v.count, v.named); need > 0 {
			return v, false
		}
	}
	v.types = x.types.list()
	v.nulls = payload[at.flag-(at.count+7)/8 : at.flag]
	v.rest = payload[begin:]
	return v, true
}

// Next returns the next parameter. After one that is neither Null nor Long, Skip has to be called.
func (v *Values) Next() (p Param, ok bool) {
	if v.next == v.count || len(v.types) < kindLen {
		return p, false
	}
	p.Type, p.Unsigned = protocol.ColumnType(v.types[0]), v.types[1]&0x80 != 0
	v.types = v.types[kindLen:]
	if v.named {
		v.types = afterName(v.types)
	}
	p.Null = v.nulls[v.next/8]&(1<<(v.next%8)) != 0
	p.Long = v.entry.keptFor(v.next)
	p.Value = v.rest
	v.next++
	return p, true
}

// Skip passes over the value of the parameter that Next returned, which takes n bytes.
func (v *Values) Skip(n int) { v.rest = v.rest[n:] }

// afterName is what follows the name that types begins with.
func afterName(types string) string {
	head := []byte(types[:min(len(types), longestLenenc)])
	size, n, ok := protocol.ReadLenencInt(head)
	if !ok || uint64(len(types)-n) < size {
		return ""
	}
	return types[n+int(size):]
}

// keptFor reports whether long data is kept for a parameter.
func (e *Entry) keptFor(param int) bool {
	for rest := e.kept; len(rest) > 0; {
		length, _ := protocol.Header(rest)
		if int(binary.LittleEndian.Uint16(rest[idEnd:])) == param {
			return true
		}
		rest = rest[protocol.HeaderLen+length:]
	}
	return false
}
