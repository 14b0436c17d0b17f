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
	sweepWindow  = time.Second
	sweepWindows = 9  // of each proxy, in which their queries are measured
	baseWindows  = 15 // before there are quiet ones
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
// without quiet clients. The latency says the same as the CPU where there is one processor, and to the nanosecond also where the kernel counts CPU
// time in ticks (guest.sh).
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
	var none point
	if err := none.busy(filling, alone, baseWindows, &times{cpu: certain(1), p50: certain(1)}); err != nil {
		return nil, err
	}
	for i, n := range counts {
		p := point{crowding: crowding{m, n}}
		if i > 0 {
			n -= counts[i-1]
		}
		if err := p.measure(ctx, filling, alone, n, &none.times); err != nil {
			return nil, fmt.Errorf("%v: %w", p.crowding, err)
		}
		each := float64(p.clients)
		fmt.Printf("%-32v %6.0f B resident, %6.0f B heap each; %.3f %% CPU while quiet, %.3f alone; %7s logins/s; busy ones %s us CPU/query, %s x what they take alone, at a latency of %s x\n",
			p.crowding, p.rss/each, p.heap/each, p.quiet, p.quietAlone, figures.Count(p.logins), figures.WithRange(p.cpu, figures.Decimals), figures.WithRange(p.times.cpu, hundredths), figures.WithRange(p.times.p50, hundredths))
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
	if _, err = t.open(ctx, busyClients); err == nil {
		_, err = t.window() // that does not count
	}
	if err != nil {
		t.finish(&err)
		return nil, err
	}
	return t, nil
}

// measure lets so many more quiet clients come; base is from while there were none.
func (p *point) measure(ctx context.Context, filling, alone *trial, more int, base *times) error {
	arrival, err := filling.open(ctx, more)
	if err != nil {
		return err
	}
	p.logins = float64(more) / arrival.Took.Seconds()
	used, usedAlone, err := both(filling, alone, func(t *trial) (time.Duration, error) { return t.quietCPU(ctx) })
	if err != nil {
		return err
	}
	p.quiet, p.quietAlone = percentOf(used, filling.options.quiet), percentOf(usedAlone, filling.options.quiet)
	full, err := filling.footprint(ctx)
	if err != nil {
		return err
	}
	p.rss, p.collected, p.heap = full.perClient(filling.empty, 1)
	return p.busy(filling, alone, sweepWindows, base)
}

// busy lets the busy clients of both proxies ask in turns, right after one another: at the same time, as in wake, each
// would be in the other's way where there is one processor, and where CPU time is counted in ticks it would always be
// the same one that a tick finds at work. What differs between the proxies without quiet clients, such as how many of
// the busy ones each loop has, is in base.
func (p *point) busy(filling, alone *trial, windows int, base *times) error {
	var cpu, p50, p95, timesCPU, timesP50 []float64
	for n := range windows {
		var beside, reference window
		turns := []struct {
			*trial
			window *window
		}{{filling, &beside}, {alone, &reference}}
		for _, turn := range inTurns(turns, n) {
			var err error
			if *turn.window, err = turn.trial.window(); err != nil {
				return err
			}
		}
		timesCPU = append(timesCPU, beside.cpu/reference.cpu/base.cpu.Median)
		timesP50 = append(timesP50, float64(beside.p50)/float64(reference.p50)/base.p50.Median)
		cpu = append(cpu, beside.cpu)
		p50, p95 = append(p50, inMicros(beside.p50)), append(p95, inMicros(beside.p95))
	}
	p.cpu, p.p50, p.p95 = figures.Confidence(cpu), figures.Confidence(p50), figures.Confidence(p95)
	p.times = times{cpu: figures.Confidence(timesCPU), p50: figures.Confidence(timesP50)}
	return nil
}

// window is what the busy clients of one proxy saw for a while.
type window struct {
	latency
	cpu float64 // microseconds of the proxy for a query
}

// window lets them ask. They came first.
func (t *trial) window() (w window, err error) {
	rate := float64(t.options.rate)
	load := crowd.Stream{Count: busyClients, Total: int(rate * sweepWindow.Seconds()), PerSecond: rate}
	var answers []crowd.Answers
	used, err := t.cpuOver(func() (err error) {
		answers, err = t.ask(load)
		return err
	})
	if err != nil {
		return w, err
	}
	return window{latencyOf(answers[0].Times), inMicros(used) / float64(load.Total)}, nil
}

// percentOf is CPU time in percent of one core, over d.
func percentOf(used, d time.Duration) float64 { return 100 * used.Seconds() / d.Seconds() }

func inMicros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
