package protocol

import "encoding/binary"

// SSLRequest is what a client that wants TLS sends before its handshake response: that packet's first 32 bytes.
type SSLRequest struct {
	Capabilities Capability
	MaxPacket    uint32
	Charset      byte
}

// Decode reads an SSL request.
func (s *SSLRequest) Decode(p []byte) error {
	if len(p) != responseHead {
		return malformed("SSL request", "%d bytes", len(p))
	}
	*s = SSLRequest{
		Capabilities: Capability(binary.LittleEndian.Uint32(p)),
		MaxPacket:    binary.LittleEndian.Uint32(p[4:]),
		Charset:      p[8],
	}
	if !s.Capabilities.Has(ClientLongPassword) {
		s.Capabilities |= Capability(binary.LittleEndian.Uint32(p[28:])) << 32
	}
	if !s.Capabilities.Has(ClientSSL) {
		return malformed("SSL request", "without the flag SSL")
	}
	return nil
}

// Append writes the payload. Capabilities hold ClientSSL.
func (s *SSLRequest) Append(dst []byte) []byte {
	return appendResponseHead(dst, s.Capabilities, s.MaxPacket, s.Charset)
}
