package main

import (
	"net"
	"strings"
	"testing"

	"parkway/protocol"
)

// greet answers every client of the returned address with a greeting of that version.
func greet(t *testing.T, version string) string {
	t.Helper()
	greeting := protocol.Handshake{
		ServerVersion: version,
		Capabilities:  protocol.ClientLongPassword | protocol.ClientProtocol41 | protocol.ClientSecureConnection,
	}
	return answer(t, protocol.AppendPacket(nil, greeting.Append(nil), 0))
}

// answer sends every client of the returned address the same bytes and hangs up.
func answer(t *testing.T, bytes []byte) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Write(bytes)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String()
}

func TestServerVersion(t *testing.T) {
	for greeted, want := range map[string]string{
		"9.4.0":                   "9.4.0",
		"5.5.5-10.11.4-MariaDB-1": "10.11.4-MariaDB-1",
	} {
		got, err := serverVersion(t.Context(), greet(t, greeted))
		if err != nil || got != want {
			t.Errorf("version %q (%v), want %q", got, err, want)
		}
	}
}

func TestServerVersionRefuses(t *testing.T) {
	tooMany := protocol.NewERR(protocol.ErrCodeTooManyConnections, "no room")
	for name, test := range map[string]struct {
		bytes []byte
		want  string
	}{
		"a hang-up":       {nil, "EOF"},
		"half a greeting": {[]byte{50, 0, 0, 0, 10}, "unexpected EOF"},
		"an error packet": {protocol.AppendPacket(nil, tooMany.Append(nil), 0), "no room"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serverVersion(t.Context(), answer(t, test.bytes))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}
