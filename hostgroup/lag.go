package hostgroup

import (
	"fmt"
	"time"
)

// Lag is how far a server is behind its primary.
type Lag struct {
	Replica bool // false: it has no primary
	Behind  time.Duration
	Unknown bool   // replication does not run
	Why     string // of Unknown
	Orphan  bool   // of Unknown: it would run, but for a primary that can't be reached
}

// SeeLag takes in a server's lag: above max_replication_lag it is
// SHUNNED_REPLICATION_LAG until it is not any more, where it is no writer. Any
// thread but a loop's.
func (m *Manager) SeeLag(name string, lag Lag) {
	m.see(name, func(w *seen) bool {
		if !m.policy.Load().lag {
			return false
		}
		now := m.clock()
		lost := lag.Orphan && (w.lag == nil || !w.lag.Orphan)
		switch {
		case lost:
			w.orphaned = now
		case !lag.Unknown:
			w.behind = lag.Behind
		}
		w.lag = &lag
		w.heardLag()
		changed := m.judgeLag(name)
		if lost && m.unsettled {
			m.askWriters(name)
		}
		return changed
	})
}

// judgeLags judges what all servers said last by the limits of now, and reports
// whether a status has changed. mu is held.
func (m *Manager) judgeLags() (changed bool) {
	for name := range m.Table().named {
		changed = m.judgeLag(name) || changed
	}
	return changed
}

// judgeLag is judgeLags for one server. mu is held.
func (m *Manager) judgeLag(name string) (changed bool) {
	m.members(name, func(s *Member) {
		h, why := s.seen(), ""
		if w := m.watched[name]; w != nil && !s.Writes {
			why = w.lagsTooFar(s.MaxLag, m.policy.Load().lagWhenNull, m.isOrphan(s, w))
		}
		if (why == "") == (h.lagging == "") {
			return
		}
		was, _ := s.Status()
		if h.lagging = why; why == "" {
			h.back = m.clock()
		}
		s.health.Store(&h)
		m.reportChange(s, was, m.noLag(s))
		changed = true
	})
	return changed
}

// noLag says why a server is out of use for its lag no longer. mu is held.
func (m *Manager) noLag(s *Member) string {
	switch {
	case !m.policy.Load().lag:
		return "its replication lag is not checked any more"
	case s.Writes:
		return "it is the writer, which lags behind nobody"
	case s.MaxLag == 0:
		return "max_replication_lag is not set any more"
	}
	return "its replication lag is not above max_replication_lag any more"
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
