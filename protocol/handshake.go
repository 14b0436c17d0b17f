package protocol

import (
	"encoding/binary"
	"strings"
)

const (
	handshakeVersion = 10
	nonceHead        = 8 // bytes of the nonce that come before the capabilities
)

// Handshake is the server's greeting, the first packet of a connection.
type Handshake struct {
	ServerVersion string
	ConnectionID  uint32
	Nonce         [20]byte
	Capabilities  Capability
	Charset       byte // the low byte of the collation's number
	Status        StatusFlags
	AuthPlugin    string // empty if the server lacks ClientPluginAuth
}

// Decode reads a greeting. Where the server refuses with an ERR packet in its place, that is the error, an *ERR.
func (h *Handshake) Decode(p []byte) error {
	if len(p) > 0 && p[0] == headerERR {
		refusal := new(ERR)
		if err := refusal.Decode(p); err != nil {
			return err
		}
		return refusal
	}
	f := fields{rest: p}
	if version := f.uint8(); len(p) > 0 && version != handshakeVersion {
		return malformed("handshake", "protocol version %d instead of %d", version, handshakeVersion)
	}
	*h = Handshake{ServerVersion: string(f.nulBytes()), ConnectionID: f.uint32()}
	copy(h.Nonce[:], f.take(nonceHead))
	f.take(1)
	h.Capabilities = Capability(f.uint16())
	if f.short {
		return malformed("handshake", "%d bytes", len(p))
	}
	if len(f.rest) == 0 {
		return malformed("handshake", "the server speaks no protocol 4.1")
	}
	h.Charset = f.uint8()
	h.Status = StatusFlags(f.uint16())
	h.Capabilities |= Capability(f.uint16()) << 16
	nonceLen := int(f.uint8())
	f.take(6)
	if extended := f.uint32(); !h.Capabilities.Has(ClientLongPassword) {
		h.Capabilities |= Capability(extended) << 32
	}
	if !h.Capabilities.Has(ClientProtocol41 | ClientSecureConnection) {
		return malformed("handshake", "the server speaks no protocol 4.1")
	}
	// At least 13 bytes, the last of them a NUL that does not count; some servers give the plugin no nonce and no NUL.
	rest := f.take(min(max(13, nonceLen-nonceHead), len(f.rest)))
	copy(h.Nonce[nonceHead:], rest)
	if h.Capabilities.Has(ClientPluginAuth) {
		h.AuthPlugin = string(f.lastNulBytes())
	}
	if f.short || len(rest) < len(h.Nonce)-nonceHead {
		return malformed("handshake", "%d bytes", len(p))
	}
	return nil
}

// Append writes the payload. MariaDB's extended capabilities are written if ClientLongPassword is off, as MariaDB does.
// ServerVersion and AuthPlugin hold no NUL bytes.
func (h *Handshake) Append(dst []byte) []byte {
	dst = append(append(append(dst, handshakeVersion), h.ServerVersion...), 0)
	dst = binary.LittleEndian.AppendUint32(dst, h.ConnectionID)
	dst = append(append(dst, h.Nonce[:nonceHead]...), 0)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Capabilities))
	dst = append(dst, h.Charset)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Status))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Capabilities>>16))
	nonceLen := byte(0)
	if h.Capabilities.Has(ClientPluginAuth) {
		nonceLen = byte(len(h.Nonce) + 1)
	}
	dst = append(dst, nonceLen, 0, 0, 0, 0, 0, 0)
	extended := uint32(h.Capabilities >> 32)
	if h.Capabilities.Has(ClientLongPassword) {
		extended = 0
	}
	dst = binary.LittleEndian.AppendUint32(dst, extended)
	dst = append(append(dst, h.Nonce[nonceHead:]...), 0)
	if h.Capabilities.Has(ClientPluginAuth) {
		dst = append(append(dst, h.AuthPlugin...), 0)
	}
	return dst
}

// IsMariaDB reports whether the greeting comes from a MariaDB server.
func (h *Handshake) IsMariaDB() bool {
	return !h.Capabilities.Has(ClientLongPassword) || strings.Contains(h.ServerVersion, "MariaDB")
}
