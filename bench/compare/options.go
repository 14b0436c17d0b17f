package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"parkway/bench/command"
)

// Names of the targets, as in -targets, the tables and the raw results.
const (
	direct     = "direct"
	parkway    = "parkway"
	parkwayOld = "parkway-old"
	haproxy    = "haproxy"
	unruled    = "parkway-unruled" // with multiplexing and no query rules
	ruled      = "parkway-rules"   // the same with 1,000 query rules
)

// targetNames are all there are.
var targetNames = []string{direct, parkway, parkwayOld, unruled, ruled, unscripted, pure, plain, beside, offload, haproxy}

// options is the checked command line.
type options struct {
	threads    []int
	workloads  []string
	targets    []string // in the order of the tables; parkway-old is there when -parkway-old is
	rounds     int
	seconds    int
	psMode     string
	out        string
	server     string
	parkway    string
	parkwayOld string
	profiles   string
	sharing    bool
	args       []string // as typed, for the report
}

// parseOptions reads args. Usage and flag errors are written to usage; the error is flag.ErrHelp after -h.
func parseOptions(args []string, usage io.Writer) (options, error) {
	var o options
	var threads, workloads, targets string
	set := flag.NewFlagSet("compare", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&threads, "threads", "8,64,256", "sysbench threads, one connection each")
	set.StringVar(&workloads, "workloads", "oltp_point_select,oltp_read_write", "sysbench tests")
	set.StringVar(&targets, "targets", "direct,parkway,haproxy", "what to measure: of "+strings.Join(targetNames, ", "))
	set.IntVar(&o.rounds, "rounds", 3, "runs of each combination; medians are reported")
	set.IntVar(&o.seconds, "seconds", 10, "length of a run")
	set.StringVar(&o.psMode, "ps-mode", "disable", "sysbench's --db-ps-mode: disable (text protocol) or auto (prepared statements)")
	set.StringVar(&o.out, "out", "bench/results", "folder for compare.md, compare.png and compare.csv")
	set.StringVar(&o.server, "server", "", "HOST:PORT of a running server with app/app and a database sbtest, whose sbtest tables are replaced (default: start a MariaDB)")
	set.StringVar(&o.parkway, "parkway", "", "a parkway binary (default: built from the module of the current directory)")
	set.StringVar(&o.parkwayOld, "parkway-old", "", "another parkway binary, measured in the same rounds as target parkway-old")
	set.StringVar(&o.profiles, "pprof", "", "folder for a CPU profile of parkway from each run with 64 threads")
	set.BoolVar(&o.sharing, "sharing", false, "measure what sharing connections costs instead: 64 threads with 16 connections and with one each, text and prepared")
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	if set.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	o.args = args
	var err error
	if o.threads, err = command.RisingInts(threads); err != nil {
		return options{}, fmt.Errorf("-threads: %w", err)
	}
	o.workloads = strings.Split(workloads, ",")
	o.targets = strings.Split(targets, ",")
	if o.parkwayOld != "" && !slices.Contains(o.targets, parkwayOld) {
		o.targets = append(o.targets, parkwayOld)
	}
	return o, o.check()
}

// check reports every mistake at once.
func (o options) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for i, name := range o.targets {
		switch {
		case !slices.Contains(targetNames, name):
			bad("-targets: unknown target %q", name)
		case slices.Contains(o.targets[:i], name):
			bad("-targets: %s is named twice", name)
		case name == parkwayOld && o.parkwayOld == "":
			bad("-targets: %s needs -parkway-old", name)
		}
	}
	for i, name := range o.workloads {
		switch {
		case !strings.HasPrefix(name, "oltp_"):
			bad("-workloads: %q is not one of sysbench's oltp tests", name)
		case slices.Contains(o.workloads[:i], name):
			bad("-workloads: %s is named twice", name)
		}
	}
	if o.rounds < 1 {
		bad("-rounds: %d is not positive", o.rounds)
	}
	if o.seconds < 1 {
		bad("-seconds: %d is not positive", o.seconds)
	}
	if o.psMode != "disable" && o.psMode != "auto" {
		bad("-ps-mode: %q is neither disable nor auto", o.psMode)
	}
	return errors.Join(problems...)
}
