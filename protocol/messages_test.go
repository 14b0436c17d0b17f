package protocol

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// coder is what the messages have in common, for tests: reading and writing with the capabilities that the value needs.
type coder struct {
	decode func(p []byte, caps Capability) (any, error)
	append func(v any, caps Capability) []byte
}

var coders = map[string]coder{
	"OK": {
		func(p []byte, caps Capability) (any, error) { var m OK; err := m.Decode(p, caps); return m, err },
		func(v any, caps Capability) []byte { m := v.(OK); return m.Append(nil, caps) },
	},
	"EOF": {
		func(p []byte, _ Capability) (any, error) { var m EOF; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(EOF); return m.Append(nil) },
	},
	"ERR": {
		func(p []byte, _ Capability) (any, error) { var m ERR; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(ERR); return m.Append(nil) },
	},
	"Handshake": {
		func(p []byte, _ Capability) (any, error) { var m Handshake; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(Handshake); return m.Append(nil) },
	},
	"HandshakeResponse": {
		func(p []byte, _ Capability) (any, error) { var m HandshakeResponse; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(HandshakeResponse); return m.Append(nil) },
	},
	"SSLRequest": {
		func(p []byte, _ Capability) (any, error) { var m SSLRequest; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(SSLRequest); return m.Append(nil) },
	},
	"AuthSwitchRequest": {
		func(p []byte, _ Capability) (any, error) { var m AuthSwitchRequest; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(AuthSwitchRequest); return m.Append(nil) },
	},
	"ChangeUser": {
		func(p []byte, caps Capability) (any, error) {
			var m ChangeUser
			err := m.Decode(p, caps)
			return m, err
		},
		func(v any, caps Capability) []byte { m := v.(ChangeUser); return m.Append(nil, caps) },
	},
	"PrepareOK": {
		func(p []byte, caps Capability) (any, error) { var m PrepareOK; err := m.Decode(p, caps); return m, err },
		func(v any, caps Capability) []byte { m := v.(PrepareOK); return m.Append(nil, caps) },
	},
	"ColumnDefinition": {
		func(p []byte, caps Capability) (any, error) {
			var m ColumnDefinition
			err := m.Decode(p, caps)
			return m, err
		},
		func(v any, caps Capability) []byte { m := v.(ColumnDefinition); return m.Append(nil, caps) },
	},
	"Execute": {
		func(p []byte, _ Capability) (any, error) { var m Execute; err := m.Decode(p); return m, err },
		func(v any, _ Capability) []byte { m := v.(Execute); return m.Append(nil) },
	},
}

const trackOK = ClientSessionTrack | ClientDeprecateEOF

