package metrics

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collector is the read side: it sums the shards into Prometheus' metrics.
type collector struct{ m *Metrics }

var (
	descSessions      = desc("sessions", "Client sessions that exist now.", "state")
	descSessionsTotal = desc("sessions_total", "Clients that came; aborted: lost with an error, or in the middle of a login or statement; refused: before the greeting.", "result")
	descParks         = desc("parks_total", "Sessions that were parked because they were quiet.")
	descUnparks       = desc("unparks_total", "Sessions that went on after they were parked.")
	descPanics        = desc("session_panics_total", "Sessions that a panic ended.")
	descQueries       = desc("queries_total", "Queries answered.", "hostgroup")
	descQuerySeconds  = desc("query_seconds", "Time from a query's arrival to the end of its answer.", "hostgroup")
	descConnections   = desc("backend_connections", "Connections to servers.", "hostgroup", "server", "state")
	descConnects      = desc("backend_connects_total", "Attempts to open a connection to a server.", "hostgroup", "server", "result")
	descStatus        = desc("backend_status", "1 for the status that a server has now.", "hostgroup", "server", "status")
	descWaiting       = desc("pool_waiting", "Sessions that wait for a connection.", "hostgroup")
	descWaitTimeouts  = desc("pool_wait_timeouts_total", "Sessions that waited for a connection in vain.", "hostgroup")
	descPins          = desc("pins_total", "Sessions pinned to their backend connection.", "reason")
	descBytes         = desc("bytes_total", "Bytes carried.", "side", "direction")
	descBusy          = desc("loop_busy_seconds_total", "Time that an event loop did not wait.", "loop")
	descKills         = desc("kills_total", "Attempts to kill a statement or connection.", "result")
	descRuleHits      = desc("query_rule_hits_total", "Commands that a query rule has matched.", "rule_id")
	descRetries       = desc("retries_total", "Statements and connects tried again.", "reason")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parkway_"+name, help, labels, nil)
}

// Describe sends the descriptions of all metrics.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descSessions, descSessionsTotal, descParks, descUnparks, descPanics, descQueries, descQuerySeconds, descConnections, descConnects,
		descStatus, descWaiting, descWaitTimeouts, descPins, descBytes, descBusy, descKills, descRetries, descRuleHits,
		descChecks, descWorkers, descQueue, descLag,
		descScriptCalls, descScriptSeconds, descScriptTags, descScriptOpen, descScriptWorkers, descScriptQueue, descScriptSQL, descScriptShared,
	} {
		ch <- d
	}
}

// Collect sums the shards and sends the metrics. Any thread.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	s := sum(c.m.loops)
	out := emitter{ch}
	out.gauge(descSessions, s.sessions()-s.parkedNow(), "active")
	out.gauge(descSessions, s.parkedNow(), "parked")
	out.counter(descSessionsTotal, s.created, "created")
	out.counter(descSessionsTotal, s.aborted, "aborted")
	out.counter(descSessionsTotal, s.refused, "refused")
	out.counter(descParks, s.parked)
	out.counter(descUnparks, s.unparked)
	out.counter(descPanics, s.panicked)
	out.counter(descBytes, s.clientIn, "client", "in")
	out.counter(descBytes, s.clientOut, "client", "out")
	out.counter(descBytes, s.serverIn, "server", "in")
	out.counter(descBytes, s.serverOut, "server", "out")
	out.labelled(descPins, s.pins)
	out.labelled(descKills, s.kills)
	out.labelled(descRetries, s.retries)
	statuses := c.statuses()
	for id, h := range s.hostgroups {
		if statuses != nil {
			h.forget(func(server string) bool {
				return slices.ContainsFunc(statuses, func(s ServerStatus) bool { return s.Hostgroup == id && s.Server == server })
			})
		}
		out.hostgroup(strconv.Itoa(id), h)
	}
	if rules := c.m.rules.Load(); rules != nil {
		for _, id := range (*rules)() {
			out.counter(descRuleHits, s.ruleHits[id], strconv.Itoa(id))
		}
	}
	if busy := c.m.busy.Load(); busy != nil {
		for i := range c.m.loops {
			out.seconds(descBusy, (*busy)(i), strconv.Itoa(i))
		}
	}
	for _, s := range statuses {
		out.gauge(descStatus, 1, strconv.Itoa(s.Hostgroup), s.Server, s.Status)
	}
	if monitor := c.m.monitor.Load(); monitor != nil {
		out.monitor((*monitor)())
	}
	if scripts := c.m.scripts.Load(); scripts != nil {
		out.script((*scripts)())
	}
}

// statuses are the servers' of now; nil: nobody says.
func (c collector) statuses() []ServerStatus {
	if f := c.m.status.Load(); f != nil {
		return (*f)()
	}
	return nil
}

// emitter turns numbers into Prometheus' metrics.
type emitter struct{ ch chan<- prometheus.Metric }

func (e emitter) gauge(d *prometheus.Desc, v int64, labels ...string) {
	e.constant(d, prometheus.GaugeValue, float64(v), labels)
}

func (e emitter) counter(d *prometheus.Desc, v uint64, labels ...string) {
	e.constant(d, prometheus.CounterValue, float64(v), labels)
}

func (e emitter) seconds(d *prometheus.Desc, v time.Duration, labels ...string) {
	e.constant(d, prometheus.CounterValue, v.Seconds(), labels)
}

func (e emitter) constant(d *prometheus.Desc, t prometheus.ValueType, v float64, labels []string) {
	e.ch <- prometheus.MustNewConstMetric(d, t, v, valid(labels)...)
}

func (e emitter) labelled(d *prometheus.Desc, counts map[string]uint64) {
	for value, n := range counts {
		e.counter(d, n, value)
	}
}

func (e emitter) hostgroup(id string, h *hostgroupSum) {
	count, buckets := h.queries.cumulative()
	e.counter(descQueries, count, id)
	e.ch <- prometheus.MustNewConstHistogram(descQuerySeconds, count, time.Duration(h.queries.nanos).Seconds(), buckets, id)
	e.gauge(descWaiting, int64(h.waiting), id)
	e.counter(descWaitTimeouts, h.timeouts, id)
	for name, s := range h.servers {
		e.gauge(descConnections, int64(s.used), id, name, "used")
		e.gauge(descConnections, int64(s.free), id, name, "free")
		e.counter(descConnects, s.connectOK, id, name, "ok")
		e.counter(descConnects, s.connectError, id, name, "error")
	}
}

// valid replaces what is not UTF-8, which Prometheus refuses.
func valid(labels []string) []string {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "?")
	}
	return labels
}
