package main

import (
	"math"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	for name, test := range map[string]struct {
		values []float64
		want   spread
	}{
		"one":  {[]float64{5}, spread{5, 5, 5}},
		"two":  {[]float64{4, 1}, spread{2.5, 1, 4}},
		"odd":  {[]float64{9, 1, 3}, spread{3, 1, 9}},
		"even": {[]float64{8, 2, 4, 100}, spread{6, 2, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := spreadOf(test.values); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestMedianKeepsItsInput(t *testing.T) {
	values := []float64{3, 1, 2}
	median(values)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("the values were reordered: %v", values)
	}
}

func TestSummarize(t *testing.T) {
	c, d := cell{"w", 64, haproxy}, cell{"w", 64, direct}
	cells := summarize([]sample{
		{run{c, 1}, output{qps: 100, p95: 1, ignored: 2}, 10},
		{run{d, 1}, output{qps: 300, p95: 1}, math.NaN()},
		{run{c, 2}, output{qps: 200, p95: 3, ignored: 1}, 30},
		{run{c, 3}, output{qps: 120, p95: 2}, 20},
	})
	want := summary{qps: spread{120, 100, 200}, p95: spread{2, 1, 3}, cpu: spread{20, 10, 30}, ignored: 3}
	if cells[c] != want {
		t.Errorf("got %+v, want %+v", cells[c], want)
	}
	if !math.IsNaN(cells[d].cpu.median) || cells[d].qps.median != 300 {
		t.Errorf("direct: %+v, want queries and no CPU", cells[d])
	}
}

func TestRatio(t *testing.T) {
	load := cell{"w", 64, parkway}
	cells := map[cell]summary{
		load:               {qps: spread{median: 190}, cpu: spread{median: 12}},
		{"w", 64, haproxy}: {qps: spread{median: 200}, cpu: spread{median: 10}},
		{"w", 64, direct}:  {qps: spread{median: 400}, cpu: spread{median: math.NaN()}},
	}
	for name, test := range map[string]struct {
		over   string
		figure func(summary) spread
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
