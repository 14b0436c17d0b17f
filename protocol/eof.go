package protocol

import "encoding/binary"

const (
	headerEOF = 0xfe
	// maxEOF is the length below which a packet that begins with headerEOF is an EOF packet: a string of 16 MiB and more, which
	// begins with the same byte, needs nine bytes for its length alone.
	maxEOF = 9
)

// EOF is the packet that ends column definitions and rows for clients without ClientDeprecateEOF.
type EOF struct {
	Warnings uint16
	Status   StatusFlags
}

// Decode reads an EOF packet.
func (p *EOF) Decode(b []byte) error {
	if len(b) < 5 || len(b) >= maxEOF || b[0] != headerEOF {
		return malformed("EOF packet", "%d bytes", len(b))
	}
	*p = EOF{Warnings: binary.LittleEndian.Uint16(b[1:]), Status: StatusFlags(binary.LittleEndian.Uint16(b[3:]))}
	return nil
}

// Append writes the payload.
func (p *EOF) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(append(dst, headerEOF), p.Warnings)
	return binary.LittleEndian.AppendUint16(dst, uint16(p.Status))
}

// AppendEndOfRows writes the payload that ends rows for a client with these capabilities: an EOF packet, or an OK packet with an
// EOF packet's header.
func AppendEndOfRows(dst []byte, status StatusFlags, warnings uint16, caps Capability) []byte {
	if caps.Has(ClientDeprecateEOF) {
		end := OK{Header: headerEOF, Status: status, Warnings: warnings}
		return end.Append(dst, caps)
	}
	end := EOF{Warnings: warnings, Status: status}
	return end.Append(dst)
}
