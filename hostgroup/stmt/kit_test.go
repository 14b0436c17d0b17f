package stmt

import (
	"encoding/binary"

	"parkway/protocol"
)

// message frames a payload as a client does.
func message(payload []byte) []byte { return protocol.AppendPacket(nil, payload, 0) }

// text is a type of parameters, as it is sent.
var text = []byte{byte(protocol.TypeVarString), 0}

// execution is a COM_STMT_EXECUTE as a test thinks of it.
type execution struct {
	id     uint32
	caps   protocol.Capability
	values [][]byte // nil is NULL
	types  [][]byte // nil: the flag says that there are none; else as many as values, each two bytes
	names  []string // with ClientQueryAttributes
}

func (x execution) payload() []byte {
	head := protocol.Execute{StatementID: x.id, Iterations: 1}
	named := x.caps.Has(protocol.ClientQueryAttributes)
	if named {
		head.Flags = protocol.ParameterCountAvailable
	}
	p := head.Append(nil)
	if named {
		p = protocol.AppendLenencInt(p, uint64(len(x.values)))
	}
	if len(x.values) == 0 {
		return p
	}
	nulls := make([]byte, (len(x.values)+7)/8)
	for i, v := range x.values {
		if v == nil {
			nulls[i/8] |= 1 << (i % 8)
		}
	}
	p = append(p, nulls...)
	if x.types == nil {
		p = append(p, 0)
	} else {
		p = append(p, 1)
		for i, t := range x.types {
			p = append(p, t...)
			if named {
				name := ""
				if i < len(x.names) {
					name = x.names[i]
				}
				p = protocol.AppendLenencString(p, name)
			}
		}
	}
	for _, v := range x.values {
		if v != nil {
			p = protocol.AppendLenencBytes(p, v)
		}
	}
	return p
}

// bulk is a COM_STMT_BULK_EXECUTE; types nil: without.
func bulk(id uint32, flags uint16, types, rest []byte) []byte {
	if types != nil {
		flags |= bulkTypesFollow
	}
	p := binary.LittleEndian.AppendUint32([]byte{byte(protocol.ComStmtBulkExecute)}, id)
	p = binary.LittleEndian.AppendUint16(p, flags)
	return append(append(p, types...), rest...)
}

// prepared is an open statement with params parameters, and what a server has of it under the id 7.
func prepared(params int) (*Entry, *Prepared) {
	s := newStatement(Key{Text: "SELECT ?"})
	s.params = params
	return &Entry{ID: 1, Statement: s}, &Prepared{ID: 7}
}

// run reads and patches what came of a message.
func run(p *Patcher, message []byte, whole bool, caps protocol.Capability, e *Entry, on *Prepared) (patch Patch, need int, err error) {
	x, refusal := e.Read(message, whole, caps, "")
	switch {
	case refusal != nil:
		return patch, 0, refusal
	case x.Need > 0:
		return patch, x.Need, nil
	}
	return p.Patch(message, x, on), 0, nil
}

// told makes the entry one whose client has sent types before.
func told(e *Entry, list []byte) {
	e.types = e.Statement.intern(list, false, "")
	e.as.shape = e.types.kinds
}

// apply is what the server gets of a whole message.
func apply(p Patch, message []byte) (sent []byte) {
	if p.Splice != nil {
		p.Splice.Pass(message, func(b []byte) { sent = append(sent, b...) })
		return sent
	}
	return append(append(sent, p.Head...), message[p.Skip:]...)
}
