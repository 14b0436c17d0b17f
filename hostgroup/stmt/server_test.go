package stmt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"parkway/protocol"
)

// closedIDs reads COM_STMT_CLOSE commands.
func closedIDs(t *testing.T, b []byte) (ids []uint32) {
	t.Helper()
	var m protocol.MessageReader
	for len(b) > 0 {
		m.Start(0, protocol.HoldSize)
		n, done, err := m.Feed(b)
		if err != nil || !done || n != idEnd || protocol.Command(b[protocol.HeaderLen]) != protocol.ComStmtClose {
			t.Fatalf("%q is no COM_STMT_CLOSE: %v", b, err)
		}
		ids = append(ids, binary.LittleEndian.Uint32(b[idStart:]))
		b = b[n:]
	}
	return ids
}

func slots(n int) (list []Slot) {
	r := NewRegistry(n, 1<<20)
	for i := range n {
		list = append(list, Slot{Statement: r.Acquire(Context{}, fmt.Append(nil, i))})
	}
	return list
}

func TestServerClosesTheOldest(t *testing.T) {
	at := slots(5)
	s := NewServerStatements(2)
	for i, slot := range at[:3] {
		s.Add(slot, uint32(10+i))
	}
	if s.Find(at[0]) == nil { // used: 1 is the oldest now
		t.Fatal("not found")
	}
	if got := closedIDs(t, s.AppendCloses(nil, nil)); !slices.Equal(got, []uint32{11}) {
		t.Errorf("closed %v", got)
	}
	if s.Len() != 2 || s.Find(at[1]) != nil || s.Find(at[2]) == nil || s.Find(at[3]) != nil {
		t.Error("the wrong ones are left")
	}
	s.retire(at[2])
	s.retire(at[4]) // was never there
	s.retire(Slot{})
	if s.Find(at[2]) != nil || s.Len() != 1 {
		t.Error("what was retired is found")
	}
	s.Add(at[2], 20)
	if got := closedIDs(t, s.AppendCloses([]byte{5, 0, 0, 0, 0x19, 1, 0, 0, 0}, nil)); !slices.Equal(got, []uint32{1, 12}) {
		t.Errorf("closed %v", got)
	}
	if got := s.AppendCloses(nil, nil); len(got) > 0 {
		t.Errorf("closed twice: %q", got)
	}
	s.retire(at[0])
	s.Clear()
	if s.Len() != 0 || s.Find(at[2]) != nil || len(s.AppendCloses(nil, nil)) > 0 {
		t.Error("something is left after a reset")
	}
	if p := s.Add(at[0], 30); s.Find(at[0]) != p {
		t.Error("not found after a reset")
	}
	p := s.Add(at[0], 31)
	if got := closedIDs(t, s.AppendCloses(nil, nil)); !slices.Equal(got, []uint32{30}) || s.Find(at[0]) != p || s.Len() != 1 {
		t.Errorf("prepared again: closed %v", got)
	}
}

// What a client's COM_STMT_PREPARE left on the server serves the first types, and only them.
func TestServerStatementWithoutTypes(t *testing.T) {
	at := slots(1)[0]
	numbers, texts := Slot{Statement: at.Statement, shape: "\x03\x00"}, Slot{Statement: at.Statement, shape: "\xfd\x00"}
	own := Slot{Statement: at.Statement, owner: 5}
	s := NewServerStatements(10)
	p := s.Add(at, 10)
	if s.Find(own) != nil {
		t.Error("a slot of one's own is found in the shared one")
	}
	first, again := s.Find(numbers), s.Find(numbers)
	if first != p || again != p || s.Find(texts) != nil || s.Find(at) != nil || s.Len() != 1 {
		t.Error("it didn't become that of the first types")
	}
	s.retire(numbers)
	if got := closedIDs(t, s.AppendCloses(nil, nil)); !slices.Equal(got, []uint32{10}) || s.Len() != 0 {
		t.Errorf("closed %v", got)
	}
}

func TestServerKeepsWhatIsHeld(t *testing.T) {
	c, e := openStatements("a", "b", "c")
	s := NewServerStatements(1)
	s.Add(c.Slot(e[0]), 10)
	s.Add(c.LongDataSlot(e[1]), 11)
	s.Add(c.Slot(e[2]), 12)
	c.Executed(e[0], s, true, false)
	c.SentLongData(e[1])
	if got := closedIDs(t, s.AppendCloses(nil, c)); !slices.Equal(got, []uint32{12}) {
		t.Errorf("closed %v", got)
	}
	c.Fetched(e[0], true)
	if got := closedIDs(t, s.AppendCloses(nil, c)); !slices.Equal(got, []uint32{10}) {
		t.Errorf("closed %v", got)
	}
}

func TestServerAllocatesNothingWhenFull(t *testing.T) {
	at := slots(20)
	s := NewServerStatements(10)
	var closes []byte
	next := 0
	if allocs := testing.AllocsPerRun(1000, func() {
		if s.Find(at[next]) == nil {
			s.Add(at[next], uint32(next))
			closes = s.AppendCloses(closes[:0], nil)
		}
		next = (next + 1) % len(at)
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// The id of what a client hasn't prepared means nothing to the server, whatever it is.
func TestUnused(t *testing.T) {
	s := NewServerStatements(10)
	s.Add(slots(1)[0], 5)
	for id, want := range map[uint32]uint32{4: 4, 5: LastID - 1, LastID: LastID - 1} {
		if got := s.Unused(id, false); got != want {
			t.Errorf("%d: %d", id, got)
		}
		if got := s.Unused(id, true); got != LastID-1 {
			t.Errorf("%d, beside statements of PREPARE: %d", id, got)
		}
	}
}
