package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/figures"
	"parkway/bench/idle/crowd"
	"parkway/bench/turns"
)

const (
	herdTime    = time.Second            // in which each client asks once
	witnesses   = 20                     // clients that are not of the herd, and ask all the time
	witnessPace = 200                    // their queries a second
	aloneTime   = 2 * time.Second        // of the witnesses, before the herd wakes
	besideTime  = herdTime + time.Second // of the witnesses, from when it wakes
)

// stampede is one round of the herd in one mode.
type stampede struct {
	login           latency       // of one client
	loginsPerSecond float64       // of all
	answer          latency       // of one client of the herd
	all             time.Duration // from the first query to the last answer
	cpu             float64       // microseconds of the proxy for each client of the herd, from the first query until all are quiet again
	alone, beside   latency       // of the witnesses, before the herd woke and while it did
	gone            time.Duration // after all have left at once
}

// herding is the herd in one mode.
type herding struct {
	mode    mode
	clients int
	rounds  []stampede
}

// herd lets all clients come, wake and leave, in a fresh proxy for each mode and round.
func herd(ctx context.Context, s *stage) ([]herding, error) {
	rounds := make(map[mode][]stampede)
	for round := range s.options.rounds {
		for _, m := range turns.Order(s.options.modes, round) {
			one, err := herdOnce(ctx, s, m)
			if err != nil {
				return nil, fmt.Errorf("idle_loops %s, round %d: %w", m, round+1, err)
			}
			fmt.Printf("round %d  idle_loops %-3s  %s logins/s; all answered after %v, median %v, 99th percentile %v; %.1f us CPU each\n",
				round+1, m, figures.Count(one.loginsPerSecond), one.all.Round(time.Millisecond), one.answer.p50, one.answer.p99, one.cpu)
			rounds[m] = append(rounds[m], one)
		}
	}
	var all []herding
	for _, m := range s.options.modes {
		all = append(all, herding{mode: m, clients: s.options.clients, rounds: rounds[m]})
	}
	return all, nil
}

func herdOnce(ctx context.Context, s *stage, m mode) (one stampede, err error) {
	n := s.options.clients
	t, err := s.begin(ctx, m, n+witnesses)
	if err != nil {
		return one, err
	}
	defer t.finish(&err)
	arrival, err := t.open(ctx, n)
	if err != nil {
		return one, err
	}
	one.login, one.loginsPerSecond = latencyOf(arrival.Times), float64(n)/arrival.Took.Seconds()
	if _, err := t.open(ctx, witnesses); err != nil {
		return one, err
	}
	watch := func(d time.Duration) crowd.Stream {
		return crowd.Stream{First: n, Count: witnesses, Total: int(witnessPace * d.Seconds()), PerSecond: witnessPace}
	}
	before, err := t.ask(watch(aloneTime))
	if err != nil {
		return one, err
	}
	var answers []crowd.Answers
	used, err := t.cpuOver(func() error {
		answers, err = t.ask(crowd.Stream{Count: n, Total: n, PerSecond: float64(n) / herdTime.Seconds()}, watch(besideTime))
		if err != nil {
			return err
		}
		return pause(ctx, t.options.idle+herdTime)
	})
	if err != nil {
		return one, err
	}
	one.cpu = float64(used.Nanoseconds()) / 1000 / float64(n)
	one.alone, one.beside = latencyOf(before[0].Times), latencyOf(answers[1].Times)
	one.answer, one.all = latencyOf(answers[0].Times), answers[0].Took
	one.gone, err = t.leave(ctx)
	return one, err
}

// median is a figure of the rounds.
func (h herding) median(figure func(stampede) float64) float64 {
	var values []float64
	for _, r := range h.rounds {
		values = append(values, figure(r))
	}
	return figures.Median(values)
}

// latency is the median over the rounds of a latency.
func (h herding) latency(of func(stampede) latency) latency {
	var rounds []latency
	for _, r := range h.rounds {
		rounds = append(rounds, of(r))
	}
	return medianLatency(rounds)
}
