package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

const (
	warmUp    = 1                       // second
	aroundRun = 1200 * time.Millisecond // about: the start of a proxy, the warm-up and the end, for the forecast
)

// sample is the result of one run.
type sample struct {
	run
	sysbench.Result
	cpu float64 // microseconds of the proxy per query; NaN without a proxy
}

// measureAll fills the tables and makes the scheduled runs.
func (s *stage) measureAll(ctx context.Context) ([]sample, error) {
	if err := sysbench.Prepare(ctx, s.server.addr()); err != nil {
		return nil, err
	}
	runs := schedule(s.options)
	length := time.Duration(s.options.seconds) * time.Second
	fmt.Printf("%d runs of %v: some %v\n", len(runs), length, (time.Duration(len(runs)) * (length + aroundRun)).Round(10*time.Second))
	var samples []sample
	for _, r := range runs {
		one, err := s.sample(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s, %s, %s, %d threads, round %d: %w", r.target, r.workload, r.protocol(), r.threads, r.round, err)
		}
		fmt.Printf("round %2d  %-18s %-8s %4d threads  %-18s %9s queries/s  %8.2f ms  %6s us CPU/query\n",
			r.round, r.workload, r.protocol(), r.threads, r.target, figures.Count(one.QPS), one.P95, figures.Decimals(one.cpu))
		samples = append(samples, one)
	}
	return samples, nil
}

// sample makes one run, for which it starts the target anew.
func (s *stage) sample(ctx context.Context, r run) (one sample, err error) {
	t, err := s.start(ctx, r.target)
	if err != nil {
		return sample{}, fmt.Errorf("start: %w", err)
	}
	defer t.stop()
	stopOthers, err := t.beside()
	if err != nil {
		return sample{}, errors.Join(t.ended(), err)
	}
	one, err = s.measure(ctx, r, t)
	if err := errors.Join(err, stopOthers()); err != nil {
		return sample{}, errors.Join(t.ended(), err)
	}
	return one, nil
}

// measure lets sysbench ask a fresh target, and takes the CPU time of its process when both have warmed up and when
// sysbench's threads have ended.
func (s *stage) measure(ctx context.Context, r run, t target) (sample, error) {
	bench := sysbench.Run{Workload: r.workload, Addr: t.addr, Threads: r.threads, WarmUp: warmUp, Seconds: s.options.seconds, PSMode: r.psMode}
	var before, after time.Duration
	var beforeErr, afterErr error
	profiled := make(chan error, 1)
	begin := func() {
		before, beforeErr = t.cpuTime()
		if s.options.profiles == "" || t.http == "" || r.threads != goalThreads {
			profiled <- nil
			return
		}
		go func() { profiled <- saveProfile(ctx, t.http, s.options.seconds, profilePath(s.options.profiles, r)) }()
	}
	end := func() { after, afterErr = t.cpuTime() }
	out, err := bench.Do(ctx, begin, end)
	if err != nil {
		return sample{}, err
	}
	if err := errors.Join(<-profiled, beforeErr, afterErr); err != nil {
		return sample{}, err
	}
	one := sample{run: r, Result: out, cpu: math.NaN()}
	if t.proxy != nil {
		one.cpu = float64((after - before).Nanoseconds()) / 1000 / float64(out.Queries)
	}
	return one, nil
}
