package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"parkway/bench/idle/crowd"
	"parkway/bench/idle/squad"
	"parkway/bench/proxy"
)

const (
	pollInterval = 50 * time.Millisecond // between looks at what nothing announces
	// Clients that come and go before the empty process is measured, and their queries: enough for the proxy to have something to
	// give back to the system, so that what it started with is not taken for room that the clients found.
	warmClients = 1000
	warmQueries = 2000
	// After so long with nothing to do a proxy is quiet: it has given back what its last clients, or their arrival, had left (cmd/parkway/memory.go).
	calmTime = 15 * time.Second
	// Clients that come without a word about how far they are.
	clientsUntold = 25_000
	// Of the time that all clients together may take for something: each one's part beyond patience.
	patienceEach = time.Minute / 100_000
)

// trial is one proxy, and its clients.
type trial struct {
	options options
	mode    mode
	proxy   *proxy.Proxy
	squad   *squad.Squad
	empty   footprint // of the proxy before any of the clients came
}

// begin starts a proxy, and the processes of up to n clients, of which none has come yet. Who has it ends it.
func (s *stage) begin(ctx context.Context, m mode, n int) (*trial, error) {
	server := s.cluster.Servers[0]
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	p, err := s.program.Start(starting, proxy.Options{Config: proxy.Config{
		LogLevel: "warn",
		NoIdle:   m == unparking,
		Variables: map[string]any{
			"monitor_enabled": false, "max_connections": n + threads + warmClients, "session_idle_ms": int(s.options.idle.Milliseconds()),
			"free_connections_pct": 100,
		},
		Servers: []proxy.Server{{Hostgroup: proxy.Primaries, Host: server.Host, Port: server.Port, MaxConnections: connections}},
		Users:   []proxy.User{{Name: "app", Password: "app", Hostgroup: proxy.Primaries, MaxConnections: n + threads + warmClients}},
	}})
	if err != nil {
		return nil, err
	}
	t := &trial{options: s.options, mode: m, proxy: p}
	if err := t.prepare(ctx, n); err != nil {
		return nil, errors.Join(err, t.end())
	}
	return t, nil
}

// prepare lets a few clients come, ask and go, so that the empty process has its connections to the server and its own buffers.
func (t *trial) prepare(ctx context.Context, n int) error {
	target, err := netip.ParseAddrPort(t.proxy.Addr)
	if err != nil {
		return err
	}
	config := crowd.Config{Target: target, User: "app", Password: "app", Patience: t.options.patience}
	if t.squad, err = squad.Start(config, max(n, warmClients), t.options.perProcess); err != nil {
		return err
	}
	if _, err = t.open(ctx, warmClients); err != nil {
		return err
	}
	if _, err = t.ask(crowd.Stream{Count: warmClients, Total: warmQueries}); err != nil {
		return err
	}
	if _, err = t.leave(ctx); err != nil {
		return err
	}
	// What the warm-up left would be taken for something that the clients need.
	if _, err = t.footprint(ctx); err != nil {
		return err
	}
	t.empty, err = t.footprint(ctx)
	return err
}

// quietCPU waits until the proxy is quiet, and is the CPU time that it uses from then on, for as long as the options say.
func (t *trial) quietCPU(ctx context.Context) (time.Duration, error) {
	if err := pause(ctx, calmTime); err != nil {
		return 0, err
	}
	return t.cpuOver(func() error { return pause(ctx, t.options.quiet) })
}

// limit is how long n clients may take for what they do together.
func (t *trial) limit(n int) time.Duration {
	return t.options.patience + time.Duration(n)*patienceEach
}

// end ends the proxy and the clients' processes.
func (t *trial) end() error {
	if t.squad != nil {
		t.squad.Stop()
	}
	code, err := t.proxy.Stop()
	if err == nil && code != 0 {
		err = fmt.Errorf("parkway ended with exit code %d", code)
	}
	return err
}

// finish ends a trial of which all has been measured.
func (t *trial) finish(err *error) { *err = errors.Join(*err, t.end()) }

