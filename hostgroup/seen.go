package hostgroup

import "time"

// What the monitor has seen of a server holds wherever the server is a member:
// it is kept by the server's name.

// seen is what the monitor has seen of one server. Guarded by Manager.mu.
type seen struct {
	missed  int  // pings in a row
	role    role // see place
	unasked int  // read_only checks in a row without an answer
	lag     *Lag // what it said last; nil: nothing

	heard    time.Time     // when it told its read_only last
	since    time.Time     // when role last changed
	behind   time.Duration // the last lag that was known
	orphaned time.Time     // since when it can't reach its primary, if lag says so

	lagMisses  int    // lag checks in a row without an answer
	lagUnheard string // why its lag is not known any more; "": it is, or there never was one
}

// look returns what was seen of a server, nil if no such one is configured. mu
// is held.
func (m *Manager) look(name string) *seen {
	if w := m.watched[name]; w != nil {
		return w
	}
	for _, c := range m.configured {
		if c.Address() == name {
			w := new(seen)
			m.watched[name] = w
			return w
		}
	}
	return nil
}

// roleOf is what is known of a server's read_only. mu is held.
func (m *Manager) roleOf(name string) role {
	if w := m.watched[name]; w != nil {
		return w.role
	}
	return role{}
}

// members calls f for the server wherever it is a member. mu is held.
func (m *Manager) members(name string, f func(*Member)) {
	for _, s := range m.Table().Named(name) {
		f(s)
	}
}

// see runs f, which reports whether a status has changed, with mu held, and
// makes a change known.
func (m *Manager) see(name string, f func(*seen) bool) {
	m.mu.Lock()
	changed := false
	if w := m.look(name); w != nil {
		changed = f(w)
	}
	m.mu.Unlock()
	if changed {
		m.tell()
	}
}

// forget drops what was seen by checks that are off now, and of servers that
// have left; roles are for keepRoles. mu is held.
func (m *Manager) forget() {
	p := m.policy.Load()
	limited := make(map[string]bool) // whether max_replication_lag is set somewhere
	for i := range m.configured {
		c := &m.configured[i]
		limited[c.Address()] = limited[c.Address()] || c.MaxReplicationLag > 0
	}
	for name, w := range m.watched {
		lag, known := limited[name]
		switch {
		case !known:
			delete(m.watched, name)
			continue
		case !p.readOnly:
			w.unasked = 0
		}
		if !p.pings {
			w.missed = 0
		}
		if !p.lag || !lag {
			w.lag, w.behind = nil, 0
			w.heardLag()
		}
	}
	for _, h := range m.Table().groups {
		for i := range h.Members {
			s := &h.Members[i]
			seen := s.seen()
			if seen.silent == "" || p.pings {
				continue
			}
			was, _ := s.Status()
			seen = seen.spoke(m.clock())
			seen.silences = 0 // It has not come back by itself.
			s.health.Store(&seen)
			m.reportChange(s, was, "it is not pinged any more")
		}
	}
}
