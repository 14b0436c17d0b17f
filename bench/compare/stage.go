package main

import (
	"context"
	"time"

	"parkway/bench/figures"
)

// stage is what the measurements run on: the machine, the programs and a server.
type stage struct {
	options  options
	began    time.Time
	machine  figures.Machine // before anything ran
	programs programs
	server   server
}

// newStage looks at the machine and starts the server. Who has it closes it.
func newStage(ctx context.Context, opts options) (*stage, error) {
	if err := requireTools(opts); err != nil {
		return nil, err
	}
	s := &stage{options: opts, began: time.Now()}
	var err error
	if s.machine, err = figures.ReadMachine(); err != nil {
		return nil, err
	}
	if s.programs, err = findPrograms(ctx, opts); err != nil {
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

// report makes the report of what was measured.
func (s *stage) report(ctx context.Context, samples []sample) report {
	return report{
		began: s.began, options: s.options, machine: s.machine, versions: s.versions(ctx),
		samples: samples, cells: summarize(samples),
	}
}
