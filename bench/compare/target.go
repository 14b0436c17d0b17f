package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/servers/process"
)

// target is one way to the server.
type target struct {
	name  string
	addr  string           // where sysbench connects to
	proxy *process.Process // nil for direct
	http  string           // http://host:port with /debug/pprof; "" where there is none
	stop  func()
}

// cpuTime returns what the proxy has used until now: 0 for direct. It is an error when the proxy is gone.
func (t target) cpuTime() (time.Duration, error) {
	if t.proxy == nil {
		return 0, nil
	}
	stat, err := t.proxy.Stat()
	if err != nil {
		return 0, fmt.Errorf("CPU time of %s: %w", t.name, err)
	}
	return stat.CPU, nil
}

// ended returns an error if the proxy runs no more.
func (t target) ended() error {
	if t.proxy == nil || t.proxy.Running() {
		return nil
	}
	return fmt.Errorf("%s has ended: %s", t.name, t.proxy.Exit())
}

// startTargets starts the targets of opts in front of server (host:port), all or none. stop ends them.
func startTargets(ctx context.Context, opts options, server string) (targets []target, stop func(), err error) {
	stop = func() {
		for _, t := range targets {
			t.stop()
		}
	}
	for _, name := range opts.targets {
		t, err := startTarget(ctx, opts, name, server)
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("start %s: %w", name, err)
		}
		t.name = name
		targets = append(targets, t)
	}
	return targets, stop, nil
}

func startTarget(ctx context.Context, opts options, name, server string) (target, error) {
	switch name {
	case parkway:
		return startParkway(ctx, opts.parkway, server)
	case parkwayOld:
		return startParkway(ctx, opts.parkwayOld, server)
	case haproxy:
		return startHAProxy(ctx, server)
	default:
		return target{addr: server, stop: func() {}}, nil
	}
}
