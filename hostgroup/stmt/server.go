package stmt

// Prepared is a statement on a backend connection.
type Prepared struct {
	ID uint32 // the server's

	types *Types // that the server was told last, by whichever client
	slot  Slot
	// settled says that the server has executed it in this slot: before, the slot may say what only the next execution makes of it.
	settled bool
	next    *Prepared // of the same Statement, in another slot
	order   node[Prepared]
}

// ServerStatements is what was prepared on one backend connection. The connection's owner closes, by AppendCloses, what is too
// much.
type ServerStatements struct {
	limit int
	// The first of those of each statement; nil until there is one. Mostly it is the only one, and to look for a Slot would
	// mean to hash its shape with every command.
	firsts  map[*Statement]*Prepared
	count   int
	order   list[Prepared] // the least recently used first
	closing []uint32       // ids to be closed
	spare   *Prepared      // of a statement that is gone, for the next
}

// NewServerStatements makes the empty set of a new connection, which keeps limit statements.
func NewServerStatements(limit int) *ServerStatements { return &ServerStatements{limit: limit} }

// Len is the number of statements, those that are to be closed not counted.
func (s *ServerStatements) Len() int { return s.count }

// Find returns the statement in this slot and marks it as used; nil if it has to be prepared. One that was prepared before its types
// were known, for a client's COM_STMT_PREPARE, becomes that of the first execution that is asked for. It is valid until the next
// call of AppendCloses, retire or Clear.
func (s *ServerStatements) Find(at Slot) *Prepared {
	p := s.in(at)
	if p == nil && at.becomes() {
		if p = s.in(Slot{Statement: at.Statement}); p != nil {
			p.slot = at
		}
	}
	if p != nil {
		s.order.toBack(&p.order)
	}
	return p
}

// Turn makes what is in one slot that of another, and returns it: the execution that is under way has MySQL derive the one from the other, as on a
// connection of the client's own. nil: nothing is there.
func (s *ServerStatements) Turn(from, to Slot) *Prepared {
	p := s.in(from)
	if p != nil {
		p.slot, p.settled = to, false
		s.order.toBack(&p.order)
	}
	return p
}

// in is what is in the slot; nil if nothing is.
func (s *ServerStatements) in(at Slot) *Prepared {
	p := s.firsts[at.Statement]
	for p != nil && p.slot != at {
		p = p.next
	}
	return p
}

// Has reports whether Find would find something. s may be nil.
func (s *ServerStatements) Has(at Slot) bool {
	if s == nil {
		return false
	}
	return s.in(at) != nil || at.becomes() && s.in(Slot{Statement: at.Statement}) != nil
}

// Forget is to be called when an execution of the statement in this slot failed: it isn't known whether the server took the types that were in it.
func (s *ServerStatements) Forget(at Slot) {
	if p := s.in(at); p != nil {
		p.types = nil
	}
}

// Unused is id, or another one, that means no statement to the server: a command about one that a client hasn't prepared is sent with
// it, so that the server's own error comes back. named: the connection has statements of PREPARE, which have ids too, of the same numbers on
// MariaDB. s may not be nil.
func (s *ServerStatements) Unused(id uint32, named bool) uint32 {
	if id == LastID || named {
		return LastID - 1
	}
	for p := s.order.front(); p != nil; p = s.order.after(&p.order) {
		if p.ID == id {
			return LastID - 1
		}
	}
	return id
}

// Add notes that the statement was prepared for this slot; id is the server's. Its schema and environment were in force on the
// connection at that moment. What was in the slot is retired.
func (s *ServerStatements) Add(at Slot, id uint32) *Prepared {
	s.retire(at)
	if s.firsts == nil {
		s.firsts = make(map[*Statement]*Prepared)
	}
	p := s.spare
	if p == nil {
		p = new(Prepared)
	}
	s.spare = nil
	*p = Prepared{ID: id, slot: at, next: s.firsts[at.Statement]}
	p.order.owner = p
	s.firsts[at.Statement] = p
	s.count++
	s.order.pushBack(&p.order)
	return p
}

// retire gives up the statement in this slot, if there is one: AppendCloses will close it. s may be nil.
func (s *ServerStatements) retire(at Slot) {
	if s == nil || at.Statement == nil {
		return
	}
	if p := s.in(at); p != nil {
		s.drop(p)
		s.closing = append(s.closing, p.ID)
	}
}

// AppendRetired appends COM_STMT_CLOSE commands, whole packets, for what was retired. They have no answer and may be sent in front
// of any other command. s may be nil.
func (s *ServerStatements) AppendRetired(dst []byte) []byte {
	if s == nil {
		return dst
	}
	for _, id := range s.closing {
		dst = appendClose(dst, id)
	}
	s.closing = s.closing[:0]
	return dst
}

// AppendCloses is AppendRetired, and closes the least recently used of what is over the limit. What the server holds for the session
// that has the connection, holder, is kept even if it is too much; holder may be nil.
func (s *ServerStatements) AppendCloses(dst []byte, holder *ClientStatements) []byte {
	dst = s.AppendRetired(dst)
	for p := s.order.front(); p != nil && s.count > s.limit; {
		next := s.order.after(&p.order)
		if !holder.holds(p.slot) {
			dst = appendClose(dst, p.ID)
			s.drop(p)
		}
		p = next
	}
	return dst
}

// Clear forgets everything, as the server does on COM_RESET_CONNECTION and COM_CHANGE_USER. s may be nil.
func (s *ServerStatements) Clear() {
	if s != nil {
		*s = ServerStatements{limit: s.limit}
	}
}

func (s *ServerStatements) drop(p *Prepared) {
	switch first := s.firsts[p.slot.Statement]; {
	case first != p:
		for first.next != p {
			first = first.next
		}
		first.next = p.next
	case p.next != nil:
		s.firsts[p.slot.Statement] = p.next
	default:
		delete(s.firsts, p.slot.Statement)
	}
	s.count--
	s.order.remove(&p.order)
	s.spare = p
}
