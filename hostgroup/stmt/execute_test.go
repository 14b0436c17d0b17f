package stmt

import (
	"bytes"
	"errors"
	"testing"

	"parkway/protocol"
)

const attributes = protocol.ClientQueryAttributes

var integer = []byte{byte(protocol.TypeLong), 0}

// Where an execution's types are found, whole and with too little of it.
func TestLocate(t *testing.T) {
	many := make([][]byte, 300)
	manyTypes := make([][]byte, len(many))
	for i := range manyTypes {
		manyTypes[i] = integer
	}
	for _, test := range []struct {
		name   string
		params int
		x      execution
		want   parameters
	}{
		{"no parameters", 0, execution{}, parameters{}},
		{"one", 1, execution{values: [][]byte{{1}}, types: [][]byte{text}}, parameters{1, 11, 12, 14, true}},
		{"one without types", 1, execution{values: [][]byte{{1}}}, parameters{1, 11, 12, 0, false}},
		{"nine", 9, execution{values: many[:9], types: manyTypes[:9]}, parameters{9, 12, 13, 31, true}},
		{"nine without types", 9, execution{values: many[:9]}, parameters{9, 12, 13, 0, false}},
		{"named", 2, execution{caps: attributes, values: many[:2], types: manyTypes[:2], names: []string{"", "ab"}}, parameters{2, 12, 13, 21, true}},
		{"attribute", 1, execution{caps: attributes, values: many[:2], types: manyTypes[:2], names: []string{"", "ab"}}, parameters{2, 12, 13, 16, true}},
		{"attribute only", 0, execution{caps: attributes, values: many[:1], types: manyTypes[:1], names: []string{"ab"}}, parameters{1, 12, 13, 13, true}},
		{"attributes announced, none there", 0, execution{caps: attributes}, parameters{}},
		{"without types, with count", 2, execution{caps: attributes, values: many[:2]}, parameters{2, 12, 13, 0, false}},
		{"count of three bytes", 300, execution{caps: attributes, values: many, types: manyTypes}, parameters{300, 51, 52, 952, true}},
	} {
		p := test.x.payload()
		got, need := locate(p, test.params, test.x.caps)
		if got != test.want || need != 0 {
			t.Errorf("%s: %+v, %d; want %+v", test.name, got, need, test.want)
		}
		last := max(test.want.types, test.want.end)
		if test.want.count == 0 {
			last = len(p)
		}
		for n := 1; n < len(p); n++ {
			cut, need := locate(p[:n], test.params, test.x.caps)
			switch {
			case n >= last && (need != 0 || cut != test.want):
				t.Errorf("%s, %d bytes: %+v, needs %d", test.name, n, cut, need)
			case n < last && need <= n:
				t.Errorf("%s, %d bytes: needs %d", test.name, n, need)
			}
		}
	}
}

