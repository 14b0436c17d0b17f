// Package hostgroup knows the servers: which hostgroups there are, which server
// a new connection goes to, how many connections each may have, and what the
// servers said about themselves.
//
// The desired side comes from the configuration and is published as an
// immutable Table; the observed side lives in each Server and survives a reload.
package hostgroup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/protocol"
)

// resolveInterval is how often names are looked up, and servers that never
// greeted are asked, again.
const resolveInterval = 5 * time.Second

// Manager publishes the table of hostgroups and the greeting for clients.
// Table, Greeting, Learn and Observe may be called on any thread; Apply belongs
// to the control thread, Run to a goroutine of its own.
type Manager struct {
	// Immutable.
	log     zerolog.Logger
	clock   func() time.Time
	lookup  lookup
	notify  func()        // see OnTransition
	changed chan struct{} // Apply wakes Run
	stirred chan struct{} // a status has changed: runTrials looks when the next trial is due
	asked   chan struct{} // closed when Run has asked every server once

	// Any thread.
	table    atomic.Pointer[Table]
	greeting atomic.Pointer[Greeting]
	policy   atomic.Pointer[policy]
	hurry    atomic.Pointer[func(server string)] // see HurryBy

	// Guarded by mu.
	mu         sync.Mutex
	configured []config.MySQLServer
	pairs      []config.MySQLReplicationHostgroup
	retired    []config.MySQLReplicationHostgroup // see retire
	displaced  map[int]string                     // by writer hostgroup: see reportUnchecked
	unsettled  bool                               // see settle
	servers    map[serverKey]*Server
	watched    map[string]*seen   // by Server.String
	writers    map[int]int        // by writer hostgroup: how many it had when that was last logged
	failures   map[*Server]string // last logged failure to resolve or probe
}

// lookup resolves a name, as net.Resolver.LookupNetIP does.
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// ResolveBy makes the manager resolve names by another function than the
// system's. To be called before Discover and Run.
func (m *Manager) ResolveBy(f func(ctx context.Context, network, host string) ([]netip.Addr, error)) {
	m.lookup = f
}

// ClockBy makes the manager tell the time by another clock than the system's, of any
// thread. To be called before anything is observed, Discover and Run.
func (m *Manager) ClockBy(now func() time.Time) { m.clock = now }

// serverKey is what makes two configured servers the same one.
type serverKey struct {
	hostgroup int
	host      string
	port      int
}

func (s *Server) key() serverKey { return serverKey{s.hostgroup, s.host, s.port} }

// NewManager returns a manager of the configured servers and pairs of
// hostgroups, with the default settings: see Configure. Nothing is resolved or
// asked yet: see Discover.
func NewManager(servers []config.MySQLServer, log zerolog.Logger, pairs ...config.MySQLReplicationHostgroup) (*Manager, error) {
	m := &Manager{
		log:       log,
		clock:     time.Now,
		lookup:    net.DefaultResolver.LookupNetIP,
		changed:   make(chan struct{}, 1),
		stirred:   make(chan struct{}, 1),
		asked:     make(chan struct{}),
		servers:   make(map[serverKey]*Server),
		watched:   make(map[string]*seen),
		writers:   make(map[int]int),
		failures:  make(map[*Server]string),
		displaced: make(map[int]string),
	}
	m.Configure(&config.Default().MySQL)
	if err := m.apply(servers, pairs); err != nil {
		return nil, err
	}
	return m, nil
}

// Table returns the present hostgroups.
func (m *Manager) Table() *Table { return m.table.Load() }

// Greeting returns what a client that connects now is told.
func (m *Manager) Greeting() *Greeting { return m.greeting.Load() }

