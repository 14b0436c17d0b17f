package main

import (
	"math"
	"slices"
)

// spread is one figure over the rounds.
type spread struct {
	median, low, high float64
}

// spreadOf returns NaNs for no values.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return spread{median(values), slices.Min(values), slices.Max(values)}
}

// median of at least one value; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// summary is one cell over the rounds.
type summary struct {
	qps, p95, cpu spread
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
			qps, p95, cpu = append(qps, s.qps), append(p95, s.p95), append(cpu, s.cpu)
			sum.ignored += s.ignored
		}
		sum.qps, sum.p95, sum.cpu = spreadOf(qps), spreadOf(p95), spreadOf(cpu)
		summaries[c] = sum
	}
	return summaries
}

// ratio of the medians of one figure between two targets at the same load; ok is false where either was not measured.
func ratio(cells map[cell]summary, load cell, over string, figure func(summary) spread) (r float64, ok bool) {
	under := load
	under.target = over
	a, okA := cells[load]
	b, okB := cells[under]
	if !okA || !okB {
		return 0, false
	}
	r = figure(a).median / figure(b).median
	return r, !math.IsNaN(r) && !math.IsInf(r, 0)
}

func qpsOf(s summary) spread { return s.qps }
func cpuOf(s summary) spread { return s.cpu }
