package monitor

import (
	"sync/atomic"
	"time"
)

// latePause is how often it is logged at most that checks come late.
const latePause = time.Minute

// lateness counts the checks that were due again while they waited for a goroutine. Any thread.
type lateness struct {
	count  atomic.Uint64 // since it was last logged
	logged atomic.Int64  // Unix time in ns; 0: never
}

// note counts one, and logs that now and then.
func (l *lateness) note(m *Monitor) {
	l.count.Add(1)
	now, last := time.Now().UnixNano(), l.logged.Load()
	if now-last < int64(latePause) || !l.logged.CompareAndSwap(last, now) {
		return
	}
	pool := m.pool.Stats()
	m.cfg.Log.Warn().Uint64("late", l.count.Swap(0)).Int("queue", pool.Queue).Int("workers", pool.Workers).
		Int("monitor_threads_max", m.settings.Load().max).
		Msg("the monitor does not keep up: checks were due again before they began; see monitor_threads_max, the intervals and the timeouts")
}
