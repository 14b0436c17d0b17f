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
