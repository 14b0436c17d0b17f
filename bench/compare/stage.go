package main

import (
	"context"
	"time"

	"parkway/bench/figures"
)

// stage is what a measurement runs on: the machine, the programs and a server.
type stage struct {
	began    time.Time
	machine  figures.Machine // before anything ran
	programs binaries
	server   server
}

// newStage looks at the machine and starts the server. Who has it closes it.
func newStage(ctx context.Context, opts options) (*stage, error) {
	if err := requireTools(opts); err != nil {
		return nil, err
	}
	s := &stage{began: time.Now()}
	var err error
	if s.machine, err = figures.ReadMachine(); err != nil {
		return nil, err
	}
	if s.programs, err = findBinaries(ctx, opts); err != nil {
		return nil, err
	}
	if s.server, err = startServer(ctx, opts.server); err != nil {
		s.programs.close()
		return nil, err
	}
	return s, nil
}

// close stops the server, unless it ran before, and removes what was built.
func (s *stage) close() {
	s.server.stop()
	s.programs.close()
}

// measure starts the targets, measures them in turns and stops them.
func (s *stage) measure(ctx context.Context, opts options) ([]sample, error) {
	targets, stop, err := startTargets(ctx, opts, s.programs, s.server)
	if err != nil {
		return nil, err
	}
	defer stop()
	return measureAll(ctx, opts, s.server.addr(), targets)
}

// report is what can be said without the samples.
func (s *stage) report(ctx context.Context, opts options) report {
	return report{began: s.began, options: opts, machine: s.machine, versions: readVersions(ctx, s.programs, opts, s.server.version)}
}
