package hostgroup

import (
	"maps"
	"slices"
	"time"

	"parkway/config"
)

// rebuild publishes the table that follows from what is configured and what
// servers say of their read_only, and reports whether anything is different. mu
// is held.
func (m *Manager) rebuild() (changed bool) {
	before, p := m.Table(), m.policy.Load()
	table := &Table{groups: make(map[int]*Hostgroup)}
	known := make(map[serverKey]*Server)
	for _, at := range place(m.configured, slices.Concat(m.pairs, m.retired), p.alsoReader, m.roleOf) {
		key := serverKey{at.HostgroupID, at.Hostname, at.Port}
		s := m.servers[key]
		if s == nil {
			if at.left != "" && !at.configured {
				continue // It was never there.
			}
			s = m.newServer(key)
		} else if at.left != "" && !at.configured && s.Left() && s.Connections() == 0 {
			continue // Nothing of it is left.
		}
		known[key] = s
		table.add(s, &at, m.now)
	}
	for _, pair := range m.pairs {
		if p.readOnly {
			w, r := table.group(pair.WriterHostgroup, m.now), table.group(pair.ReaderHostgroup, m.now)
			w.paired, w.writers, r.paired = true, true, true
		}
	}
	table.index()
	m.servers = known
	maps.DeleteFunc(m.failures, func(s *Server, _ string) bool { return known[s.key()] != s })
	m.table.Store(table)
	m.greeting.Store(greetingOf(table.servers))
	changed = m.compare(before, table)
	changed = m.judgeLags() || changed
	now := m.clock()
	for _, h := range table.groups {
		m.rescue(h, now)
	}
	m.countWriters(table)
	return changed
}

// now is the manager's clock. Any thread.
func (m *Manager) now() time.Time { return m.clock() }

// group returns a hostgroup of a table in the making.
func (t *Table) group(id int, clock func() time.Time) *Hostgroup {
	h := t.groups[id]
	if h == nil {
		h = &Hostgroup{ID: id, clock: clock}
		t.groups[id] = h
	}
	return h
}

// add makes s a member of its hostgroup.
func (t *Table) add(s *Server, at *placement, clock func() time.Time) {
	h := t.group(s.hostgroup, clock)
	status, _ := parseStatus(at.Status) // apply has seen that it is one
	s.left.Store(at.left != "")
	h.Members = append(h.Members, Member{
		Server: s, Weight: at.Weight, Wanted: status, WhyLeft: at.left, MaxConnections: at.MaxConnections, MaxLag: at.MaxReplicationLag,
		Writes: at.writes, placed: at.said, configured: at.configured,
	})
	t.servers = append(t.servers, s)
}

// index completes a table that has all its members.
func (t *Table) index() {
	t.members, t.named = make(map[*Server]*Member, len(t.servers)), make(map[string][]*Member, len(t.servers))
	for _, h := range t.groups {
		for i := range h.Members {
			s := &h.Members[i]
			t.members[s.Server] = s
			t.named[s.String()] = append(t.named[s.String()], s)
		}
	}
}

// newServer returns a server of which nothing is known but what is known of the
// same one in other hostgroups. mu is held.
func (m *Manager) newServer(key serverKey) *Server {
	s := &Server{hostgroup: key.hostgroup, host: key.host, port: key.port, name: nameOf(key.host, key.port)}
	for _, other := range m.servers {
		if other.host != key.host || other.port != key.port {
			continue
		}
		s.address.Store(other.address.Load())
		s.facts.Store(other.facts.Load())
		s.trackers.Store(other.trackers.Load())
		if h := other.health.Load(); h != nil && h.silent != "" {
			s.health.Store(&health{silent: h.silent})
		}
	}
	s.resolveLiteral()
	return s
}

// compare logs what a new table means for servers, and reports whether it is
// another than before. before is nil at the start.
func (m *Manager) compare(before, now *Table) (changed bool) {
	if before == nil {
		return true
	}
	for _, s := range before.servers {
		was, is := before.StatusOf(s), now.StatusOf(s)
		if was == is {
			continue
		}
		changed = true
		m.reportStatus(s, was, is, m.because(before.member(s), now.member(s)))
	}
	for _, s := range now.servers {
		if before.member(s) == nil {
			changed = true
			status, _ := now.Status(s)
			m.about(m.log.Info(), s).Stringer("status", status).Str("reason", m.because(nil, now.member(s))).Msg("server joins hostgroup")
		}
	}
	return changed
}

// because says why the status of a member is another one in a new table; now is
// nil if it is none any more, before if it was none. mu is held.
func (m *Manager) because(before, now *Member) string {
	if now == nil {
		if m.isConfigured(before.String()) {
			return "nothing of it is left in this hostgroup"
		}
		return "it is not configured any more"
	}
	if status, why := now.Status(); status != Online {
		return why
	}
	if now.placed != "" && (!now.configured || before != nil && before.WhyLeft != "") {
		return now.placed
	}
	return "configured"
}

// isConfigured reports whether a server is configured in any hostgroup. mu is held.
func (m *Manager) isConfigured(name string) bool {
	return slices.ContainsFunc(m.configured, func(c config.MySQLServer) bool { return c.Address() == name })
}
