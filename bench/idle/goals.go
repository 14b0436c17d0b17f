package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"parkway/bench/figures"
)

// The project's goals, for parked clients.
const (
	goalRSS   = 1024.0 // bytes a client beyond the empty process
	goalHeap  = 512.0
	goalCPU   = 0.05 // percent of a core beyond the empty process: what rounds to 0.0 %
	goalAdded = 30.0 // microseconds more at the median of a session that was parked
	goalPair  = 10.0 // microseconds of CPU for a park and an unpark
	goalFlat  = 1.1  // times what a query takes without quiet clients
	goalBusy  = 0.03 // by which queries per second and the 95th percentile may differ beside parked clients
)

// judged is a goal with its verdict.
type judged struct {
	goal    string
	verdict figures.Verdict
	figure  string
	other   string // what the figure is without parking
}

// take takes a figure, measured in mode m, and its verdict, which is the goal's if that is parking.
func (j *judged) take(m mode, v figures.Verdict, figure string) {
	if m == parking {
		j.verdict, j.figure = v, figure
	} else {
		j.other = figure
	}
}

// notYet are goals of which nothing is known.
func notYet(goals ...string) []judged {
	var list []judged
	for _, goal := range goals {
		list = append(list, judged{goal: goal, verdict: figures.NotMeasured})
	}
	return list
}

