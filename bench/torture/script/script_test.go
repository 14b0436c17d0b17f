package script

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"parkway/protocol"
)

func whole() *Script {
	return &Script{
		Seed: 1<<64 - 1, Flavor: "mysql", Backends: 8, Order: Strict,
		Clients: []Client{
			{ID: 0, Charset: 45, Leave: Quit},
			{ID: 63, Capabilities: protocol.ClientDeprecateEOF | protocol.ClientInteractive, Charset: 255, Schema: "torture_63", Leave: Vanish},
		},
		Entries: []Entry{
			{63, Step{Verb: Query, Text: "SELECT \"\xff\n\\\", 'ä'"}},
			{0, Step{Verb: Prepare, Slot: 3, Text: ""}},
			{0, Step{Verb: Execute, Slot: 3, Cursor: true, Params: []string{"long:-1", "string:a b\"", "ulonglong:18446744073709551615"}}},
			{0, Step{Verb: Execute, Slot: 3}},
			{0, Step{Verb: Fetch, Slot: 3, Number: 2}},
			{0, Step{Verb: LongData, Slot: 3, Number: 1, Text: "\x00"}},
			{0, Step{Verb: ResetStatement, Slot: 3}},
			{0, Step{Verb: CloseStatement, Slot: 3}},
			{63, Step{Verb: InitDB, Text: "a"}},
			{63, Step{Verb: ChangeUser, Text: "u", Schema: ""}},
			{63, Step{Verb: ResetSession}},
			{63, Step{Verb: SetOption, Number: 1}},
			{63, Step{Verb: Ping}},
		},
	}
}

func TestParseReadsWhatStringWrote(t *testing.T) {
	want := whole()
	got, err := Parse("# a comment\n\n" + want.String())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every verb is in the script of these tests.
func TestWholeIsWhole(t *testing.T) {
	seen := map[Verb]bool{}
	for _, e := range whole().Entries {
		seen[e.Verb] = true
	}
	for v := range verbs {
		if !seen[v] {
			t.Errorf("%s is not tested", v)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const head = "backends 1\norder free\nclient 0 - 45 quit \"\"\n"
	for _, test := range []struct{ text, want string }{
		{"order free", "backends"},
		{"backends 1", "order"},
		{"backends x", "line 1"},
		{head + "1 ping", "line 4: there is no client 1"},
		{head + "0 pong", "not a command"},
		{head + "0 ping 1", "unexpected \"1\""},
		{head + "0 query SELECT", "no quoted text"},
		{head + "0 fetch 1", "fetch"},
		{head + "0 execute 1 maybe", "neither cursor nor rows"},
		{head + "0 execute 1 rows \"1\"", "not a parameter"},
		{head + "0 execute 1 rows \"tiny:300\"", "out of range"},
		{head + "hello", "unexpected \"hello\""},
		{"client 0 NO_SUCH 45 quit \"\"", "not a capability"},
		{"client 0 - 999 quit \"\"", "charset"},
		{"client 0 - 45 die \"\"", "not a way to leave"},
	} {
		if _, err := Parse(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		}
	}
}

func TestParseParam(t *testing.T) {
	for _, test := range []struct {
		text  string
		kind  [2]byte
		null  bool
		value []byte
	}{
		{"tiny:-1", [2]byte{byte(protocol.TypeTiny), 0}, false, []byte{0xff}},
		{"utiny:255", [2]byte{byte(protocol.TypeTiny), 0x80}, false, []byte{0xff}},
		{"short:258", [2]byte{byte(protocol.TypeShort), 0}, false, []byte{2, 1}},
		{"long:null", [2]byte{byte(protocol.TypeLong), 0}, true, nil},
		{"longlong:1", [2]byte{byte(protocol.TypeLongLong), 0}, false, []byte{1, 0, 0, 0, 0, 0, 0, 0}},
		{"double:1.5", [2]byte{byte(protocol.TypeDouble), 0}, false, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}},
		{"float:1.5", [2]byte{byte(protocol.TypeFloat), 0}, false, []byte{0, 0, 0xc0, 0x3f}},
		{"string:a:b", [2]byte{byte(protocol.TypeVarString), 0}, false, []byte("\x03a:b")},
		{"date:2024-05-06", [2]byte{byte(protocol.TypeDate), 0}, false, []byte{4, 0xe8, 7, 5, 6}},
	} {
		p, err := ParseParam(test.text)
		if err != nil || p.TypeBytes() != test.kind || p.Null != test.null || !bytes.Equal(p.Value, test.value) {
			t.Errorf("%q: %+v, %v", test.text, p, err)
		}
	}
}

func TestKeep(t *testing.T) {
	s := whole().Keep(func(c Client) bool { return c.ID == 63 })
	if len(s.Clients) != 1 || len(s.Entries) != 6 || len(s.Of(63)) != 6 || len(s.Of(0)) != 0 {
		t.Errorf("kept\n%s", s)
	}
}
