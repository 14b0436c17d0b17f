package main

import (
	"fmt"
	"strings"
	"time"

	"parkway/bench/figures"
)

// The project's goals, for parked clients.
const (
	goalRSS   = 1024.0 // bytes a client beyond the empty process
	goalHeap  = 512.0
	goalCPU   = 0.05                  // percent of a core beyond the empty process: what rounds to 0.0 %
	goalAdded = 30 * time.Microsecond // to the median latency of a session that was parked
	goalPair  = 10.0                  // microseconds of CPU for a park and an unpark
	goalBusy  = 0.03                  // by which queries per second and the 95th percentile may differ beside parked clients
)

// verdict is what the measurement says about a goal.
type verdict string

const (
	reached     verdict = "reached"
	missed      verdict = "MISSED"
	notMeasured verdict = "not measured"
)

func judge(ok bool) verdict {
	if ok {
		return reached
	}
	return missed
}

// judged is a goal with its verdict.
type judged struct {
	goal    string
	verdict verdict
	figure  string
}

// verdicts says of each goal whether it was reached, a line each.
func (r report) verdicts() string {
	var b strings.Builder
	for _, list := range [][]judged{r.holdGoals(), r.wakeGoals(), r.herdGoals(), r.busyGoals()} {
		for _, j := range list {
			fmt.Fprintf(&b, "- %s: %s", j.goal, j.verdict)
			if j.figure != "" {
				fmt.Fprintf(&b, " (%s)", j.figure)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (r report) holdGoals() []judged {
	goals := []judged{
		{goal: "resident memory of a quiet client at most 1,024 B"},
		{goal: "heap of a quiet client at most 512 B"},
		{goal: "quiet clients use no CPU (0.0 % of a core)"},
	}
	for i := range goals {
		goals[i].verdict = notMeasured
	}
	for _, h := range r.holds {
		if h.mode == parking {
			more := h.cpu - h.idleCPU
			goals[0].verdict, goals[0].figure = judge(h.rss <= goalRSS), figures.Count(h.rss)+" B"
			goals[1].verdict, goals[1].figure = judge(h.heap <= goalHeap), figures.Count(h.heap)+" B"
			goals[2].verdict, goals[2].figure = judge(more < goalCPU), fmt.Sprintf("%.2f %%, of the empty process %.2f %%", h.cpu, h.idleCPU)
		}
	}
	return goals
}

func (r report) wakeGoals() []judged {
	goals := []judged{
		{goal: "to have been parked adds at most 30 us to the median latency", verdict: notMeasured},
		{goal: "one by one a park and an unpark take at most 10 us of CPU", verdict: notMeasured},
	}
	for _, w := range r.wakes {
		if w.mode == parking && w.parks > 0 {
			added, pair := w.medianAdded(), figures.Median(w.pair)
			goals[0].verdict, goals[0].figure = judge(added <= goalAdded), micros(added)+" us"
			goals[1].verdict, goals[1].figure = judge(pair <= goalPair), figures.Decimals(pair)+" us"
		}
	}
	return goals
}

// medianAdded is what having been quiet adds to the median latency.
func (w waking) medianAdded() time.Duration {
	var values []float64
	for _, d := range w.added {
		values = append(values, float64(d))
	}
	return time.Duration(figures.Median(values))
}

// herdGoals: a herd that loses anybody is an error, and nothing is published.
func (r report) herdGoals() []judged {
	goals := []judged{
		{goal: "a herd that wakes within a second is answered, every client of it", verdict: notMeasured},
		{goal: "in a herd a park and an unpark take at most 10 us of CPU more than none", verdict: notMeasured},
	}
	cpu := make(map[mode]float64)
	for _, h := range r.herds {
		cpu[h.mode] = h.median(func(s stampede) float64 { return s.cpu })
		if h.mode == parking {
			goals[0].verdict, goals[0].figure = reached, count(h.clients)+" clients"
		}
	}
	if len(cpu) == 2 {
		more := cpu[parking] - cpu[unparking]
		goals[1].verdict, goals[1].figure = judge(more <= goalPair), figures.Decimals(more)+" us"
	}
	return goals
}

func (r report) busyGoals() []judged {
	goals := []judged{
		{goal: "sysbench's queries/s beside quiet clients within 3 % of beside nobody", verdict: notMeasured},
		{goal: "sysbench's 95th percentile beside quiet clients within 3 % of beside nobody", verdict: notMeasured},
	}
	for _, b := range r.busies {
		if b.clients == 0 || b.mode != parking {
			continue
		}
		qps := b.qps.Median/r.busies[0].qps.Median - 1
		p95 := b.p95.Median/r.busies[0].p95.Median - 1
		goals[0].verdict, goals[0].figure = judge(qps >= -goalBusy), fmt.Sprintf("%+.1f %%", 100*qps)
		goals[1].verdict, goals[1].figure = judge(p95 <= goalBusy), fmt.Sprintf("%+.1f %%", 100*p95)
	}
	return goals
}
