package main

import (
	"fmt"

	"parkway/bench/figures"
)

// goalThreads is the number of threads at which the goals are judged.
const goalThreads = 64

// goal is a bound on a ratio between two targets in the same run.
type goal struct {
	of, over string
	name     string
	workload string
	figure   func(sample) float64
	bound    float64
	atMost   bool // else at least
}

// goals are the project's. HAProxy only copies bytes, so that what it takes is near the limit of any proxy. What rules say is
// remembered for each digest: a thousand cost hardly more than none.
var goals = []goal{
	{parkway, haproxy, "CPU per query", "oltp_point_select", cpuOf, 1.25, true},
	{parkway, haproxy, "queries/s", "oltp_point_select", qpsOf, 0.95, false},
	{parkway, haproxy, "CPU per query", "oltp_read_write", cpuOf, 1.25, true},
	{parkway, haproxy, "queries/s", "oltp_read_write", qpsOf, 0.95, false},
	{ruled, unruled, "CPU per query", "oltp_point_select", cpuOf, 1.05, true},
	{ruled, unruled, "CPU per query", "oltp_read_write", cpuOf, 1.05, true},
	{pure, unscripted, "CPU per query", "oltp_point_select", cpuOf, 1.03, true},
	{pure, unscripted, "CPU per query", "oltp_read_write", cpuOf, 1.03, true},
	{offload, beside, "95th percentile", "oltp_point_select", p95Of, 1.05, true},
}

// excess is a bound on how much more one target takes than another.
type excess struct {
	of, over, workload string
	bound              float64 // microseconds of CPU per query
}

// excesses are the project's.
var excesses = []excess{
	{plain, unscripted, "oltp_point_select", 2.5},
	{plain, unscripted, "oltp_read_write", 2.5},
}

// judge is goal's; it returns how much more it is.
func (e excess) judge(cells map[cell]summary) (figures.Verdict, float64) {
	d, ok := difference(cells, cell{e.workload, goalThreads, e.of}, e.over, cpuOf)
	return verdictOf(d, ok, e.bound, true), d
}

// describe is goal's.
func (e excess) describe() string {
	return fmt.Sprintf("%s, %d threads: CPU per query of %s at most %.1f us more than that of %s", e.workload, goalThreads, e.of, e.bound, e.over)
}

// judge looks at the ratio, which is 0 when it was not measured.
func (g goal) judge(cells map[cell]summary) (figures.Verdict, float64) {
	r, ok := ratio(cells, cell{g.workload, goalThreads, g.of}, g.over, g.figure)
	return verdictOf(r, ok, g.bound, g.atMost), r
}

// verdictOf compares what was measured, if it was, with the bound.
func verdictOf(x float64, ok bool, bound float64, atMost bool) figures.Verdict {
	if !ok {
		return figures.NotMeasured
	}
	return figures.Judge(atMost && x <= bound || !atMost && x >= bound)
}

// describe says what is asked for.
func (g goal) describe() string {
	limit := "at least"
	if g.atMost {
		limit = "at most"
	}
	what, than := g.name, "HAProxy's"
	if g.over != haproxy {
		what, than = g.name+" of "+g.of, "that of "+g.over
	}
	return fmt.Sprintf("%s, %d threads: %s %s %.2f x %s", g.workload, goalThreads, what, limit, g.bound, than)
}
