package hostgroup

// countWriters logs when a writer hostgroup has no server left that may be written
// to, or more than one. Of several each must have said so since the last of them
// became one: in a switch-over the old one has not been asked yet. mu is held.
func (m *Manager) countWriters(t *Table) {
	if !m.policy.Load().readOnly {
		return
	}
	for _, pair := range m.pairs {
		id := pair.WriterHostgroup
		names, certain := m.writersOf(t.groups[id])
		n := len(names)
		if was, reported := m.writers[id]; !certain || reported && was == n {
			continue
		}
		m.writers[id] = n
		switch {
		case n == 0:
			m.log.Warn().Int("hostgroup", id).Msg("no server of the writer hostgroup is writable: its statements wait for one")
		case n > 1:
			m.log.Warn().Int("hostgroup", id).Strs("servers", names).Msg("several servers of the writer hostgroup are writable: all of them are written to")
		default:
			m.log.Info().Int("hostgroup", id).Str("server", names[0]).Msg("one server of the writer hostgroup is writable")
		}
	}
}

// writersOf lists the servers of a writer hostgroup that may be written to. It is not
// certain before each has answered. mu is held.
func (m *Manager) writersOf(h *Hostgroup) (names []string, certain bool) {
	var newest *seen
	var writers []*seen
	for i := range h.Members {
		s := &h.Members[i]
		if s.WhyLeft != "" || s.Wanted != Online {
			continue
		}
		w := m.watched[s.String()]
		if !s.Writes || w == nil {
			return nil, false // What it will say is not known yet.
		}
		names, writers = append(names, s.String()), append(writers, w)
		if newest == nil || w.since.After(newest.since) {
			newest = w
		}
	}
	for _, w := range writers {
		if w != newest && !w.heard.After(newest.since) {
			m.unsettled = true
			return nil, false
		}
	}
	return names, true
}
