package protocol

import "encoding/binary"

// ChangeUser is the message COM_CHANGE_USER: a login on a connection that is already open.
type ChangeUser struct {
	User       string
	AuthData   []byte // at most 255 bytes
	Database   string
	Charset    uint16
	AuthPlugin string // with ClientPluginAuth
	Attributes []Attribute
}

// Decode reads the payload, command byte included, from a client with these capabilities. Nothing aliases p.
func (c *ChangeUser) Decode(p []byte, caps Capability) error {
	*c = ChangeUser{}
	f := fields{rest: p}
	if Command(f.uint8()) != ComChangeUser {
		return malformed("COM_CHANGE_USER", "%d bytes", len(p))
	}
	c.User = string(f.nulBytes())
	if caps.Has(ClientSecureConnection) {
		c.AuthData = copied(f.take(int(f.uint8())))
	} else {
		c.AuthData = copied(f.nulBytes())
	}
	c.Database = string(f.nulBytes())
	// Old clients stop here or after the character set.
	if len(f.rest) > 0 {
		c.Charset = f.uint16()
	}
	if caps.Has(ClientPluginAuth) && len(f.rest) > 0 {
		c.AuthPlugin = string(f.lastNulBytes())
	}
	if caps.Has(ClientConnectAttrs) && len(f.rest) > 0 {
		c.Attributes = f.attributes()
	}
	if f.short {
		return malformed("COM_CHANGE_USER", "%d bytes", len(p))
	}
	return nil
}

// Append writes the payload, command byte included, for a server with these capabilities. The strings hold no NUL bytes.
func (c *ChangeUser) Append(dst []byte, caps Capability) []byte {
	dst = append(append(append(dst, byte(ComChangeUser)), c.User...), 0)
	if caps.Has(ClientSecureConnection) {
		dst = append(append(dst, byte(len(c.AuthData))), c.AuthData...)
	} else {
		dst = append(append(dst, c.AuthData...), 0)
	}
	dst = append(append(dst, c.Database...), 0)
	dst = binary.LittleEndian.AppendUint16(dst, c.Charset)
	if caps.Has(ClientPluginAuth) {
		dst = append(append(dst, c.AuthPlugin...), 0)
	}
	if caps.Has(ClientConnectAttrs) {
		dst = appendAttributes(dst, c.Attributes)
	}
	return dst
}
