package pool

import (
	"sync/atomic"
	"time"
)

// throttle spaces the new connections of a hostgroup out over time, on all loops
// together: throttle_connections_per_sec. A few may come at once, if few came
// before.
type throttle struct {
	next atomic.Int64 // loop time at which the next connection is due
}

// burst is how far ahead of their time connections may be made.
const burst = 10 * time.Millisecond

// pause is how long to wait until one more connection may be made; 0: none. Any
// thread.
func (t *throttle) pause(now int64, perSecond int) time.Duration {
	if perSecond <= 0 {
		return 0
	}
	return time.Duration(max(t.next.Load()-int64(burst)-now, 0))
}

// take counts a connection that is made now, and reports whether it may be: another loop may have made one since the pause was asked for.
// Any thread.
func (t *throttle) take(now int64, perSecond int) bool {
	if perSecond <= 0 {
		return true
	}
	interval := int64(time.Second) / int64(perSecond)
	for {
		due := t.next.Load()
		if due-int64(burst) > now {
			return false
		}
		if t.next.CompareAndSwap(due, max(due, now)+interval) {
			return true
		}
	}
}

// throttleOf returns the throttle that all loops share for a hostgroup.
func (s *Set) throttleOf(hostgroup int) *throttle {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.throttles[hostgroup]
	if t == nil {
		t = new(throttle)
		s.throttles[hostgroup] = t
	}
	return t
}
