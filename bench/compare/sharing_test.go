package main

import (
	"strings"
	"testing"

	"parkway/bench/sysbench"
)

func TestSharingVerdicts(t *testing.T) {
	o := options{workloads: []string{"oltp_point_select"}, targets: []string{parkwayOwn, parkwayShared}}
	cells := func(qps, cpu float64) map[cell]summary {
		own, shared := cell{"oltp_point_select", goalThreads, parkwayOwn}, cell{"oltp_point_select", goalThreads, parkwayShared}
		return summarize([]sample{
			{run{own, 1}, sysbench.Result{QPS: 100}, 20},
			{run{shared, 1}, sysbench.Result{QPS: qps}, cpu},
		})
	}
	got := sharingVerdicts(o, []sharingResult{
		{name: "text", cells: cells(100, 23)},
		{name: "prepared", cells: cells(99, 24)},
		{name: "neither", cells: map[cell]summary{}},
	})
	for i, want := range []string{
		"text, shared: queries/s at least 1.00 x with a connection each: reached (1.00)",
		"text, shared: CPU per query at most 1.15 x with a connection each: reached (1.15)",
		"prepared, shared: queries/s at least 1.00 x with a connection each: MISSED (0.99)",
		"prepared, shared: CPU per query at most 1.15 x with a connection each: MISSED (1.20)",
		"neither, shared: queries/s at least 1.00 x with a connection each: not measured (0.00)",
	} {
		if line := strings.Split(got, "\n")[i]; !strings.Contains(line, want) {
			t.Errorf("got %q, want %q in it", line, want)
		}
	}
}
