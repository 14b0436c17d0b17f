package stmt

import (
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
)

// openStatements is a client that has prepared texts, and its entries.
func openStatements(texts ...string) (*ClientStatements, []*Entry) {
	r := NewRegistry(100, 1<<20)
	c := NewClientStatements(r, 100, 1<<20)
	var entries []*Entry
	for _, text := range texts {
		entries = append(entries, c.Add(r.Acquire(Context{}, []byte(text))))
	}
	return c, entries
}

func TestClientIDs(t *testing.T) {
	c, e := openStatements("a", "b", "c")
	if e[0].ID != 1 || e[1].ID != 2 || e[2].ID != 3 || c.Len() != 3 {
		t.Errorf("ids %d %d %d", e[0].ID, e[1].ID, e[2].ID)
	}
	c.Close(e[1], nil)
	if c.Find(2) != nil || c.Find(3) != e[2] || c.Find(0) != nil {
		t.Error("found what is closed, or not what is open")
	}
	c.used = LastID - 2
	for _, want := range []uint32{LastID - 1, 2, 4} { // not LastID, not 0, not those in use
		if got := c.Add(c.registry.Acquire(Context{}, []byte("d"))); got.ID != want {
			t.Errorf("id %d, want %d", got.ID, want)
		}
	}
}

func TestLastID(t *testing.T) {
	c, e := openStatements("a", "b")
	if c.Find(LastID) != e[1] {
		t.Error("not the one prepared last")
	}
	c.Close(e[0], nil)
	if c.Find(LastID) != e[1] {
		t.Error("another one was closed")
	}
	c.Fail()
	if c.Find(LastID) != nil {
		t.Error("the last COM_STMT_PREPARE failed")
	}
	last := c.Add(c.registry.Acquire(Context{}, []byte("c")))
	c.Close(last, nil)
	if c.Find(LastID) != nil {
		t.Error("it was closed")
	}
}

func TestCheck(t *testing.T) {
	r := NewRegistry(100, 1<<20)
	c := NewClientStatements(r, 2, 10)
	for _, test := range []struct {
		size int
		want string
	}{{10, ""}, {11, "(current value: 10 bytes of text)"}} {
		err := c.Check(test.size)
		if (err == nil) != (test.want == "") || err != nil && !strings.HasSuffix(err.Message, test.want) {
			t.Errorf("%d bytes: %v", test.size, err)
		}
	}
	e := c.Add(r.Acquire(Context{}, []byte("123456")))
	c.Add(r.Acquire(Context{}, nil))
	err := c.Check(0)
	want := protocol.ERR{Code: 1461, State: "42000",
		Message: "parkway: Can't create more than max_prepared_stmt_count statements (current value: 2)"}
	if err == nil || *err != want {
		t.Errorf("%v", err)
	}
	c.Close(e, nil)
	if err := c.Check(10); err != nil {
		t.Errorf("after closing: %v", err)
	}
}

func TestClearReleasesAll(t *testing.T) {
	c, e := openStatements("a", "a", "b")
	c.SentLongData(e[0])
	c.Clear()
	if c.Len() != 0 || c.Held() != 0 || c.Find(1) != nil || c.Find(LastID) != nil || c.bytes != 0 {
		t.Error("something is left")
	}
	for _, s := range c.registry.statements {
		if s.refs != 0 {
			t.Errorf("%q has %d references", s.Text, s.refs)
		}
	}
	if e := c.Add(c.registry.Acquire(Context{}, nil)); e.ID != 4 {
		t.Errorf("id %d after three", e.ID)
	}
}

