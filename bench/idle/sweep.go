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
	busyClients  = 16                     // that ask one query after the other, beside the quiet ones of a sweep
	sweepWindow  = 250 * time.Millisecond // about: both proxies get the same number of queries
	sweepWindows = 150                    // of each proxy, in which their queries are measured
	firstQueries = 500                    // of a window, before it is known how many take sweepWindow
)

// crowding is how many quiet clients there are, and where.
type crowding struct {
	mode    mode
	clients int
}

func (c crowding) String() string {
	return fmt.Sprintf("%s clients, idle_loops %s", count(c.clients), c.mode)
}

// point is what a number of quiet clients costs, in one mode. Alone is a proxy of that mode that has nobody but the busy clients.
type point struct {
	crowding
	rss, collected, heap float64        // bytes beyond the empty process, of all clients together
	quiet, quietAlone    float64        // percent of a core while nobody asks anything, and of the proxy alone meanwhile
	logins               float64        // a second, of those that came since the point before
	cpu                  figures.Spread // microseconds of the proxy for a query of the busy clients, over the windows
	p50, p95             figures.Spread // latency of those queries, in microseconds
	times                times          // what they are alone
}

// times is how many times the CPU for a query, and the median latency, are what they are alone, right before or after, as many times what that was
// without quiet clients. With one processor, which the busy clients leave no time, the latency is what all of clients, proxy and server take for a query.
type times struct{ cpu, p50 figures.Spread }

// sweep lets more and more clients come to one proxy in each mode, and measures each number once: memory is the same each time, and what is not has
// its windows.
func sweep(ctx context.Context, s *stage) ([]point, error) {
	var points []point
	for _, m := range s.options.modes {
		more, err := sweepMode(ctx, s, m)
		if err != nil {
			return nil, err
		}
		points = append(points, more...)
	}
	return points, nil
}

func sweepMode(ctx context.Context, s *stage, m mode) (points []point, err error) {
	counts := s.options.counts
	filling, err := s.beginBusy(ctx, m, counts[len(counts)-1])
	if err != nil {
		return nil, err
	}
	defer filling.finish(&err)
	alone, err := s.beginBusy(ctx, m, 0)
	if err != nil {
		return nil, err
	}
	defer alone.finish(&err)
	if err := pause(ctx, calmTime); err != nil {
		return nil, err
	}
	if filling.empty, err = filling.footprint(ctx); err != nil {
		return nil, err
	}
	b, err := newBeside(filling, alone)
	if err != nil {
		return nil, err
	}
	for i, n := range counts {
		p := point{crowding: crowding{m, n}}
		if i > 0 {
			n -= counts[i-1]
		}
		if err := p.measure(ctx, b, n); err != nil {
			return nil, fmt.Errorf("%v: %w", p.crowding, err)
		}
		each := float64(p.clients)
		fmt.Printf("%-32v %6.0f B resident, %6.0f B heap each; %.3f %% CPU while quiet, %.3f alone; %7s logins/s; busy ones %s us CPU/query, %s x what they take alone, at a latency of %s x\n",
			p.crowding, p.rss/each, p.heap/each, p.quiet, p.quietAlone, figures.Count(p.logins), figures.WithRange(p.cpu, figures.Decimals), figures.WithRange(p.times.cpu, figures.Hundredths), figures.WithRange(p.times.p50, figures.Hundredths))
		points = append(points, p)
	}
	_, err = filling.leave(ctx)
	return points, err
}

// beginBusy starts a proxy that the busy clients have come to, and up to n more can.
func (s *stage) beginBusy(ctx context.Context, m mode, n int) (*trial, error) {
	t, err := s.begin(ctx, m, n+busyClients)
	if err != nil {
		return nil, err
	}
	if _, err = t.open(ctx, busyClients); err != nil {
		t.finish(&err)
		return nil, err
	}
	return t, nil
}

