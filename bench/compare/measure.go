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

// sample is the result of one run.
type sample struct {
	run
	sysbench.Result
	cpu float64 // microseconds of the proxy per query; NaN without a proxy
}

// measureAll fills the tables, lets each target do each workload for a second, and makes the scheduled runs.
func measureAll(ctx context.Context, opts options, server string, targets []target) ([]sample, error) {
	if err := sysbench.Prepare(ctx, server); err != nil {
		return nil, err
	}
	byName := make(map[string]target)
	for _, t := range targets {
		byName[t.name] = t
		for _, workload := range opts.workloads {
			warmUp := sysbench.Run{Workload: workload, Addr: t.addr, Threads: 8, Seconds: 1, PSMode: opts.psMode}
			if _, err := warmUp.Do(ctx, func() {}, func() {}); err != nil {
				return nil, fmt.Errorf("%s, warming up with %s: %w", t.name, workload, err)
			}
		}
	}
	runs := schedule(opts.workloads, opts.threads, opts.targets, opts.rounds)
	length := time.Duration(opts.seconds) * time.Second
	fmt.Printf("%d runs of %v: %v\n", len(runs), length, time.Duration(len(runs))*length)
	var samples []sample
	for _, r := range runs {
		s, err := measure(ctx, opts, r, byName[r.target])
		if err != nil {
			return nil, fmt.Errorf("%s, %s, %d threads, round %d: %w", r.target, r.workload, r.threads, r.round, err)
		}
		fmt.Printf("round %d  %-18s %4d threads  %-11s %9s queries/s  %8.2f ms  %6s us CPU/query\n",
			r.round, r.workload, r.threads, r.target, figures.Count(s.QPS), s.P95, figures.Decimals(s.cpu))
		samples = append(samples, s)
	}
	return samples, nil
}

// measure makes one run and takes the CPU time of the target's processes when sysbench's threads begin and when they
// have ended.
func measure(ctx context.Context, opts options, r run, t target) (sample, error) {
	var before, after time.Duration
	var beforeErr, afterErr error
	profiled := make(chan error, 1)
	others := func() error { return nil }
	if t.beside != nil {
		var err error
		if others, err = t.beside(); err != nil {
			return sample{}, err
		}
	}
	begin := func() {
		before, beforeErr = t.cpuTime()
		if opts.profiles == "" || t.http == "" || r.threads != profiledThreads {
			profiled <- nil
			return
		}
		go func() { profiled <- saveProfile(ctx, t.http, opts.seconds, profilePath(opts.profiles, r)) }()
	}
	end := func() { after, afterErr = t.cpuTime() }
	b := sysbench.Run{Workload: r.workload, Addr: t.addr, Threads: r.threads, Seconds: opts.seconds, PSMode: opts.psMode}
	out, err := b.Do(ctx, begin, end)
	if err := others(); err != nil {
		return sample{}, errors.Join(t.ended(), err)
	}
	if err != nil {
		return sample{}, errors.Join(t.ended(), err)
	}
	if err := errors.Join(<-profiled, beforeErr, afterErr); err != nil {
		return sample{}, err
	}
	s := sample{run: r, Result: out, cpu: math.NaN()}
	if t.proxy != nil {
		s.cpu = float64((after - before).Nanoseconds()) / 1000 / float64(out.Queries)
	}
	return s, nil
}
