// Command torture checks that a client cannot tell the proxy from the server.
// `make torture` runs it.
//
// A script of random statements for many clients is made from a seed and
// played twice, at a server and through parkway in front of a second server
// that began with the same data. All that clients are told is compared: rows,
// columns, counts, ids, warnings, status flags, reports of session trackers,
// errors. The first script that shows a difference is shrunk and printed; with
// -replay the printed script is played again.
//
// Exit codes: 0 when there was no difference, 1 when there was one or the
// scripts could not be played, 2 for wrong flags.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"parkway/bench/command"
	"parkway/bench/proxy"
	"parkway/bench/torture/grammar"
	"parkway/bench/torture/script"
)

// startLimit bounds the start of the servers and the build of the proxy.
const startLimit = 5 * time.Minute

func main() {
	command.Main("torture", parseOptions, func(ctx context.Context, opts options) error {
		found, err := torture(ctx, opts, os.Stdout)
		if found && err == nil {
			err = errors.New("a client can tell the proxy from the server")
		}
		return err
	})
}

// torture starts servers and plays what the options ask for. It reports
// whether a difference was found, which out tells about.
func torture(ctx context.Context, opts options, out io.Writer) (found bool, err error) {
	if opts.print {
		_, err := fmt.Fprint(out, grammar.Generate(opts.seed, opts.grammar))
		return false, err
	}
	binary := proxy.NewBinary(proxy.BuildOptions{})
	defer binary.Close()
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	h, err := start(starting, opts.grammar.Flavor)
	if err != nil {
		return false, err
	}
	defer h.stop()
	h.subject = newParkway(binary, h.backend, opts.program)
	fmt.Fprintf(out, "%v %s\n", h.backend.Flavor, h.backend.Version)
	if opts.replay != "" {
		return replay(ctx, h, opts, out)
	}
	return hunt(ctx, h, opts, out)
}

// replay plays the script of a file, until it shows a difference.
func replay(ctx context.Context, h *harness, opts options, out io.Writer) (found bool, err error) {
	text, err := os.ReadFile(opts.replay)
	if err != nil {
		return false, err
	}
	s, err := script.Parse(string(text))
	if err != nil {
		return false, fmt.Errorf("%s: %w", opts.replay, err)
	}
	differences, err := h.repeat(ctx, s, opts.attempts)
	if err != nil {
		return false, err
	}
	if len(differences) == 0 {
		fmt.Fprintf(out, "no difference in %d attempts\n", opts.attempts)
		return false, nil
	}
	show(out, s, differences)
	return true, nil
}
