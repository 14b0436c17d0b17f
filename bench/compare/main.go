// Command compare measures what a proxy costs: sysbench straight to the server, through parkway in several set-ups and
// through HAProxy in TCP mode, which only copies bytes and so is close to the least a proxy can do. `make bench`,
// bench-sharing, bench-rules, bench-script and bench-offload run it.
//
// The targets are measured in turns, not one after the other: every round visits each load (a sysbench test, a protocol,
// a number of threads) once per target and changes the order from round to round, so that a machine that is slower for a
// minute is slower for all of them. Each run has a proxy of its own, which is started, warmed up, measured and stopped:
// two processes of one binary differ by where their memory lies, by up to a microsecond of CPU per query, and so the
// rounds are of as many processes. Targets are compared in each round; the medians over the rounds are reported, and how
// sure they are. Goals are judged with 64 threads, for which there are more rounds.
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
	command.Main("compare", parseOptions, compare)
}

// compare starts the server, measures the targets, and reports. Files are written only when every run succeeded.
func compare(ctx context.Context, opts options) error {
	s, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer s.close()
	samples, err := s.measureAll(ctx)
	if err != nil {
		return err
	}
	return s.report(ctx, samples).publish(os.Stdout)
}
