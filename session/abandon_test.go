package session_test

import (
	"io"
	"net"
	"slices"
	"testing"

	"parkway/config"
	"parkway/protocol"
)

// refuseEarly is a server that refuses the first command of each connection as soon as it has some of it, as one that is too large, under the number seq,
// and closes with the rest unread.
func refuseEarly(seq byte) func(net.Conn) {
	refusal := protocol.ERR{Code: protocol.ErrCodePacketTooLarge, State: "08S01", Message: "too large"}
	return func(c net.Conn) {
		buf := make([]byte, 1<<10)
		if !welcome(c, buf) {
			return
		}
		if _, err := c.Read(buf); err == nil {
			_, _ = c.Write(protocol.AppendPacket(nil, refusal.Append(nil), seq))
		}
	}
}

// A server refuses a command that is still being sent, and closes, which resets what is on its way to it: the client reads why, under the number that it
// expects behind its last packet. What it had on that connection is lost, and with it the session.
func TestRefusedWhileItIsSent(t *testing.T) {
	one := packet(0, "\x03"+string(make([]byte, 3<<20)))
	several := packet(0, "\x03"+string(make([]byte, protocol.MaxPayload+1000)))
	for _, test := range []struct {
		name    string
		command []byte
		seq     byte // of the server
		want    byte
		rounds  int
	}{
		{"one packet", one, 1, 1, 10},
		{"several packets", several, 1, 2, 2},
		{"several packets, of which it has seen the last", several, 2, 2, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := startProxy(t, newServer(t, refuseEarly(test.seq)), nil)
			for range test.rounds {
				c := login(t, p.addr)
				if _, err := c.Write(test.command); err != nil {
					t.Fatal(err)
				}
				seq, said := readRefusal(t, c)
				if seq != test.want || said.Code != protocol.ErrCodePacketTooLarge || said.Message != "too large" {
					t.Fatalf("number %d: %v", seq, said)
				}
				if err := expectEnd(c); err != nil {
					t.Fatal(err)
				}
				c.Close()
			}
			if n := p.group.Panics(); n > 0 {
				t.Errorf("%d panics", n)
			}
		})
	}
}

// readRefusal reads a packet that must be an error.
func readRefusal(t *testing.T, c net.Conn) (seq byte, said protocol.ERR) {
	t.Helper()
	header := make([]byte, protocol.HeaderLen)
	if _, err := io.ReadFull(c, header); err != nil {
		t.Fatal(err)
	}
	length, seq := protocol.Header(header)
	payload := make([]byte, length)
	if _, err := io.ReadFull(c, payload); err != nil {
		t.Fatal(err)
	}
	if err := said.Decode(payload); err != nil {
		t.Fatal(err)
	}
	return seq, said
}

// expectEnd reads to the end of the connection, which has nothing to say but why it ends.
func expectEnd(c net.Conn) error {
	rest, err := io.ReadAll(c)
	if err != nil || len(rest) == 0 {
		return err
	}
	var said protocol.ERR
	return said.Decode(rest[protocol.HeaderLen:])
}

// A command above max_allowed_packet is read to its end before it is refused: not while the client is still sending.
func TestTooLargeIsReadToItsEnd(t *testing.T) {
	server := newServer(t, func(net.Conn) {})
	p := startProxy(t, server, func(v *config.MySQLVariables) { v.MaxAllowedPacket = 1 << 20 })
	one := packet(0, "\x03"+string(make([]byte, 3<<20)))
	several := packet(0, "\x03"+string(make([]byte, 2*protocol.MaxPayload+1000)))
	for _, test := range []struct {
		name    string
		command []byte
		want    byte
	}{{"one packet", one, 1}, {"several packets", several, 3}} {
		t.Run(test.name, func(t *testing.T) {
			c := login(t, p.addr)
			for piece := range slices.Chunk(test.command, 1<<20) {
				if _, err := c.Write(piece); err != nil {
					t.Fatal(err)
				}
			}
			seq, said := readRefusal(t, c)
			if seq != test.want || said.Code != protocol.ErrCodePacketTooLarge {
				t.Errorf("number %d: %v", seq, said)
			}
			if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
				t.Errorf("then %q, %v", rest, err)
			}
		})
	}
	t.Run("client that stops in the middle", func(t *testing.T) {
		c := login(t, p.addr)
		if _, err := c.Write(several[:5<<20]); err != nil {
			t.Fatal(err)
		}
		if _, said := readRefusal(t, c); said.Code != protocol.ErrCodePacketTooLarge {
			t.Error(said)
		}
	})
}
