package protocol

import "encoding/binary"

// The flags of COM_STMT_EXECUTE.
const (
	CursorReadOnly          byte = 0x01
	CursorForUpdate         byte = 0x02
	CursorScrollable        byte = 0x04
	ParameterCountAvailable byte = 0x08 // with ClientQueryAttributes

	AnyCursor = CursorReadOnly | CursorForUpdate | CursorScrollable
)

// Execute is the fixed head of COM_STMT_EXECUTE; the parameters follow it.
type Execute struct {
	StatementID uint32
	Flags       byte
	Iterations  uint32 // always 1
}

// ExecuteLen is the length of the head, command byte included.
const ExecuteLen = 10

// Decode reads the head from a payload, command byte included.
func (e *Execute) Decode(p []byte) error {
	if len(p) < ExecuteLen || Command(p[0]) != ComStmtExecute {
		return malformed("COM_STMT_EXECUTE", "%d bytes", len(p))
	}
	*e = Execute{
		StatementID: binary.LittleEndian.Uint32(p[1:]),
		Flags:       p[5],
		Iterations:  binary.LittleEndian.Uint32(p[6:]),
	}
	return nil
}

// Append writes the head, command byte included.
func (e *Execute) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(append(dst, byte(ComStmtExecute)), e.StatementID)
	return binary.LittleEndian.AppendUint32(append(dst, e.Flags), e.Iterations)
}
