package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/figures"
	"parkway/bench/idle/crowd"
)

// awakeClients are asked so often that they are never parked.
const awakeClients = 100

// waking compares sessions that were quiet for long with ones that never are, in one mode.
type waking struct {
	mode         mode
	clients      int
	rate         float64         // queries a second of each kind
	quiet, awake latency         // medians over the rounds
	added        []time.Duration // at the median, of each round
	pair         []float64       // microseconds of the proxy's CPU for a park and an unpark, or for a query of a quiet session, of each round
	parks        int             // in all rounds, while it was measured
	queries      int             // of quiet sessions, meanwhile
}

// wake measures each mode in phases of two kinds, in turns: one in which only sessions that are awake ask, and one in which half of the
// queries come from sessions that were quiet. What the second costs more is the price of parking.
func wake(ctx context.Context, s *stage) ([]waking, error) {
	var all []waking
	for _, m := range s.options.modes {
		w, err := wakeMode(ctx, s, m)
		if err != nil {
			return nil, fmt.Errorf("idle_loops %s: %w", m, err)
		}
		fmt.Printf("idle_loops %-3s  median of the quiet %v, of the awake %v; CPU of a quiet one's query more: %s us\n",
			m, w.quiet.p50, w.awake.p50, figures.WithRange(figures.SpreadOf(w.pair), figures.Decimals))
		all = append(all, w)
	}
	return all, nil
}

func wakeMode(ctx context.Context, s *stage, m mode) (w waking, err error) {
	n := s.options.clients
	t, err := s.begin(ctx, m, n)
	if err != nil {
		return w, err
	}
	defer t.finish(&err)
	if _, err := t.open(ctx, n); err != nil {
		return w, err
	}
	w = waking{mode: m, clients: n, rate: s.options.wakeRate()}
	// An awake session must ask again before it is parked, and a quiet one only when it has been for a while.
	awake := min(awakeClients, int(w.rate*s.options.idle.Seconds()/2), n/2)
	if awake < 1 {
		return w, fmt.Errorf("%.0f queries a second of %d clients keep nobody awake for %v", w.rate, n, s.options.idle)
	}
	var quietRounds, awakeRounds []latency
	for range s.options.rounds {
		alone, err := t.phase(ctx, s.options, crowd.Stream{Count: awake, PerSecond: 2 * w.rate})
		if err != nil {
			return w, err
		}
		mixed, err := t.phase(ctx, s.options,
			crowd.Stream{Count: awake, PerSecond: w.rate}, crowd.Stream{First: awake, Count: n - awake, PerSecond: w.rate})
		if err != nil {
			return w, err
		}
		a, q := latencyOf(mixed.answers[0].Times), latencyOf(mixed.answers[1].Times)
		awakeRounds, quietRounds = append(awakeRounds, a), append(quietRounds, q)
		w.added = append(w.added, q.p50-a.p50)
		w.queries += len(mixed.answers[1].Times)
		w.parks += mixed.parks
		w.pair = append(w.pair, float64((mixed.cpu-alone.cpu).Nanoseconds())/1000/float64(len(mixed.answers[1].Times)))
	}
	w.quiet, w.awake = medianLatency(quietRounds), medianLatency(awakeRounds)
	return w, nil
}

// wakeRate is the rate that was asked for, or less: each quiet client is to be quiet for three times what parks it.
func (o options) wakeRate() float64 {
	return min(float64(o.rate), float64(o.clients)/(3*o.idle.Seconds()))
}

// phase is what was measured in one phase.
type phase struct {
	answers []crowd.Answers
	cpu     time.Duration
	parks   int // and unparks, whichever are fewer
}

// phase lets the streams ask for as long as the options say, after as much time as it takes until as many are parked again as wake up.
func (t *trial) phase(ctx context.Context, o options, streams ...crowd.Stream) (p phase, err error) {
	ask := func(d time.Duration) ([]crowd.Answers, error) {
		for i := range streams {
			streams[i].Total = max(1, int(streams[i].PerSecond*d.Seconds()))
		}
		return t.ask(streams...)
	}
	if _, err := ask(o.idle + o.idle/4); err != nil {
		return p, err
	}
	before, err := t.sessions(ctx)
	if err != nil {
		return p, err
	}
	p.cpu, err = t.cpuOver(func() error {
		p.answers, err = ask(time.Duration(o.seconds) * time.Second)
		return err
	})
	if err != nil {
		return p, err
	}
	after, err := t.sessions(ctx)
	p.parks = min(after.parks-before.parks, after.unparks-before.unparks)
	return p, err
}
