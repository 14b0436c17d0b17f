package hostgroup

// SeeReadOnly takes in what a server says about being written to: err is why it
// said nothing. After monitor_read_only_max_timeout_count times without an
// answer it is no writer any more. Any thread but a loop's.
func (m *Manager) SeeReadOnly(name string, s Switches, err error) {
	m.see(name, func(w *seen) bool {
		changed := m.takeRole(name, w, s, err)
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
	e, why := m.log.Debug(), "read_only = 0"
	if w.role.known {
		e = m.log.Info()
	}
	if next.switches.ReadOnly {
		why = "read_only = 1"
	}
	w.role = next
	e.Str("server", name).Bool("read_only", next.switches.ReadOnly).Bool("super_read_only", next.switches.Super).
		Bool("lost", next.lost).AnErr("error", err).Msg("what a server says of read_only has changed")
	return m.rebuild(why)
}
