package main

import (
	"math"
	"reflect"
	"testing"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

func TestSummarize(t *testing.T) {
	c, d := cell{"w", 64, haproxy}, cell{"w", 64, direct}
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
func TestRatio(t *testing.T) {
	load := cell{"w", 64, parkway}
	of := func(target string, round int, qps, cpu float64) sample {
		return sample{run{cell{"w", 64, target}, round}, sysbench.Result{QPS: qps}, cpu}
	}
	cells := summarize([]sample{
		of(parkway, 1, 190, 12), of(haproxy, 1, 200, 10), of(direct, 1, 400, math.NaN()),
		of(parkway, 2, 95, 24), of(haproxy, 2, 100, 20),
		of(parkway, 3, 200, 12), of(haproxy, 3, 180, 12),
		of(parkway, 4, 1, 1),
	})
	for name, test := range map[string]struct {
		over   string
		figure func(sample) float64
		want   float64
		ok     bool
	}{
		"queries":       {haproxy, qpsOf, 0.95, true},
		"CPU":           {haproxy, cpuOf, 1.2, true},
		"no CPU to ask": {direct, cpuOf, 0, false},
		"not measured":  {parkwayOld, qpsOf, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := ratio(cells, load, test.over, test.figure)
			if ok != test.ok || ok && got != test.want {
				t.Errorf("got %v %v, want %v %v", got, ok, test.want, test.ok)
			}
		})
	}
}
