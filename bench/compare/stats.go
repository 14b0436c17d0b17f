package main

import (
	"math"

	"parkway/bench/figures"
)

// summary is one cell over the rounds.
type summary struct {
	qps, p95, cpu figures.Spread
	ignored       int64          // in all rounds
	rounds        map[int]sample // by round
}

// summarize groups the samples by cell.
func summarize(samples []sample) map[cell]summary {
	groups := make(map[cell][]sample)
	for _, s := range samples {
		groups[s.cell] = append(groups[s.cell], s)
	}
	summaries := make(map[cell]summary)
	for c, group := range groups {
		var qps, p95, cpu []float64
		sum := summary{rounds: make(map[int]sample)}
		for _, s := range group {
			qps, p95, cpu = append(qps, s.QPS), append(p95, s.P95), append(cpu, s.cpu)
			sum.ignored += s.Ignored
			sum.rounds[s.round] = s
		}
		sum.qps, sum.p95, sum.cpu = figures.SpreadOf(qps), figures.SpreadOf(p95), figures.SpreadOf(cpu)
		summaries[c] = sum
	}
	return summaries
}

// ratio of one figure between two targets at the same load: the median of the ratios in each round, in which one is measured right after the
// other; a shared machine is faster in one minute than in the next. ok is false where either was not measured.
func ratio(cells map[cell]summary, load cell, over string, figure func(sample) float64) (r float64, ok bool) {
	return paired(cells, load, over, figure, func(a, b float64) float64 { return a / b })
}

// difference is ratio, but of how much more one has than the other.
func difference(cells map[cell]summary, load cell, over string, figure func(sample) float64) (d float64, ok bool) {
	return paired(cells, load, over, figure, func(a, b float64) float64 { return a - b })
}

// paired is the median over the rounds of what by makes of the figures of two targets.
func paired(cells map[cell]summary, load cell, over string, figure func(sample) float64, by func(a, b float64) float64) (x float64, ok bool) {
	under := load
	under.target = over
	var all []float64
	for round, a := range cells[load].rounds {
		b, both := cells[under].rounds[round]
		if x := by(figure(a), figure(b)); both && !math.IsNaN(x) && !math.IsInf(x, 0) {
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	return figures.Median(all), true
}

func qpsOf(s sample) float64 { return s.QPS }
func cpuOf(s sample) float64 { return s.cpu }
func p95Of(s sample) float64 { return s.P95 }