// What a server holds, step by step, and what is retired there.
func TestHolds(t *testing.T) {
	const both = HoldLongData | HoldCursor
	type step struct {
		do      string
		want    Hold
		retired []uint32 // 10 is the shared statement, 11 the client's own
	}
	for i, steps := range [][]step{
		{{"execute", 0, nil}, {"close", 0, []uint32{11}}},
		{{"long", HoldLongData, nil}, {"long", HoldLongData, nil}, {"execute", 0, nil}, {"close", 0, []uint32{11}}},
		{{"long", HoldLongData, nil}, {"fail", 0, []uint32{11}}, {"close", 0, nil}},
		{{"long", HoldLongData, nil}, {"reset", 0, []uint32{11}}, {"close", 0, nil}},
		{{"long", HoldLongData, nil}, {"close", 0, []uint32{11}}},
		{{"cursor", HoldCursor, nil}, {"fetch", HoldCursor, nil}, {"end", 0, nil}, {"close", 0, []uint32{11}}},
		{{"cursor", HoldCursor, nil}, {"execute", 0, nil}},
		{{"cursor", HoldCursor, nil}, {"reset", 0, []uint32{10}}},
		{{"fail", 0, nil}},
		{{"cursor", HoldCursor, nil}, {"long", both, nil}, {"end", HoldLongData, nil}, {"close", 0, []uint32{11}}},
		{{"cursor", HoldCursor, nil}, {"long", both, nil}, {"cursor", HoldCursor, []uint32{10}}, {"close", 0, []uint32{11}}},
		{{"cursor", HoldCursor, nil}, {"long", both, nil}, {"close", 0, []uint32{11, 10}}},
		{{"cursor", HoldCursor, nil}, {"long", both, nil}, {"lost", 0, nil}, {"close", 0, []uint32{11}}},
	} {
		c, entries := openStatements("a")
		e := entries[0]
		server := NewServerStatements(10)
		server.Add(c.Slot(e), 10)
		server.Add(c.LongDataSlot(e), 11)
		do := map[string]func(){
			"execute": func() { c.Executed(e, server, false, false) },
			"cursor":  func() { c.Executed(e, server, true, false) },
			"fail":    func() { c.Executed(e, server, true, true) },
			"long":    func() { c.SentLongData(e) },
			"fetch":   func() { c.Fetched(e, false) },
			"end":     func() { c.Fetched(e, true) },
			"reset":   func() { c.Reset(e, server) },
			"close":   func() { c.Close(e, server) },
			"lost":    c.Lost,
		}
		for n, s := range steps {
			do[s.do]()
			retired := closedIDs(t, server.AppendCloses(nil, c))
			if c.Held() != s.want || !slices.Equal(retired, s.retired) {
				t.Errorf("case %d, step %d, %s: held %d, retired %v", i, n, s.do, c.Held(), retired)
			}
		}
	}
}

// Two statements of a client with the same text are two to the server only while they must be.
func TestSlots(t *testing.T) {
	c, e := openStatements("a", "a", "b")
	server := NewServerStatements(10)
	shared := Slot{Statement: e[0].Statement}
	own := func(i int) Slot { return Slot{Statement: e[i].Statement, owner: e[i].serial} }
	other := Slot{Statement: e[2].Statement}
	check := func(when string, want ...Slot) {
		t.Helper()
		for i, w := range want {
			if got := c.Slot(e[i]); got != w {
				t.Errorf("%s: statement %d has owner %d, want %d", when, i, got.owner, w.owner)
			}
		}
	}
	check("at rest", shared, shared, other)
	c.Executed(e[0], server, true, false)
	check("first has a cursor", shared, own(1), other)
	c.Executed(e[1], server, true, false)
	c.Fetched(e[0], true)
	check("second has a cursor in its own slot", shared, shared, other)
	if at := c.CursorSlot(e[1]); at != own(1) {
		t.Errorf("the cursor is elsewhere: %v", at)
	}
	c.SentLongData(e[1])
	check("long data is in a slot of its own", shared, own(1), other)
	c.Close(e[1], server)
	again := c.Add(c.registry.Acquire(Context{}, []byte("a")))
	if got := c.LongDataSlot(again); got.owner == 0 || got.owner <= e[2].serial {
		t.Errorf("long data of another statement has owner %d", got.owner)
	}
}

