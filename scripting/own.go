package scripting

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/dop251/goja"

	"parkway/monitor/metrics"
)

const (
	maxOwn    = 200 // metrics of a script's own
	maxSeries = 100 // combinations of label values of each
	maxLabels = 5
	maxLabel  = 64 // bytes of a label's value
)

// own are the metrics that the script counts by itself. Any thread.
type own struct {
	mu     sync.Mutex
	byName map[string]*ownMetric // guarded by mu
}

// ownMetric is one of them.
type ownMetric struct {
	// Immutable.
	gauge  bool
	labels []string

	// Guarded by own.mu.
	by     weak.Pointer[edition] // that has asked for it last
	series []*series
}

func (m *ownMetric) is(gauge bool, labels []string) bool {
	return m.gauge == gauge && slices.Equal(m.labels, labels)
}

// series is a metric with certain values of its labels.
type series struct {
	values []string
	bits   atomic.Uint64 // of a float64
}

func (s *series) add(x float64) {
	for {
		old := s.bits.Load()
		if s.bits.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+x)) {
			return
		}
	}
}

func (s *series) set(x float64) { s.bits.Store(math.Float64bits(x)) }

// find returns a series for an edition, made on first use. Where there are too many already, it is one that stands for all others. problem is "" if all is well.
func (o *own) find(ed *edition, name string, gauge bool, labels, values []string) (s *series, problem string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := &o.byName
	m := o.byName[name]
	if m != nil && m.by != weak.Make(ed) && !m.is(gauge, labels) { // what another edition counts in another way ends when this one is in force
		if m = nil; !ed.reigns {
			all = &ed.claims
			m = ed.claims[name]
		}
	}
	switch {
	case m == nil && len(o.byName)+len(ed.claims) >= maxOwn:
		return nil, "there are too many metrics already"
	case m == nil:
		m = &ownMetric{gauge: gauge, labels: labels}
		if *all == nil {
			*all = make(map[string]*ownMetric)
		}
		(*all)[name] = m
	case !m.is(gauge, labels):
		return nil, "it is another kind already, or has other labels"
	}
	m.by = weak.Make(ed)
	for _, s := range m.series {
		if slices.Equal(s.values, values) {
			return s, ""
		}
	}
	if len(m.series) >= maxSeries {
		last := m.series[len(m.series)-1]
		if len(m.series) == maxSeries {
			last = &series{values: slices.Repeat([]string{"other"}, len(labels))}
			m.series = append(m.series, last)
		}
		return last, ""
	}
	s = &series{values: values}
	m.series = append(m.series, s)
	return s, ""
}

// reign tells that an edition has come in force in the place of another; each may be nil.
func (o *own) reign(ed, before *edition) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before != nil {
		before.reigns = false
	}
	if ed != nil {
		ed.reigns = true
		maps.Copy(o.byName, ed.claims)
		ed.claims = nil
	}
}

// now lists all for the exporter.
func (o *own) now() []metrics.ScriptMetric {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []metrics.ScriptMetric
	for name, m := range o.byName {
		for _, s := range m.series {
			all = append(all, metrics.ScriptMetric{
				Name: name, Gauge: m.gauge, Labels: m.labels, Values: s.values, Value: math.Float64frombits(s.bits.Load()),
			})
		}
	}
	return all
}

var metricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// offerMetrics defines metrics.counter and metrics.gauge.
func (m *machine) offerMetrics() {
	o := m.rt.NewObject()
	m.define(o, "counter", m.function("counter", 2, func(call goja.FunctionCall) goja.Value {
		s := m.series("counter", call, false)
		c := m.rt.NewObject()
		m.define(c, "inc", m.function("inc", 1, func(call goja.FunctionCall) goja.Value {
			by := m.amount(call.Argument(0))
			if by < 0 {
				panic(m.rangeError("a counter only grows"))
			}
			s.add(by)
			return goja.Undefined()
		}))
		return c
	}))
	m.define(o, "gauge", m.function("gauge", 2, func(call goja.FunctionCall) goja.Value {
		s := m.series("gauge", call, true)
		g := m.rt.NewObject()
		for name, f := range map[string]func(float64){"inc": s.add, "dec": func(x float64) { s.add(-x) }, "set": s.set} {
			m.define(g, name, m.function(name, 1, func(call goja.FunctionCall) goja.Value {
				f(m.amount(call.Argument(0)))
				return goja.Undefined()
			}))
		}
		return g
	}))
	m.freeze(o)
	must(m.rt.Set("metrics", o))
}

// amount is by how much a number changes, 1 if nothing is said.
func (m *machine) amount(v goja.Value) float64 {
	if goja.IsUndefined(v) {
		return 1
	}
	x := v.ToFloat()
	if math.IsNaN(x) || math.IsInf(x, 0) {
		panic(m.rangeError("%v is no number to count with", x))
	}
	return x
}

// series reads the arguments of counter and gauge.
func (m *machine) series(kind string, call goja.FunctionCall, gauge bool) *series {
	name := call.Argument(0).String()
	if !metricName.MatchString(name) {
		panic(m.rangeError("%s: the name %q is not made of up to 64 small letters, digits and _", kind, name))
	}
	var labels, values []string
	if o, isObject := call.Argument(1).(*goja.Object); isObject {
		m.boundListed(o)
		labels = o.Keys()
		slices.Sort(labels)
		if len(labels) > maxLabels {
			panic(m.rangeError("%s: more than %d labels", kind, maxLabels))
		}
		for _, l := range labels {
			value := o.Get(l).String()
			if !metricName.MatchString(l) || len(value) > maxLabel {
				panic(m.rangeError("%s: label %q is not made of small letters, digits and _, or its value is longer than %d bytes", kind, l, maxLabel))
			}
			values = append(values, value)
		}
	}
	s, problem := m.edition.engine.own.find(m.edition, name, gauge, labels, values)
	if problem != "" {
		panic(m.rt.NewTypeError("%s %s: %s", kind, name, problem))
	}
	return s
}
