package hostgroup

// Turn returns the member whose turn it is to get a statement: weighted random
// among those in use, whether they have room for another connection or not.
// random is a uniformly distributed number. nil: fewer than two are in use. Any
// thread.
func (h *Hostgroup) Turn(random uint64) *Member {
	if len(h.Members) < 2 {
		return nil
	}
	now := h.clock()
	total, used := 0, 0
	for i := range h.Members {
		if m := &h.Members[i]; m.inUse() {
			total += m.weight(now)
			used++
		}
	}
	if used < 2 {
		return nil
	}
	n := int(random % uint64(total))
	for i := range h.Members {
		if m := &h.Members[i]; m.inUse() {
			if n -= m.weight(now); n < 0 {
				return m
			}
		}
	}
	return nil // What is in use has changed from one look to the next.
}
