package stmt

import "parkway/protocol"

// Long data is kept here, as the messages that it came in, and goes to a server ahead of the execution that it is for: only then is it known which
// statement that uses there (Slot), and until then the client needs no connection. What is too much for that goes to a server at once.

// maxKept is how many bytes of long data are kept for one client, in all.
const maxKept = 64 << 10

// longDataHead is the least of a COM_STMT_SEND_LONG_DATA that servers take for one: the statement's id and the parameter's number. Anything shorter
// may have an answer.
const longDataHead = idEnd + 2

// KeepLongData keeps a COM_STMT_SEND_LONG_DATA, header included, all of it if whole, for the next execution. It is false if that has to go to a
// server, because it is too much, or more of what a server has.
func (c *ClientStatements) KeepLongData(e *Entry, message []byte, whole bool) bool {
	if !whole || len(message) < longDataHead || c.kept+len(message) > maxKept || e.held&HoldLongData != 0 {
		return false
	}
	e.kept, e.keeps = append(e.kept, message...), true
	c.kept += len(message)
	return true
}

// KeptLongData is what was kept, for a server that knows the statement by id: whole messages, to be sent in front of the next one about it. They
// are valid until that has ended.
func (e *Entry) KeptLongData(id uint32) []byte {
	if !e.keeps {
		return nil
	}
	for rest := e.kept; len(rest) > 0; {
		PatchID(rest, id)
		length, _ := protocol.Header(rest)
		rest = rest[protocol.HeaderLen+length:]
	}
	return e.kept
}

// DropLongData forgets what was kept: it went to a server to stay, or the execution that it was for has ended.
func (c *ClientStatements) DropLongData(e *Entry) {
	c.kept -= len(e.kept)
	e.kept, e.keeps = nil, false
}
