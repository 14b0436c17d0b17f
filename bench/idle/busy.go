package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

// load is one run of sysbench's point selects.
type load struct {
	qps float64
	p95 float64 // milliseconds
	cpu float64 // microseconds of the proxy per query
}

// turn is sysbench beside nobody, and beside the quiet clients: a shared machine is faster in one minute than in the
// next, so that what is compared is of the same turn.
type turn struct {
	alone, beside load
}

// turnsARound is how many turns a round has, and turnPart what each of its two runs of sysbench takes of options.seconds: many short turns
// say more than a few long ones.
const (
	turnsARound = 4
	turnPart    = 2
)

// busying is what sysbench measured of a proxy that has quiet clients now and none then.
type busying struct {
	crowding
	turns []turn
}

// alone and beside are a figure of all turns.
func (b busying) alone(figure func(load) float64) figures.Spread {
	return b.spread(func(t turn) float64 { return figure(t.alone) })
}

func (b busying) beside(figure func(load) float64) figures.Spread {
	return b.spread(func(t turn) float64 { return figure(t.beside) })
}

// changed is by how much a figure is higher beside the quiet clients than beside nobody, and where the median of that lies: 0.01 is one percent.
func (b busying) changed(figure func(load) float64) figures.Spread {
	return figures.Confidence(b.each(func(t turn) float64 { return figure(t.beside)/figure(t.alone) - 1 }))
}

func (b busying) spread(of func(turn) float64) figures.Spread { return figures.SpreadOf(b.each(of)) }

func (b busying) each(of func(turn) float64) (values []float64) {
	for _, t := range b.turns {
		values = append(values, of(t))
	}
	return values
}

func qpsOf(l load) float64 { return l.qps }
func p95Of(l load) float64 { return l.p95 }
func cpuOf(l load) float64 { return l.cpu }

// busy runs sysbench beside nobody and beside the quiet clients, in turns; in each mode with one proxy.
func busy(ctx context.Context, s *stage) ([]busying, error) {
	if err := s.prepareTables(ctx); err != nil {
		return nil, err
	}
	var all []busying
	for _, m := range s.options.modes {
		b, err := busyWith(ctx, s, crowding{m, s.options.clients})
		if err != nil {
			return nil, fmt.Errorf("%v: %w", b.crowding, err)
		}
		all = append(all, b)
	}
	return all, nil
}

func busyWith(ctx context.Context, s *stage, c crowding) (b busying, err error) {
	b.crowding = c
	t, err := s.begin(ctx, c.mode, c.clients)
	if err != nil {
		return b, err
	}
	defer t.finish(&err)
	for n := range turnsARound * s.options.rounds {
		one, err := t.turn(ctx, c.clients, n%2 == 1)
		if err != nil {
			return b, fmt.Errorf("turn %d: %w", n+1, err)
		}
		fmt.Printf("turn %2d  idle_loops %-3s  beside nobody %9s queries/s  %5.2f ms  %5.1f us CPU/query, beside %s clients %9s  %5.2f  %5.1f\n", n+1, c.mode,
			figures.Count(one.alone.qps), one.alone.p95, one.alone.cpu, count(c.clients), figures.Count(one.beside.qps), one.beside.p95, one.beside.cpu)
		b.turns = append(b.turns, one)
	}
	return b, nil
}

// turn measures both. It begins as the turn before has ended: beside quiet clients, if the proxy is crowded, which leave after the first run; else
// beside nobody, and they come. Between the runs the proxy gives back what their arrival, or they themselves, have left.
func (t *trial) turn(ctx context.Context, clients int, crowded bool) (one turn, err error) {
	first, second := &one.alone, &one.beside
	if crowded {
		first, second = second, first
	}
	if *first, err = t.load(ctx); err != nil {
		return one, err
	}
	if crowded {
		_, err = t.leave(ctx)
	} else {
		_, err = t.open(ctx, clients)
	}
	if err != nil {
		return one, err
	}
	if err := pause(ctx, calmTime); err != nil {
		return one, err
	}
	*second, err = t.load(ctx)
	return one, err
}

// load runs sysbench, after a second of it that does not count.
func (t *trial) load(ctx context.Context) (load, error) {
	bench := sysbench.Run{
		Workload: "oltp_point_select", Addr: t.proxy.Addr, Threads: threads, WarmUp: 1, Seconds: max(1, t.options.seconds/turnPart), PSMode: "disable",
	}
	var before, after time.Duration
	var beforeErr, afterErr error
	out, err := bench.Do(ctx, func() { before, beforeErr = t.proxy.CPU() }, func() { after, afterErr = t.proxy.CPU() })
	for _, err := range []error{err, beforeErr, afterErr} {
		if err != nil {
			return load{}, err
		}
	}
	return load{qps: out.QPS, p95: out.P95, cpu: inMicros(after-before) / float64(out.Queries)}, t.whole()
}
