package metrics

import "time"

// Monitor is what the monitor counts.
type Monitor struct {
	Checks  []Checks
	Workers int
	Queue   int                      // checks that wait for a worker
	Lag     map[string]time.Duration // of replicas, by server, as far as it is known
}

// Checks is how many checks of a kind had a result.
type Checks struct {
	Check, Result string
	Count         uint64
}

var (
	descChecks  = desc("monitor_checks_total", "Health checks of servers.", "check", "result")
	descWorkers = desc("monitor_workers", "Goroutines for health checks.")
	descQueue   = desc("monitor_queue", "Health checks that wait for a goroutine.")
	descLag     = desc("replication_lag_seconds", "How far a replica is behind its primary, by its own word.", "server")
)

// Monitor sets where the exporter learns what the monitor counts. fn is called from any thread, and what it returns is not
// kept.
func (m *Metrics) Monitor(fn func() Monitor) { m.monitor.Store(&fn) }

func (e emitter) monitor(s Monitor) {
	for _, c := range s.Checks {
		e.counter(descChecks, c.Count, c.Check, c.Result)
	}
	e.gauge(descWorkers, int64(s.Workers))
	e.gauge(descQueue, int64(s.Queue))
	for server, lag := range s.Lag {
		e.gauge(descLag, int64(lag.Seconds()), server)
	}
}
