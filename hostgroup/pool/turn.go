package pool

import (
	"math/rand/v2"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
)

// Weights are shares of the statements, not of the connections alone: each
// statement draws its server. If nothing idle there serves it, it does not wait
// for a connection, but takes what is idle elsewhere; and one is opened for the
// next.

// inTurn is the index of the idle connection for r to the server that is to have
// it; -1 if there is none, or any server will do.
func (p *Pool) inTurn(g *group, r *Request) int {
	h := p.cfg.Hostgroups.Table().Hostgroup(r.Hostgroup)
	if h == nil || r.Avoid != nil || !r.Login.Shared {
		return -1
	}
	m := h.Turn(rand.Uint64())
	if m == nil {
		return -1
	}
	i := g.shelf.best(r, m.Server)
	if i < 0 && g.warming.opening == 0 && p.loop.Now() >= g.warming.paused {
		p.openAhead(g, h, m, &r.Login, m.MaxConnections)
	}
	return i
}

// openAhead opens a connection for the shelf, if the server has fewer than limit
// and room for it; false if it is not to get more at the moment.
func (p *Pool) openAhead(g *group, h *hostgroup.Hostgroup, m *hostgroup.Member, login *backend.Login, limit int) bool {
	now, rate := p.loop.Now(), p.attributes(m.Hostgroup()).throttle
	if g.throttle.pause(now, rate) > 0 || !h.Reserve(m, limit) {
		return false
	}
	if !g.throttle.take(now, rate) {
		m.Give()
		return false
	}
	_, err := backend.Dial(p.loop, p.spec(m.Server, login, p.cfg.Settings().ConnectTimeoutServer), (*warmer)(p))
	if err != nil {
		m.Give()
		return false
	}
	g.warming.opening++
	return true
}
