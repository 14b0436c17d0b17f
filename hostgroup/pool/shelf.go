package pool

import (
	"slices"
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// shelf holds the idle connections of a hostgroup on one loop, the one used
// last at the end.
type shelf []shelved

type shelved struct {
	b     *backend.Conn
	since int64 // loop time
}

// maxLook is how many idle connections are compared to find the best match.
const maxLook = 16

// Take returns an idle connection for r, the one that needs least to be
// brought to r.Want; nil if there is none, or if others wait already. The
// client becomes its owner.
func (p *Pool) Take(r *Request) *backend.Conn {
	g := p.group(r.Hostgroup)
	if len(g.shelf) == 0 || g.queue.Len() > 0 {
		return nil
	}
	i := g.shelf.best(r)
	if i < 0 {
		return nil
	}
	return p.unshelve(g, i)
}

// best is the index of the connection that serves r with the least to do, of
// those used last; -1 if none serves it.
func (s shelf) best(r *Request) int {
	best, least := -1, 0
	for i := len(s) - 1; i >= 0 && i >= len(s)-maxLook; i-- {
		cost, ok := fits(s[i].b, r)
		if ok && (best < 0 || cost < least) {
			best, least = i, cost
			if cost == 0 {
				break
			}
		}
	}
	return best
}

// fits reports whether a connection can serve r, and what has to be done first.
func fits(b *backend.Conn, r *Request) (cost int, ok bool) {
	login := b.Login()
	if login.User != r.Login.User || !login.Shared || !r.Login.Shared || (login.Capabilities^r.Login.Capabilities)&backend.Class != 0 {
		return 0, false
	}
	have := b.Have()
	return have.Cost(&r.Want)
}

func (p *Pool) unshelve(g *group, i int) *backend.Conn {
	b := g.shelf[i].b
	g.shelf = slices.Delete(g.shelf, i, i+1)
	p.idle.Add(-1)
	p.server(b.Server()).Free(-1)
	p.server(b.Server()).Used(1)
	return b
}

// Put takes back a connection that anybody may use now: it is idle, and its
// state is known (backend.Conn.SetHave). Who has waited longest gets it.
func (p *Pool) Put(b *backend.Conn) {
	b.SetOwner((*keeper)(p))
	if !b.Idle() || !p.usable(b.Server()) {
		b.Quit()
		return
	}
	g := p.group(b.Server().Hostgroup())
	if other := p.longerWaiting(g); other != nil {
		// Not now: the connection may be in the middle of handing over an answer.
		p.loop.OnTurnEnd(func() { p.move(b, other) })
		return
	}
	if e := g.queue.Front(); e != nil {
		r := e.Value.(*Request)
		if _, ok := fits(b, r); !ok {
			b.Quit() // makes room for one that fits
			return
		}
		r.end()
		r.Client.OnBackend(b)
		return
	}
	p.server(b.Server()).Used(-1)
	p.server(b.Server()).Free(1)
	g.shelf = append(g.shelf, shelved{b, p.loop.Now()})
	p.idle.Add(1)
	if !p.upkeep.Armed() {
		p.upkeep.Reset(upkeepInterval)
	}
}

// usable reports whether the server still takes statements.
func (p *Pool) usable(s *hostgroup.Server) bool {
	return p.cfg.Hostgroups.Table().StatusOf(s) == hostgroup.Online
}

// headStart is how much longer somebody on another loop must have waited to be
// given this loop's connection.
const headStart = int64(5 * time.Millisecond)

// longerWaiting returns the pool whose first waiter has waited clearly longer
// than this one's; nil if there is none.
func (p *Pool) longerWaiting(g *group) *Pool {
	own := g.heads[p.loop.Index()].Load()
	if own == 0 {
		own = p.loop.Now() + headStart
	}
	var found *Pool
	for i := range g.heads {
		if since := g.heads[i].Load(); since != 0 && since < own-headStart && (found == nil || since < own) {
			found = p.set.pools[i]
		}
	}
	return found
}

// move gives a connection to another loop's pool.
func (p *Pool) move(b *backend.Conn, to *Pool) {
	m, err := b.Detach()
	if err != nil {
		b.Quit()
		return
	}
	p.server(b.Server()).Used(-1)
	to.loop.Post(func() {
		b, err := m.Attach(to.loop, to.interner, to.closed)
		if err != nil {
			to.loop.Post(func() { to.serve(m.Server().Hostgroup()) })
			return
		}
		to.server(b.Server()).Used(1)
		to.Put(b)
	})
}

// makeRoom closes an idle connection of the hostgroup that nobody here can
// use, or asks another loop for one.
func (p *Pool) makeRoom(hostgroup int) {
	if g := p.group(hostgroup); len(g.shelf) > 0 {
		p.unshelve(g, 0).Quit()
		return
	}
	for _, other := range p.set.pools {
		if other != p && other.idle.Load() > 0 {
			other.loop.Post(func() {
				if g := other.group(hostgroup); len(g.shelf) > 0 {
					b := other.unshelve(g, 0)
					other.Put(b) // finds who waits
				}
			})
		}
	}
}

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

// OnBackendReady puts a connection back that was pinged.
func (k *keeper) OnBackendReady(b *backend.Conn) { (*Pool)(k).Put(b) }

// OnSyncFailed ends a connection whose server refused a ping.
func (k *keeper) OnSyncFailed(b *backend.Conn, _ *protocol.ERR) { b.Quit() }

// Idle connections carry no command of a client.
func (k *keeper) OnAnswer(*backend.Conn, []byte, protocol.Progress)         {}
func (k *keeper) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}
func (k *keeper) OnBackendWritable(*backend.Conn)                           {}

// upkeepInterval is how often idle connections are looked at, while there are
// any.
const upkeepInterval = time.Second

// keepUp pings connections that were idle for ping_interval_server, and closes
// those that are too old or more than free_connections_pct allows.
func (p *Pool) keepUp() {
	set := p.cfg.Settings()
	now := p.loop.Now()
	left := 0
	for _, g := range p.groups {
		for i := len(g.shelf) - 1; i >= 0; i-- {
			b, idle := g.shelf[i].b, time.Duration(now-g.shelf[i].since)
			switch {
			case !p.usable(b.Server()),
				set.ConnectionMaxAge > 0 && b.Age() > set.ConnectionMaxAge,
				idle > set.PingIntervalServer && len(g.shelf) > p.keep(b.Server(), set.FreeConnectionsPct):
				p.unshelve(g, i).Quit()
			case set.PingIntervalServer > 0 && idle > set.PingIntervalServer:
				p.unshelve(g, i).Ping(set.PingTimeoutServer)
			}
		}
		left += len(g.shelf)
	}
	if left > 0 {
		p.upkeep.Reset(upkeepInterval)
	}
}

// keep is how many idle connections to a server this loop keeps for longer.
func (p *Pool) keep(s *hostgroup.Server, pct int) int {
	h := p.cfg.Hostgroups.Table().Hostgroup(s.Hostgroup())
	for i := range h.Members {
		if m := &h.Members[i]; m.Server == s {
			return max(1, m.MaxConnections*pct/100/len(p.set.pools))
		}
	}
	return 0
}
