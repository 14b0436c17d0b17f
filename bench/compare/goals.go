package main

import (
	"fmt"
	"slices"
	"strings"

	"parkway/bench/figures"
)

// goalThreads is the number of threads with which the goals are judged.
const goalThreads = 64

// goal is a bound on how two targets compare, whatever sysbench does with goalThreads.
type goal struct {
	of, over string
	figure   figure
	limit    limit
	bound    float64
	by       comparison
}

// limit says on which side of a bound a goal is reached.
type limit string

const (
	atMost  limit = "at most"
	atLeast limit = "at least"
)

// goals are the project's. HAProxy only copies bytes, so that what it takes is near the limit of any proxy. What rules say is
// remembered for each digest: a thousand cost hardly more than none.
var goals = []goal{
	{parkway, haproxy, cpuPerQuery, atMost, 1.25, times},
	{parkway, haproxy, qps, atLeast, 0.95, times},
	{shared, parkway, cpuPerQuery, atMost, 1.15, times},
	{shared, parkway, qps, atLeast, 1, times},
	{ruled, unruled, cpuPerQuery, atMost, 1.05, times},
	{pure, unscripted, cpuPerQuery, atMost, 1.03, times},
	{plain, unscripted, cpuPerQuery, atMost, 2.5, more},
	{offload, beside, p95, atMost, 1.05, times},
}

// String says what is asked for.
func (g goal) String() string {
	return fmt.Sprintf("%s of %s %s %s %s", g.figure.name, g.of, g.limit, fmt.Sprintf(g.by.than, g.bound), g.over)
}

// judge says whether the goal is reached where the targets compare so.
func (g goal) judge(c compared) figures.Verdict {
	if g.limit == atLeast {
		return figures.AtLeast(c.Spread, g.bound)
	}
	return figures.AtMost(c.Spread, g.bound)
}

// verdicts says of each goal whether it was reached, a line for each load; or that none was asked for.
func (r report) verdicts() string {
	var b strings.Builder
	for _, g := range goals {
		if !slices.Contains(r.options.targets, g.of) || !slices.Contains(r.options.targets, g.over) {
			continue
		}
		for _, l := range r.options.loads() {
			if l.threads != goalThreads {
				continue
			}
			c := comparePair(r.cells, l, g.of, g.over, g.figure, g.by)
			fmt.Fprintf(&b, "- %s, %s: %v: %s", l.workload, l.protocol(), g, g.judge(c))
			if c.rounds > 0 {
				fmt.Fprintf(&b, ", %s in %d rounds", figures.WithRange(c.Spread, figures.Hundredths), c.rounds)
			}
			b.WriteString("\n")
		}
	}
	if b.Len() == 0 {
		return fmt.Sprintf("No goal is about these targets, or %d threads were not measured.\n", goalThreads)
	}
	return b.String()
}
