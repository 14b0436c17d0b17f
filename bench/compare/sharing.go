package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"parkway/bench/figures"
	"parkway/bench/proxy"
)

// What sharing costs: 64 clients through 16 connections (multiplexing = true) beside the same clients with a connection
// each (multiplexing = false), in one run, with the text protocol and with prepared statements.

// sharedConnections is max_connections of the server where clients share.
const sharedConnections = 16

// The targets of the comparison.
const (
	parkwayOwn    = "parkway-own"    // a connection for each client
	parkwayShared = "parkway-shared" // sharedConnections for all
)

// sharingModes are the values of --db-ps-mode, and what the report calls them.
var sharingModes = []struct{ psMode, name string }{{"disable", "text"}, {"auto", "prepared"}}

// sharingGoals compare parkwayShared with parkwayOwn.
var sharingGoals = []struct {
	name   string
	figure func(sample) float64
	bound  float64
	atMost bool
}{
	{"queries/s", qpsOf, 1, false},
	{"CPU per query", cpuOf, 1.15, true},
}

// startSharing starts parkway as one of the two targets.
func startSharing(ctx context.Context, program *proxy.Binary, name string, s server) (target, error) {
	limit := maxConnections
	if name == parkwayShared {
		limit = sharedConnections
	}
	p, err := program.Start(ctx, proxy.Options{Config: proxy.Config{
		LogLevel:  "warn",
		Variables: map[string]any{"monitor_enabled": false, "multiplexing": name == parkwayShared},
		Servers:   []proxy.Server{{Hostgroup: proxy.Primaries, Host: s.host, Port: s.port, MaxConnections: limit}},
		Users:     []proxy.User{{Name: "app", Password: "app", Hostgroup: proxy.Primaries}},
	}})
	if err != nil {
		return target{}, err
	}
	stop := func() { _, _ = p.Stop() }
	return target{addr: p.Addr, http: "http://" + p.HTTP, proxy: p, stop: stop}, nil
}

// sharingResult is what was measured with one value of --db-ps-mode.
type sharingResult struct {
	name    string
	samples []sample
	cells   map[cell]summary
}

// compareSharing measures both targets with both protocols and writes sharing.md.
func compareSharing(ctx context.Context, opts options) error {
	opts.targets = []string{parkwayOwn, parkwayShared}
	opts.threads = []int{goalThreads}
	on, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer on.close()
	var results []sharingResult
	for _, mode := range sharingModes {
		one := opts
		one.psMode = mode.psMode
		if opts.profiles != "" {
			one.profiles = filepath.Join(opts.profiles, mode.name)
		}
		samples, err := on.measure(ctx, one) // starts the targets anew: nothing of the other protocol is left in them
		if err != nil {
			return fmt.Errorf("%s: %w", mode.name, err)
		}
		results = append(results, sharingResult{mode.name, samples, summarize(samples)})
	}
	return publishSharing(os.Stdout, on.report(ctx, opts), results)
}

// publishSharing writes the files, and the tables to w.
func publishSharing(w io.Writer, all report, results []sharingResult) error {
	if err := os.MkdirAll(all.options.out, 0o755); err != nil {
		return err
	}
	path := filepath.Join(all.options.out, "sharing.md")
	if err := os.WriteFile(path, []byte(sharingMarkdown(all, results)), 0o644); err != nil {
		return err
	}
	table, verdicts := sharingTable(all.options, results).Markdown(textColumns), sharingVerdicts(all.options, results)
	_, err := fmt.Fprintf(w, "\n%s\n%s\nwritten to %s\n", table, verdicts, path)
	return err
}

func sharingMarkdown(all report, results []sharingResult) string {
	o := all.options
	var b strings.Builder
	b.WriteString("# What sharing connections costs\n\n")
	fmt.Fprintf(&b, "Written by `make bench`. %d clients of sysbench through parkway: %s has a connection to the server for each (`multiplexing = false`), "+
		"%s has %d for all (`multiplexing = true`, `max_connections = %[4]d`).\n\n", goalThreads, parkwayOwn, parkwayShared, sharedConnections)
	b.WriteString("## Goals\n\n" + sharingVerdicts(o, results) + "\n")
	fmt.Fprintf(&b, "## Medians\n\nOf %d interleaved rounds of %d s, and in parentheses the lowest and the highest round. "+
		"The goals are judged by the medians of the ratios in each round, in which one target is measured right after the other.\n\n",
		o.rounds, o.seconds)
	b.WriteString(sharingTable(o, results).Markdown(textColumns))
	b.WriteString(all.conditions("disable, then auto"))
	return b.String()
}

func sharingTable(o options, results []sharingResult) figures.Table {
	t := figures.Table{{"protocol", "workload", "target", "queries/s", "p95 ms", "CPU us/query"}}
	for _, r := range results {
		for _, workload := range o.workloads {
			for _, name := range o.targets {
				s := r.cells[cell{workload, goalThreads, name}]
				t = append(t, []string{
					r.name, workload, name,
					figures.WithRange(s.qps, figures.Count), figures.Decimals(s.p95.Median), figures.WithRange(s.cpu, figures.Decimals),
				})
			}
		}
	}
	return t
}

// sharingVerdicts says of each goal whether it was reached, a line each.
func sharingVerdicts(o options, results []sharingResult) string {
	var b strings.Builder
	for _, r := range results {
		for _, workload := range o.workloads {
			for _, g := range sharingGoals {
				x, ok := ratio(r.cells, cell{workload, goalThreads, parkwayShared}, parkwayOwn, g.figure)
				limit := "at least"
				if g.atMost {
					limit = "at most"
				}
				fmt.Fprintf(&b, "- %s, %s, shared: %s %s %.2f x with a connection each: %s (%.2f)\n",
					workload, r.name, g.name, limit, g.bound, verdictOf(x, ok, g.bound, g.atMost), x)
			}
		}
	}
	return b.String()
}
