package hostgroup

import "slices"

// SeeReadOnly takes in what a server says about being written to: err is why it
// said nothing. After monitor_read_only_max_timeout_count times without an
// answer it is no writer any more. Any thread but a loop's.
func (m *Manager) SeeReadOnly(name string, s Switches, err error) {
	m.see(name, func(w *seen) bool {
		if err == nil {
			w.heard = m.clock()
		}
		changed := m.takeRole(name, w, s, err)
		if err == nil {
			changed = m.settle() || changed
		}
		return err == nil && m.looked(name) || changed
	})
}

// looked counts an answer about read_only, and reports whether somebody waits for
// it. mu is held.
func (m *Manager) looked(name string) (awaited bool) {
	m.members(name, func(s *Member) {
		s.looks.Add(1)
		awaited = s.refused.Swap(false) || awaited
	})
	return awaited
}

// takeRole is what SeeReadOnly means for the place of the server. It reports
// whether a status has changed. mu is held.
func (m *Manager) takeRole(name string, w *seen, s Switches, err error) (changed bool) {
	p := m.policy.Load()
	next := w.role
	if err == nil {
		w.unasked = 0
		next = role{known: true, switches: s}
	} else if w.unasked++; w.unasked >= p.readOnlyMaxMisses {
		next.lost = true
	}
	if next == w.role || !p.readOnly {
		return false
	}
	e := m.log.Debug()
	if w.role.known {
		e = m.log.Info()
	}
	was, wrote := w.role, m.isWriter(name)
	w.role, w.since = next, m.clock()
	e.Str("server", name).Bool("read_only", next.switches.ReadOnly).Bool("super_read_only", next.switches.Super).
		Bool("lost", next.lost).AnErr("error", err).Msg("what a server says of read_only has changed")
	changed = m.rebuild()
	if (was.known || next.lost) && m.isWriter(name) != wrote {
		m.askPairs(name)
	}
	return changed
}

// askPairs has the others of a server's pairs asked for their read_only at once:
// when a writer leaves, another is likely to take over, and the other way round. mu
// is held.
func (m *Manager) askPairs(name string) {
	m.ask(name, func(string) bool { return true })
}

// askWriters is askPairs for those that are writers. mu is held.
func (m *Manager) askWriters(name string) { m.ask(name, m.isWriter) }

func (m *Manager) ask(name string, which func(other string) bool) {
	hurry := m.hurry.Load()
	if hurry == nil {
		return
	}
	in := make(map[int]bool)
	for i := range m.configured {
		if c := &m.configured[i]; c.Address() == name {
			in[pairOf(m.pairs, c.HostgroupID)] = true
		}
	}
	delete(in, -1)
	asked := map[string]bool{name: true}
	for i := range m.configured {
		c := &m.configured[i]
		if other := c.Address(); in[pairOf(m.pairs, c.HostgroupID)] && !asked[other] && which(other) {
			asked[other] = true
			(*hurry)(other)
		}
	}
}

// isWriter reports whether a server is a writer of a pair, or counts as one as long
// as it has not said anything else. mu is held.
func (m *Manager) isWriter(name string) bool {
	t := m.Table()
	return slices.ContainsFunc(t.named[name], func(s *Member) bool { return s.WhyLeft == "" && t.groups[s.hostgroup].writers })
}
