package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"parkway/bench/servers"
	"parkway/bench/torture/grammar"
)

// options is the checked command line.
type options struct {
	grammar  grammar.Options
	seed     uint64        // of the first script
	time     time.Duration // for scripts, shrinking not included
	shrink   time.Duration // for shrinking
	attempts int           // at a script that may fail by chance
	replay   string        // file; "": scripts from seeds
	print    bool          // the script of seed, and play none
	program  string        // file, in JavaScript, that the proxy runs; "": none
}

// The size of a run unless flags say otherwise.
const (
	defaultClients  = 64
	defaultSteps    = 40
	defaultBackends = 8
	defaultAttempts = 3
	defaultShrink   = 2 * time.Minute
)

// parseOptions reads args. Usage and flag errors are written to usage; the
// error is flag.ErrHelp after -h.
func parseOptions(args []string, usage io.Writer) (options, error) {
	var o options
	var flavor, only, without string
	set := flag.NewFlagSet("torture", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&flavor, "flavor", os.Getenv("PARKWAY_FLAVOR"), "servers: mariadb or mysql (default: $PARKWAY_FLAVOR, else mariadb)")
	set.Uint64Var(&o.seed, "seed", uint64(time.Now().Unix()), "seed of the first script; the next has the next number (default: the time)")
	set.DurationVar(&o.time, "time", 10*time.Minute, "how long new scripts are begun")
	set.DurationVar(&o.shrink, "shrink", defaultShrink, "how long a script that shows a difference is shrunk")
	set.IntVar(&o.grammar.Clients, "clients", defaultClients, "clients at once")
	set.IntVar(&o.grammar.Steps, "steps", defaultSteps, "steps of each client")
	set.IntVar(&o.grammar.Backends, "backends", defaultBackends, "connections that the proxy may open to the server")
	set.StringVar(&only, "only", "", "kinds of statements, separated by commas (default: all)")
	set.StringVar(&without, "without", "", "kinds of statements to leave out")
	set.StringVar(&o.replay, "replay", "", "play the script in this file")
	set.BoolVar(&o.grammar.Relogin, "relogin", true, "do nothing that shows whether the proxy logs in anew for COM_CHANGE_USER and an early COM_RESET_CONNECTION")
	set.BoolVar(&o.print, "print", false, "print the script of -seed and play nothing")
	set.StringVar(&o.program, "javascript", "", "a program for the proxy to run ([scripting] file), of which clients must notice nothing")
	set.IntVar(&o.attempts, "attempts", defaultAttempts, "how often a script that may fail by chance is tried, with a fresh proxy each time")
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	if set.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if o.attempts < 1 {
		return options{}, fmt.Errorf("-attempts: %d is not positive", o.attempts)
	}
	var err error
	if o.grammar.Flavor, err = servers.ParseFlavor(flavor); err != nil {
		return options{}, err
	}
	o.grammar.AtOnce = o.program != ""
	o.grammar.Only, o.grammar.Without = list(only), list(without)
	return o, o.grammar.Check()
}

// list splits at commas; "" is nil.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
