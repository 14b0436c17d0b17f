// Package kill ends statements and connections at the servers, for the loops: a KILL would block them, and a new
// connection for it could not be had when it matters most, when the server is full.
//
// For each server there is one goroutine with one connection, opened with the monitor's account as soon as the server is
// known, and kept open. A loop leaves a Task and hears of the outcome by a callback.
package kill

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/hostgroup"
)

// Task is one KILL.
type Task struct {
	Server *hostgroup.Server
	// At is where the thread is: its id means another one on the machine that the server's name has come to mean since. Zero: where the
	// server is now.
	At Endpoint
	// Thread is the id that the server greeted the connection with. A greeting has room for 32 bits; the ids of MySQL and
	// MariaDB have no more.
	Thread     uint32
	Connection bool // ends the connection, not only its statement
	Soft       bool // MariaDB's KILL SOFT
	// User owns the thread. If its password is known in clear text, its own account is used where the monitor's
	// can't be: everybody may kill what is theirs.
	User, Password string
	Known          bool
	// Done is told the outcome, once, on a goroutine that other tasks wait for: it must not block. After Close it may be
	// called for tasks that were not carried out. May be nil.
	Done func(Result)
}

// Endpoint is where a server is, as net.Dial takes it.
type Endpoint struct{ Network, Address string }

// endpointOf is where a server is now; zero: its name does not resolve.
func endpointOf(s *hostgroup.Server) (e Endpoint) {
	if network, address, ok := s.Endpoint(); ok {
		return Endpoint{network, address}
	}
	return Endpoint{}
}

// Outcome is how a task ended.
type Outcome uint8

// The outcomes.
const (
	Killed  Outcome = iota // the server has taken note
	Gone                   // the server knows no such connection any more
	Denied                 // no account that is known may do it
	Failed                 // the server can't be reached, or does not answer
	Dropped                // too many tasks, or a server that is not configured: nothing was tried
)

// String is the outcome as parkway_kills_total counts it.
func (o Outcome) String() string {
	return [...]string{Killed: "ok", Gone: "gone", Denied: "denied", Failed: "error", Dropped: "dropped"}[o]
}

// Result is the outcome of a task, and why if it is Denied or Failed.
type Result struct {
	Outcome Outcome
	Err     error
}

// Settings are what the configuration says of the monitor's account.
type Settings struct {
	User, Password string        // no User: there is no such account
	ConnectTimeout time.Duration // to connect and log in
}

// linger is for how long a server that has left the configuration can be told to kill: what runs on it ends then.
const linger = 10 * time.Second

// Pool is the connections to all servers. All methods may be called on any thread; those but Kill may wait.
type Pool struct {
	// Immutable.
	log zerolog.Logger

	// Any thread.
	targets atomic.Pointer[map[string]*target] // by Server.String

	// Guarded by mu.
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// NewPool returns a pool that knows no servers yet: see Apply.
func NewPool(log zerolog.Logger) *Pool {
	p := &Pool{log: log}
	p.targets.Store(&map[string]*target{})
	return p
}

// Apply opens connections to the servers that are new, and closes those to servers that have left. A server in several hostgroups has
// one connection.
func (p *Pool) Apply(servers []hostgroup.Target, s Settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	next := maps.Clone(*p.targets.Load())
	here := make(map[string]bool)
	for _, server := range servers {
		name := server.Server.String()
		here[name] = true
		t := next[name]
		if t == nil || !t.stay(server.Server, s) {
			t = newTarget(p.log, server.Server, s)
			next[name] = t
			p.running.Go(t.run)
		}
	}
	for name, t := range next {
		if !here[name] {
			t.leave(linger, func() { p.forget(name, t) })
		}
	}
	p.targets.Store(&next)
}

// GiveWay makes the server, by its name, have none of the connections that are kept open, for a while: its account has no room for that. A KILL opens
// one then.
func (p *Pool) GiveWay(server string) {
	if t := (*p.targets.Load())[server]; t != nil {
		t.giveWay()
	}
}

// forget takes a target out that has ended.
func (p *Pool) forget(name string, t *target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := maps.Clone(*p.targets.Load())
	if next[name] == t {
		delete(next, name)
		p.targets.Store(&next)
	}
}

// Kill queues a task. It never blocks; without ok nothing is done, and Done is not called.
func (p *Pool) Kill(task Task) (ok bool) {
	t := (*p.targets.Load())[task.Server.String()]
	return t != nil && t.add(&task)
}

// Close takes no more tasks, carries out those that are there, for at most grace, and closes all connections.
func (p *Pool) Close(grace time.Duration) {
	p.mu.Lock()
	p.closed = true
	targets := p.targets.Swap(&map[string]*target{})
	p.mu.Unlock()
	for _, t := range *targets {
		t.leave(0, nil)
	}
	late := time.AfterFunc(grace, func() {
		for _, t := range *targets {
			t.abort()
		}
	})
	p.running.Wait()
	late.Stop()
}
