package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parkway/bench/figures"
	"parkway/bench/idle/crowd"
	"parkway/bench/turns"
)

// waking compares clients that are parked when they ask with clients that are as quiet, but of a proxy that does not park.
type waking struct {
	clients int     // of each proxy
	rate    float64 // queries a second of each
	turns   []wakeTurn
}

// wakeTurn is what both proxies did in the same moments, a query of the one among those of the other: what else the machine does, which changes
// from one second to the next by more than parking costs, is the same for both. The difference is the price of parking.
type wakeTurn struct{ parked, unparked wakeHalf }

// wakeHalf is what one proxy did in a turn.
type wakeHalf struct {
	answer latency
	cpu    float64 // microseconds for each query
}

const (
	wakeTime       = 500 * time.Millisecond // of a turn: enough queries for their CPU time to mean something
	turnsPerSecond = 3                      // turns with two proxies for each second of options.seconds
	pairsARound    = 2                      // of fresh proxies: no two processes are quite alike
)

// wake measures in rounds, each with fresh proxies.
func wake(ctx context.Context, s *stage) (*waking, error) {
	w := &waking{clients: s.options.clients, rate: s.options.wakeRate()}
	for n := range pairsARound * s.options.rounds {
		if err := w.withFresh(ctx, s, turns.Order([]mode{parking, unparking}, n)); err != nil {
			return nil, err
		}
		fmt.Printf("%3d turns: median of the parked %v, of the others %v; a park and an unpark take %s us of CPU, a query without %s\n", len(w.turns), w.latency(parkedHalf).p50,
			w.latency(unparkedHalf).p50, figures.WithRange(w.pair(), figures.Decimals), figures.WithRange(w.cpu(unparkedHalf), figures.Decimals))
	}
	return w, nil
}

// withFresh measures with two fresh proxies, which are started in that order.
func (w *waking) withFresh(ctx context.Context, s *stage, modes []mode) (err error) {
	proxies := make(map[mode]*askedInTurns)
	for _, m := range modes {
		t, err := s.begin(ctx, m, w.clients)
		if err != nil {
			return fmt.Errorf("idle_loops %s: %w", m, err)
		}
		defer t.finish(&err)
		if _, err := t.open(ctx, w.clients); err != nil {
			return fmt.Errorf("idle_loops %s: %w", m, err)
		}
		proxies[m] = &askedInTurns{trial: t}
	}
	parked := proxies[parking]
	turn := func() (wakeTurn, error) { return w.turn(parked, proxies[unparking]) }
	// Until as many are parked in a turn as wake up.
	for begun := time.Now(); time.Since(begun) < s.options.idle+s.options.idle/4; {
		if _, err := turn(); err != nil {
			return err
		}
	}
	before, err := parked.sessions(ctx)
	if err != nil {
		return err
	}
	queries := 0
	for range turnsPerSecond * s.options.seconds {
		one, err := turn()
		if err != nil {
			return err
		}
		w.turns = append(w.turns, one)
		queries += w.perTurn()
	}
	after, err := parked.sessions(ctx)
	if err != nil {
		return err
	}
	if parks, unparks := after.parks-before.parks, after.unparks-before.unparks; unparks != queries || parks < queries*9/10 {
		return fmt.Errorf("%d queries woke %d clients, and %d were parked: the others had not been quiet for long enough", queries, unparks, parks)
	}
	return nil
}

// perTurn is how many clients of each proxy ask in a turn.
func (w *waking) perTurn() int { return max(1, int(w.rate*wakeTime.Seconds())) }

// turn lets some clients of each proxy ask, one after the other.
func (w *waking) turn(parked, unparked *askedInTurns) (one wakeTurn, err error) {
	one.parked, one.unparked, err = both(parked, unparked, func(a *askedInTurns) (wakeHalf, error) { return a.askSome(w.perTurn(), w.rate) })
	return one, err
}

// askedInTurns is a proxy with clients that ask one after the other, and who of them is next.
type askedInTurns struct {
	*trial
	next int
}

// askSome lets the next n clients ask, once each.
func (a *askedInTurns) askSome(n int, rate float64) (half wakeHalf, err error) {
	all := a.options.clients
	if n > all {
		return half, errors.New("more queries in a turn than clients")
	}
	if a.next+n > all {
		a.next = 0 // The last few are never asked.
	}
	var answers []crowd.Answers
	used, err := a.cpuOver(func() (err error) {
		answers, err = a.ask(crowd.Stream{First: a.next, Count: n, Total: n, PerSecond: rate})
		return err
	})
	if err != nil {
		return half, err
	}
	a.next += n
	return wakeHalf{latencyOf(answers[0].Times), inMicros(used) / float64(n)}, nil
}

// wakeRate is the rate that was asked for, or less: each client is to be quiet for three times what parks it.
func (o options) wakeRate() float64 {
	return min(float64(o.rate), float64(o.clients)/(3*o.idle.Seconds()))
}

func parkedHalf(t wakeTurn) wakeHalf   { return t.parked }
func unparkedHalf(t wakeTurn) wakeHalf { return t.unparked }

// latency is the median over the turns.
func (w *waking) latency(of func(wakeTurn) wakeHalf) latency {
	var turns []latency
	for _, t := range w.turns {
		turns = append(turns, of(t).answer)
	}
	return medianLatency(turns)
}

// cpu is that for a query, in microseconds: the median over the turns with its confidence interval.
func (w *waking) cpu(of func(wakeTurn) wakeHalf) figures.Spread {
	return w.confidence(func(t wakeTurn) float64 { return of(t).cpu })
}

// pair is what a park and an unpark take, in microseconds of CPU: by how much more a proxy that parks takes for a query in each turn.
func (w *waking) pair() figures.Spread {
	return w.confidence(func(t wakeTurn) float64 { return t.parked.cpu - t.unparked.cpu })
}

// added is what it adds to the median latency, in microseconds.
func (w *waking) added() figures.Spread {
	return w.confidence(func(t wakeTurn) float64 { return inMicros(t.parked.answer.p50 - t.unparked.answer.p50) })
}

func (w *waking) confidence(of func(wakeTurn) float64) figures.Spread {
	var values []float64
	for _, t := range w.turns {
		values = append(values, of(t))
	}
	return figures.Confidence(values)
}