// verdicts says of each goal whether it was reached, a line each.
func (r report) verdicts() string {
	var b strings.Builder
	for _, j := range r.judged() {
		fmt.Fprintf(&b, "- %s: %s", j.goal, j.verdict)
		var figures []string
		if j.figure != "" {
			figures = append(figures, j.figure)
		}
		if j.other != "" {
			figures = append(figures, "off: "+j.other)
		}
		if len(figures) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(figures, "; "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// judged are the goals of the scenarios that were asked for.
func (r report) judged() (list []judged) {
	goals := map[string]func() []judged{"hold": r.holdGoals, "wake": r.wakeGoals, "herd": r.herdGoals, "busy": r.busyGoals, "sweep": r.sweepGoals}
	for _, name := range r.options.scenarios {
		list = append(list, goals[name]()...)
	}
	return list
}

func (r report) holdGoals() []judged {
	goals := notYet("resident memory of a quiet client at most 1,024 B", "heap of a quiet client at most 512 B",
		"quiet clients use no CPU (0.0 % of a core)")
	for _, h := range r.holds {
		cpu, empty := percentOf(h.cpu, r.options.quiet), percentOf(h.idleCPU, r.options.quiet)
		goals[0].take(h.mode, figures.Judge(h.rss <= goalRSS), figures.Count(h.rss)+" B")
		goals[1].take(h.mode, figures.Judge(h.heap <= goalHeap), figures.Count(h.heap)+" B")
		goals[2].take(h.mode, figures.Judge(cpu-empty < goalCPU), fmt.Sprintf("%.2f %%, of the empty process %.2f %%", cpu, empty))
	}
	return goals
}

func (r report) wakeGoals() []judged {
	goals := notYet("to have been parked adds at most 30 us to the median latency", "one by one a park and an unpark take at most 10 us of CPU")
	if r.wake == nil {
		return goals
	}
	added, pair := r.wake.added(), r.wake.pair()
	goals[0].verdict, goals[0].figure = figures.AtMost(added, goalAdded), figures.WithRange(added, figures.Decimals)+" us"
	goals[1].verdict, goals[1].figure = figures.AtMost(pair, goalPair), figures.WithRange(pair, figures.Decimals)+" us"
	return goals
}

// herdGoals: a herd that loses anybody is an error, and nothing is published.
func (r report) herdGoals() []judged {
	goals := notYet("a herd that wakes within a second is answered, every client of it", "in a herd a park and an unpark take at most 10 us of CPU more than none")
	cpu := make(map[mode]float64)
	for _, h := range r.herds {
		cpu[h.mode] = h.median(func(s stampede) float64 { return s.cpu })
		goals[0].take(h.mode, figures.Reached, fmt.Sprintf("%s clients, 99th percentile %s ms", count(h.clients),
			millis(h.latency(func(s stampede) latency { return s.answer }).p99)))
	}
	if len(cpu) == 2 {
		more := cpu[parking] - cpu[unparking]
		goals[1].take(parking, figures.Judge(more <= goalPair), figures.Decimals(more)+" us")
	}
	return goals
}

func (r report) busyGoals() []judged {
	goals := notYet("sysbench's queries/s beside quiet clients within 3 % of beside nobody",
		"sysbench's 95th percentile beside quiet clients within 3 % of beside nobody")
	for _, b := range r.busies {
		qps, p95 := b.changed(qpsOf), b.changed(p95Of)
		goals[0].take(b.mode, figures.AtLeast(qps, -goalBusy), percentages(qps)+" %")
		goals[1].take(b.mode, figures.AtMost(p95, goalBusy), percentages(p95)+" %")
	}
	return goals
}

// percentages writes changes.
func percentages(s figures.Spread) string {
	return figures.WithRange(s, func(x float64) string { return fmt.Sprintf("%+.1f", 100*x) })
}

// sweepGoals say whether lines are straight, and which are flat. Memory is judged by what each further client takes
// from one number to the next: before the first, the process has room for some.
func (r report) sweepGoals() []judged {
	most := count(slices.Max(r.options.counts))
	goals := notYet("resident memory of each further client, up to "+most+", at most 1,024 B", "heap of each further client, up to "+most+", at most 512 B",
		"any number of quiet clients uses no CPU (0.0 % of a core)",
		fmt.Sprintf("a query of busy clients takes at most %.2f times the CPU beside any number of quiet ones", goalFlat),
		fmt.Sprintf("it takes at most %.2f times the time, at the median", goalFlat))
	for _, m := range r.options.modes {
		var points []point
		for _, p := range r.points {
			if p.mode == m {
				points = append(points, p)
			}
		}
		if len(points) < 2 {
			continue
		}
		rss, heap := steepest(points, func(p point) float64 { return p.rss }), steepest(points, func(p point) float64 { return p.heap })
		goals[0].take(m, figures.Judge(rss <= goalRSS), figures.Count(rss)+" B")
		goals[1].take(m, figures.Judge(heap <= goalHeap), figures.Count(heap)+" B")
		cpu := slices.MaxFunc(points, func(a, b point) int { return cmp.Compare(a.quiet-a.quietAlone, b.quiet-b.quietAlone) })
		goals[2].take(m, figures.Judge(cpu.quiet-cpu.quietAlone < goalCPU), fmt.Sprintf("%.2f %% with %s, without %.2f %%", cpu.quiet, count(cpu.clients), cpu.quietAlone))
		goals[3].takeFlat(m, points, func(p point) figures.Spread { return p.times.cpu })
		goals[4].takeFlat(m, points, func(p point) figures.Spread { return p.times.p50 })
	}
	return goals
}

// takeFlat takes a figure of all numbers of clients that is 1 where they change nothing.
func (j *judged) takeFlat(m mode, points []point, of func(point) figures.Spread) {
	var verdicts []figures.Verdict
	var texts []string
	for _, p := range points {
		verdicts = append(verdicts, figures.AtMost(of(p), goalFlat))
		texts = append(texts, fmt.Sprintf("%s beside %s", figures.WithRange(of(p), figures.Hundredths), count(p.clients)))
	}
	j.take(m, worst(verdicts), strings.Join(texts, ", "))
}

// steepest is by how much a figure grows for each client, from one number of clients to the next, where that is most.
func steepest(points []point, of func(point) float64) float64 {
	most := math.Inf(-1)
	for i := range points[1:] {
		a, b := points[i], points[i+1]
		most = max(most, (of(b)-of(a))/float64(b.clients-a.clients))
	}
	return most
}

// worst is missed if any is, else undecided if any is, else reached.
func worst(verdicts []figures.Verdict) figures.Verdict {
	for _, v := range []figures.Verdict{figures.Missed, figures.Undecided} {
		if slices.Contains(verdicts, v) {
			return v
		}
	}
	return figures.Reached
}
