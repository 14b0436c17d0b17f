// Package monitor asks all servers, each at its interval, whether they are
// there, may be written to, and keep up with their primary, and tells the
// hostgroup manager.
//
// There is one scheduler for each kind of check, a goroutine that puts one task
// for each server on the queue of an elastic pool when its time has come. The
// pool's goroutines carry the checks out, with connections of the monitor's own.
// None of it runs on an event loop.
package monitor

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/monitor/check"
	"parkway/monitor/elastic"
)

// Hostgroups is what the monitor needs of the hostgroup manager, which it tells
// what it has seen. Called on goroutines of the monitor.
type Hostgroups interface {
	Table() *hostgroup.Table
	Targets() []hostgroup.Target
	SeeConnect(name string)
	SeePing(name string, err error)
	SeeReadOnly(name string, s hostgroup.Switches, err error)
	SeeLag(name string, lag hostgroup.Lag)
	MissLag(name string, err error)
}

// Config is what a Monitor is made of.
type Config struct {
	Hostgroups Hostgroups
	Log        zerolog.Logger
	// OffLoop is called on each goroutine that does a check, before the check; may
	// be nil. It panics if that is an event loop.
	OffLoop func()
	// OnNoRoom is called with the name of a server that allows the monitor's account fewer connections than the monitor uses, on the
	// goroutine of a check: others who use that account are to give way. May be nil.
	OnNoRoom func(server string)
}

// maxQueue bounds the tasks that wait. There is at most one for each server and
// kind of check.
const maxQueue = 1 << 16

// Monitor watches servers. All methods may be called on any thread but a loop's.
type Monitor struct {
	// Immutable.
	cfg        Config
	pool       *elastic.Pool
	schedulers [check.NumKinds]*scheduler
	cancel     context.CancelFunc
	running    sync.WaitGroup

	// Any thread.
	settings atomic.Pointer[settings]
	counts   [check.NumKinds][numResults]atomic.Uint64
	late     lateness

	// Guarded by mu.
	mu      sync.Mutex
	servers []*server // in the order of the configuration
	paired  []*server // those that are asked for their read_only
	purging *time.Timer
	closed  bool
}

// New returns a monitor that checks nothing yet: see Apply. Close ends it.
func New(cfg Config) *Monitor {
	m := &Monitor{cfg: cfg, pool: elastic.New(1, 1, maxQueue)}
	m.settings.Store(settingsOf(&config.MySQLVariables{MonitorThreadsMin: 1, MonitorThreadsMax: 1}))
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	began := time.Now()
	for k := range m.schedulers {
		kind := check.Kind(k)
		m.schedulers[k] = newScheduler(began, float64(k)/check.NumKinds, func(s *server, again bool) bool { return m.submit(s, kind, again) })
		m.running.Go(func() { m.schedulers[k].run(ctx) })
	}
	return m
}

// Apply puts settings in force, and the servers that the hostgroup manager
// knows now.
func (m *Monitor) Apply(v *config.MySQLVariables) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	set := settingsOf(v)
	m.settings.Store(set)
	m.pool.Resize(set.min, set.max)
	known := make(map[string]*server)
	for _, s := range m.servers {
		known[s.name] = s
	}
	var servers []*server
	plans := [check.NumKinds]plan{}
	for _, t := range m.cfg.Hostgroups.Targets() {
		s := known[t.Server.String()]
		if s == nil {
			s = newServer(t.Server)
		}
		delete(known, s.name)
		s.server.Store(t.Server)
		servers = append(servers, s)
		for k, wanted := range [check.NumKinds]bool{true, true, t.ReadOnly, t.Lag} {
			if wanted && set.every[k] > 0 {
				plans[k].servers = append(plans[k].servers, s)
			}
		}
	}
	for _, s := range known {
		s.target.Close()
	}
	m.servers, m.paired = servers, plans[check.ReadOnly].servers
	for k, s := range m.schedulers {
		plans[k].every, plans[k].first = set.every[k], firstRound
		if k == int(check.ReadOnly) {
			plans[k].first = firstLook
		}
		s.apply(plans[k])
	}
	m.schedulePurge(set)
}

// Hurry has a server asked for its read_only at once, if that is checked at all: by
// a check that begins later than the call, and after a short pause if there has
// just been one. It never blocks. Any thread, also a loop's.
func (m *Monitor) Hurry(server string) { m.schedulers[check.ReadOnly].hurry(server) }

// schedulePurge closes connections now and then that no check has used for a
// while, until there are none and no checks. mu is held.
func (m *Monitor) schedulePurge(set *settings) {
	if m.purging != nil {
		m.purging.Stop()
		m.purging = nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(set.unused/purgeAfter, func() {
		m.mu.Lock()
		servers, current := m.servers, m.purging == timer
		m.mu.Unlock()
		if !current {
			return
		}
		for _, s := range servers {
			s.target.Purge(set.unused)
		}
		if !m.over(set, servers) {
			timer.Reset(set.unused / purgeAfter)
		}
	})
	m.purging = timer
}

// over reports whether there are no more checks, and no connections.
func (m *Monitor) over(set *settings, servers []*server) bool {
	if set.every != [check.NumKinds]time.Duration{} {
		return false
	}
	// In this order: a check that ends leaves its connection behind.
	if stats := m.pool.Stats(); stats.Busy+stats.Queue > 0 {
		return false
	}
	return !slices.ContainsFunc(servers, func(s *server) bool { return s.target.Idle() > 0 })
}

// Close ends all checks, and closes all connections.
func (m *Monitor) Close() {
	m.mu.Lock()
	m.closed = true
	servers := m.servers
	if m.purging != nil {
		m.purging.Stop()
		m.purging = nil
	}
	m.mu.Unlock()
	m.cancel()
	m.running.Wait()
	for _, s := range servers {
		s.target.Close()
	}
	m.pool.Close()
}
