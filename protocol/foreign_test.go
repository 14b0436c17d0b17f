package protocol

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckGreeting(t *testing.T) {
	for _, test := range []struct{ name, sent, said string }{
		{"nothing yet", "", ""},
		{"half a header", "HT", ""},
		{"a header", "HTTP", ""},
		{"greeting", "\x4a\x00\x00\x00\x0a8.0.1", ""},
		{"greeting of an old server", "\x4a\x00\x00\x00\x093.20", ""},
		{"ERR", "\x4a\x00\x00\x00\xff\x10\x04Too many", ""},
		{"ERR with another number", "\x4a\x00\x00\x01\xff\x10\x04Too many", ""},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"},
		{"POP3, with the version where it is looked for", "+OK \n", "+OK "},
		{"X Protocol", "\x05\x00\x00\x00\x0b\x08\x05\x1a\x00", "05 00 00 00 0b 08 05 1a 00"},
		{"a long line", strings.Repeat("x", 100), strings.Repeat("x", maxForeignText)},
		{"zeros", strings.Repeat("\x00", 100), "00 00 00 00 00 00 00 00 00 00 00 00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckGreeting([]byte(test.sent))
			var foreign *ForeignError
			if errors.As(err, &foreign) != (test.said != "") || foreign != nil && foreign.Said != test.said {
				t.Errorf("%v, want one that quotes %q", err, test.said)
			}
		})
	}
}
