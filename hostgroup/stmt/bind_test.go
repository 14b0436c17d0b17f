package stmt

import (
	"bytes"
	"testing"

	"parkway/protocol"
)

// A server is told the types alone if it read a text that follows in another character set: not for numbers, times and
// bytes, and not if it knows them or they come with the values.
func TestUnbound(t *testing.T) {
	const then, now = "latin1", "utf8mb4"
	blob, date, null := []byte{byte(protocol.TypeLongBlob), 0}, []byte{byte(protocol.TypeDate), 0}, []byte{byte(protocol.TypeNull), 0}
	values := [][]byte{nil, nil}
	for _, test := range []struct {
		name      string
		types     [][]byte
		told, now string // environments: "": never told
		bound     bool   // the types come with the values
		want      bool
	}{
		{"texts", [][]byte{integer, text}, "", now, false, true},
		{"texts, in the same", [][]byte{integer, text}, "", then, false, false},
		{"texts, with types", [][]byte{integer, text}, "", now, true, false},
		{"texts, told in that", [][]byte{integer, text}, then, now, false, false},
		{"texts, told in another", [][]byte{integer, text}, now, now, false, true},
		{"of no type yet", [][]byte{integer, null}, "", now, false, true},
		{"none", [][]byte{integer, blob}, "", now, false, false},
		{"none, told in another", [][]byte{date, integer}, now, now, false, false},
	} {
		e, on := prepared(2)
		list := bytes.Join(test.types, nil)
		if test.told != "" {
			on.types = e.Statement.intern(list, false, test.told)
		}
		e.types = e.Statement.intern(list, false, then)
		x := execution{id: 1, values: values}
		environment := test.now
		if test.bound {
			x.types = test.types
		}
		read, refusal := e.Read(message(x.payload()), true, 0, environment)
		if refusal != nil {
			t.Fatalf("%s: %v", test.name, refusal)
		}
		if got := read.Unbound(on, environment); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}
