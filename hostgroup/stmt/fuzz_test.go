package stmt

import (
	"bytes"
	"testing"

	"parkway/protocol"
)

// FuzzExecute: whatever the message, the id is the server's, the rest stays as it was but for types that are put in, and those that
// are put in make it an execution with types.
func FuzzExecute(f *testing.F) {
	values := [][]byte{[]byte("a"), nil}
	for _, x := range []execution{
		{values: values}, {values: values, types: [][]byte{text, integer}},
		{caps: attributes, values: values}, {caps: attributes, values: values, types: [][]byte{text, integer}, names: []string{"", "n"}},
	} {
		f.Add(x.payload(), byte(2), x.caps != 0)
		f.Add(x.payload(), byte(1), x.caps != 0)
	}
	f.Add(bulk(1, 0x40, []byte{1, 0, 2, 0}, []byte{1}), byte(2), false)
	f.Add(bulk(1, 0, nil, []byte{1}), byte(2), false)
	f.Fuzz(func(t *testing.T, payload []byte, params byte, named bool) {
		if len(payload) == 0 || len(payload) > 1<<16 || payload[0] != 0x17 && payload[0] != 0xfa {
			return
		}
		named = named && payload[0] == 0x17 // no server has both bulk execution and query attributes
		var caps protocol.Capability
		list := bytes.Repeat(text, int(params))
		if named {
			caps = attributes
			list = bytes.Repeat([]byte{0xfd, 0, 1, 'n'}, int(params))
		}
		e, on := prepared(int(params))
		e.types = e.Statement.intern(list, named, "")
		m := message(payload)
		var x Patcher
		p, need, err := run(&x, m, true, caps, e, on)
		if need > 0 {
			t.Fatalf("needs %d of a whole message", need)
		}
		if err != nil {
			return
		}
		got := apply(p, m)
		if id, ok := ReadID(got); !ok || id != 7 {
			t.Fatalf("id %d, %v", id, ok)
		}
		if length, _ := protocol.Header(got); length != len(got)-protocol.HeaderLen {
			t.Fatalf("a packet of %d bytes says %d", len(got)-protocol.HeaderLen, length)
		}
		if p.Head == nil {
			if !bytes.Equal(got[idEnd:], payload[5:]) {
				t.Fatalf("%q became %q", payload, got)
			}
			return
		}
		at, need := locate(got[protocol.HeaderLen:], int(params), caps)
		if need > 0 || !at.bound || string(got[protocol.HeaderLen:][at.types:at.end]) != e.types.list() {
			t.Fatalf("%q became %q: %+v, %d", payload, got, at, need)
		}
		if rest := payload[p.Skip-protocol.HeaderLen:]; !bytes.HasSuffix(got, rest) || len(got) != len(m)+len(list) {
			t.Fatalf("%q became %q", payload, got)
		}
	})
}

// FuzzSplice: any message, however cut, with any lengths.
func FuzzSplice(f *testing.F) {
	f.Add(uint16(40), byte(16), byte(3), byte(9), []byte{1, 5, 30})
	f.Fuzz(func(t *testing.T, size uint16, max, skip, added byte, cuts []byte) {
		if max == 0 || int(skip) > min(int(size), int(max)) || int(size) > 100*int(max) {
			return
		}
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = byte(i)
		}
		head := bytes.Repeat([]byte{0xee}, int(skip)+int(added))
		framed, _ := frame(payload, int(max))
		want, _ := frame(append(bytes.Clone(head), payload[skip:]...), int(max))
		s := newSplice(head, int(skip))
		s.max = int(max)
		var got []byte
		send := func(b []byte) { got = append(got, b...) }
		for _, cut := range cuts {
			n := min(int(cut), len(framed))
			s.Pass(framed[:n], send)
			framed = framed[n:]
		}
		if !s.Pass(framed, send) && len(framed) > 0 || !bytes.Equal(got, want) {
			t.Fatalf("done %v\n got %x\nwant %x", s.Done(), got, want)
		}
	})
}
