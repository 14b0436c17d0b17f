package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/figures"
)

// sweepQuiet is how long a sweep looks at the CPU of quiet clients, in each round, before it looks at the memory, with them and without: long enough for the
// proxy to see that it is quiet, and to give back what their arrival has left.
const sweepQuiet = 15 * time.Second

// point is what a number of quiet clients costs, in one mode.
type point struct {
	crowding
	rss, collected, heap figures.Spread // bytes beyond the empty process, of all clients together
	idle                 figures.Spread // percent of a core while all keep quiet
	logins               figures.Spread // a second, while they came
	load                 busying        // of sysbench beside them
}

// sample is one round of a point.
type sample struct {
	rss, collected, heap, idle, logins float64
	load                               load
}

// sweep measures each number of clients in each mode, in turns.
func sweep(ctx context.Context, s *stage) ([]point, error) {
	if err := s.prepareTables(ctx); err != nil {
		return nil, err
	}
	var at []crowding
	for _, n := range s.options.counts {
		for _, m := range s.options.modes {
			at = append(at, crowding{m, n})
		}
	}
	samples := make(map[crowding][]sample)
	for round := range s.options.rounds {
		for _, c := range inTurns(at, round) {
			one, err := sweepOnce(ctx, s, c)
			if err != nil {
				return nil, fmt.Errorf("%v, round %d: %w", c, round+1, err)
			}
			n := float64(c.clients)
			fmt.Printf("round %d  %-32v %6.0f B resident, %6.0f B heap each  %.2f %% CPU  %7s logins/s  %5.1f us CPU/query\n",
				round+1, c, one.rss/n, one.heap/n, one.idle, figures.Count(one.logins), one.load.cpu)
			samples[c] = append(samples[c], one)
		}
	}
	var points []point
	for _, c := range at {
		points = append(points, pointOf(c, samples[c]))
	}
	return points, nil
}

func pointOf(c crowding, samples []sample) point {
	spread := func(figure func(sample) float64) figures.Spread {
		var values []float64
		for _, s := range samples {
			values = append(values, figure(s))
		}
		return figures.SpreadOf(values)
	}
	var loads []load
	for _, s := range samples {
		loads = append(loads, s.load)
	}
	return point{
		crowding:  c,
		rss:       spread(func(s sample) float64 { return s.rss }),
		collected: spread(func(s sample) float64 { return s.collected }),
		heap:      spread(func(s sample) float64 { return s.heap }),
		idle:      spread(func(s sample) float64 { return s.idle }),
		logins:    spread(func(s sample) float64 { return s.logins }),
		load:      busyingOf(c, loads),
	}
}

func sweepOnce(ctx context.Context, s *stage, c crowding) (one sample, err error) {
	t, err := s.begin(ctx, c.mode, c.clients)
	if err != nil {
		return one, err
	}
	defer t.finish(&err)
	if _, err := t.rest(ctx, sweepQuiet); err != nil {
		return one, err
	}
	arrival, err := t.open(ctx, c.clients)
	if err != nil {
		return one, err
	}
	one.logins = float64(c.clients) / arrival.Took.Seconds()
	if one.idle, err = t.quietCPU(ctx, sweepQuiet); err != nil {
		return one, err
	}
	full, err := t.footprint(ctx)
	if err != nil {
		return one, err
	}
	one.rss, one.collected, one.heap = full.perClient(t.empty, 1)
	one.load, err = t.load(ctx, time.Duration(s.options.seconds)*time.Second)
	return one, err
}
