package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// bench is one comparison.
type bench struct {
	rounds      int
	length      time.Duration
	connections int
	loops       int
	work        time.Duration
}

// sample is what one run of a variant gave.
type sample struct {
	cpuPerRequest  float64 // Microseconds of the forwarder, user and system.
	requestsPerSec float64
	p99            float64 // Milliseconds.
}

// run measures all variants, interleaved: what else the machine does hits all alike.
func (b bench) run(list []variant) (map[variant][]sample, error) {
	results := map[variant][]sample{}
	for round := range b.rounds {
		for _, v := range list {
			s, err := b.measure(v)
			if err != nil {
				return nil, fmt.Errorf("%s, GOMAXPROCS %d: %w", v.name(), v.Procs, err)
			}
			results[v] = append(results[v], s)
			fmt.Fprintf(os.Stderr, "round %d: %-28s GOMAXPROCS %d: %6.2f us, %6.0f/s\n",
				round+1, v.name(), v.Procs, s.cpuPerRequest, s.requestsPerSec)
		}
	}
	return results, nil
}

// measure runs the three processes once.
func (b bench) measure(v variant) (sample, error) {
	var s sample
	echo, err := startRole("echo", setup{Connections: b.connections, Work: b.work})
	if err != nil {
		return s, err
	}
	defer echo.end()
	server, err := echo.line()
	if err != nil {
		return s, err
	}
	forward, err := b.startForwarder(v, server)
	if err != nil {
		return s, err
	}
	defer forward.end()
	address, err := forward.line()
	if err != nil {
		return s, err
	}
	load, err := startRole("load", setup{Connections: b.connections, Server: address})
	if err != nil {
		return s, err
	}
	defer load.end()
	if _, err := load.line(); err != nil {
		return s, err
	}

	var requests, cpu [2]int64
	time.Sleep(b.length / 4) // Warm up.
	for i := range requests {
		if i > 0 {
			time.Sleep(b.length)
		}
		if requests[i], err = load.ask(askCounter); err != nil {
			return s, err
		}
		if cpu[i], err = forward.ask(askCounter); err != nil {
			return s, err
		}
	}
	p99, err := load.ask(askP99)
	if err != nil {
		return s, err
	}
	done := float64(requests[1] - requests[0])
	if done == 0 {
		return s, fmt.Errorf("no request was answered")
	}
	return sample{float64(cpu[1]-cpu[0]) / done, done / b.length.Seconds(), float64(p99) / 1000}, nil
}

// forwarder is the process that is measured: line tells where it listens, ask its CPU time in microseconds.
type forwarder interface {
	line() (string, error)
	ask(question string) (int64, error)
	end()
}

func (b bench) startForwarder(v variant, server string) (forwarder, error) {
	if v.Wait == waitHAProxy {
		return startHAProxy(v.Loops, server)
	}
	return startRole("forward", setup{Connections: b.connections, Server: server, Variant: v})
}

// print writes the table of medians.
func (b bench) print(w io.Writer, results map[variant][]sample) {
	fmt.Fprintf(w, "%d cores, %d loops, %d connections, server %v a request, %d rounds of %v, %s, Linux %s\n",
		runtime.NumCPU(), b.loops, b.connections, b.work, b.rounds, b.length, runtime.Version(), kernel())
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "wait\tthread\tGOMAXPROCS\tCPU us/request\trequests/s\tp99 ms")
	for _, v := range variants(b.loops, "") {
		samples, ok := results[v]
		if !ok {
			continue
		}
		fmt.Fprintf(tab, "%s\t%s\t%d\t%.2f\t%.0f\t%.1f\n", v.Wait, v.Thread, v.Procs,
			median(samples, func(s sample) float64 { return s.cpuPerRequest }),
			median(samples, func(s sample) float64 { return s.requestsPerSec }),
			median(samples, func(s sample) float64 { return s.p99 }))
	}
	tab.Flush()
	fmt.Fprintln(w)
}

func median(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func kernel() string {
	out, err := exec.Command("uname", "-r").Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(out))
}
