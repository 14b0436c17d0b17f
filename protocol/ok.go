package protocol

import "encoding/binary"

// headerOK is the first byte of an OK packet, except of one that ends rows, which has headerEOF.
const headerOK = 0x00

// OK is the packet that ends a statement without rows and, under ClientDeprecateEOF, one with rows.
type OK struct {
	Header       byte // 0x00, or 0xFE where it stands for an EOF packet
	AffectedRows uint64
	InsertID     uint64
	Status       StatusFlags
	Warnings     uint16
	Info         []byte // human-readable
	StateChanges []byte // the session-state trackers, to be read with NewStateChanges
}

// Decode reads an OK packet as a peer with these capabilities gets it. Info and StateChanges alias b.
func (p *OK) Decode(b []byte, caps Capability) error {
	f := fields{rest: b}
	*p = OK{Header: f.uint8()}
	p.AffectedRows = f.lenenc()
	p.InsertID = f.lenenc()
	p.Status = StatusFlags(f.uint16())
	p.Warnings = f.uint16()
	if len(f.rest) > 0 { // with neither text nor trackers, the length of the text is left out too
		p.Info = f.lenencBytes()
	}
	if len(f.rest) > 0 && caps.Has(ClientSessionTrack) && p.Status&StatusSessionStateChanged != 0 {
		p.StateChanges = f.lenencBytes()
	}
	if f.short || p.Header != headerOK && p.Header != headerEOF {
		return malformed("OK packet", "%d bytes", len(b))
	}
	return nil
}

// Append writes the payload for a peer with these capabilities: without ClientSessionTrack the trackers are left out and the flag
// that announces them is cleared.
func (p *OK) Append(dst []byte, caps Capability) []byte {
	status := p.Status
	track := caps.Has(ClientSessionTrack)
	if !track || len(p.StateChanges) == 0 {
		status &^= StatusSessionStateChanged
	}
	dst = append(dst, p.Header)
	dst = AppendLenencInt(dst, p.AffectedRows)
	dst = AppendLenencInt(dst, p.InsertID)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(status))
	dst = binary.LittleEndian.AppendUint16(dst, p.Warnings)
	changed := track && status&StatusSessionStateChanged != 0
	if len(p.Info) > 0 || changed {
		dst = AppendLenencBytes(dst, p.Info)
	}
	if changed {
		dst = AppendLenencBytes(dst, p.StateChanges)
	}
	return dst
}
