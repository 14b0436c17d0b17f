package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	descScriptCalls   = desc("script_calls_total", "Calls of the script's functions, by how they ended.", "hook", "result")
	descScriptSeconds = desc("script_seconds", "How long calls of the script's functions took, the wait for a place in the pool included.", "hook")
	descScriptTags    = desc("script_tagged_total", "Statements that the script has given a tag.", "tag")
	descScriptOpen    = desc("script_breaker_open",
		"1 while a function is not called because it took too long or too much memory again and again.", "hook")
	descScriptWorkers = desc("script_workers", "Goroutines that run async functions of the script.")
	descScriptQueue   = desc("script_queue", "Calls of async functions that wait.")
	descScriptSQL     = desc("script_sql_total", "Statements of the script's own, by how they ended.", "result")
	descScriptShared  = desc("script_shared_bytes", "Bytes that the script keeps in shared.")
)

// maxTags bounds the tags that one loop counts apart; what comes after them is counted as "other".
const maxTags = 64

// Script is what one loop counts of the script's calls. Single writer, any reader.
type Script struct {
	// Immutable.
	hooks, results []string

	_ [cacheLines]byte

	calls   []Counter   // by hook and result
	seconds []Histogram // by hook
	tags    registry[string, Counter]

	_ [cacheLines]byte
}

// NewScript makes the counters of a loop, for these hooks and results of calls.
func NewScript(hooks, results []string) *Script {
	return &Script{
		hooks: hooks, results: results,
		calls: make([]Counter, len(hooks)*len(results)), seconds: make([]Histogram, len(hooks)),
	}
}

// Call counts a call of the hook with that index that ended with the result of that index.
func (s *Script) Call(hook, result int) { s.calls[hook*len(s.results)+result].Add(1) }

// Calls is how often Call was called so. Any thread.
func (s *Script) Calls(hook, result int) uint64 { return s.calls[hook*len(s.results)+result].Load() }

// Took counts how long a call took.
func (s *Script) Took(hook int, d time.Duration) { s.seconds[hook].Observe(d) }

// Tag counts a statement with a tag.
func (s *Script) Tag(tag string) {
	if s.tags.byKey[tag] == nil && len(s.tags.byKey) >= maxTags {
		tag = "other"
	}
	s.tags.get(tag).Add(1)
}

// ScriptNow is what is known of the script at the moment when the exporter asks.
type ScriptNow struct {
	Loops   []*Script
	Hooks   []string // that the script defines
	Open    []string // of them those that are left alone
	Workers int
	Queue   int
	Shared  int64
	Own     []ScriptMetric
	SQL     map[string]uint64 // statements of sql(), by how they ended
}

// ScriptMetric is a number that the script itself counts. All of the same Name have the same kind and the same Labels.
type ScriptMetric struct {
	Name           string // without parkway_user_
	Gauge          bool   // else a counter
	Labels, Values []string
	Value          float64
}

// Scripts sets where the exporter learns about the script. fn is called from any thread, and what it returns is not kept.
func (m *Metrics) Scripts(fn func() ScriptNow) { m.scripts.Store(&fn) }

// ownCollector exports what the script counts. It describes nothing in advance: the script says what there is.
type ownCollector struct{ m *Metrics }

// Describe sends nothing.
func (c ownCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the script's own metrics. Any thread.
func (c ownCollector) Collect(ch chan<- prometheus.Metric) {
	scripts := c.m.scripts.Load()
	if scripts == nil {
		return
	}
	for _, own := range (*scripts)().Own {
		kind := prometheus.CounterValue
		if own.Gauge {
			kind = prometheus.GaugeValue
		}
		d := prometheus.NewDesc("parkway_user_"+own.Name, "Counted by the script.", own.Labels, nil)
		if metric, err := prometheus.NewConstMetric(d, kind, own.Value, valid(slices.Clone(own.Values))...); err == nil {
			ch <- metric
		}
	}
}

func (e emitter) script(now ScriptNow) {
	calls, tags := make(map[[2]string]uint64), make(map[string]uint64)
	seconds := make(map[string]*histogramSum)
	for _, s := range now.Loops {
		for i := range s.calls {
			if n := s.calls[i].Load(); n > 0 {
				calls[[2]string{s.hooks[i/len(s.results)], s.results[i%len(s.results)]}] += n
			}
		}
		for i := range s.seconds {
			if seconds[s.hooks[i]] == nil {
				seconds[s.hooks[i]] = new(histogramSum)
			}
			seconds[s.hooks[i]].add(&s.seconds[i])
		}
		for _, t := range s.tags.list() {
			tags[t.key] += t.value.Load()
		}
	}
	for c, n := range calls {
		e.counter(descScriptCalls, n, c[0], c[1])
	}
	e.labelled(descScriptTags, tags)
	e.labelled(descScriptSQL, now.SQL)
	for hook, h := range seconds {
		count, buckets := h.cumulative()
		e.ch <- prometheus.MustNewConstHistogram(descScriptSeconds, count, time.Duration(h.nanos).Seconds(), buckets, hook)
	}
	for _, hook := range now.Hooks {
		open := int64(0)
		if slices.Contains(now.Open, hook) {
			open = 1
		}
		e.gauge(descScriptOpen, open, hook)
	}
	e.gauge(descScriptWorkers, int64(now.Workers))
	e.gauge(descScriptQueue, int64(now.Queue))
	e.gauge(descScriptShared, now.Shared)
}
