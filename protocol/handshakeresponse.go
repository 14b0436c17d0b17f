package protocol

import (
	"encoding/binary"
	"errors"
)

// responseHead is the length of a handshake response up to the user's name, and of an SSL request.
const responseHead = 32

var (
	// ErrSSLRequest: the client wants TLS before it says who it is.
	ErrSSLRequest = errors.New("SSL request instead of a handshake response")
	// ErrPre41: the client speaks the protocol of MySQL 4.0 and older.
	ErrPre41 = errors.New("client speaks no protocol 4.1")
)

// HandshakeResponse is the client's answer to the greeting.
type HandshakeResponse struct {
	Capabilities Capability
	MaxPacket    uint32
	Charset      byte // the low byte of the collation's number
	User         string
	AuthData     []byte
	Database     string // with ClientConnectWithDB
	AuthPlugin   string // with ClientPluginAuth
	Attributes   []Attribute
	ZstdLevel    byte // with ClientZstdCompression
}

// Decode reads a response. It is ErrSSLRequest or ErrPre41 if the packet is something else. Nothing aliases p.
func (h *HandshakeResponse) Decode(p []byte) error {
	*h = HandshakeResponse{}
	f := fields{rest: p}
	caps := Capability(f.uint16())
	if !f.short && !caps.Has(ClientProtocol41) {
		return ErrPre41
	}
	caps |= Capability(f.uint16()) << 16
	h.MaxPacket = f.uint32()
	h.Charset = f.uint8()
	f.take(19)
	if extended := f.uint32(); !caps.Has(ClientLongPassword) {
		caps |= Capability(extended) << 32
	}
	h.Capabilities = caps
	if len(p) == responseHead && caps.Has(ClientSSL) {
		return ErrSSLRequest
	}
	h.User = string(f.nulBytes())
	switch {
	case caps.Has(ClientPluginAuthLenencData):
		h.AuthData = copied(f.lenencBytes())
	case caps.Has(ClientSecureConnection):
		h.AuthData = copied(f.take(int(f.uint8())))
	default:
		h.AuthData = copied(f.nulBytes())
	}
	// Connectors announce the following and then leave it out, and servers let them.
	if caps.Has(ClientConnectWithDB) && len(f.rest) > 0 {
		h.Database = string(f.lastNulBytes())
	}
	if caps.Has(ClientPluginAuth) && len(f.rest) > 0 {
		h.AuthPlugin = string(f.lastNulBytes())
	}
	if caps.Has(ClientConnectAttrs) && len(f.rest) > 0 {
		h.Attributes = f.attributes()
	}
	if caps.Has(ClientZstdCompression) && len(f.rest) > 0 {
		h.ZstdLevel = f.uint8()
	}
	if f.short {
		return malformed("answer to the greeting", "%d bytes", len(p))
	}
	return nil
}

// Append writes the payload as Capabilities say. User, Database and AuthPlugin hold no NUL bytes; AuthData neither if both
// ClientPluginAuthLenencData and ClientSecureConnection are off, and at most 255 bytes if only the first is.
func (h *HandshakeResponse) Append(dst []byte) []byte {
	caps := h.Capabilities
	dst = appendResponseHead(dst, caps, h.MaxPacket, h.Charset)
	dst = append(append(dst, h.User...), 0)
	switch {
	case caps.Has(ClientPluginAuthLenencData):
		dst = AppendLenencBytes(dst, h.AuthData)
	case caps.Has(ClientSecureConnection):
		dst = append(append(dst, byte(len(h.AuthData))), h.AuthData...)
	default:
		dst = append(append(dst, h.AuthData...), 0)
	}
	if caps.Has(ClientConnectWithDB) {
		dst = append(append(dst, h.Database...), 0)
	}
	if caps.Has(ClientPluginAuth) {
		dst = append(append(dst, h.AuthPlugin...), 0)
	}
	if caps.Has(ClientConnectAttrs) {
		dst = appendAttributes(dst, h.Attributes)
	}
	if caps.Has(ClientZstdCompression) {
		dst = append(dst, h.ZstdLevel)
	}
	return dst
}

// appendResponseHead writes what a handshake response and an SSL request begin with.
func appendResponseHead(dst []byte, caps Capability, maxPacket uint32, charset byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(caps))
	dst = binary.LittleEndian.AppendUint32(dst, maxPacket)
	dst = append(dst, charset)
	dst = append(dst, make([]byte, 19)...)
	extended := uint32(caps >> 32)
	if caps.Has(ClientLongPassword) {
		extended = 0
	}
	return binary.LittleEndian.AppendUint32(dst, extended)
}

// copied gives a copy of v; nil if it is empty.
func copied(v []byte) []byte { return append([]byte(nil), v...) }
