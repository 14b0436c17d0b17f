// Package metrics counts what the proxy does and exports it for Prometheus.
//
// Each event loop writes a shard of its own, without locks; the exporter sums the shards when it is asked. What is
// counted elsewhere (a loop's busy time, a server's status) is fetched through callbacks at the same moment.
package metrics

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is all that one proxy counts.
type Metrics struct {
	// Immutable.
	loops    []*Loop
	registry *prometheus.Registry

	// Set by anybody, read by the exporter.
	busy   atomic.Pointer[func(loop int) time.Duration]
	status atomic.Pointer[func() []ServerStatus]
	rules  atomic.Pointer[func() []int]

	monitor atomic.Pointer[func() Monitor]
	scripts atomic.Pointer[func() ScriptNow]
}

// ServerStatus is the status of a server in a hostgroup, as the hostgroup manager sees it.
type ServerStatus struct {
	Hostgroup int
	Server    string // As given to Hostgroup.Server.
	Status    string // ONLINE, SHUNNED, ...
}

// New makes the shards for a number of event loops.
func New(loops int) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	for range loops {
		m.loops = append(m.loops, new(Loop))
	}
	m.registry.MustRegister(
		collector{m},
		ownCollector{m},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Loop returns the shard of a loop, numbered from 0.
func (m *Metrics) Loop(i int) *Loop { return m.loops[i] }

// Busy sets where the exporter learns how long a loop has been busy in total. fn is called from any thread.
func (m *Metrics) Busy(fn func(loop int) time.Duration) { m.busy.Store(&fn) }

// Status sets where the exporter learns the servers' status. fn is called from any thread, and what it returns is not
// kept.
func (m *Metrics) Status(fn func() []ServerStatus) { m.status.Store(&fn) }

// Rules sets where the exporter learns the ids of the query rules in force, so that those that match nothing are listed too, and those that are
// gone no more. fn is called from any thread, and what it returns is not kept.
func (m *Metrics) Rules(fn func() []int) { m.rules.Store(&fn) }

// Handler serves the metrics in Prometheus' formats. If one can't be gathered, the others are served all the same.
func (m *Metrics) Handler() http.Handler {
	return promhttp.InstrumentMetricHandler(m.registry,
		promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
}
