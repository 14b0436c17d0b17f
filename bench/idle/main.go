// Command idle measures what very many quiet clients cost a proxy, and what they cost those that are not quiet. `make bench-idle` and
// `make bench-idle-guest` run it.
//
//	idle [FLAG]... [SCENARIO]...
//
// The clients are real MySQL sessions, logged in and kept by processes of their own. The scenarios, all when none is named:
//
//	hold    they keep quiet: the proxy's memory, and its CPU over half a minute; then all leave at once
//	wake    one asks after the other: the latency and the CPU of clients that were parked, beside those of a proxy that does not park
//	herd    all arrive as fast as they can, and ask within one second
//	busy    sysbench runs beside them, and without them
//	sweep   memory, and CPU per query of a few busy clients beside them, against their number, which grows in one proxy
//
// Each is measured with reactor.idle_loops on and off, in turns, so that a machine that is slower for a minute is slower for both.
// Every answer is checked, and a client that is lost is an error.
//
// Exit codes: 0 when everything was measured, also when a goal was missed; 1 when something failed or a client was lost; 2 for wrong
// flags.
package main

import (
	"context"
	"fmt"
	"os"

	"parkway/bench/command"
	"parkway/bench/idle/squad"
)

func main() {
	squad.RunRole()
	command.Main("idle", parseOptions, run)
}

// run measures the scenarios and writes the files, only when all have succeeded.
func run(ctx context.Context, opts options) error {
	s, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer s.close()
	r := s.report(ctx)
	for _, name := range opts.scenarios {
		fmt.Printf("== %s\n", name)
		if err := scenarios[name](ctx, s, &r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return r.publish(os.Stdout)
}

// scenarios add what they measure to the report.
var scenarios = map[string]func(context.Context, *stage, *report) error{
	"hold": func(ctx context.Context, s *stage, r *report) (err error) {
		r.holds, err = hold(ctx, s)
		return err
	},
	"wake": func(ctx context.Context, s *stage, r *report) (err error) {
		r.wake, err = wake(ctx, s)
		return err
	},
	"herd": func(ctx context.Context, s *stage, r *report) (err error) {
		r.herds, err = herd(ctx, s)
		return err
	},
	"busy": func(ctx context.Context, s *stage, r *report) (err error) {
		r.busies, err = busy(ctx, s)
		return err
	},
	"sweep": func(ctx context.Context, s *stage, r *report) (err error) {
		r.points, err = sweep(ctx, s)
		return err
	},
}
