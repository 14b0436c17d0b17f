package stmt

import (
	"slices"
	"testing"
)

// A connection that goes to another loop keeps what others could use there.
func TestMove(t *testing.T) {
	context := Context{User: "u", Schema: "s", Environment: "sql_mode=ANSI"}
	from, to := NewRegistry(10, 1<<20), NewRegistry(10, 1<<20)
	types := &Types{bound: "\x01\x03\x00"}
	s := NewServerStatements(2)
	a, b := from.Acquire(context, []byte("a")), from.Acquire(context, []byte("b"))
	s.Add(Slot{Statement: b, shape: "x"}, 10).types = types
	s.Add(Slot{Statement: a, owner: 7}, 11)
	s.Add(Slot{Statement: a}, 12)
	s.Add(Slot{Statement: from.Acquire(Context{}, []byte("retired"))}, 13)
	s.retire(Slot{Statement: from.Acquire(Context{}, []byte("retired"))})
	m := s.Move()
	if s.Len() != 0 || len(s.AppendRetired(nil)) != 0 {
		t.Error("something is left behind")
	}
	known := to.Acquire(context, []byte("a"))
	arrived := m.Arrive(to)
	if p := arrived.Find(Slot{Statement: known}); p == nil || p.ID != 12 {
		t.Errorf("%+v", p)
	}
	other := to.Acquire(context, []byte("b"))
	if p := arrived.Find(Slot{Statement: other, shape: "x"}); p == nil || p.ID != 10 || !p.types.same(types) {
		t.Errorf("%+v", p)
	}
	if !arrived.Has(Slot{Statement: known}) || !arrived.Has(Slot{Statement: known, shape: "y"}) || arrived.Has(Slot{Statement: known, owner: 7}) {
		t.Error("Has does not find what Find finds")
	}
	if got := closedIDs(t, arrived.AppendCloses(nil, nil)); !slices.Equal(got, []uint32{13, 11}) {
		t.Errorf("closed %v", got)
	}
	if to.Len() != 2 || arrived.Len() != 2 {
		t.Errorf("%d statements known, %d on the connection", to.Len(), arrived.Len())
	}
	var none *ServerStatements
	if none.Move().Arrive(to) != nil {
		t.Error("a connection without statements has some now")
	}
}