// messages are bytes from real servers and clients, unless a name says otherwise, and what they mean.
var messages = []struct {
	name, coder, hex string
	caps             Capability
	want             any
}{
	{"MariaDB, INSERT", "OK", "00 05 00 0200 0000 26 5265636f7264733a2035 20204475706c6963617465733a2030 20205761726e696e67733a2030", 0,
		OK{AffectedRows: 5, Status: StatusAutocommit, Info: []byte("Records: 5  Duplicates: 0  Warnings: 0")}},
	{"INSERT, with trackers on", "OK", "00 05 00 0200 0000 26 5265636f7264733a2035 20204475706c6963617465733a2030 20205761726e696e67733a2030", trackOK,
		OK{AffectedRows: 5, Status: StatusAutocommit, Info: []byte("Records: 5  Duplicates: 0  Warnings: 0")}},
	{"end of rows", "OK", "fe 00 00 2200 0000", trackOK, OK{Header: 0xfe, Status: StatusAutocommit | StatusNoIndexUsed}},
	{"large numbers, made up", "OK", "00 fce803 fdffffff 0200 0100", 0, OK{AffectedRows: 1000, InsertID: 1<<24 - 1, Status: StatusAutocommit, Warnings: 1}},
	{"USE, made up", "OK", "00 00 00 0240 0000 00 0a 01 04 03617070 02 02 0131", trackOK,
		OK{Status: StatusAutocommit | StatusSessionStateChanged, Info: []byte{}, StateChanges: []byte("\x01\x04\x03app\x02\x02\x011")}},
	{"plain", "EOF", "fe 0000 0200", 0, EOF{Status: StatusAutocommit}},
	{"warnings", "EOF", "fe 0300 2200", 0, EOF{Warnings: 3, Status: StatusAutocommit | StatusNoIndexUsed}},
	{"with state", "ERR", "ff 1504 23 3238303030 6e6f", 0, ERR{Code: 1045, State: "28000", Message: "no"}},
	{"before the login", "ERR", "ff 1004 546f6f206d616e79", 0, ERR{Code: 1040, Message: "Too many"}},
	{"no text", "ERR", "ff 1004", 0, ERR{Code: 1040}},
	{"MariaDB 10.11", "Handshake",
		"0a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275312d6c6f6700 17000000 3779213277244a27 00 feff 08 0200 ff81 15 000000000000 1d000000 25227a61576e4757615e3737 00 6d7973716c5f6e61746976655f70617373776f726400", 0,
		Handshake{ServerVersion: "5.5.5-10.11.19-MariaDB-0+deb12u1-log", ConnectionID: 23, Nonce: [20]byte([]byte("7y!2w$J'%\"zaWnGWa^77")),
			Capabilities: 0x1d_81fffffe, Charset: 8, Status: StatusAutocommit, AuthPlugin: "mysql_native_password"}},
	{"MySQL 9.7", "Handshake",
		"0a392e372e342d3200 37000000 723756391f622a26 00 ffff ff 0200 ffdf 15 00000000000000000000 356b5929081a097e51386168 00 63616368696e675f736861325f70617373776f726400", 0,
		Handshake{ServerVersion: "9.7.4-2", ConnectionID: 55, Nonce: [20]byte([]byte("r7V9\x1fb*&5kY)\b\x1a\t~Q8ah")),
			Capabilities: 0xdfffffff, Charset: 255, Status: StatusAutocommit, AuthPlugin: "caching_sha2_password"}},
	{"mariadb 10.11", "HandshakeResponse",
		"8ca2bf00 00000001 21 00000000000000000000000000000000000000 1d000000 61707000 14948a73a9b6f386aa4fe39fdf5b4fa7cf049a61bc 61707000 6d7973716c5f6e61746976655f70617373776f726400 0a 035f6f73 054c696e7578", 0,
		HandshakeResponse{Capabilities: 0x1d_00bfa28c, MaxPacket: 1 << 24, Charset: 33, User: "app", Database: "app", AuthPlugin: "mysql_native_password",
			AuthData:   []byte("\x94\x8a\x73\xa9\xb6\xf3\x86\xaa\x4f\xe3\x9f\xdf\x5b\x4f\xa7\xcf\x04\x9a\x61\xbc"),
			Attributes: []Attribute{{"_os", "Linux"}}}},
	{"mysql 9.7", "HandshakeResponse",
		"8da2bf19 00000001 ff 0000000000000000000000000000000000000000000000 61707000 20f89f1349fa347dffe7bdcfda50cc0bef17d433e3855cbe2b2e002ee81cec8549 61707000 63616368696e675f736861325f70617373776f726400 16 0c5f636c69656e745f6e616d65 086c69626d7973716c", 0,
		HandshakeResponse{Capabilities: 0x19bfa28d, MaxPacket: 1 << 24, Charset: 255, User: "app", Database: "app", AuthPlugin: "caching_sha2_password",
			AuthData:   []byte("\xf8\x9f\x13\x49\xfa\x34\x7d\xff\xe7\xbd\xcf\xda\x50\xcc\x0b\xef\x17\xd4\x33\xe3\x85\x5c\xbe\x2b\x2e\x00\x2e\xe8\x1c\xec\x85\x49"),
			Attributes: []Attribute{{"_client_name", "libmysql"}}}},
	{"old connector, made up", "HandshakeResponse", "05820000 00000001 21 0000000000000000000000000000000000000000000000 726f6f7400 00", 0,
		HandshakeResponse{Capabilities: ClientLongPassword | ClientLongFlag | ClientProtocol41 | ClientSecureConnection, MaxPacket: 1 << 24, Charset: 33, User: "root"}},
	{"zstd, made up", "HandshakeResponse", "01820004 00000001 21 0000000000000000000000000000000000000000000000 7500 0161 03", 0,
		HandshakeResponse{Capabilities: ClientLongPassword | ClientProtocol41 | ClientSecureConnection | ClientZstdCompression, MaxPacket: 1 << 24,
			Charset: 33, User: "u", AuthData: []byte("a"), ZstdLevel: 3}},
	{"mysql 9.7", "SSLRequest", "8daabf19 00000001 ff 0000000000000000000000000000000000000000000000", 0,
		SSLRequest{Capabilities: 0x19bfaa8d, MaxPacket: 1 << 24, Charset: 255}},
	{"made up", "AuthSwitchRequest", "fe 6100 0102 00", 0, AuthSwitchRequest{Plugin: "a", Data: []byte{1, 2, 0}}},
	{"made up", "ChangeUser", "11 617000 0209ff 6400 2d00 706c00 04 016b 0176", ClientSecureConnection | ClientPluginAuth | ClientConnectAttrs,
		ChangeUser{User: "ap", AuthData: []byte{9, 255}, Database: "d", Charset: 45, AuthPlugin: "pl", Attributes: []Attribute{{"k", "v"}}}},
	{"MySQL 9.7", "PrepareOK", "00 01000000 0200 0100 00 0000", 0, PrepareOK{StatementID: 1, Columns: 2, Params: 1}},
	{"MySQL 9.7, without definitions", "PrepareOK", "00 01000000 0200 0100 00 0000 00", ClientOptionalResultsetMetadata,
		PrepareOK{StatementID: 1, Columns: 2, Params: 1, NoMetadata: true}},
	{"MariaDB", "ColumnDefinition", "03646566 03617070 0174 0174 0161 0161 0c 3f00 0b000000 03 0350 00 0000", 0,
		ColumnDefinition{Schema: "app", Table: "t", OrgTable: "t", Name: "a", OrgName: "a", Charset: 63, Length: 11, Type: TypeLong, Flags: 0x5003, Default: []byte{}}},
	{"MariaDB, COM_FIELD_LIST", "ColumnDefinition", "03646566 03617070 0174 0174 0161 0161 00 0c 3f00 0b000000 03 0350 00 0000 0130", MariaDBExtendedMetadata,
		ColumnDefinition{Schema: "app", Table: "t", OrgTable: "t", Name: "a", OrgName: "a", Extended: []byte{}, Charset: 63, Length: 11, Type: TypeLong, Flags: 0x5003, Default: []byte("\x010")}},
	{"cursor", "Execute", "17 3c000000 01 01000000", 0, Execute{StatementID: 60, Flags: CursorReadOnly, Iterations: 1}},
}

