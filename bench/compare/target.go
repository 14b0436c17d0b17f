package main

import (
	"context"
	"fmt"
	"time"
)

// Names of the targets, as in -targets, the tables and the raw results. All but direct and haproxy are parkway, in the
// set-ups of that name.
const (
	direct     = "direct"             // no proxy
	parkway    = "parkway"            // a connection to the server for each client, as HAProxy has them
	parkwayOld = "parkway-old"        // the same with another binary
	shared     = "parkway-shared"     // 16 connections for all clients
	unruled    = "parkway-unruled"    // shared connections, without bound, and no query rules
	ruled      = "parkway-rules"      // the same with 1,000 query rules
	unscripted = "parkway-unscripted" // no script; these share connections as well: a script has the proxy follow the sessions, as multiplexing does
	pure       = "parkway-pure"       // an onQuery that is asked once for each digest
	plain      = "parkway-plain"      // one that is asked each time
	beside     = "parkway-beside"     // a plain one; clients of the user slow beside sysbench's
	offload    = "parkway-offload"    // the same, but for their statements it sleeps 5 ms on the script's pool
	haproxy    = "haproxy"
)

// targetNames are all there are.
var targetNames = []string{direct, parkway, parkwayOld, shared, unruled, ruled, unscripted, pure, plain, beside, offload, haproxy}

// startLimit is how long a proxy may take until it serves.
const startLimit = 30 * time.Second

// target is one way to the server.
type target struct {
	name  string
	addr  string       // where sysbench connects to
	http  string       // http://host:port with /debug/pprof; "" where there is none
	proxy proxyProcess // nil for direct
	stop  func()
	// others lets other clients ask until stop; nil: there are none.
	others func() (stop func() error, err error)
}

// proxyProcess is a proxy that was started for the measurement.
type proxyProcess interface {
	CPU() (time.Duration, error) // user + system time until now
	Done() <-chan struct{}       // closed when it has ended
	ExitCode() int               // once it has ended
	Log() string                 // what it printed, once it has ended
}

// start starts a target in front of the server.
func (s *stage) start(ctx context.Context, name string) (target, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var t target
	var err error
	switch name {
	case direct:
		t = target{addr: s.server.addr(), stop: func() {}}
	case haproxy:
		t, err = startHAProxy(ctx, s.server.addr())
	default:
		t, err = setups[name].start(ctx, s.programs.of(name), s.server)
	}
	t.name = name
	return t, err
}

// beside lets the target's other clients ask, if it has some, until stop, which says what went wrong.
func (t target) beside() (stop func() error, err error) {
	if t.others == nil {
		return func() error { return nil }, nil
	}
	return t.others()
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
