package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/figures"
	"parkway/bench/idle/crowd"
)

const (
	busyClients  = 16 // that ask all the time, beside the quiet ones of a sweep
	sweepWindow  = 3 * time.Second
	sweepWindows = 5 // in which their queries are measured
)

// crowding is how many quiet clients there are, and where.
type crowding struct {
	mode    mode
	clients int
}

func (c crowding) String() string {
	return fmt.Sprintf("%s clients, idle_loops %s", count(c.clients), c.mode)
}

// point is what a number of quiet clients costs, in one mode.
type point struct {
	crowding
	rss, collected, heap float64        // bytes beyond the empty process, of all clients together
	quiet                float64        // percent of a core while nobody asks anything
	logins               float64        // a second, while they came
	cpu                  figures.Spread // microseconds of the proxy for a query of the busy clients, over the windows
	ratio                figures.Spread // of that to what it is in a proxy with no others, right before or after
	p50, p95             figures.Spread // of those queries, in microseconds
}

// sweep measures each number of clients in each mode once: memory is the same each time, and what is not has its windows.
func sweep(ctx context.Context, s *stage) ([]point, error) {
	var points []point
	for _, n := range s.options.counts {
		for _, m := range s.options.modes {
			p, err := sweepOnce(ctx, s, crowding{m, n})
			if err != nil {
				return nil, fmt.Errorf("%v: %w", crowding{m, n}, err)
			}
			fmt.Printf("%-32v %6.0f B resident, %6.0f B heap each; %.2f %% CPU while quiet; %7s logins/s; busy ones %s us CPU/query, %s x what they take alone\n", p.crowding,
				p.rss/float64(n), p.heap/float64(n), p.quiet, figures.Count(p.logins), figures.WithRange(p.cpu, figures.Decimals), figures.WithRange(p.ratio, hundredths))
			points = append(points, p)
		}
	}
	return points, nil
}

func sweepOnce(ctx context.Context, s *stage, c crowding) (p point, err error) {
	p.crowding = c
	t, err := s.begin(ctx, c.mode, c.clients+busyClients)
	if err != nil {
		return p, err
	}
	defer t.finish(&err)
	if err := pause(ctx, calmTime); err != nil {
		return p, err
	}
	if t.empty, err = t.footprint(ctx); err != nil {
		return p, err
	}
	arrival, err := t.open(ctx, c.clients)
	if err != nil {
		return p, err
	}
	p.logins = float64(c.clients) / arrival.Took.Seconds()
	used, err := t.quietCPU(ctx)
	if err != nil {
		return p, err
	}
	p.quiet = percentOf(used, s.options.quiet)
	full, err := t.footprint(ctx)
	if err != nil {
		return p, err
	}
	p.rss, p.collected, p.heap = full.perClient(t.empty, 1)
	if err := p.busy(ctx, s, t); err != nil {
		return p, err
	}
	_, err = t.leave(ctx)
	return p, err
}

// busy lets a few clients ask all the time, beside the quiet ones, and in turns as many of another proxy that has no others: what a machine
// does from one minute to the next is more than quiet clients do.
func (p *point) busy(ctx context.Context, s *stage, t *trial) (err error) {
	alone, err := s.begin(ctx, p.mode, busyClients)
	if err != nil {
		return err
	}
	defer alone.finish(&err)
	beside := group{trial: t, first: p.clients}
	reference := group{trial: alone}
	for _, g := range []*group{&beside, &reference} {
		if _, err := g.open(ctx, busyClients); err != nil {
			return err
		}
		if err := g.window(); err != nil { // that does not count
			return err
		}
		*g = group{trial: g.trial, first: g.first}
	}
	for n := range sweepWindows {
		for _, g := range inTurns([]*group{&beside, &reference}, n) {
			if err := g.window(); err != nil {
				return err
			}
		}
	}
	var ratios []float64
	for n, cpu := range beside.cpu {
		ratios = append(ratios, cpu/reference.cpu[n])
	}
	p.ratio = figures.SpreadOf(ratios)
	p.cpu, p.p50, p.p95 = figures.SpreadOf(beside.cpu), figures.SpreadOf(beside.p50), figures.SpreadOf(beside.p95)
	return nil
}

// group is the busy clients of a proxy.
type group struct {
	*trial
	first         int       // of them, among all clients of the proxy
	cpu, p50, p95 []float64 // of each window
}

// window lets them ask for a while.
func (g *group) window() error {
	rate := float64(g.options.rate)
	load := crowd.Stream{First: g.first, Count: busyClients, Total: int(rate * sweepWindow.Seconds()), PerSecond: rate}
	var answers []crowd.Answers
	used, err := g.cpuOver(func() (err error) {
		answers, err = g.ask(load)
		return err
	})
	if err != nil {
		return err
	}
	l := latencyOf(answers[0].Times)
	g.cpu = append(g.cpu, inMicros(used)/float64(load.Total))
	g.p50, g.p95 = append(g.p50, inMicros(l.p50)), append(g.p95, inMicros(l.p95))
	return nil
}

// percentOf is CPU time in percent of one core, over d.
func percentOf(used, d time.Duration) float64 { return 100 * used.Seconds() / d.Seconds() }

func inMicros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
