package protocol

import (
	"bytes"
	"fmt"
)

// ForeignError says that what listens at a server's address is no MySQL or MariaDB, by the first bytes that it sent.
type ForeignError struct {
	Said string // the first line of a text, else the first bytes in hexadecimal digits; or as much as had come
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("the server does not speak MySQL's protocol: it said %q", e.Said)
}

// What is quoted at most: bytes of a text, and of anything else.
const (
	maxForeignText  = 64
	maxForeignBytes = 12
)

// handshakeVersion9 was MySQL's before 3.21. The greeting with it is one, but can't be decoded.
const handshakeVersion9 = 9

// CheckGreeting looks at what a server has sent so far, header included, and returns a *ForeignError if that is neither the beginning of
// a greeting nor of an ERR packet: HTTP, SSH and whatever else speaks in texts have the number of another packet, MySQL's X
// Protocol (port 33060) another version.
func CheckGreeting(p []byte) error {
	if len(p) <= HeaderLen {
		return nil
	}
	_, seq := Header(p)
	switch p[HeaderLen] {
	case headerERR:
		return nil
	case handshakeVersion, handshakeVersion9:
		if seq == 0 {
			return nil
		}
	}
	line, _, _ := bytes.Cut(p[:min(len(p), maxForeignText)], []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if bytes.IndexFunc(line, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 {
		return &ForeignError{Said: fmt.Sprintf("% x", p[:min(len(p), maxForeignBytes)])}
	}
	return &ForeignError{Said: string(line)}
}
