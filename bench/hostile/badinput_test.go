package hostile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// badInput is what a client should not send.
type badInput struct {
	name   string
	inside bool // after the login
	bytes  []byte
	code   uint16 // of the error that ends the connection
}

// command is the packet of a command.
func command(cmd protocol.Command, rest ...byte) []byte {
	return protocol.AppendPacket(nil, append([]byte{byte(cmd)}, rest...), 0)
}

// response is a handshake response of a user without password.
func response(user string, more protocol.Capability) []byte {
	r := protocol.HandshakeResponse{
		User: user, AuthPlugin: auth.NativePassword, Charset: 45, Capabilities: mysqltest.BaseCapabilities | more,
		Attributes: []protocol.Attribute{{Key: "program_name", Value: "hostile"}},
	}
	return protocol.AppendPacket(nil, r.Append(nil), 1)
}

func badInputs() []badInput {
	ssl := binary.LittleEndian.AppendUint32(nil, uint32(protocol.ClientSSL|protocol.ClientProtocol41|protocol.ClientSecureConnection))
	ssl = append(ssl, make([]byte, 28)...)
	pre41 := []byte{0x05, 0x24, 0, 0, 0, 'a', 'p', 'p', 0}
	return []badInput{
		{name: "HTTP request", bytes: []byte("GET / HTTP/1.1\r\nHost: parkway\r\n\r\n"), code: protocol.ErrCodeHandshake},
		{name: "TLS ClientHello", bytes: append([]byte{0x16, 3, 1, 0, 250, 1, 0, 0, 246, 3, 3}, make([]byte, 244)...), code: protocol.ErrCodeHandshake},
		{name: "SSH banner", bytes: []byte("SSH-2.0-OpenSSH_9.6\r\n"), code: protocol.ErrCodeHandshake},
		{name: "SSLRequest", bytes: protocol.AppendPacket(nil, ssl, 1), code: protocol.ErrCodeHandshake},
		{name: "compression that was not offered", bytes: response("app", protocol.ClientCompress), code: protocol.ErrCodeHandshake},
		{name: "client before 4.1", bytes: protocol.AppendPacket(nil, pre41, 1), code: protocol.ErrCodeNotSupportedAuth},
		{name: "empty response", bytes: []byte{0, 0, 0, 1}, code: protocol.ErrCodeHandshake},
		{name: "response of one byte", bytes: []byte{1, 0, 0, 1, 0xff}, code: protocol.ErrCodeHandshake},
		{name: "response of zeros", bytes: protocol.AppendPacket(nil, make([]byte, 40), 1), code: protocol.ErrCodeNotSupportedAuth},
		{name: "response of 0xff", bytes: protocol.AppendPacket(nil, bytes.Repeat([]byte{0xff}, 300), 1), code: protocol.ErrCodeHandshake},
		{name: "response with a wrong sequence number", bytes: append([]byte{40, 0, 0, 9}, make([]byte, 40)...), code: protocol.ErrCodeHandshake},
		{name: "response of 16 MiB", bytes: append([]byte{0xff, 0xff, 0xff, 1}, make([]byte, 200<<10)...), code: protocol.ErrCodeHandshake},

		{name: "wrong sequence number", inside: true, bytes: protocol.AppendPacket(nil, []byte{byte(protocol.ComPing)}, 3), code: protocol.ErrCodeOutOfOrder},
		{name: "HTTP request inside", inside: true, bytes: []byte("GET / HTTP/1.1\r\n\r\n"), code: protocol.ErrCodeOutOfOrder},
		{
			name: "message above max_allowed_packet", inside: true, code: protocol.ErrCodePacketTooLarge,
			bytes: append([]byte{0xff, 0xff, 0xff, 0, byte(protocol.ComQuery)}, make([]byte, 100<<10)...),
		},
	}
}

// guest is a user of the sound server who has no password, so that the same
// bytes log in again and again.
const guest = "guest"

// addGuest makes the account and adds it to the configuration.
func addGuest(t testing.TB, c *proxy.Config) {
	t.Helper()
	if err := sound.T(t).Exec(0, "CREATE OR REPLACE USER guest; GRANT ALL ON app.* TO guest"); err != nil {
		t.Fatal(err)
	}
	c.Users = append(c.Users, proxy.User{Name: guest, Hostgroup: soundHostgroup, Schema: "app"})
}