func TestExecute(t *testing.T) {
	a, b := []byte("a"), []byte("b")
	values := [][]byte{a, nil, b}
	types := [][]byte{text, integer, text}
	plain := execution{id: 1, values: values}
	full := execution{id: 1, values: values, types: types}
	for _, caps := range []protocol.Capability{0, attributes} {
		plain, full := plain, full
		plain.caps, full.caps = caps, caps
		want := func(x execution, id uint32) []byte { x.id = id; return message(x.payload()) }
		e, on := prepared(3)
		elsewhere := &Prepared{ID: 9}
		var x Patcher
		check := func(name string, sent execution, on *Prepared, want []byte) {
			t.Helper()
			m := message(sent.payload())
			p, _, err := run(&x, m, true, caps, e, on)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := apply(p, m); !bytes.Equal(got, want) {
				t.Errorf("%s:\n got %q\nwant %q", name, got, want)
			}
		}
		m := message(plain.payload())
		var refusal *protocol.ERR
		if _, _, err := run(&x, m, true, caps, e, on); !errors.As(err, &refusal) || refusal.Code != 1210 {
			t.Errorf("types that were never sent: %v", err)
		}
		check("the first brings the types", full, on, want(full, 7))
		check("the second has none", plain, on, want(plain, 7))
		check("another server needs them", plain, elsewhere, want(full, 9))
		check("once", plain, elsewhere, want(plain, 9))
		elsewhere.types = nil // as ServerStatements.Forget does
		check("again after a failure", plain, elsewhere, want(full, 9))

		other := &Entry{ID: 2, Statement: e.Statement}
		others := full
		others.types = [][]byte{integer, integer, integer}
		m = message(others.payload())
		if _, _, err := run(&x, m, true, caps, other, on); err != nil {
			t.Fatal(err)
		}
		check("another client had other types", plain, on, want(full, 7))

		// The client's packet is as it was, so that it can go to a third server.
		third := &Prepared{ID: 11}
		m = message(plain.payload())
		if p, _, err := run(&x, m, true, caps, e, &Prepared{ID: 10}); err != nil || !bytes.Equal(apply(p, m), want(full, 10)) {
			t.Errorf("first try: %v", err)
		}
		if p, _, err := run(&x, m, true, caps, e, third); err != nil || !bytes.Equal(apply(p, m), want(full, 11)) {
			t.Errorf("retry: %v", err)
		}
	}
}

// Types of query attributes are not the statement's: servers don't keep them, and neither does the proxy.
func TestExecuteWithAttributes(t *testing.T) {
	e, on := prepared(1)
	elsewhere := &Prepared{ID: 9}
	var x Patcher
	with := execution{id: 1, caps: attributes, values: [][]byte{[]byte("a"), []byte("trace")}, types: [][]byte{integer, text}, names: []string{"", "id"}}
	if _, _, err := run(&x, message(with.payload()), true, attributes, e, on); err != nil {
		t.Fatal(err)
	}
	without := execution{id: 1, caps: attributes, values: [][]byte{[]byte("a")}}
	m := message(without.payload())
	p, _, err := run(&x, m, true, attributes, e, elsewhere)
	want := without
	want.id, want.types = 9, [][]byte{integer}
	if got := apply(p, m); err != nil || !bytes.Equal(got, message(want.payload())) {
		t.Errorf("%q, %v", got, err)
	}
	wrong := with
	wrong.types = nil
	var refusal *protocol.ERR
	if _, _, err := run(&x, message(wrong.payload()), true, attributes, e, on); !errors.As(err, &refusal) || refusal.Code != 1210 {
		t.Errorf("attributes without types, which servers refuse: %v", err)
	}
}

