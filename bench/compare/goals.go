package main

import "fmt"

// goalThreads is the number of threads at which the goals are judged.
const goalThreads = 64

// goal is a bound on a ratio between parkway and HAProxy in the same run.
type goal struct {
	name     string
	workload string
	figure   func(summary) spread
	bound    float64
	atMost   bool // else at least
}

// goals are the project's: HAProxy only copies bytes, so this is near the limit of any proxy.
var goals = []goal{
	{"CPU per query", "oltp_point_select", cpuOf, 1.25, true},
	{"queries/s", "oltp_point_select", qpsOf, 0.95, false},
	{"CPU per query", "oltp_read_write", cpuOf, 1.25, true},
	{"queries/s", "oltp_read_write", qpsOf, 0.95, false},
}

// verdict is what the measurement says about a goal.
type verdict string

const (
	reached     verdict = "reached"
	missed      verdict = "MISSED"
	notMeasured verdict = "not measured"
)

// judge compares the medians; the ratio is 0 when they were not measured.
func (g goal) judge(cells map[cell]summary) (verdict, float64) {
	r, ok := ratio(cells, cell{g.workload, goalThreads, parkway}, haproxy, g.figure)
	switch {
	case !ok:
		return notMeasured, 0
	case g.atMost && r <= g.bound, !g.atMost && r >= g.bound:
		return reached, r
	default:
		return missed, r
	}
}

// describe says what is asked for.
func (g goal) describe() string {
	limit := "at least"
	if g.atMost {
		limit = "at most"
	}
	return fmt.Sprintf("%s, %d threads: %s %s %.2f x HAProxy's", g.workload, goalThreads, g.name, limit, g.bound)
}