// Whatever a client sends ends in an error that names the reason, at once.
func TestBadInput(t *testing.T) {
	cfg := behindSound(t)
	cfg.Variables["max_allowed_packet"] = 1 << 20
	addGuest(t, &cfg)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	for _, name := range []string{"nobody", "\x80\xff'\"\\%s\r\n"} {
		_, err := mysqltest.Connect(as(name, p))
		expectERR(t, err, protocol.ErrCodeAccessDenied)
	}
	for _, in := range badInputs() {
		t.Run(in.name, func(t *testing.T) {
			connect := mysqltest.Open
			if in.inside {
				connect = mysqltest.Connect
			}
			c, err := connect(as(guest, p))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.WriteRaw(in.bytes); err != nil {
				t.Fatal(err)
			}
			rest, err := c.ExpectEOF()
			if err != nil {
				t.Errorf("not closed: %v", err)
			}
			expectERR(t, lastWords(rest), in.code)
		})
	}
	w.check(t)
	before.settled(t, p)
}

// refusedCommands are commands that get an error and harm nobody.
var refusedCommands = []struct {
	name    string
	command protocol.Command
	rest    []byte
	code    uint16
}{
	{"of no number", 0x7e, nil, protocol.ErrCodeUnknownCommand},
	{"of no number, 200 KiB", 0x7e, make([]byte, 200<<10), protocol.ErrCodeUnknownCommand},
	{"COM_BINLOG_DUMP", protocol.ComBinlogDump, make([]byte, 10), protocol.ErrCodeUnknownCommand},
	{"COM_SHUTDOWN", protocol.ComShutdown, nil, protocol.ErrCodeUnknownCommand},
	{"COM_PROCESS_KILL", protocol.ComProcessKill, []byte{0xff, 0xff, 0xff, 0xff}, protocol.ErrCodeNoSuchThread},
	{"COM_PROCESS_KILL cut off", protocol.ComProcessKill, []byte{1, 0}, protocol.ErrCodeMalformedPacket},
	{"COM_CHANGE_USER of nothing", protocol.ComChangeUser, nil, protocol.ErrCodeMalformedPacket},
	{"COM_CHANGE_USER cut off", protocol.ComChangeUser, []byte("app\x00\x14ab"), protocol.ErrCodeMalformedPacket},
	{"COM_CHANGE_USER, 100 KiB", protocol.ComChangeUser, make([]byte, 100<<10), protocol.ErrCodeMalformedPacket},
}

func TestRefusedCommands(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindSound(t)})
	before := measure(t, p)
	c := mysqltest.Dial(t, as("app", p))
	for _, r := range refusedCommands {
		t.Run(r.name, func(t *testing.T) {
			_, err := c.Command(r.command, r.rest...)
			expectERR(t, err, r.code)
			if _, err := c.Query("SELECT 1"); err != nil {
				t.Fatalf("the connection does not go on: %v", err)
			}
		})
	}
	c.Close()
	before.settled(t, p)
}

// lastWords is the error in the last of the packets that a proxy sent, nil if
// the last is none.
func lastWords(b []byte) error {
	for len(b) >= protocol.HeaderLen {
		length, _ := protocol.Header(b)
		if len(b) < protocol.HeaderLen+length {
			return nil
		}
		payload := b[protocol.HeaderLen : protocol.HeaderLen+length]
		if b = b[protocol.HeaderLen+length:]; len(b) > 0 {
			continue
		}
		said := new(protocol.ERR)
		if said.Decode(payload) == nil {
			return said
		}
	}
	return nil
}

// closed reports whether err is the end of a connection, orderly or not.
func closed(err error) bool {
	return err == nil || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// A login that ends in its middle, wherever that is, is over.
func TestTruncatedLogin(t *testing.T) {
	cfg := behindSound(t)
	addGuest(t, &cfg)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	login := response(guest, 0)
	for n := range login {
		c, err := mysqltest.Open(as(guest, p))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WriteRaw(login[:n]); err != nil {
			t.Fatal(err)
		}
		if err := c.Conn().(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if rest, err := c.ExpectEOF(); !closed(err) || len(rest) > 0 {
			t.Errorf("cut at %d of %d: got %q, %v, want a close", n, len(login), rest, err)
		}
		c.Close()
	}
	w.check(t)
	before.settled(t, p)
}