// Apply replaces the configured side. Servers that stay keep their observed
// side. Connections to servers that left live on until their owners end them.
// Run looks at the new ones at once.
func (m *Manager) Apply(servers []config.MySQLServer, pairs ...config.MySQLReplicationHostgroup) error {
	if err := m.apply(servers, pairs); err != nil {
		return err
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
	return nil
}

func (m *Manager) apply(servers []config.MySQLServer, pairs []config.MySQLReplicationHostgroup) error {
	for _, c := range servers {
		if _, err := parseStatus(c.Status); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	servers, pairs = slices.Clone(servers), slices.Clone(pairs)
	m.retire(servers, pairs)
	m.configured, m.pairs = servers, pairs
	m.keepRoles()
	m.rebuild()
	m.forget()
	m.reportUnchecked()
	return nil
}

// resolveLiteral fills in the address of a server that needs no look-up.
func (s *Server) resolveLiteral() {
	if _, err := netip.ParseAddr(s.host); err == nil || s.IsUnix() {
		s.address.Store(&s.host)
	}
}

// Learn takes in what a server said when it greeted.
func (m *Manager) Learn(s *Server, h *protocol.Handshake) {
	f := factsOf(h)
	if old := s.facts.Load(); old != nil && *old == f {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.facts.Store(&f)
	servers := m.table.Load().servers
	before, now := m.greeting.Load(), greetingOf(servers)
	m.greeting.Store(now)
	m.log.Info().Stringer("server", s).Int("hostgroup", s.hostgroup).Str("version", f.Version).
		Str("auth_plugin", f.AuthPlugin).Msg("server greeted")
	m.reportMixture(s, servers)
	if lost := before.Capabilities &^ now.Capabilities; before != &unknownServer && lost != 0 {
		m.log.Warn().Stringer("server", s).Stringer("capabilities", lost).
			Msg("server lacks capabilities of the others: new clients are not offered them")
	}
}

// reportMixture logs that s is a MariaDB and another of the servers a MySQL, or the other way round: clients are greeted in the name of one, and
// sessions go by what it is.
func (m *Manager) reportMixture(s *Server, servers []*Server) {
	for _, other := range servers {
		f := other.Facts()
		if f == nil || f.MariaDB == s.Facts().MariaDB {
			continue
		}
		m.about(m.log.Error(), s).Str("version", s.Facts().Version).Stringer("other", other).Str("other_version", f.Version).
			Msg("MariaDB and MySQL servers in one configuration are not supported: clients of one kind may get wrong answers")
		return
	}
}

// Discover resolves all names and asks every server that has not greeted yet,
// all at once, and returns when each has answered or failed or ctx is done. A
// failure is logged when it differs from the server's last one.
func (m *Manager) Discover(ctx context.Context) {
	servers := m.Table().Servers()
	before := make(map[*Server]uint32)
	for _, s := range servers {
		before[s] = s.Moves()
	}
	lookup := once(m.lookup)
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			err := s.resolve(ctx, lookup)
			if err == nil && s.Facts() == nil {
				if s.Silent() != "" {
					return // The monitor asks it, and nobody needs its version for now.
				}
				var h *protocol.Handshake
				if h, err = s.probe(ctx); err == nil {
					m.Learn(s, h)
				}
			}
			if !errors.Is(ctx.Err(), context.Canceled) {
				m.report(s, err)
			}
		})
	}
	wg.Wait()
	moved := false
	for _, s := range servers {
		if s.Moves() != before[s] {
			moved = true
			m.about(m.log.Warn(), s).Str("address", *s.address.Load()).
				Msg("server's name resolves to another address: connections to the old one end with their transactions")
		}
	}
	if moved {
		m.tell()
	}
}

// once is a lookup that looks up each name once, for all who ask: a server is at one
// address in all its hostgroups, also if its name has several, in turns.
func once(f lookup) lookup {
	var mu sync.Mutex
	found := make(map[string]func() ([]netip.Addr, error))
	return func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		mu.Lock()
		find := found[host]
		if find == nil {
			find = sync.OnceValues(func() ([]netip.Addr, error) { return f(ctx, network, host) })
			found[host] = find
		}
		mu.Unlock()
		return find()
	}
}

// Run repeats Discover until ctx is done, so that names follow their addresses
// and servers that are new, or were down at the start, become known; and it
// tries shunned servers when their time has come. Each round has timeout. To be
// called once.
func (m *Manager) Run(ctx context.Context, timeout time.Duration) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { m.runTrials(ctx, timeout) })
	discover := func() {
		round, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		m.Discover(round)
	}
	discover()
	close(m.asked)
	tick := time.NewTicker(resolveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.changed:
		case <-tick.C:
		}
		discover()
	}
}

// Meet waits until Run has asked every server once, or until ctx is done: then
// it logs which ones have not answered.
func (m *Manager) Meet(ctx context.Context) {
	select {
	case <-m.asked:
	case <-ctx.Done():
		var silent []string
		for _, s := range m.Table().Servers() {
			if s.Facts() == nil {
				silent = append(silent, s.String())
			}
		}
		m.log.Warn().Strs("servers", silent).Msg("servers have not answered yet: clients are let in without them")
	}
}

// report logs why s could not be asked, unless that is known already.
func (m *Manager) report(s *Server, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		delete(m.failures, s)
		return
	}
	if m.servers[s.key()] != s || m.failures[s] == err.Error() {
		return
	}
	m.failures[s] = err.Error()
	m.log.Warn().Stringer("server", s).Int("hostgroup", s.hostgroup).Err(err).Msg("server cannot be asked for its version")
}

// resolve looks up the server's name. An address that is known is kept while
// the look-up fails.
func (s *Server) resolve(ctx context.Context, lookup lookup) error {
	if a := s.address.Load(); a == &s.host {
		return nil
	}
	addrs, err := lookup(ctx, "ip", s.host)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", s.host, unserved(err))
	}
	if old := s.address.Load(); old != nil {
		for _, a := range addrs {
			if a.Unmap().String() == *old {
				return nil
			}
		}
	}
	first := addrs[0].Unmap().String()
	if s.address.Swap(&first) != nil {
		s.moves.Add(1)
	}
	return nil
}
