package hostgroup

import (
	"fmt"
	"time"
)

// lagMaxMisses is how many lag checks in a row without an answer make the lag unknown.
const lagMaxMisses = 3

// MissLag takes in that a server did not say how far it is behind, and why. After
// lagMaxMisses in a row that counts as monitor_slave_lag_when_null, as if its
// replication did not run, unless the server has said that it is no replica.
// Any thread but a loop's.
func (m *Manager) MissLag(name string, err error) {
	m.see(name, func(w *seen) bool {
		if !m.policy.Load().lag || w.lag != nil && !w.lag.Replica {
			return false
		}
		if w.lagMisses++; w.lagMisses < lagMaxMisses {
			return false
		}
		w.lagUnheard = fmt.Sprintf("%d checks in a row were not answered, the last: %v", w.lagMisses, err)
		return m.judgeLag(name)
	})
}

// heardLag forgets what was missed.
func (w *seen) heardLag() { w.lagMisses, w.lagUnheard = 0, "" }

// lagsTooFar says why what was seen of a server's lag takes it out of use; "" if it doesn't.
// An orphan is as far behind as it was.
func (w *seen) lagsTooFar(limit, whenNull time.Duration, orphan bool) string {
	switch {
	case w.lagUnheard != "" && limit > 0 && whenNull > limit:
		return fmt.Sprintf("its replication lag is not known, which counts as %v (monitor_slave_lag_when_null); max_replication_lag is %v: %s",
			whenNull, limit, w.lagUnheard)
	case w.lagUnheard != "" || w.lag == nil:
		return ""
	case orphan:
		return tooFar(Lag{Replica: true, Behind: max(w.behind, w.lag.Behind)}, limit, whenNull)
	}
	return tooFar(*w.lag, limit, whenNull)
}
