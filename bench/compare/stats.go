package main

import (
	"math"

	"parkway/bench/figures"
)

// summary is one cell over the rounds.
type summary struct {
	qps, p95, cpu figures.Spread
	ignored       int64 // in all rounds
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
		var sum summary
		for _, s := range group {
			qps, p95, cpu = append(qps, s.QPS), append(p95, s.P95), append(cpu, s.cpu)
			sum.ignored += s.Ignored
		}
		sum.qps, sum.p95, sum.cpu = figures.SpreadOf(qps), figures.SpreadOf(p95), figures.SpreadOf(cpu)
		summaries[c] = sum
	}
	return summaries
}

// ratio of the medians of one figure between two targets at the same load; ok is false where either was not measured.
func ratio(cells map[cell]summary, load cell, over string, figure func(summary) figures.Spread) (r float64, ok bool) {
	under := load
	under.target = over
	a, okA := cells[load]
	b, okB := cells[under]
	if !okA || !okB {
		return 0, false
	}
	r = figure(a).Median / figure(b).Median
	return r, !math.IsNaN(r) && !math.IsInf(r, 0)
}

func qpsOf(s summary) figures.Spread { return s.qps }
func cpuOf(s summary) figures.Spread { return s.cpu }