// open lets n more clients come, and returns when they are quiet: parked, where there is parking.
func (t *trial) open(ctx context.Context, n int) (crowd.Arrival, error) {
	var all crowd.Arrival
	for left := n; left > 0; left = n - all.Opened {
		a, err := t.squad.Open(min(left, clientsUntold), t.options.atOnce)
		if err != nil {
			return all, err
		}
		if err := t.whole(); err != nil {
			return all, err
		}
		if a.Failed > 0 {
			return all, fmt.Errorf("%d of %d clients could not log in", a.Failed, n)
		}
		all.Opened += a.Opened
		all.Took += a.Took
		all.Times = append(all.Times, a.Times...)
		if n > clientsUntold {
			fmt.Printf("  %s of %s clients have logged in, after %v\n", count(all.Opened), count(n), all.Took.Round(time.Second))
		}
	}
	return all, t.settle(ctx)
}

// ask is Squad.Ask, and an error if a query got no answer.
func (t *trial) ask(streams ...crowd.Stream) ([]crowd.Answers, error) {
	answers, err := t.squad.Ask(streams...)
	if err != nil {
		return nil, err
	}
	if err := t.whole(); err != nil {
		return nil, err
	}
	for i, a := range answers {
		if a.Failed > 0 {
			return nil, fmt.Errorf("%d of %d queries were not answered", a.Failed, streams[i].Total)
		}
	}
	return answers, nil
}

// whole is an error if a client was lost, or failed in any other way.
func (t *trial) whole() error {
	state, err := t.squad.Look()
	if err != nil {
		return err
	}
	if len(state.Why) > 0 {
		return fmt.Errorf("%d clients lost: %v\nparkway's log:\n%s", state.Lost, state.Why, t.proxy.Log())
	}
	return nil
}

// settle waits until all clients are quiet: parked, where there is parking.
func (t *trial) settle(ctx context.Context) error {
	state, err := t.squad.Look()
	if err != nil {
		return err
	}
	if err := pause(ctx, t.options.idle); err != nil {
		return err
	}
	return await(ctx, t.limit(state.Open), "clients parked", func() (bool, error) {
		sessions, err := t.sessions(ctx)
		return sessions.quiet == state.Open && sessions.all() == state.Open, err
	})
}

// leave lets all clients go at once, and returns when the proxy has none any more, and how long that took.
func (t *trial) leave(ctx context.Context) (time.Duration, error) {
	state, err := t.squad.Look()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := t.squad.Leave(); err != nil {
		return 0, err
	}
	err = await(ctx, t.limit(state.Open), "clients gone", func() (bool, error) {
		sessions, err := t.sessions(ctx)
		return sessions.all() == 0, err
	})
	return time.Since(begun), err
}

// sessions counts the proxy's clients.
type sessions struct {
	awake, quiet   int
	parks, unparks int // since the proxy's start
}

func (s sessions) all() int { return s.awake + s.quiet }

// sessions reads the proxy's metrics. Where it does not park, all that are awake count as quiet: nobody can tell.
func (t *trial) sessions(ctx context.Context) (sessions, error) {
	metrics, err := t.proxy.Metrics(ctx)
	if err != nil {
		return sessions{}, err
	}
	s := sessions{
		awake: int(metrics[`parkway_sessions{state="active"}`]), quiet: int(metrics[`parkway_sessions{state="parked"}`]),
		parks: int(metrics["parkway_parks_total"]), unparks: int(metrics["parkway_unparks_total"]),
	}
	if _, parks := metrics["parkway_parks_total"]; !parks || t.mode == unparking {
		s.awake, s.quiet = 0, s.awake
	}
	return s, nil
}

// both does the same with two proxies, at the same time.
func both[T, Result any](a, b T, do func(T) (Result, error)) (ofA, ofB Result, err error) {
	var group errgroup.Group
	group.Go(func() (err error) {
		ofA, err = do(a)
		return err
	})
	group.Go(func() (err error) {
		ofB, err = do(b)
		return err
	})
	err = group.Wait()
	return ofA, ofB, err
}

// await polls until ok, for at most limit.
func await(ctx context.Context, limit time.Duration, what string, ok func() (bool, error)) error {
	for late := time.Now().Add(limit); ; {
		done, err := ok()
		if done || err != nil {
			return err
		}
		if time.Now().After(late) {
			return fmt.Errorf("%v later still not: %s", limit, what)
		}
		if err := pause(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
