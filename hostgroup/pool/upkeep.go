package pool

import (
	"slices"
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// keeper is the pool as the owner of its idle connections.
type keeper Pool

// OnBackendClosed forgets a connection that ended while it was idle.
func (k *keeper) OnBackendClosed(b *backend.Conn, _ *backend.Error) {
	p := (*Pool)(k)
	g := p.group(b.Server().Hostgroup())
	if i := slices.IndexFunc(g.shelf, func(s shelved) bool { return s.b == b }); i >= 0 {
		p.unshelve(g, i)
	}
}

// OnBackendReady puts a connection back that was pinged or reset.
func (k *keeper) OnBackendReady(b *backend.Conn) { (*Pool)(k).Put(b) }

// OnSyncFailed ends a connection whose server refused a ping or a reset.
func (k *keeper) OnSyncFailed(b *backend.Conn, _ *protocol.ERR) { b.Quit() }

// Idle connections carry no command of a client.
func (k *keeper) OnAnswer(*backend.Conn, []byte, protocol.Progress)         {}
func (k *keeper) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}
func (k *keeper) OnBackendWritable(*backend.Conn)                           {}

// holds reports whether a connection may go on to serve: its login is still one
// of the proxy's, and its session began as every new one does. It is looked at
// again when users or hostgroups have changed.
func (p *Pool) holds(b *backend.Conn) bool {
	now := p.set.generation.Load()
	if b.Generation == now {
		return true
	}
	if p.cfg.Holds != nil && !p.cfg.Holds(b.Login()) || b.Init() != p.attributes(b.Server().Hostgroup()).initConnect || b.Elsewhere() {
		return false
	}
	b.Generation = now
	return true
}

// purge closes idle connections that are not to be used any more.
func (p *Pool) purge() {
	for _, g := range p.groups {
		for i := len(g.shelf) - 1; i >= 0; i-- {
			if b := g.shelf[i].b; !p.usable(b.Server()) || !p.holds(b) {
				p.unshelve(g, i).Quit()
			}
		}
	}
}

// upkeepInterval is how often idle connections are looked at while clients use
// them, upkeepPause while nobody does and nothing is due.
const (
	upkeepInterval = time.Second
	upkeepPause    = 10 * time.Second
)

// keepUp pings connections that were idle for ping_interval_server, closes those
// that are too old or more than free_connections_pct allows or where others
// lack connections, and opens those that connection_warming asks for.
func (p *Pool) keepUp() {
	set := p.cfg.Settings()
	now := p.loop.Now()
	more, next := false, upkeepPause
	for id, g := range p.groups {
		a := p.attributes(id)
		for i := len(g.shelf) - 1; i >= 0; i-- {
			b, idle := g.shelf[i].b, time.Duration(now-g.shelf[i].since)
			switch {
			case !p.usable(b.Server()),
				set.ConnectionMaxAge > 0 && b.Age() > set.ConnectionMaxAge,
				idle > set.PingIntervalServer && g.shelf.of(b.Server()) > p.keep(b.Server(), a.freePct):
				p.unshelve(g, i).Quit()
			case set.PingIntervalServer > 0 && idle > set.PingIntervalServer:
				p.unshelve(g, i).Ping(set.PingTimeoutServer)
			default:
				if set.PingIntervalServer > 0 {
					next = min(next, set.PingIntervalServer-idle)
				}
				if set.ConnectionMaxAge > 0 {
					next = min(next, set.ConnectionMaxAge-b.Age())
				}
			}
		}
		switch {
		case a.warming:
			p.warm(id, g, a.freePct) // which also gives to each server what it should have
			next = 0
		case p.balance(id, g):
			next = 0
		}
		more = more || len(g.shelf) > 0 || a.warming && g.warming.login != nil
	}
	if more {
		p.planUpkeep(next)
	}
}

// planUpkeep makes sure that there is upkeep soon after a time: at the next
// multiple of upkeepInterval, which is the same for all loops, so that a process
// that is quiet otherwise wakes up once for all of them.
func (p *Pool) planUpkeep(after time.Duration) {
	at := p.loop.Now() + int64(max(after, 0))
	at += int64(upkeepInterval) - at%int64(upkeepInterval)
	if !p.upkeep.Armed() || at < p.upkeepAt {
		p.upkeepAt = at
		p.upkeep.Reset(time.Duration(at - p.loop.Now()))
	}
}

// of is how many of the connections are to a server.
func (s shelf) of(server *hostgroup.Server) (n int) {
	for i := range s {
		if s[i].b.Server() == server {
			n++
		}
	}
	return n
}

// keep is how many idle connections to a server this loop keeps for longer.
func (p *Pool) keep(s *hostgroup.Server, pct int) int {
	h := p.cfg.Hostgroups.Table().Hostgroup(s.Hostgroup())
	if h == nil {
		return 0 // It has left the configuration in this moment.
	}
	for i := range h.Members {
		if m := &h.Members[i]; m.Server == s {
			return p.share(m, pct)
		}
	}
	return 0
}

// share is this loop's part of the connections of a member.
func (p *Pool) share(m *hostgroup.Member, pct int) int {
	return max(1, m.MaxConnections*pct/100/len(p.set.pools))
}
