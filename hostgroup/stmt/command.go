package stmt

import (
	"encoding/binary"

	"parkway/protocol"
)

// The id of a statement follows the first byte of every command about one, and of the answer to COM_STMT_PREPARE: at the same
// place in a message, header included.
const (
	idStart = protocol.HeaderLen + 1
	idEnd   = idStart + 4
)

// LastID stands for the statement prepared last, in any command about a statement: MariaDB's, for clients that send
// COM_STMT_EXECUTE without waiting for the answer to COM_STMT_PREPARE.
const LastID uint32 = 0xffffffff

// ReadID reads the statement's id from a command about one. message is the beginning of the command, header included; ok is false
// if it holds no id.
func ReadID(message []byte) (id uint32, ok bool) {
	if len(message) < idEnd {
		return 0, false
	}
	return binary.LittleEndian.Uint32(message[idStart:]), true
}

// PatchID writes the server's id in place of the client's, for COM_STMT_SEND_LONG_DATA and COM_STMT_FETCH. ReadID must have
// found an id in message. Patching again, for another server, is harmless.
func PatchID(message []byte, id uint32) { exchangeID(message, id) }

// PatchPrepared exchanges the statement id in a server's answer to COM_STMT_PREPARE, which begins with answer's first byte, for
// the client's. It returns the server's; ok is false, and nothing changed, if the answer is an error.
func PatchPrepared(answer []byte, id uint32) (serverID uint32, ok bool) {
	if len(answer) < idEnd || answer[protocol.HeaderLen] != 0 {
		return 0, false
	}
	return exchangeID(answer, id), true
}

// exchangeID writes id and returns what it took the place of.
func exchangeID(message []byte, id uint32) (old uint32) {
	old = binary.LittleEndian.Uint32(message[idStart:])
	binary.LittleEndian.PutUint32(message[idStart:], id)
	return old
}

// appendClose appends a COM_STMT_CLOSE, header included.
func appendClose(dst []byte, id uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(dst, 5, 0, 0, 0, byte(protocol.ComStmtClose)), id)
}
