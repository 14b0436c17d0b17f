package main

import (
	"slices"
	"time"

	"parkway/bench/figures"
)

// latency is how long queries, or logins, took.
type latency struct {
	p50, p95, p99, max time.Duration
}

// latencyOf sorts times, of which there is at least one.
func latencyOf(times []time.Duration) latency {
	slices.Sort(times)
	at := func(percent int) time.Duration { return times[(len(times)-1)*percent/100] }
	return latency{at(50), at(95), at(99), at(100)}
}

// medianLatency takes the median of each figure over the rounds.
func medianLatency(rounds []latency) latency {
	of := func(figure func(latency) time.Duration) time.Duration {
		var values []float64
		for _, l := range rounds {
			values = append(values, float64(figure(l)))
		}
		return time.Duration(figures.Median(values))
	}
	return latency{
		p50: of(func(l latency) time.Duration { return l.p50 }),
		p95: of(func(l latency) time.Duration { return l.p95 }),
		p99: of(func(l latency) time.Duration { return l.p99 }),
		max: of(func(l latency) time.Duration { return l.max }),
	}
}
