// Package command is how the programs of bench begin and end, and what they check of their command lines.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	done   = 0 // also after -h
	failed = 1
	wrong  = 2 // flags
)

// Main is the main function of the program with that name: parse reads its command line and writes usage and flag
// errors to usage (its error is flag.ErrHelp after -h); work does what the options ask for, until ctx ends by Ctrl-C or
// SIGTERM. Their errors are printed. It ends the process, with 0 if both succeeded, 1 if work failed, and 2 if parse
// did.
func Main[Options any](name string, parse func(args []string, usage io.Writer) (Options, error), work func(ctx context.Context, o Options) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, name, os.Args[1:], os.Stderr, parse, work)
	stop()
	os.Exit(code)
}

// run is Main without the process around it.
func run[Options any](ctx context.Context, name string, args []string, stderr io.Writer, parse func([]string, io.Writer) (Options, error),
	work func(context.Context, Options) error,
) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return done
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return wrong
	}
	if err := work(ctx, o); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return failed
	}
	return done
}
