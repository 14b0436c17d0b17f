package main

import (
	"math"

	"parkway/bench/figures"
)

// figure is one of what is measured in a run.
type figure struct {
	name string
	of   func(sample) float64
}

var (
	qps         = figure{"queries/s", func(s sample) float64 { return s.QPS }}
	p95         = figure{"95th percentile", func(s sample) float64 { return s.P95 }}
	cpuPerQuery = figure{"CPU per query", func(s sample) float64 { return s.cpu }}
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
		spread := func(f figure) figures.Spread {
			var values []float64
			for _, s := range group {
				values = append(values, f.of(s))
			}
			return figures.SpreadOf(values)
		}
		sum := summary{qps: spread(qps), p95: spread(p95), cpu: spread(cpuPerQuery), rounds: make(map[int]sample)}
		for _, s := range group {
			sum.ignored += s.Ignored
			sum.rounds[s.round] = s
		}
		summaries[c] = sum
	}
	return summaries
}

// comparison is a way to compare a figure of two targets.
type comparison struct {
	than string // how a bound on it reads, with the bound
	of   func(a, b float64) float64
}

var (
	times = comparison{"%.2f x that of", func(a, b float64) float64 { return a / b }}
	more  = comparison{"%.1f us more than that of", func(a, b float64) float64 { return a - b }}
)

// compared is how a figure of two targets compares.
type compared struct {
	figures.Spread // the median over the rounds, with its confidence interval; NaN without a round
	rounds         int
}

// comparePair compares two targets under the same load in each round, in which one is measured right after the other: a shared machine is
// faster in one minute than in the next. Rounds that lack one of them, or its figure, do not count.
func comparePair(cells map[cell]summary, l load, of, over string, f figure, by comparison) compared {
	under := cells[cell{l, over}].rounds
	var all []float64
	for round, a := range cells[cell{l, of}].rounds {
		b, both := under[round]
		if x := by.of(f.of(a), f.of(b)); both && !math.IsNaN(x) && !math.IsInf(x, 0) {
			all = append(all, x)
		}
	}
	return compared{figures.Confidence(all), len(all)}
}
