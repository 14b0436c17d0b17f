package protocol

import (
	"encoding/binary"
	"fmt"
)

// headerERR is the first byte of an ERR packet.
const headerERR = 0xff

// ERR is the packet that reports an error; it is a Go error too. State is the five characters of the SQLSTATE, empty in errors
// that a server sends before the client said that it speaks protocol 4.1.
type ERR struct {
	Code    uint16
	State   string
	Message string
}

// NewERR makes an error of the proxy's own: code is one of the ErrCode constants, the SQLSTATE follows from it.
func NewERR(code uint16, format string, args ...any) *ERR {
	return &ERR{Code: code, State: sqlState(code), Message: fmt.Sprintf(format, args...)}
}

// Error reads as in the mysql client: "ERROR 1045 (28000): Access denied ...".
func (p *ERR) Error() string {
	if p.State == "" {
		return fmt.Sprintf("ERROR %d: %s", p.Code, p.Message)
	}
	return fmt.Sprintf("ERROR %d (%s): %s", p.Code, p.State, p.Message)
}

// Decode reads an ERR packet, with or without a SQLSTATE.
func (p *ERR) Decode(b []byte) error {
	if len(b) < 3 || b[0] != headerERR {
		return malformed("ERR packet", "%d bytes", len(b))
	}
	*p = ERR{Code: binary.LittleEndian.Uint16(b[1:])}
	b = b[3:]
	if len(b) >= 6 && b[0] == '#' {
		p.State, b = string(b[1:6]), b[6:]
	}
	p.Message = string(b)
	return nil
}

// Append writes the payload. A State that hasn't five characters is left out.
func (p *ERR) Append(dst []byte) []byte {
	dst = append(dst, headerERR, byte(p.Code), byte(p.Code>>8))
	if len(p.State) == 5 {
		dst = append(append(dst, '#'), p.State...)
	}
	return append(dst, p.Message...)
}
