package stmt

// Moving is what was prepared on a backend connection that is on its way from one loop to another. Statements belong to a loop, so
// that it holds what is needed to find them again on the next.
type Moving struct {
	limit   int
	list    []moved // the least recently used first
	closing []uint32
}

type moved struct {
	slot    Slot // its statement is of the loop that was left: only what is immutable may be read
	id      uint32
	types   *Types
	settled bool
}

// Move takes everything out of s, on the loop that the connection leaves. What only one client could have used is retired.
// s may be nil; so is what is returned then.
func (s *ServerStatements) Move() *Moving {
	if s == nil {
		return nil
	}
	m := &Moving{limit: s.limit, closing: s.closing}
	for p := s.order.front(); p != nil; p = s.order.after(&p.order) {
		if p.slot.owner != 0 {
			m.closing = append(m.closing, p.ID)
			continue
		}
		m.list = append(m.list, moved{p.slot, p.ID, p.types, p.settled})
	}
	s.Clear()
	return m
}

// Arrive makes the set of the connection on the loop of r, which gets to know the statements. m may be nil.
func (m *Moving) Arrive(r *Registry) *ServerStatements {
	if m == nil {
		return nil
	}
	s := NewServerStatements(m.limit)
	s.closing = m.closing
	for _, from := range m.list {
		// Only a new one may be too much for the registry: then it stays unknown, and is closed as the oldest of the connection.
		slot := from.slot
		slot.Statement = r.Acquire(slot.Statement.Context, []byte(slot.Statement.Text))
		p := s.Add(slot, from.id)
		p.types, p.settled = from.types, from.settled
		r.Release(slot.Statement)
	}
	return s
}
