package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"parkway/bench/servers/port"
	"parkway/bench/servers/process"
)

const (
	greetingPoll = 50 * time.Millisecond // between two looks whether HAProxy serves
	haproxyGrace = 5 * time.Second       // from SIGTERM to SIGKILL
)

// haproxyConfig returns a configuration that forwards TCP from listen to server (host:port) as cheaply as HAProxy can.
//
// What is not there was tried with oltp_point_select and 64 threads, in turns, and did not lower the CPU per query by
// more than the rounds differ: cpu-map (a core for each thread), shards by-thread (a listener for each thread),
// tcp-smart-accept and tcp-smart-connect (they save an ACK for each connection, not for each query; the second only where
// the client speaks first). A single thread and tune.fd.edge-triggered (experimental) were not better either. Buffers and
// splicing (off) are left at their defaults.
func haproxyConfig(listen, server string, cores int) string {
	return fmt.Sprintf(`global
  # One thread a core, as parkway has loops.
  nbthread %d
  # Room for every client: a run never waits for a free slot.
  maxconn %d

defaults
  # Bytes are copied, not looked at. Nothing is logged: there is no "log" line.
  mode tcp
  timeout connect 10s
  # The server decides when a quiet client goes.
  timeout client 8h
  timeout server 8h

listen mysql
  bind %s
  server primary %s
`, cores, maxConnections, listen, server)
}

// haproxyProcess is HAProxy started with -db: in the foreground, as a single process without a master, so that its CPU
// time is all there is.
type haproxyProcess struct {
	*process.Process
	printed *strings.Builder // written until the process has ended
}

func (p haproxyProcess) Log() string { return p.printed.String() }

// startHAProxy starts HAProxy in front of server (host:port), and returns when a MySQL server greets through it. The error
// holds what HAProxy printed.
func startHAProxy(ctx context.Context, server string) (target, error) {
	reserved, err := port.Reserve()
	if err != nil {
		return target{}, err
	}
	dir, err := os.MkdirTemp("", "haproxy-")
	if err != nil {
		reserved.Release()
		return target{}, err
	}
	release := func() {
		os.RemoveAll(dir)
		reserved.Release()
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(reserved.Number()))
	p, err := runHAProxy(filepath.Join(dir, "haproxy.cfg"), haproxyConfig(addr, server, runtime.NumCPU()))
	if err != nil {
		release()
		return target{}, err
	}
	stop := func() {
		p.Stop(haproxyGrace)
		release()
	}
	if err := awaitGreeting(ctx, addr, p.Process); err != nil {
		stop()
		return target{}, fmt.Errorf("%w\n%s", err, p.Log())
	}
	return target{addr: addr, proxy: p, stop: stop}, nil
}

// runHAProxy writes the configuration to path and starts HAProxy with it.
func runHAProxy(path, config string) (haproxyProcess, error) {
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return haproxyProcess{}, err
	}
	cmd := exec.Command("haproxy", "-db", "-f", path)
	var printed strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &printed
	p, err := process.Start(cmd)
	return haproxyProcess{p, &printed}, err
}

// awaitGreeting waits until a MySQL server greets at addr, where p listens.
func awaitGreeting(ctx context.Context, addr string, p *process.Process) error {
	for {
		_, err := serverVersion(ctx, addr)
		if err == nil {
			return nil
		}
		select {
		case <-p.Done():
			return errors.New("it ended: " + p.Exit())
		case <-ctx.Done():
			return fmt.Errorf("no MySQL server greets at %s: %w", addr, err)
		case <-time.After(greetingPoll):
		}
	}
}