func TestMessages(t *testing.T) {
	for _, m := range messages {
		t.Run(m.coder+"/"+m.name, func(t *testing.T) {
			p := unhex(t, m.hex)
			got, err := coders[m.coder].decode(p, m.caps)
			if err != nil || !reflect.DeepEqual(got, m.want) {
				t.Fatalf("decoded: %+v, %v\nwant:    %+v", got, err, m.want)
			}
			if again := coders[m.coder].append(got, m.caps); !bytes.Equal(again, p) {
				t.Errorf("encoded: %x\nwant:    %x", again, p)
			}
			for i := range p {
				_, _ = coders[m.coder].decode(p[:i:i], m.caps) // must not panic
			}
		})
	}
}

// FuzzMessages: no decoder panics, errors are of the declared types, and what was decoded survives being encoded.
func FuzzMessages(f *testing.F) {
	for _, m := range messages {
		f.Add(m.coder, unhex(f, m.hex), uint64(m.caps))
	}
	f.Fuzz(func(t *testing.T, name string, p []byte, flags uint64) {
		c, ok := coders[name]
		if !ok {
			t.Skip()
		}
		caps := Capability(flags)
		v, err := c.decode(p, caps)
		if err != nil {
			var malformed *MalformedError
			var refusal *ERR
			if !errors.As(err, &malformed) && !errors.As(err, &refusal) && err != ErrSSLRequest && err != ErrPre41 {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if e, ok := v.(ERR); ok && e.State == "" && len(e.Message) > 5 && e.Message[0] == '#' {
			return // can't be told from a state
		}
		encoded := c.append(v, caps)
		again, err := c.decode(encoded, caps)
		if err != nil {
			t.Fatalf("%+v encoded is %x: %v", v, encoded, err)
		}
		if third := c.append(again, caps); !bytes.Equal(third, encoded) {
			t.Errorf("%+v\nencoded: %x\nagain:   %x", v, encoded, third)
		}
	})
}