func TestBulkExecute(t *testing.T) {
	e, on := prepared(2)
	elsewhere := &Prepared{ID: 9}
	var x Patcher
	rows := []byte{0, 1, 0, 0, 0, 1}
	types := append(append([]byte{}, integer...), text...)
	for _, test := range []struct {
		name string
		on   *Prepared
		sent []byte
		want []byte
	}{
		{"with types", on, bulk(1, 0x40, types, rows), bulk(7, 0x40, types, rows)},
		{"without", on, bulk(1, 0x40, nil, rows), bulk(7, 0x40, nil, rows)},
		{"elsewhere", elsewhere, bulk(1, 0x40, nil, rows), bulk(9, 0x40, types, rows)},
		{"elsewhere again", elsewhere, bulk(1, 0, nil, rows), bulk(9, 0, nil, rows)},
	} {
		m := message(test.sent)
		p, _, err := run(&x, m, true, 0, e, test.on)
		if got := apply(p, m); err != nil || !bytes.Equal(got, message(test.want)) {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
	plain := execution{id: 1, values: [][]byte{{1}, {2}}}
	m := message(plain.payload())
	p, _, err := run(&x, m, true, 0, e, &Prepared{ID: 5})
	plain.id, plain.types = 5, [][]byte{integer, text}
	if got := apply(p, m); err != nil || !bytes.Equal(got, message(plain.payload())) {
		t.Errorf("the types of a bulk execution are not those of the next: %q, %v", got, err)
	}
}

// A message that comes in parts is patched as soon as the types are there.
func TestExecuteInParts(t *testing.T) {
	types := make([][]byte, 20)
	values := make([][]byte, 20)
	for i := range types {
		types[i], values[i] = integer, []byte("value")
	}
	for _, x := range []execution{
		{id: 1, values: values, types: types},
		{id: 1, values: values},
		{id: 1, caps: attributes, values: values, types: types, names: []string{"a", "", "bcd"}},
	} {
		sent := message(x.payload())
		for n := protocol.HeaderLen + 1; n <= len(sent); n++ {
			e, on := prepared(20)
			told(e, bytes.Repeat(integer, 20))
			m := bytes.Clone(sent[:n])
			var patcher Patcher
			p, need, err := run(&patcher, m, n == len(sent), x.caps, e, on)
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if need > 0 {
				if need <= n || need > len(sent) || !bytes.Equal(m, sent[:n]) {
					t.Fatalf("%d bytes: needs %d", n, need)
				}
				continue
			}
			if id, _ := ReadID(apply(p, m)); id != 7 {
				t.Fatalf("%d bytes: id %d", n, id)
			}
			if x.types == nil && p.Head == nil {
				t.Fatalf("%d bytes: no types were put in", n)
			}
		}
	}
}

// A packet that the types don't fit in any more, and one that is continued.
func TestExecuteOfMegabytes(t *testing.T) {
	for _, size := range []int{1 << 20, protocol.MaxPayload - 17, protocol.MaxPayload - 16, protocol.MaxPayload - 15, protocol.MaxPayload + 100} {
		x := execution{id: 1, values: [][]byte{make([]byte, size), []byte("end")}}
		e, on := prepared(2)
		told(e, append(append([]byte{}, text...), text...))
		m := message(x.payload())
		var patcher Patcher
		p, _, err := run(&patcher, m[:1000], false, 0, e, on)
		if err != nil {
			t.Fatal(err)
		}
		got := apply(p, m)
		x.id, x.types = 7, [][]byte{text, text}
		want := message(x.payload())
		if (p.Splice != nil) != (len(want)-protocol.HeaderLen >= protocol.MaxPayload) {
			t.Errorf("%d bytes: splice %v", size, p.Splice != nil)
		}
		if p.Splice != nil {
			id, _ := ReadID(got)
			got = got[idEnd:]
			want = want[idEnd:]
			if id != 7 {
				t.Errorf("%d bytes: id %d", size, id)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes: wrong message", size)
		}
	}
}

// What can't be read, or has the wrong number of values, is refused; no server sees it.
func TestExecuteMalformed(t *testing.T) {
	for _, test := range []struct {
		name    string
		caps    protocol.Capability
		payload []byte
	}{
		{"command only", 0, []byte{0x17}},
		{"half an id", 0, []byte{0x17, 1, 0}},
		{"no parameters", 0, execution{id: 1}.payload()},
		{"types cut", 0, execution{id: 1, values: [][]byte{nil}, types: [][]byte{text}}.payload()[:13]},
		{"no count", attributes, execution{id: 1}.payload()},
		{"no values", attributes, execution{id: 1, caps: attributes}.payload()},
		{"too many", attributes, execution{id: 1, caps: attributes, values: [][]byte{nil, nil}}.payload()},
		{"count too high", attributes, append(execution{id: 1}.payload(), 0xfe, 0, 0, 1, 0, 0, 0, 0, 0)},
		{"name cut", attributes, execution{id: 1, caps: attributes, values: [][]byte{nil}, types: [][]byte{text}, names: []string{"name"}}.payload()[:17]},
		{"bulk, no flags", 0, []byte{0xfa, 1, 0, 0, 0, 0}},
		{"bulk, types cut", 0, bulk(1, 0, text[:1], nil)},
	} {
		e, on := prepared(1)
		told(e, text)
		var x Patcher
		_, need, err := run(&x, message(test.payload), true, test.caps, e, on)
		var refusal *protocol.ERR
		if !errors.As(err, &refusal) || refusal.Code != 1210 || need != 0 {
			t.Errorf("%s: %v, needs %d", test.name, err, need)
		}
	}
}

// Names that never end are not gathered without limit.
func TestExecuteNeedIsBounded(t *testing.T) {
	e, on := prepared(2)
	head := protocol.Execute{StatementID: 1, Iterations: 1}
	p := append(head.Append(nil), 2, 0, 1, 0xfd, 0, 0xfd, 0xff, 0xff, 0xff)
	m := message(append(p, make([]byte, maxHead)...))
	putLength := func(n int) { m[0], m[1], m[2] = byte(n), byte(n>>8), byte(n>>16) }
	putLength(10 << 20)
	var x Patcher
	for n := 30; ; {
		_, need, err := run(&x, m[:n], false, attributes, e, on)
		if err != nil {
			return
		}
		if need <= n || need > protocol.HeaderLen+maxHead {
			t.Fatalf("%d bytes: needs %d", n, need)
		}
		n = need
	}
}

func TestInternBounded(t *testing.T) {
	s := newStatement(Key{})
	first := s.intern([]byte{1, 0}, false, "")
	for i := range byte(100) {
		if got := s.intern([]byte{i, 0}, false, ""); got.list() != string([]byte{i, 0}) {
			t.Fatal("wrong types")
		}
	}
	if len(s.types) != maxTypes {
		t.Errorf("%d types", len(s.types))
	}
	if again := s.intern([]byte{1, 0}, false, ""); again == first || !again.same(first) {
		t.Error("types that were forgotten are not the same as new ones")
	}
}

func BenchmarkExecute(b *testing.B) {
	types := [][]byte{integer, text, integer, text}
	values := [][]byte{[]byte("1"), []byte("value"), []byte("2"), nil}
	for name, x := range map[string]execution{
		"types":    {id: 1, values: values, types: types},
		"no types": {id: 1, values: values},
		"names":    {id: 1, caps: attributes, values: values, types: types},
	} {
		b.Run(name, func(b *testing.B) {
			e, on := prepared(4)
			told(e, []byte("\x03\x00\xfd\x00\x03\x00\xfd\x00"))
			on.types = e.types
			benchmarkExecute(b, x, e, func() *Prepared { return on })
		})
	}
	b.Run("put in", func(b *testing.B) {
		e, on := prepared(4)
		told(e, []byte("\x03\x00\xfd\x00\x03\x00\xfd\x00"))
		benchmarkExecute(b, execution{id: 1, values: values}, e, func() *Prepared { on.types = nil; return on })
	})
}

func benchmarkExecute(b *testing.B, x execution, e *Entry, on func() *Prepared) {
	m := message(x.payload())
	var patcher Patcher
	b.ReportAllocs()
	for b.Loop() {
		if _, need, err := run(&patcher, m, true, x.caps, e, on()); err != nil || need > 0 {
			b.Fatal(need, err)
		}
	}
}

// What the steady state of a busy client costs: find its statement, find the server's, patch.
func BenchmarkStatement(b *testing.B) {
	r := NewRegistry(1000, 1<<20)
	c := NewClientStatements(r, 1000, 1<<20)
	server := NewServerStatements(100)
	var ids []uint32
	for i := range 20 {
		e := c.Add(r.Acquire(Context{User: "u"}, []byte{'a' + byte(i)}))
		e.Statement.params = 1
		told(e, text)
		server.Add(c.Slot(e), uint32(i))
		ids = append(ids, e.ID)
	}
	m := message(execution{values: [][]byte{[]byte("1")}, types: [][]byte{text}}.payload())
	var x Patcher
	next := 0
	b.ReportAllocs()
	for b.Loop() {
		PatchID(m, ids[next])
		next = (next + 1) % len(ids)
		id, _ := ReadID(m)
		e := c.Find(id)
		read, refusal := e.Read(m, true, 0, "")
		if refusal != nil {
			b.Fatal(refusal)
		}
		x.Patch(m, read, server.Find(c.Slot(e)))
		c.Executed(e, server, false, false)
	}
}
