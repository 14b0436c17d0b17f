package protocol

import "bytes"

const (
	// AuthSwitchHeader is the first byte of an AuthSwitchRequest.
	AuthSwitchHeader = headerEOF
	// AuthMoreDataHeader is the first byte of a packet with which a server's plugin goes on with the exchange.
	AuthMoreDataHeader = 0x01

	pluginOldPassword = "mysql_old_password"
)

// AuthSwitchRequest is how a server asks for another plugin than the client used. Data is for the plugin: mostly a nonce of 20
// bytes and a NUL.
type AuthSwitchRequest struct {
	Plugin string
	Data   []byte
}

// Decode reads the request, also its form of one byte, which asks for mysql_old_password. Data aliases p.
func (a *AuthSwitchRequest) Decode(p []byte) error {
	if len(p) == 0 || p[0] != AuthSwitchHeader {
		return malformed("auth switch request", "%d bytes", len(p))
	}
	if len(p) == 1 {
		*a = AuthSwitchRequest{Plugin: pluginOldPassword}
		return nil
	}
	end := bytes.IndexByte(p, 0)
	if end < 0 {
		return malformed("auth switch request", "the plugin's name has no end")
	}
	*a = AuthSwitchRequest{Plugin: string(p[1:end]), Data: p[end+1:]}
	return nil
}

// Append writes the payload, in its long form. Plugin holds no NUL byte.
func (a *AuthSwitchRequest) Append(dst []byte) []byte {
	dst = append(append(append(dst, AuthSwitchHeader), a.Plugin...), 0)
	return append(dst, a.Data...)
}
