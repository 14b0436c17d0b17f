package main

import (
	"math"
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
	if cells[c] != want {
		t.Errorf("got %+v, want %+v", cells[c], want)
	}
	if !math.IsNaN(cells[d].cpu.Median) || cells[d].qps.Median != 300 {
		t.Errorf("direct: %+v, want queries and no CPU", cells[d])
	}
}

func TestRatio(t *testing.T) {
	load := cell{"w", 64, parkway}
	cells := map[cell]summary{
		load:               {qps: figures.Spread{Median: 190}, cpu: figures.Spread{Median: 12}},
		{"w", 64, haproxy}: {qps: figures.Spread{Median: 200}, cpu: figures.Spread{Median: 10}},
		{"w", 64, direct}:  {qps: figures.Spread{Median: 400}, cpu: figures.Spread{Median: math.NaN()}},
	}
	for name, test := range map[string]struct {
		over   string
		figure func(summary) figures.Spread
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