// Statements that are executed with different types are different ones to a server; NULLs make no difference.
func TestSlotsByTypes(t *testing.T) {
	const null = byte(protocol.TypeNull)
	c, e := openStatements("a", "a")
	e[0].Statement.params = 2
	slot := func(i int, kinds ...byte) Slot {
		t.Helper()
		x := execution{values: [][]byte{nil, nil}, types: [][]byte{{kinds[0], 0}, {kinds[1], 0}}}
		if _, refusal := e[i].Read(message(x.payload()), true, 0, ""); refusal != nil {
			t.Fatal(refusal)
		}
		return c.Slot(e[i])
	}
	base := slot(0, 3, 3)
	for _, test := range []struct {
		name  string
		kinds []byte
		same  bool
	}{
		{"the same", []byte{3, 3}, true},
		{"a NULL", []byte{3, null}, true},
		{"two", []byte{null, null}, true},
		{"other integers", []byte{1, 8}, true},
		{"text", []byte{3, 0xfd}, true},
		{"another kind of number", []byte{3, 5}, false},
		{"what was one is NULL", []byte{3, null}, false},
		{"an integer again", []byte{null, 3}, false},
	} {
		if got := slot(1, test.kinds...); (got == base) != test.same {
			t.Errorf("%s: %q, the first has %q", test.name, got.shape, base.shape)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() {
		e[1].as.shape = e[1].Statement.reshape(e[1].as.shape, &Types{kinds: "\x08\x00\x05\x00"}, false)
		e[1].as.shape = e[1].Statement.reshape(e[1].as.shape, &Types{kinds: "\x08\x00\x0a\x00"}, false)
	}); allocs > 2 { // the two literals
		t.Errorf("%v allocations", allocs)
	}
}

// A client that prepares, executes and closes all the time costs nothing.
func TestPrepareAndCloseAllocateNothing(t *testing.T) {
	r := NewRegistry(10, 1<<20)
	c := NewClientStatements(r, 10, 1<<20)
	server := NewServerStatements(10)
	context := Context{User: "u", Schema: "s"}
	texts := [][]byte{[]byte("SELECT 1"), []byte("SELECT 2")}
	var closes []byte
	if allocs := testing.AllocsPerRun(1000, func() {
		for _, text := range texts {
			if err := c.Check(len(text)); err != nil {
				t.Fatal(err)
			}
			e := c.Add(r.Acquire(context, text))
			at := c.Slot(e)
			if server.Find(at) == nil {
				server.Add(at, 1)
			}
			c.Close(e, server)
			closes = server.AppendCloses(closes[:0], c)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A statement whose text is too long to be kept stays on its connection, with all that is done to it.
func TestAnchored(t *testing.T) {
	c, _ := openStatements()
	server := NewServerStatements(1)
	e := c.AddAnchored(c.registry.AcquireSingle(Context{}, []byte("SELECT")))
	at := c.Slot(e)
	server.Add(at, 10)
	server.Add(Slot{Statement: c.registry.Acquire(Context{}, []byte("other"))}, 11)
	c.SentLongData(e)
	if c.LongDataSlot(e) != at || c.Slot(e) != at || c.Held() != HoldText|HoldLongData {
		t.Errorf("held %d", c.Held())
	}
	c.Executed(e, server, true, true)
	c.Executed(e, server, true, false)
	if c.CursorSlot(e) != at || c.Held() != HoldText|HoldCursor {
		t.Errorf("held %d", c.Held())
	}
	c.Reset(e, server)
	if got := closedIDs(t, server.AppendCloses(nil, c)); !slices.Equal(got, []uint32{11}) || c.Held() != HoldText {
		t.Errorf("closed %v, held %d", got, c.Held())
	}
	c.Close(e, server)
	if got := closedIDs(t, server.AppendCloses(nil, c)); !slices.Equal(got, []uint32{10}) || c.Held() != 0 {
		t.Errorf("closed %v, held %d", got, c.Held())
	}
	lost := c.AddAnchored(c.registry.AcquireSingle(Context{}, []byte("SELECT")))
	id := lost.ID
	c.Lost()
	if c.Held() != 0 || c.Find(id) != nil || c.Len() != 0 {
		t.Error("it outlives its connection")
	}
}
