package pool

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// Where no server lets anybody in, though none is full, those who could not
// connect try again after a pause. The connections that are open serve on
// meanwhile: who pauses and can share them gets what others give back, on its own
// loop and on others, in the order of coming. Those who pause keep nobody from what
// is idle, as those in the queue do: it is of no use to any of them.

// wanted is what a connection must be to serve a request.
type wanted struct {
	user  string
	class protocol.Capability // see backend.Class
	bare  bool                // without a schema, which no command leaves
}

// is reports whether b is such a connection.
func (w *wanted) is(b *backend.Conn) bool {
	if !b.Login().Serves(w.user, w.class) {
		return false
	}
	have := b.Have()
	return !w.bare || !have.Selects("")
}

// pause waits before the next round over the servers.
func (r *Request) pause() {
	r.timer.Reset(r.delay())
	if !r.Login.Shared {
		return
	}
	p, w := r.pool, wantedBy(r)
	g := p.group(r.Hostgroup)
	g.pausing.insert(r)
	p.tellPausing(g)
	for _, lender := range p.set.pools { // What became idle while r tried to connect.
		lender.offerIdle(r.Hostgroup, w.is)
	}
	p.tellWanted()
}

// tellPausing publishes what the first of those who pause needs.
func (p *Pool) tellPausing(g *group) {
	told, first := &g.heads[p.loop.Index()].pausing, g.pausing.first
	if first == nil {
		told.Store(nil)
		return
	}
	if w, last := wantedBy(first), told.Load(); last == nil || *last != w {
		told.Store(&w)
	}
}

func wantedBy(r *Request) wanted {
	return wanted{r.Login.User, r.Login.Capabilities & backend.Class, r.Want.Schema == ""}
}

// putPausing gives a connection to who pauses and can use it, here or on another
// loop; false if nobody does.
func (p *Pool) putPausing(g *group, b *backend.Conn) bool {
	looks := maxLook
	for r := g.pausing.first; r != nil && looks > 0; r = r.place.next {
		if _, ok := serves(b, r); ok {
			r.end()
			r.Client.OnBackend(b)
			return true
		}
		looks--
	}
	for i, other := range p.set.pools {
		if w := g.heads[i].pausing.Load(); w != nil && other != p && w.is(b) {
			p.loop.OnTurnEnd(func() { p.move(b, other) })
			return true
		}
	}
	return false
}
