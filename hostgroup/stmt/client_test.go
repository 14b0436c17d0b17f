package stmt

import (
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
	c.Close(e[1])
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
	c.Close(e[0])
	if c.Find(LastID) != e[1] {
		t.Error("another one was closed")
	}
	c.Fail()
	if c.Find(LastID) != nil {
		t.Error("the last COM_STMT_PREPARE failed")
	}
	last := c.Add(c.registry.Acquire(Context{}, []byte("c")))
	c.Close(last)
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
	c.Close(e)
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

func TestHolds(t *testing.T) {
	type step struct {
		name string
		do   func(c *ClientStatements, e *Entry) (left Slot)
		want Hold
		left bool
	}
	long := step{"long data", func(c *ClientStatements, e *Entry) Slot { c.SentLongData(e); return Slot{} }, HoldLongData, false}
	executed := func(cursor, failed bool, want Hold, left bool) step {
		return step{"executed", func(c *ClientStatements, e *Entry) Slot { return c.Executed(e, cursor, failed) }, want, left}
	}
	fetched := func(end bool, want Hold) step {
		return step{"fetched", func(c *ClientStatements, e *Entry) Slot { c.Fetched(e, end); return Slot{} }, want, false}
	}
	reset := step{"reset", func(c *ClientStatements, e *Entry) Slot { c.WasReset(e); return Slot{} }, 0, false}
	lost := step{"lost", func(c *ClientStatements, e *Entry) Slot { c.Lost(); return Slot{} }, 0, false}
	closed := func(left bool) step {
		return step{"closed", func(c *ClientStatements, e *Entry) Slot { return c.Close(e) }, 0, left}
	}
	const both = HoldLongData | HoldCursor
	longOver := long
	longOver.want = both
	for i, steps := range [][]step{
		{executed(false, false, 0, false), closed(false)},
		{long, long, executed(false, false, 0, false), closed(false)},
		{long, executed(false, true, 0, true), closed(false)},
		{long, reset, closed(false)},
		{long, closed(true)},
		{executed(true, false, HoldCursor, false), fetched(false, HoldCursor), fetched(true, 0), closed(false)},
		{executed(true, false, HoldCursor, false), executed(false, false, 0, false)},
		{executed(true, true, 0, false)},
		{executed(true, false, HoldCursor, false), longOver, fetched(true, HoldLongData), closed(true)},
		{executed(true, false, HoldCursor, false), longOver, executed(true, false, HoldCursor, false), closed(true)},
		{executed(true, false, HoldCursor, false), longOver, lost, closed(false)},
	} {
		c, e := openStatements("a")
		for n, s := range steps {
			left := s.do(c, e[0])
			if c.Held() != s.want || (left != Slot{}) != s.left || (len(c.holding) > 0) != (s.want != 0) {
				t.Errorf("case %d, step %d, %s: held %d, left %v", i, n, s.name, c.Held(), left)
			}
		}
	}
}

// Two statements of a client with the same text are two to the server only while they must be.
func TestSlots(t *testing.T) {
	c, e := openStatements("a", "a", "b")
	shared := Slot{Statement: e[0].Statement}
	own := Slot{Statement: e[0].Statement, Owner: e[1].ID}
	check := func(when string, want ...Slot) {
		t.Helper()
		for i, w := range want {
			if got := c.Slot(e[i]); got != w {
				t.Errorf("%s: statement %d has owner %d, want %d", when, i, got.Owner, w.Owner)
			}
		}
	}
	other := Slot{Statement: e[2].Statement}
	check("at rest", shared, shared, other)
	c.Executed(e[0], true, false)
	check("first has a cursor", shared, own, other)
	c.Executed(e[1], true, false)
	c.Fetched(e[0], true)
	check("second has a cursor in its own slot", shared, own, other)
	if left := c.Executed(e[1], true, false); left != (Slot{}) {
		t.Errorf("left %v", left)
	}
	check("and again", shared, own, other)
	c.SentLongData(e[1])
	if left := c.Executed(e[1], false, true); left != own {
		t.Errorf("left %v", left)
	}
	check("at rest", shared, shared, other)
	c.SentLongData(e[1])
	check("the second was first", Slot{Statement: e[0].Statement, Owner: e[0].ID}, shared, other)
	if left := c.Close(e[1]); left != shared {
		t.Errorf("left %v", left)
	}
	check("closed", shared)
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
			server.Retire(c.Close(e))
			closes = server.AppendCloses(closes[:0], c)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
