package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"parkway/bench/figures"
	"parkway/bench/idle/squad"
	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/bench/servers/process"
	"parkway/bench/sysbench"
)

const (
	startLimit  = 2 * time.Minute // for the server, or a proxy
	connections = 16              // that the proxy may open to the server: quiet clients need none
	threads     = 8               // of sysbench
)

// stage is what the measurements run on: the machine, the program and a server.
type stage struct {
	options options
	began   time.Time
	machine figures.Machine
	cpuStep time.Duration
	program *proxy.Binary
	cluster *servers.Cluster
}

// newStage looks at the machine and starts the server. Who has it closes it.
func newStage(ctx context.Context, opts options) (*stage, error) {
	if err := opts.possible(); err != nil {
		return nil, err
	}
	s := &stage{options: opts, began: time.Now(), program: proxy.NewBinary(proxy.AsThis())}
	if opts.parkway != "" {
		s.program = proxy.Existing(opts.parkway)
	}
	var err error
	if s.machine, err = figures.ReadMachine(); err != nil {
		return nil, err
	}
	if s.cpuStep, err = process.CPUStep(); err != nil {
		return nil, err
	}
	if _, err = s.program.Path(ctx); err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if s.cluster, err = servers.Start(starting, servers.Options{Args: []string{"--max-connections=64"}}); err != nil {
		s.program.Close()
		return nil, err
	}
	return s, nil
}

// possible says what the machine lacks for the options.
func (o options) possible() error {
	needed := o.clients
	if slices.Contains(o.scenarios, "sweep") {
		needed = max(needed, slices.Max(o.counts))
	}
	room, err := squad.Room()
	if err != nil {
		return err
	}
	// The proxy is one process, with the same limit, and has sockets to the server too.
	if room -= connections + max(witnesses, busyClients); needed > room {
		return fmt.Errorf("%d clients: a process may have %d descriptors here (ulimit -Hn)", needed, room)
	}
	if !slices.Contains(o.scenarios, "busy") {
		return nil
	}
	if _, err := exec.LookPath("sysbench"); err != nil {
		return fmt.Errorf("%w: run bench/scripts/install.sh sysbench as root", err)
	}
	return nil
}

// close stops the server and removes what was built.
func (s *stage) close() {
	s.cluster.Stop()
	s.program.Close()
}

// prepareTables makes sysbench's tables.
func (s *stage) prepareTables(ctx context.Context) error {
	server := s.cluster.Servers[0]
	return sysbench.Prepare(ctx, net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
}

// hostVariable is where guest.sh says what it runs on.
const hostVariable = "PARKWAY_GUEST_HOST"

// report is what can be said before anything was measured.
func (s *stage) report(ctx context.Context) report {
	return report{
		began: s.began, options: s.options, machine: s.machine, cpuStep: s.cpuStep, host: os.Getenv(hostVariable),
		versions: [][2]string{{"server", s.cluster.Version}, {"parkway", s.program.Describe(ctx)}}, limits: readLimits(),
	}
}

// limits are settings of the kernel that bound how many clients there can be, and how fast they come. README, "Very many
// clients", says what they mean.
var limits = []string{
	"fs/nr_open", "fs/file-max", "net/core/somaxconn", "net/ipv4/tcp_max_syn_backlog", "net/ipv4/ip_local_port_range", "net/ipv4/tcp_mem",
	"net/netfilter/nf_conntrack_max",
}

// readLimits lists those that the kernel has, "name = value".
func readLimits() []string {
	var list []string
	for _, name := range limits {
		text, err := os.ReadFile("/proc/sys/" + name)
		if err != nil {
			continue // not in this kernel
		}
		list = append(list, strings.ReplaceAll(name, "/", ".")+" = "+strings.Join(strings.Fields(string(text)), " "))
	}
	return list
}
