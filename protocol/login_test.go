package protocol

import (
	"errors"
	"strings"
	"testing"
)

func TestGreetingRefused(t *testing.T) {
	for _, test := range []struct{ name, hex, want string }{
		{"ERR", "ff 6904 486f7374", "ERROR 1129: Host"},
		{"ERR with state", "ff 1004 23 3038303034 546f6f", "ERROR 1040 (08004): Too"},
		{"another protocol", "09 352e30 00", "protocol version 9 instead of 10"},
		{"TLS alert", "15 0301 00", "protocol version 21"},
		{"empty", "", "malformed handshake:"},
		{"short", "0a 35 00 0102", "malformed handshake:"},
		{"no end of version", "0a 353535", "malformed handshake:"},
		{"before 4.1", "0a 35 00 01000000 0102030405060708 00 0000", "no protocol 4.1"},
		{"short nonce", "0a 35 00 01000000 0102030405060708 00 0082 21 0200 0000 15 00000000000000000000 0102", "malformed handshake:"},
	} {
		var h Handshake
		if err := h.Decode(unhex(t, test.hex)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	var h Handshake
	var refusal *ERR
	if err := h.Decode(NewERR(ErrCodeHostBlocked, "no").Append(nil)); !errors.As(err, &refusal) || refusal.Code != ErrCodeHostBlocked {
		t.Errorf("an ERR as greeting is %v", err)
	}
}

func TestIsMariaDB(t *testing.T) {
	for _, test := range []struct {
		h    Handshake
		want bool
	}{
		{Handshake{ServerVersion: "9.7.4", Capabilities: ClientLongPassword}, false},
		{Handshake{ServerVersion: "5.5.5-10.1.48-MariaDB", Capabilities: ClientLongPassword}, true},
		{Handshake{ServerVersion: "my own", Capabilities: ClientProtocol41}, true},
	} {
		if got := test.h.IsMariaDB(); got != test.want {
			t.Errorf("%+v: %v", test.h, got)
		}
	}
}

func TestResponseRefused(t *testing.T) {
	request := SSLRequest{Capabilities: ClientSSL | ClientProtocol41 | ClientLongPassword}
	head := "8da2bf19 00000001 ff 0000000000000000000000000000000000000000000000 "
	for _, test := range []struct {
		name string
		p    []byte
		want error // nil: a *MalformedError
	}{
		{"SSL request", request.Append(nil), ErrSSLRequest},
		{"pre 4.1", unhex(t, "0500 000000 726f6f74 00"), ErrPre41},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), ErrPre41},
		{"empty", nil, nil},
		{"only the head", unhex(t, head), nil},
		{"user without end", unhex(t, head+"617070"), nil},
		{"auth data too long", unhex(t, head+"61707000 20 00"), nil},
		{"attributes too long", unhex(t, head+"61707000 00 00 00 16 00"), nil},
		{"attribute too long", unhex(t, head+"61707000 00 00 00 04 01 61 09 61"), nil},
		{"attribute without value", unhex(t, head+"61707000 00 00 00 02 01 61"), nil},
	} {
		var h HandshakeResponse
		err := h.Decode(test.p)
		var malformed *MalformedError
		if test.want != nil && err != test.want || test.want == nil && !errors.As(err, &malformed) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// Connectors announce fields and leave them out, and leave out the last NUL.
func TestResponseTruncatedByConnectors(t *testing.T) {
	head := "0d820800 00000001 21 0000000000000000000000000000000000000000000000 61707000 00"
	for hex, plugin := range map[string]string{"": "", " 6400": "", " 6400 706c": "pl"} {
		var h HandshakeResponse
		if err := h.Decode(unhex(t, head+hex)); err != nil || h.User != "app" || h.AuthPlugin != plugin {
			t.Errorf("%q: %+v, %v", hex, h, err)
		}
	}
}

func TestOldAuthSwitch(t *testing.T) {
	var a AuthSwitchRequest
	if err := a.Decode([]byte{0xfe}); err != nil || a.Plugin != "mysql_old_password" || a.Data != nil {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestChangeUserOfOldClients(t *testing.T) {
	var c ChangeUser
	const caps = ClientSecureConnection | ClientPluginAuth | ClientConnectAttrs
	if err := c.Decode(unhex(t, "11 7500 00 6400"), caps); err != nil || c.User != "u" || c.Database != "d" {
		t.Errorf("%+v, %v", c, err)
	}
	if err := c.Decode(unhex(t, "11 7500 6162 00 6400 2100"), 0); err != nil || string(c.AuthData) != "ab" || c.Charset != 33 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAppendForTheOtherSide(t *testing.T) {
	ok := OK{Status: StatusAutocommit | StatusSessionStateChanged, Info: []byte("i"), StateChanges: []byte{2, 2, 1, '1'}}
	if got := string(ok.Append(nil, 0)); got != "\x00\x00\x00\x02\x00\x00\x00\x01i" {
		t.Errorf("a client without trackers gets %q", got)
	}
	if got := string(AppendEndOfRows(nil, StatusAutocommit, 1, 0)); got != "\xfe\x01\x00\x02\x00" {
		t.Errorf("end of rows as EOF: %q", got)
	}
	if got := string(AppendEndOfRows(nil, StatusAutocommit, 1, ClientDeprecateEOF)); got != "\xfe\x00\x00\x02\x00\x01\x00" {
		t.Errorf("end of rows as OK: %q", got)
	}
	plain := Handshake{ServerVersion: "8", Capabilities: ClientLongPassword | ClientProtocol41 | ClientSecureConnection | MariaDBProgress}
	var again Handshake
	if err := again.Decode(plain.Append(nil)); err != nil || again.Capabilities.Has(MariaDBProgress) {
		t.Errorf("extended capabilities with LONG_PASSWORD: %v, %v", again.Capabilities, err)
	}
}
