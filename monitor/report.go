package monitor

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"parkway/monitor/check"
	"parkway/monitor/metrics"
)

// The results of a check as they are counted: those of check.Outcome, and two
// for checks that did not take place.
const (
	resultOverdue = iota + int(check.Unreachable) + 1 // the last one has not ended
	resultDropped                                     // the queue was full
	numResults
)

func resultName(i int) string {
	switch i {
	case resultOverdue:
		return "overdue"
	case resultDropped:
		return "dropped"
	}
	return check.Outcome(i).String()
}

// Stats are the monitor's numbers of now, for the metrics.
func (m *Monitor) Stats() metrics.Monitor {
	pool := m.pool.Stats()
	stats := metrics.Monitor{Workers: pool.Workers, Queue: pool.Queue, Lag: make(map[string]time.Duration)}
	for k := range m.counts {
		for i := range m.counts[k] {
			stats.Checks = append(stats.Checks, metrics.Checks{Check: check.Kind(k).String(), Result: resultName(i), Count: m.counts[k][i].Load()})
		}
	}
	for _, s := range m.list() {
		if lag, ok := s.lag(); ok {
			stats.Lag[s.name] = lag
		}
	}
	return stats
}

func (m *Monitor) list() []*server {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.servers
}

// The answer of ServeHTTP.
type (
	report struct {
		Workers int            `json:"workers"`
		Busy    int            `json:"busy"`
		Queue   int            `json:"queue"`
		Servers []serverReport `json:"servers"`
	}
	serverReport struct {
		Server string                   `json:"server"`
		Member []memberReport           `json:"hostgroups"`
		Checks map[string][]checkReport `json:"checks"` // by kind; the latest first
	}
	memberReport struct {
		Hostgroup int    `json:"hostgroup"`
		Status    string `json:"status"`
		Reason    string `json:"reason,omitempty"` // why it is not ONLINE
	}
	checkReport struct {
		At         time.Time `json:"at"`
		TookMicros int64     `json:"took_us"`
		Result     string    `json:"result"`
		Error      string    `json:"error,omitempty"`
		Fix        string    `json:"fix,omitempty"`
		ReadOnly   *bool     `json:"read_only,omitempty"`
		Super      *bool     `json:"super_read_only,omitempty"` // of servers that have it
		Replica    *bool     `json:"replica,omitempty"`
		Lag        *float64  `json:"lag_seconds,omitempty"` // of replicas that say how much
		Trouble    string    `json:"replication,omitempty"` // of those that don't
	}
)

// ServeHTTP shows each server's statuses and the last results of its checks, as
// JSON: the page /monitor.
func (m *Monitor) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	pool := m.pool.Stats()
	all := report{Workers: pool.Workers, Busy: pool.Busy, Queue: pool.Queue, Servers: []serverReport{}}
	for _, s := range m.list() {
		one := serverReport{Server: s.name, Member: m.statuses(s.name), Checks: make(map[string][]checkReport)}
		for k, h := range s.results() {
			for i := len(h) - 1; i >= 0; i-- {
				name := check.Kind(k).String()
				one.Checks[name] = append(one.Checks[name], reportOf(&h[i]))
			}
		}
		all.Servers = append(all.Servers, one)
	}
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(all) // A client that has left is of no interest.
}

// statuses are a server's, in the order of its hostgroups.
func (m *Monitor) statuses(name string) []memberReport {
	list := []memberReport{}
	for _, s := range m.cfg.Hostgroups.Table().Named(name) {
		status, why := s.Status()
		list = append(list, memberReport{Hostgroup: s.Hostgroup(), Status: status.String(), Reason: why})
	}
	slices.SortFunc(list, func(a, b memberReport) int { return a.Hostgroup - b.Hostgroup })
	return list
}

func reportOf(r *check.Result) checkReport {
	c := checkReport{At: r.At.UTC(), TookMicros: r.Took.Microseconds(), Result: r.Outcome.String(), Fix: r.Fix}
	if r.Err != nil {
		c.Error = r.Err.Error()
		return c
	}
	switch r.Kind {
	case check.ReadOnly:
		c.ReadOnly = &r.Switch.ReadOnly
		if r.Switch.HasSuper {
			c.Super = &r.Switch.Super
		}
	case check.ReplicationLag:
		c.Replica = &r.Lag.Replica
		switch {
		case r.Lag.Unknown:
			c.Trouble = r.Lag.Why
		case r.Lag.Replica:
			seconds := r.Lag.Behind.Seconds()
			c.Lag = &seconds
		}
	}
	return c
}
