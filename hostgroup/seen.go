package hostgroup

import (
	"fmt"
	"time"

	"parkway/config"
)

// What the monitor has seen of a server holds wherever the server is a member:
// it is kept by the server's name.

// seen is what the monitor has seen of one server. Guarded by Manager.mu.
type seen struct {
	missed  int  // pings in a row
	role    role // see place
	unasked int  // read_only checks in a row without an answer
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

// SeeConnect takes in that a server let the monitor log in, over a new
// connection: it is back, whatever it was shunned for. Any thread but a loop's.
func (m *Manager) SeeConnect(name string) {
	m.see(name, func(w *seen) (changed bool) {
		w.missed = 0
		now := m.clock()
		m.members(name, func(s *Member) {
			if s.seen().shunned {
				m.bringBack(s.Server, now, "the monitor can connect again")
				changed = true
			}
			changed = m.speak(s, now) || changed
		})
		return changed
	})
}

// SeePing takes in a ping: nil, or why there was no answer. After
// monitor_ping_max_failures in a row without one the server is shunned, in all
// its hostgroups and even if it is the last of one, and its connections are
// dropped. Any thread but a loop's.
func (m *Manager) SeePing(name string, err error) {
	m.see(name, func(w *seen) (changed bool) {
		now := m.clock()
		if err == nil {
			w.missed = 0
			m.members(name, func(s *Member) { changed = m.speak(s, now) || changed })
			return changed
		}
		w.missed++
		p := m.policy.Load()
		if w.missed < p.pingMaxFailures || !p.pings {
			return false
		}
		why := fmt.Sprintf("%d pings in a row were not answered, the last: %v", w.missed, err)
		m.members(name, func(s *Member) { changed = m.silence(s, now, why) || changed })
		return changed
	})
}

// silence shuns a server that does not answer. mu is held.
func (m *Manager) silence(s *Member, now time.Time, why string) (changed bool) {
	h := s.seen()
	if h.silent != "" {
		return false
	}
	was, _ := s.Status()
	h = h.fellSilent(now, m.policy.Load().recovery, why)
	s.health.Store(&h)
	m.reportChange(s, was)
	return true
}

// speak ends the shunning of a server that answers again, unless it comes and
// goes all the time and can be spared for now. mu is held.
func (m *Manager) speak(s *Member, now time.Time) (changed bool) {
	h := s.seen()
	if h.silent == "" {
		return false
	}
	if now.Before(h.hold) && !m.isLast(s.Server) {
		if !h.held {
			h.held = true
			s.health.Store(&h)
			m.about(m.log.Warn(), s.Server).Int("times", h.silences).Time("until", h.hold).
				Msg("server answers again, and stays shunned for now: it comes and goes")
		}
		return false
	}
	was, _ := s.Status()
	h = h.spoke(now)
	s.health.Store(&h)
	m.reportChange(s, was)
	return true
}

// Lag is how far a server is behind its primary.
type Lag struct {
	Replica bool // false: it has no primary
	Behind  time.Duration
	Unknown bool   // replication does not run
	Why     string // of Unknown
}

// SeeLag takes in a server's lag: above max_replication_lag it is
// SHUNNED_REPLICATION_LAG until it is not any more. Any thread but a loop's.
func (m *Manager) SeeLag(name string, lag Lag) {
	m.see(name, func(*seen) (changed bool) {
		p := m.policy.Load()
		m.members(name, func(s *Member) {
			h, why := s.seen(), ""
			if p.lag {
				why = tooFar(lag, s.MaxLag, p.lagWhenNull)
			}
			if (why == "") == (h.lagging == "") {
				return
			}
			was, _ := s.Status()
			if h.lagging = why; why == "" {
				h.back = m.clock()
			}
			s.health.Store(&h)
			m.reportChange(s, was)
			changed = true
		})
		return changed
	})
}

// tooFar says why a lag takes a server out of use; "" if it doesn't.
func tooFar(lag Lag, limit, whenNull time.Duration) string {
	switch {
	case limit == 0 || !lag.Replica:
		return ""
	case lag.Unknown && max(lag.Behind, whenNull) > limit:
		return fmt.Sprintf("replication does not run, which counts as a lag of %v (monitor_slave_lag_when_null); max_replication_lag is %v: %s",
			max(lag.Behind, whenNull), limit, lag.Why)
	case lag.Behind > limit:
		return fmt.Sprintf("replication lag %v is above max_replication_lag %v", lag.Behind, limit)
	}
	return ""
}

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

// forget drops what was seen by checks that are off now, and of servers that
// have left. mu is held; rebuild follows.
func (m *Manager) forget() {
	p := m.policy.Load()
	names := make(map[string]bool)
	for i := range m.configured {
		names[m.configured[i].Address()] = true
	}
	for name, w := range m.watched {
		switch {
		case !names[name]:
			delete(m.watched, name)
			continue
		case !p.readOnly:
			w.role, w.unasked = role{}, 0
		}
		if !p.pings {
			w.missed = 0
		}
	}
	for _, h := range m.Table().groups {
		for i := range h.Members {
			s := &h.Members[i]
			seen := s.seen()
			if seen.silent != "" && !p.pings {
				seen = seen.spoke(m.clock())
			} else if seen.lagging == "" || p.lag && s.MaxLag > 0 {
				continue
			}
			if !p.lag || s.MaxLag == 0 {
				seen.lagging = ""
			}
			was, _ := s.Status()
			s.health.Store(&seen)
			m.reportChange(s, was)
		}
	}
}

// Target is a server that is to be watched, in however many hostgroups it is.
type Target struct {
	Server   *Server // one of its
	ReadOnly bool    // a pair of hostgroups goes by its read_only
	Lag      bool    // max_replication_lag is set in one of its hostgroups
}

// Targets lists the servers that are to be watched: those of the configuration,
// but for OFFLINE_HARD. Any thread.
func (m *Manager) Targets() []Target {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Target
	at := make(map[string]int)
	for i := range m.configured {
		c := &m.configured[i]
		if c.Status == config.StatusOfflineHard {
			continue
		}
		j, known := at[c.Address()]
		if !known {
			j = len(all)
			at[c.Address()] = j
			all = append(all, Target{Server: m.servers[serverKey{c.HostgroupID, c.Hostname, c.Port}]})
		}
		all[j].ReadOnly = all[j].ReadOnly || pairOf(m.pairs, c.HostgroupID) >= 0
		all[j].Lag = all[j].Lag || c.MaxReplicationLag > 0
	}
	return all
}
