package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"parkway/bench/command"
	"parkway/bench/sysbench"
)

// options is the checked command line.
type options struct {
	workloads    []string
	psModes      []string
	threads      []int
	targets      []string // in the order of the tables; parkway-old is there when -parkway-old is
	rounds       int
	judgedRounds int // with goalThreads, if more than rounds
	seconds      int
	out          string
	server       string
	parkway      string
	parkwayOld   string
	profiles     string
	args         []string // as typed, for the report
}

// parseOptions reads args. Usage and flag errors are written to usage; the error is flag.ErrHelp after -h.
func parseOptions(args []string, usage io.Writer) (options, error) {
	var o options
	var threads, workloads, psModes, targets string
	set := flag.NewFlagSet("compare", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&threads, "threads", "8,64,256", "sysbench threads, one connection each")
	set.StringVar(&workloads, "workloads", "oltp_point_select,oltp_read_write", "sysbench tests")
	set.StringVar(&psModes, "ps-mode", "disable", "sysbench's --db-ps-mode: disable (text protocol), auto (prepared statements), or both")
	set.StringVar(&targets, "targets", "direct,parkway,haproxy", "what to measure: of "+strings.Join(targetNames, ", "))
	set.IntVar(&o.rounds, "rounds", 3, "runs of each combination; medians are reported")
	set.IntVar(&o.judgedRounds, "judged-rounds", 15, fmt.Sprintf("the same with %d threads, where goals are judged, if more than -rounds; less than 6 decide nothing", goalThreads))
	set.IntVar(&o.seconds, "seconds", 4, "length of a run")
	set.StringVar(&o.out, "out", "bench/results", "folder for compare.md, compare.png and compare.csv")
	set.StringVar(&o.server, "server", "", "HOST:PORT of a running server with app/app and a database sbtest, whose sbtest tables are replaced (default: start a MariaDB)")
	set.StringVar(&o.parkway, "parkway", "", "a parkway binary (default: built from the module of the current directory)")
	set.StringVar(&o.parkwayOld, "parkway-old", "", "another parkway binary, measured in the same rounds as target parkway-old")
	set.StringVar(&o.profiles, "pprof", "", fmt.Sprintf("folder for a CPU profile of parkway from each run with %d threads", goalThreads))
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
	o.psModes = strings.Split(psModes, ",")
	o.targets = strings.Split(targets, ",")
	if o.parkwayOld != "" && !slices.Contains(o.targets, parkwayOld) {
		o.targets = append(o.targets, parkwayOld)
	}
	return o, o.check()
}

// check reports every mistake at once.
func (o options) check() error {
	var old error
	if slices.Contains(o.targets, parkwayOld) && o.parkwayOld == "" {
		old = fmt.Errorf("-targets: %s needs -parkway-old", parkwayOld)
	}
	return errors.Join(
		command.Names("-targets", o.targets, targetNames),
		old,
		command.Names("-workloads", o.workloads, sysbench.Workloads),
		command.Names("-ps-mode", o.psModes, sysbench.PSModes),
		command.AtLeast("-rounds", o.rounds, 1),
		command.AtLeast("-judged-rounds", o.judgedRounds, 1),
		command.AtLeast("-seconds", o.seconds, 1),
	)
}

// loads are all that the targets are measured with, in the order of the tables.
func (o options) loads() []load {
	var loads []load
	for _, workload := range o.workloads {
		for _, psMode := range o.psModes {
			for _, n := range o.threads {
				loads = append(loads, load{workload, psMode, n})
			}
		}
	}
	return loads
}

// roundsOf is how many rounds a load has.
func (o options) roundsOf(l load) int {
	if l.threads == goalThreads {
		return max(o.rounds, o.judgedRounds)
	}
	return o.rounds
}
