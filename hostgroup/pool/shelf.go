package pool

import (
	"math"
	"slices"
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
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
	if len(g.shelf) == 0 || g.queue.first != nil {
		return nil
	}
	for {
		i := p.inTurn(g, r)
		if i < 0 {
			i = g.shelf.best(r, nil)
		}
		if i < 0 {
			return nil
		}
		b := p.unshelve(g, i)
		if !abandoned(b.Server()) {
			return b
		}
		b.Quit() // Wake, which closes such connections, is on its way.
	}
}

// best is the index of the connection that serves r with the least to do, of
// those used last, to one server or to any (nil); -1 if none serves it.
func (s shelf) best(r *Request, server *hostgroup.Server) int {
	best, least, looks := -1, 0, maxLook
	for i := len(s) - 1; i >= 0 && looks > 0; i-- {
		if server != nil && s[i].b.Server() != server {
			continue
		}
		looks--
		cost, ok := fits(s[i].b, r)
		if ok && (r.Avoid == nil || s[i].b.Server() != r.Avoid) && (best < 0 || cost < least) {
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
	cost, ok = serves(b, r)
	if ok && b.Lacks(r.Want.Slot) {
		cost++
	}
	return cost, ok
}

// serves is fits without a look at the prepared statements, which keep no connection from serving.
func serves(b *backend.Conn, r *Request) (cost int, ok bool) {
	if !r.Login.Shared || !b.Login().Serves(r.Login.User, r.Login.Capabilities&backend.Class) {
		return 0, false
	}
	return b.Cost(&r.Want)
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
	if !b.Idle() || !p.usable(b.Server()) || !p.holds(b) {
		b.Quit()
		return
	}
	if limit := p.cfg.Settings().ConnectionResetAfterQueries; limit > 0 && b.Runs() >= limit {
		b.Reset() // and it is back
		return
	}
	g := p.group(b.Server().Hostgroup())
	if other := p.longerWaiting(g); other != nil {
		// Not now: the connection may be in the middle of handing over an answer.
		p.loop.OnTurnEnd(func() { p.move(b, other) })
		return
	}
	if r := g.queue.first; r != nil {
		if _, ok := serves(b, r); !ok {
			b.Quit() // makes room for one that fits
			return
		}
		r.end()
		r.Client.OnBackend(b)
		return
	}
	if p.putPausing(g, b) {
		return
	}
	p.server(b.Server()).Used(-1)
	p.server(b.Server()).Free(1)
	g.shelf = append(g.shelf, shelved{b, p.loop.Now()})
	p.idle.Add(1)
	if other := p.longerWaiting(g); other != nil {
		// It began to wait in this moment, and saw nothing idle yet.
		p.unshelve(g, len(g.shelf)-1)
		p.loop.OnTurnEnd(func() { p.move(b, other) })
		return
	}
	p.planUpkeep(0)
}

// abandoned reports whether the monitor has seen that nothing more is to begin at
// the server. It is part of what usable knows, and costs less.
func abandoned(s *hostgroup.Server) bool { return s.Left() || s.Silent() != "" }

// usable reports whether the server still takes statements.
func (p *Pool) usable(s *hostgroup.Server) bool {
	return p.cfg.Hostgroups.Table().StatusOf(s) == hostgroup.Online
}

// headStart is how much longer somebody on another loop must have waited, beside
// half of the time that the first one here has, to be given this loop's
// connection: to move it costs both loops, and waits that differ by less are fair
// enough.
const headStart = int64(5 * time.Millisecond)

// longerWaiting returns the pool whose first waiter has waited clearly longer
// than this one's; nil if there is none.
func (p *Pool) longerWaiting(g *group) *Pool {
	now, least := p.loop.Now(), int64(math.MinInt64) // Whoever waits, has waited longer than nobody, whatever this turn's clock says.
	if own := g.heads[p.loop.Index()].since.Load(); own != 0 {
		least = (now-own)*3/2 + headStart
	}
	var found *Pool
	for i := range g.heads {
		if since := g.heads[i].since.Load(); since != 0 && p.set.pools[i] != p && now-since > least {
			found, least = p.set.pools[i], now-since
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
		b, err := m.Attach(to.loop, to.interner, to.statements, to.closed)
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
		if other != p {
			other.offerIdle(hostgroup, func(*backend.Conn) bool { return true })
		}
	}
}

// offerIdle puts an idle connection of the hostgroup back once more, later: that finds who waits by now. Any thread.
func (p *Pool) offerIdle(hostgroup int, suits func(*backend.Conn) bool) {
	if p.idle.Load() == 0 {
		return
	}
	p.loop.Post(func() {
		g := p.group(hostgroup)
		if i := slices.IndexFunc(g.shelf, func(s shelved) bool { return suits(s.b) }); i >= 0 {
			p.Put(p.unshelve(g, i))
		}
	})
}