// measure lets so many more quiet clients come.
func (p *point) measure(ctx context.Context, b *beside, more int) error {
	arrival, err := b.filling.open(ctx, more)
	if err != nil {
		return err
	}
	p.logins = float64(more) / arrival.Took.Seconds()
	used, usedAlone, err := both(b.filling, b.alone, func(t *trial) (time.Duration, error) { return t.quietCPU(ctx) })
	if err != nil {
		return err
	}
	period := b.filling.options.quiet
	p.quiet, p.quietAlone = percentOf(used, period), percentOf(usedAlone, period)
	full, err := b.filling.footprint(ctx)
	if err != nil {
		return err
	}
	p.rss, p.collected, p.heap = full.perClient(b.filling.empty, 1)
	return p.busy(b)
}

// beside is two proxies with busy clients, to one of which the quiet ones come.
type beside struct {
	filling, alone *trial
	queries        int   // of the next window
	none           times // before there were quiet ones: what differs otherwise, such as how many of the busy ones each loop has
}

// newBeside measures the two before there are quiet clients.
func newBeside(filling, alone *trial) (*beside, error) {
	b := &beside{filling: filling, alone: alone, queries: firstQueries, none: times{cpu: certain(1), p50: certain(1)}}
	var none point
	if err := none.busy(b); err != nil {
		return nil, err
	}
	b.none = none.times
	fmt.Printf("  without quiet clients: busy ones %s us CPU/query; %d queries in %v\n", figures.WithRange(none.cpu, figures.Decimals), b.queries, sweepWindow)
	return b, nil
}

// turn is a window of each proxy, right after one another; which is the first one depends on n.
func (b *beside) turn(n int) (filled, empty window, err error) {
	halves := []struct {
		*trial
		window *window
	}{{b.filling, &filled}, {b.alone, &empty}}
	for _, half := range turns.Order(halves, n) {
		if *half.window, err = half.trial.window(b.queries); err != nil {
			return filled, empty, err
		}
	}
	// The next takes as long as it should, if the machine is as fast.
	b.queries = max(1, int(2*float64(b.queries)*sweepWindow.Seconds()/(filled.took+empty.took).Seconds()))
	return filled, empty, nil
}

// busy lets the busy clients of both proxies ask in turns, right after one another: at the same time, as in wake, each
// would be in the other's way where there is one processor. They leave it no time: a rate that it could keep up with would leave
// open when it is that the proxy gets the processor, and a kernel that counts CPU time in ticks would find it at work
// always at a tick, or never.
func (p *point) busy(b *beside) error {
	var cpu, p50, p95, timesCPU, timesP50 []float64
	for n := range sweepWindows + 1 {
		filled, empty, err := b.turn(n)
		if err != nil {
			return err
		}
		if n == 0 {
			continue // They may have been parked.
		}
		timesCPU = append(timesCPU, filled.cpu/empty.cpu/b.none.cpu.Median)
		timesP50 = append(timesP50, float64(filled.p50)/float64(empty.p50)/b.none.p50.Median)
		cpu = append(cpu, filled.cpu)
		p50, p95 = append(p50, inMicros(filled.p50)), append(p95, inMicros(filled.p95))
	}
	p.cpu, p.p50, p.p95 = figures.Confidence(cpu), figures.Confidence(p50), figures.Confidence(p95)
	p.times = times{cpu: figures.Confidence(timesCPU), p50: figures.Confidence(timesP50)}
	return nil
}

// window is what the busy clients of one proxy saw for a while.
type window struct {
	latency
	took time.Duration
	cpu  float64 // microseconds of the proxy for a query
}

// window lets them ask so many queries, as fast as they are answered. They came first.
func (t *trial) window(queries int) (w window, err error) {
	var answers []crowd.Answers
	used, err := t.cpuOver(func() (err error) {
		answers, err = t.ask(crowd.Stream{Count: busyClients, Total: queries})
		return err
	})
	if err != nil {
		return w, err
	}
	return window{latencyOf(answers[0].Times), answers[0].Took, inMicros(used) / float64(queries)}, nil
}

// percentOf is CPU time in percent of one core, over d.
func percentOf(used, d time.Duration) float64 { return 100 * used.Seconds() / d.Seconds() }

func inMicros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
