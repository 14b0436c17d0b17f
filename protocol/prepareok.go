package protocol

import "encoding/binary"

// PrepareOK is the head of a successful answer to COM_STMT_PREPARE.
type PrepareOK struct {
	StatementID uint32
	Columns     uint16
	Params      uint16
	Warnings    uint16
	NoMetadata  bool // no definitions follow: with ClientOptionalResultsetMetadata, if the session asked for none
}

// Decode reads the payload from a server whose client has these capabilities.
func (p *PrepareOK) Decode(b []byte, caps Capability) error {
	if len(b) < 12 || b[0] != headerOK {
		return malformed("prepared statement's head", "%d bytes", len(b))
	}
	*p = PrepareOK{
		StatementID: binary.LittleEndian.Uint32(b[1:]),
		Columns:     binary.LittleEndian.Uint16(b[5:]),
		Params:      binary.LittleEndian.Uint16(b[7:]),
		Warnings:    binary.LittleEndian.Uint16(b[10:]),
		NoMetadata:  caps.Has(ClientOptionalResultsetMetadata) && len(b) > 12 && b[12] == 0,
	}
	return nil
}

// Append writes the payload for a peer with these capabilities.
func (p *PrepareOK) Append(dst []byte, caps Capability) []byte {
	dst = binary.LittleEndian.AppendUint32(append(dst, headerOK), p.StatementID)
	dst = binary.LittleEndian.AppendUint16(dst, p.Columns)
	dst = binary.LittleEndian.AppendUint16(dst, p.Params)
	dst = binary.LittleEndian.AppendUint16(append(dst, 0), p.Warnings)
	if caps.Has(ClientOptionalResultsetMetadata) {
		follows := byte(1)
		if p.NoMetadata {
			follows = 0
		}
		dst = append(dst, follows)
	}
	return dst
}
