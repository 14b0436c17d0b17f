package stmt

import (
	"encoding/binary"
	"fmt"

	"parkway/protocol"
)

// Patch is what has to be done for a client's execution to reach a server as it should.
type Patch struct {
	// Need is set if too little of the message is there: nothing was changed, and Execute is to be called again once so many
	// bytes of it have come, headers included.
	Need int
	// Head, if not nil, goes to the server in place of the first Skip bytes of the message; it is valid until the Patcher's
	// next call. The rest of the message follows as it is and as it comes.
	Head []byte
	Skip int
	// Splice is set for a message that fills its packets: all of it, from its first byte on, has to go through Splice.Pass.
	Splice *Splice
}

// Patcher makes executions fit the server. It is one per loop, so that its buffer is.
type Patcher struct{ head []byte }

// Execute takes a COM_STMT_EXECUTE or COM_STMT_BULK_EXECUTE of the statement e for a server that has it as on. message is the
// beginning of the message, header included, all of it if whole; at least the first byte of the command is there. caps are the
// client's.
//
// The id is exchanged in place. Types that the packet has are remembered; if it has none, and the server was told none or
// others, since another client used the statement last, those of the client's last execution are put in. Execute may be
// called again with the same message for another server.
//
// A *protocol.ERR is what the client is to read: it has never said what its parameters are. A *protocol.MalformedError means that
// the message can't be read; it is for the server to say so, and the id was exchanged.
func (x *Patcher) Execute(message []byte, whole bool, caps protocol.Capability, e *Entry, on *Prepared) (Patch, error) {
	length, seq := protocol.Header(message)
	complete := len(message)-protocol.HeaderLen >= length
	payload := message[protocol.HeaderLen:min(len(message), protocol.HeaderLen+length)]
	params := e.Statement.params
	at, need, err := locate(payload, params, caps)
	if need > 0 {
		if need = min(need, length); !complete && !whole && need <= MaxHead {
			return Patch{Need: protocol.HeaderLen + need}, nil
		}
		err = &protocol.MalformedError{Message: protocol.Command(payload[0]).String(), Reason: fmt.Sprintf("no types in %d bytes", len(payload))}
	}
	if len(message) >= idEnd {
		PatchID(message, on.ID)
	}
	switch {
	case err != nil:
		e.types, on.types = nil, nil
		return Patch{}, err
	case at.bound && params > 0 && at.count >= params:
		e.types = e.Statement.intern(payload[at.types:at.end])
		on.types = e.types
		return Patch{}, nil
	case at.bound || params == 0 || at.count != params:
		return Patch{}, nil // without types of its own, or wrong: the server will say so
	case e.types == nil:
		return Patch{}, wrongArguments(protocol.Command(payload[0]), "the types of the parameters were never sent")
	case on.types.same(e.types):
		return Patch{}, nil
	}
	on.types = e.types
	return x.insert(payload, length, seq, at, e.types), nil
}

// insert puts types into a message whose first packet has length bytes.
func (x *Patcher) insert(payload []byte, length int, seq byte, at parameters, types *Types) Patch {
	grown := length + len(types.list())
	head := append(x.head[:0], byte(grown), byte(grown>>8), byte(grown>>16), seq)
	head = append(head, payload[:at.flag]...)
	if protocol.Command(payload[0]) == protocol.ComStmtBulkExecute {
		head = binary.LittleEndian.AppendUint16(head, binary.LittleEndian.Uint16(payload[at.flag:])|bulkTypesFollow)
		head = append(head, types.list()...)
	} else {
		head = append(head, types.bound...)
	}
	x.head = head
	if grown < protocol.MaxPayload {
		return Patch{Head: head, Skip: protocol.HeaderLen + at.types}
	}
	return Patch{Splice: newSplice(head[protocol.HeaderLen:], at.types)}
}
