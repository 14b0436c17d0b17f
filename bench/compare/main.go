// Command compare measures what a proxy costs: sysbench straight to the server, through parkway and through HAProxy in
// TCP mode, which only copies bytes and so is close to the least a proxy can do. `make bench` runs it.
//
// The targets are measured in turns, not one after the other: every round visits each workload and number of threads
// once per target and changes the order from round to round, so that a machine that is slower for a minute is slower
// for all of them. Medians over the rounds are reported, beside the lowest and highest round.
//
// Exit codes: 0 when everything was measured, also when a goal was missed; 1 when a run failed or a tool is missing;
// 2 for wrong flags.
package main

import (
	"context"
	"os"

	"parkway/bench/command"
)

func main() {
	command.Main("compare", parseOptions, func(ctx context.Context, opts options) error {
		if opts.sharing {
			return compareSharing(ctx, opts)
		}
		return compare(ctx, opts)
	})
}

// compare starts the server and the targets, measures, stops them, and reports. Files are written only when every run
// succeeded.
func compare(ctx context.Context, opts options) error {
	on, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer on.close()
	samples, err := on.measure(ctx, opts)
	if err != nil {
		return err
	}
	result := on.report(ctx, opts)
	result.samples, result.cells = samples, summarize(samples)
	return result.publish(os.Stdout)
}
