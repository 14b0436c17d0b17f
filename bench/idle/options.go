package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"parkway/bench/command"
)

// scenarioNames are all there are, in the order in which they run.
var scenarioNames = []string{"hold", "wake", "herd", "busy", "sweep"}

// mode is a value of reactor.idle_loops.
type mode string

// The modes, as in -idle-loops, the tables and the raw results.
const (
	parking   mode = "on"
	unparking mode = "off"
)

// options is the checked command line.
type options struct {
	scenarios  []string
	clients    int
	counts     []int // of sweep, rising
	modes      []mode
	rounds     int
	seconds    int           // of one run of sysbench; wake asks for turnsPerSecond turns for each of them in a round
	quiet      time.Duration // of which the CPU time is taken
	release    time.Duration // that memory may take to go back to the system
	idle       time.Duration // session_idle_ms
	rate       int           // queries a second of each proxy of wake
	atOnce     int           // logins under way
	patience   time.Duration
	perProcess int
	out, name  string
	parkway    string
	args       []string // as typed, for the report
}

// parseOptions reads args. Usage and flag errors are written to usage; the error is flag.ErrHelp after -h.
func parseOptions(args []string, usage io.Writer) (options, error) {
	var o options
	var counts, modes string
	set := flag.NewFlagSet("idle", flag.ContinueOnError)
	set.SetOutput(usage)
	set.Usage = func() {
		fmt.Fprintf(usage, "idle [FLAG]... [SCENARIO]...\nscenarios: %s (all when none is named)\n", strings.Join(scenarioNames, " "))
		set.PrintDefaults()
	}
	set.IntVar(&o.clients, "clients", 15_000, "quiet clients of every scenario but sweep")
	set.StringVar(&counts, "counts", "1000,10000,15000", "quiet clients of sweep")
	set.StringVar(&modes, "idle-loops", "on,off", "values of reactor.idle_loops to measure")
	set.IntVar(&o.rounds, "rounds", 3, "rounds of each measurement but hold and sweep; medians are reported")
	set.IntVar(&o.seconds, "seconds", 8, "length of a run of sysbench; a round of wake is three times as long")
	set.DurationVar(&o.quiet, "quiet", 30*time.Second, "how long hold and sweep take the CPU time of quiet clients")
	set.DurationVar(&o.release, "release", time.Minute, "how long hold waits, when all clients have left, for their memory to go back to the system")
	set.DurationVar(&o.idle, "idle", time.Second, "session_idle_ms")
	set.IntVar(&o.rate, "rate", 1000, "queries a second of each proxy of wake")
	set.IntVar(&o.atOnce, "at-once", 1024, "clients that log in at a time")
	set.DurationVar(&o.patience, "patience", 30*time.Second, "what takes longer is lost; all clients together have a minute more for each 100,000")
	set.IntVar(&o.perProcess, "per-process", 0, "clients of one process (default: as many as it has descriptors)")
	set.StringVar(&o.out, "out", "bench/results", "folder for the results")
	set.StringVar(&o.name, "name", "idle", "of the files there: NAME.md, and of sweep NAME.csv and NAME.png")
	set.StringVar(&o.parkway, "parkway", "", "a parkway binary (default: built from the module of the current directory)")
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	o.args = args
	o.scenarios = set.Args()
	if len(o.scenarios) == 0 {
		o.scenarios = scenarioNames
	}
	for _, m := range strings.Split(modes, ",") {
		o.modes = append(o.modes, mode(m))
	}
	var err error
	if o.counts, err = command.RisingInts(counts); err != nil {
		return options{}, fmt.Errorf("-counts: %w", err)
	}
	return o, o.check()
}

// check reports every mistake at once.
func (o options) check() error {
	var modes error
	if slices.Contains(o.scenarios, "wake") && len(o.modes) != 2 {
		modes = errors.New("wake compares -idle-loops on with off: both are needed")
	}
	return errors.Join(
		command.Names("scenarios", o.scenarios, scenarioNames),
		command.Names("-idle-loops", o.modes, []mode{parking, unparking}),
		modes,
		command.AtLeast("-clients", o.clients, 1),
		command.AtLeast("-rounds", o.rounds, 1),
		command.AtLeast("-seconds", o.seconds, 1),
		command.AtLeast("-rate", o.rate, 1),
		command.AtLeast("-at-once", o.atOnce, 1),
		command.AtLeast("-per-process", o.perProcess, 0),
		command.AtLeast("-quiet", o.quiet, time.Second),
		command.AtLeast("-release", o.release, time.Second),
		command.AtLeast("-idle", o.idle, 100*time.Millisecond),
		command.AtLeast("-patience", o.patience, time.Second),
	)
}
