package pool

import (
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// Warming: with connection_warming the servers of a hostgroup have idle
// connections before clients ask for them, up to free_connections_pct of each
// server's max_connections, each loop its part. They are opened with the login
// that was used last; a loop where nobody has connected yet opens none.

// warming is what a hostgroup's warming needs, and whoever opens connections ahead.
type warming struct {
	login   *backend.Login // nil: nobody has connected yet
	opening int            // connections on their way
	paused  int64          // loop time until which none are opened, because one has failed
}

// maxOpening bounds the connections that a loop opens ahead at a time.
const maxOpening = 16

// warmPause is how long nothing is opened ahead after a failure.
const warmPause = 10 * time.Second

// remember keeps the login of a connection that a client has just opened, for
// warming.
func (p *Pool) remember(b *backend.Conn) {
	id := b.Server().Hostgroup()
	if !b.Login().Shared || !p.attributes(id).warming {
		return
	}
	login := *b.Login()
	p.group(id).warming.login = &login
	p.planUpkeep(0)
}

// warm opens the connections that the hostgroup lacks.
func (p *Pool) warm(id int, g *group, pct int) {
	w := &g.warming
	switch h := p.cfg.Hostgroups.Table().Hostgroup(id); {
	case h == nil || w.login == nil || p.loop.Now() < w.paused:
	case p.cfg.Holds != nil && !p.cfg.Holds(w.login):
		w.login = nil
	default:
		for i := range h.Members {
			p.warmMember(g, h, &h.Members[i], pct)
		}
	}
}

func (p *Pool) warmMember(g *group, h *hostgroup.Hostgroup, m *hostgroup.Member, pct int) {
	if _, _, resolved := m.Address(); !resolved || m.Weight == 0 || !p.usable(m.Server) {
		return
	}
	for n := g.shelf.of(m.Server); n < p.share(m, pct) && g.warming.opening < maxOpening; n++ {
		if !p.openAhead(g, h, m, g.warming.login, m.MaxConnections*pct/100) {
			return
		}
	}
}

// warmer is the pool as the owner of connections that it opens ahead.
type warmer Pool

func (w *warmer) OnBackendReady(b *backend.Conn) {
	p := (*Pool)(w)
	p.group(b.Server().Hostgroup()).warming.opening--
	p.opened(b)
	p.Put(b)
}

func (w *warmer) OnBackendClosed(b *backend.Conn, err *backend.Error) {
	p := (*Pool)(w)
	g := p.group(b.Server().Hostgroup())
	g.warming.opening--
	g.warming.paused = p.loop.Now() + int64(warmPause)
	p.notOpened(b.Server(), err)
}

// A connection that is being opened carries no command.
func (w *warmer) OnAnswer(*backend.Conn, []byte, protocol.Progress)         {}
func (w *warmer) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}
func (w *warmer) OnBackendWritable(*backend.Conn)                           {}
func (w *warmer) OnSyncFailed(*backend.Conn, *protocol.ERR)                 {}
