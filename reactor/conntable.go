package reactor

// connTable finds the connection that an event is for. A slot is reused as soon as it is free, as descriptors are;
// the generation that every event carries tells whether it is meant for the connection that is there now.
type connTable struct {
	slots      []*Conn
	free       []int32
	generation uint32
}

// put gives c a slot and a generation of its own.
func (t *connTable) put(c *Conn) {
	t.generation++
	c.generation = t.generation
	if last := len(t.free) - 1; last >= 0 {
		c.slot = t.free[last]
		t.free = t.free[:last]
		t.slots[c.slot] = c
		return
	}
	c.slot = int32(len(t.slots))
	t.slots = append(t.slots, c)
}

func (t *connTable) remove(c *Conn) {
	t.slots[c.slot] = nil
	t.free = append(t.free, c.slot)
}

// get returns nil for a stale event.
func (t *connTable) get(slot int32, generation uint32) *Conn {
	if c := t.slots[slot]; c != nil && c.generation == generation {
		return c
	}
	return nil
}

func (t *connTable) len() int { return len(t.slots) - len(t.free) }
