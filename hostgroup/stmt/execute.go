package stmt

import (
	"encoding/binary"

	"parkway/protocol"
)

// Execution is a client's COM_STMT_EXECUTE or COM_STMT_BULK_EXECUTE as far as it was read.
type Execution struct {
	// Need is set if too little of the message was there: Read is to be called again once so many bytes of it have come,
	// header included.
	Need int

	at    parameters
	types *Types // that its values are of; nil without parameters
}

// Read finds the types of an execution's parameters, and remembers them, or takes those of the client's last execution. message is
// the beginning of the command, header included, all of it if whole; at least its first byte is there. caps are the client's.
// environment is what a server keeps of the session's with the types, to read later values by: the character set alone on MySQL.
//
// The error is what the client is to read: the message is malformed, or it has no types and the client has never sent any.
// Nothing of it may go to a server.
func (e *Entry) Read(message []byte, whole bool, caps protocol.Capability, environment string) (x Execution, refusal *protocol.ERR) {
	length, _ := protocol.Header(message)
	payload := message[protocol.HeaderLen:min(len(message), protocol.HeaderLen+length)]
	command := protocol.Command(payload[0])
	params := e.Statement.params
	at, need := locate(payload, params, caps)
	if need > 0 {
		if need = min(need, length); need > len(payload) && !whole && need <= maxHead {
			return Execution{Need: protocol.HeaderLen + need}, nil
		}
		return x, wrongArguments(command, "malformed")
	}
	x.at = at
	e.effects.opensCursor = command == protocol.ComStmtExecute && payload[protocol.ExecuteLen-5]&protocol.AnyCursor != 0
	switch {
	case params == 0:
		return x, nil
	case at.count < params || at.count > params && !at.bound:
		return x, wrongArguments(command, "wrong number of values")
	case at.bound:
		e.types = e.Statement.intern(payload[at.types:at.end], caps.Has(protocol.ClientQueryAttributes), environment)
		if !e.derives() {
			e.as.shape = e.Statement.reshape(e.as.shape, e.types, e.keeps)
		}
	case e.types == nil:
		return x, wrongArguments(command, "the types of the parameters were never sent")
	}
	x.types = e.types
	return x, nil
}

// Patch is what has to be done for an execution to reach a server as it should.
type Patch struct {
	// Head, if not nil, goes to the server in place of the first Skip bytes of the message; it is valid until the Patcher's
	// next call. The rest of the message follows as it is and as it comes.
	Head []byte
	Skip int
	// Splice is set for a message that fills its packets: all of it, from its first byte on, has to go through Splice.Pass.
	Splice *Splice
}

// Patcher makes executions fit the server. It is one per loop, so that its buffer is.
type Patcher struct{ head []byte }

// Patch makes the execution that was read from message one for a server that has the statement as on. The id is exchanged in place.
// If there are no types in it, and the server was told none or others, since another client used the statement last, they
// are put in. It may be called again with the same message for another server.
func (p *Patcher) Patch(message []byte, x Execution, on *Prepared) Patch {
	PatchID(message, on.ID)
	bound := x.retyped(on)
	if bound == "" && (x.types == nil || x.at.bound || on.types.same(x.types)) {
		on.types = x.types
		return Patch{}
	}
	on.types = x.types
	if bound != "" {
		on.types = nil // not those of the client
	} else {
		bound = x.types.bound
	}
	length, seq := protocol.Header(message)
	payload := message[protocol.HeaderLen:]
	skip := x.at.types
	if x.at.bound {
		skip = x.at.end
	}
	grown := length + x.at.types + len(bound) - len(typesFollow) - skip
	head := append(p.head[:0], byte(grown), byte(grown>>8), byte(grown>>16), seq)
	head = append(head, payload[:x.at.flag]...)
	if protocol.Command(payload[0]) == protocol.ComStmtBulkExecute {
		head = binary.LittleEndian.AppendUint16(head, binary.LittleEndian.Uint16(payload[x.at.flag:])|bulkTypesFollow)
		head = append(head, x.types.list()...)
	} else {
		head = append(head, bound...)
	}
	p.head = head
	if grown < protocol.MaxPayload {
		return Patch{Head: head, Skip: protocol.HeaderLen + skip}
	}
	return Patch{Splice: newSplice(head[protocol.HeaderLen:], skip)}
}
