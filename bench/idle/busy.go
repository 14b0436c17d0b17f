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

// crowding is who is there beside sysbench.
type crowding struct {
	mode    mode
	clients int
}

func (c crowding) String() string {
	if c.clients == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%s clients, idle_loops %s", count(c.clients), c.mode)
}

// busying is what sysbench measured beside some quiet clients.
type busying struct {
	crowding
	qps, p95, cpu figures.Spread
}

// busy runs sysbench beside nobody and beside the quiet clients, in turns, with a fresh proxy for each run: the one that nobody but sysbench
// uses has never had others.
func busy(ctx context.Context, s *stage) ([]busying, error) {
	if err := s.prepareTables(ctx); err != nil {
		return nil, err
	}
	beside := []crowding{{mode: s.options.modes[0]}}
	for _, m := range s.options.modes {
		beside = append(beside, crowding{m, s.options.clients})
	}
	loads := make(map[crowding][]load)
	for round := range s.options.rounds {
		for _, c := range inTurns(beside, round) {
			one, err := busyOnce(ctx, s, c)
			if err != nil {
				return nil, fmt.Errorf("beside %v, round %d: %w", c, round+1, err)
			}
			fmt.Printf("round %d  beside %-32v %9s queries/s  %6.2f ms  %5.1f us CPU/query\n", round+1, c, figures.Count(one.qps), one.p95, one.cpu)
			loads[c] = append(loads[c], one)
		}
	}
	var all []busying
	for _, c := range beside {
		var qps, p95, cpu []float64
		for _, l := range loads[c] {
			qps, p95, cpu = append(qps, l.qps), append(p95, l.p95), append(cpu, l.cpu)
		}
		all = append(all, busying{c, figures.SpreadOf(qps), figures.SpreadOf(p95), figures.SpreadOf(cpu)})
	}
	return all, nil
}

func busyOnce(ctx context.Context, s *stage, c crowding) (one load, err error) {
	t, err := s.begin(ctx, c.mode, c.clients)
	if err != nil {
		return one, err
	}
	defer t.finish(&err)
	if c.clients > 0 {
		if _, err := t.open(ctx, c.clients); err != nil {
			return one, err
		}
	}
	return t.load(ctx)
}

// load runs sysbench, after a second of it that does not count.
func (t *trial) load(ctx context.Context) (load, error) {
	bench := sysbench.Run{Workload: "oltp_point_select", Addr: t.proxy.Addr, Threads: threads, Seconds: 1, PSMode: "disable"}
	if _, err := bench.Do(ctx, func() {}, func() {}); err != nil {
		return load{}, err
	}
	bench.Seconds = t.options.seconds
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
