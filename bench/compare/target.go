package main

import (
	"context"
	"fmt"
	"time"

	"parkway/bench/proxy"
)

// startLimit is how long a proxy may take until it serves.
const startLimit = 30 * time.Second

// target is one way to the server.
type target struct {
	name  string
	addr  string       // where sysbench connects to
	http  string       // http://host:port with /debug/pprof; "" where there is none
	proxy proxyProcess // nil for direct
	stop  func()
	// beside lets other clients ask until stop; nil: there are none.
	beside func() (stop func() error, err error)
}

// proxyProcess is a proxy that was started for the measurement.
type proxyProcess interface {
	CPU() (time.Duration, error) // user + system time until now
	Done() <-chan struct{}       // closed when it has ended
	ExitCode() int               // once it has ended
	Log() string                 // what it printed, once it has ended
}

// cpuTime returns what the proxy has used until now: 0 for direct. It is an error when the proxy is gone.
func (t target) cpuTime() (time.Duration, error) {
	if t.proxy == nil {
		return 0, nil
	}
	cpu, err := t.proxy.CPU()
	if err != nil {
		return 0, fmt.Errorf("CPU time of %s: %w", t.name, err)
	}
	return cpu, nil
}

// ended returns an error with the proxy's last words if it runs no more.
func (t target) ended() error {
	if t.proxy == nil {
		return nil
	}
	select {
	case <-t.proxy.Done():
		return fmt.Errorf("%s has ended, exit code %d\n%s", t.name, t.proxy.ExitCode(), t.proxy.Log())
	default:
		return nil
	}
}

// startTargets starts the targets of opts in front of the server, all or none. stop ends them.
func startTargets(ctx context.Context, opts options, programs binaries, s server) (targets []target, stop func(), err error) {
	stop = func() {
		for _, t := range targets {
			t.stop()
		}
	}
	for _, name := range opts.targets {
		t, err := startTarget(ctx, programs[name], name, s)
		if err != nil {
			stop()
			return nil, nil, fmt.Errorf("start %s: %w", name, err)
		}
		t.name = name
		targets = append(targets, t)
	}
	return targets, stop, nil
}

func startTarget(ctx context.Context, program *proxy.Binary, name string, s server) (target, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	switch name {
	case parkway, parkwayOld, unruled, ruled:
		return startParkway(ctx, program, name, s)
	case unscripted, pure, plain, beside, offload:
		return startScripted(ctx, program, name, s)
	case parkwayOwn, parkwayShared:
		return startSharing(ctx, program, name, s)
	case haproxy:
		return startHAProxy(ctx, s.addr())
	default:
		return target{addr: s.addr(), stop: func() {}}, nil
	}
}
