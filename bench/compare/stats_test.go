package main

import (
	"math"
	"reflect"
	"testing"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

func TestSummarize(t *testing.T) {
	c, d := cell{judged, haproxy}, cell{judged, direct}
	cells := summarize([]sample{
		{run{c, 1}, sysbench.Result{QPS: 100, P95: 1, Ignored: 2}, 10},
		{run{d, 1}, sysbench.Result{QPS: 300, P95: 1}, math.NaN()},
		{run{c, 2}, sysbench.Result{QPS: 200, P95: 3, Ignored: 1}, 30},
		{run{c, 3}, sysbench.Result{QPS: 120, P95: 2}, 20},
	})
	want := summary{
		qps:     figures.Spread{Median: 120, Low: 100, High: 200},
		p95:     figures.Spread{Median: 2, Low: 1, High: 3},
		cpu:     figures.Spread{Median: 20, Low: 10, High: 30},
		ignored: 3,
	}
	got := cells[c]
	if got.rounds = nil; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !math.IsNaN(cells[d].cpu.Median) || cells[d].qps.Median != 300 {
		t.Errorf("direct: %+v, want queries and no CPU", cells[d])
	}
}

// The rounds are compared one by one: in the second the machine was half as fast, and all of it counts.
func TestComparePair(t *testing.T) {
	of := func(target string, round int, qps, cpu float64) sample {
		return sample{run{cell{judged, target}, round}, sysbench.Result{QPS: qps}, cpu}
	}
	cells := summarize([]sample{
		of(parkway, 1, 190, 12), of(haproxy, 1, 200, 10), of(direct, 1, 400, math.NaN()),
		of(parkway, 2, 95, 24), of(haproxy, 2, 100, 20),
		of(parkway, 3, 200, 13), of(haproxy, 3, 180, 10),
		of(parkway, 4, 1, 1),
	})
	for name, test := range map[string]struct {
		over   string
		figure figure
		by     comparison
		want   float64
		rounds int
	}{
		"queries":       {haproxy, qps, times, 0.95, 3},
		"CPU":           {haproxy, cpuPerQuery, times, 1.2, 3},
		"CPU more":      {haproxy, cpuPerQuery, more, 3, 3},
		"no CPU to ask": {direct, cpuPerQuery, times, math.NaN(), 0},
		"not measured":  {parkwayOld, qps, times, math.NaN(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := comparePair(cells, judged, parkway, test.over, test.figure, test.by)
			if got.rounds != test.rounds || got.Median != test.want && !(math.IsNaN(got.Median) && math.IsNaN(test.want)) {
				t.Errorf("got %+v, want %v in %d rounds", got, test.want, test.rounds)
			}
			if test.rounds > 0 && !math.IsInf(got.High, 1) {
				t.Errorf("three rounds make it certain: %+v", got)
			}
		})
	}
}
