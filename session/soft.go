package session

import (
	"cmp"
	"strings"
	"sync/atomic"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
)

// OFFLINE_SOFT: a server gets nothing new and is left by its clients as soon as
// each can. What has state there stays to its end, and is told to the log once,
// so that whoever waits for the server to be empty knows for whom.

// maxListed is how many of those that stay are listed one by one.
const maxListed = 20

// newlySoft returns the servers that have become OFFLINE_SOFT since it was
// called last. Any thread.
func (p *Proxy) newlySoft() (fresh map[*hostgroup.Server]bool) {
	table := p.hostgroups.Table()
	p.softMu.Lock()
	defer p.softMu.Unlock()
	soft := make(map[*hostgroup.Server]bool)
	fresh = make(map[*hostgroup.Server]bool)
	for _, s := range table.Servers() {
		if table.StatusOf(s) != hostgroup.OfflineSoft {
			continue
		}
		soft[s] = true
		if !p.soft[s] {
			fresh[s] = true
		}
	}
	p.soft = soft
	return fresh
}

// stayers is the list of connections that stay for now, while loop after loop
// adds its own.
type stayers struct {
	servers map[*hostgroup.Server]bool
	pending atomic.Int64 // loops that have not added theirs
	found   atomic.Int64
}

// listStayers logs who stays on servers that have become OFFLINE_SOFT. The loops
// have been told to let go of what can go. Any thread.
func (p *Proxy) listStayers(servers map[*hostgroup.Server]bool) {
	if len(servers) == 0 {
		return
	}
	l := &stayers{servers: servers}
	l.pending.Store(int64(len(p.workers)))
	for _, w := range p.workers {
		w.loop.Post(func() {
			for s := w.first; s != nil; s = s.next {
				s.conn.Guard(func() { l.look(s) })
			}
			if l.pending.Add(-1) == 0 && l.found.Load() > 0 {
				p.log.Info().Int64("connections", l.found.Load()).Msg("connections stay on servers that are OFFLINE_SOFT until they are let go of")
			}
		})
	}
}

// look lists what s has at the servers.
func (l *stayers) look(s *Session) {
	if s.backend != nil && (s.state != ready || s.backend.Idle()) { // else it is being asked, to be left
		l.list(s, s.backend, s.reasonToStay())
	}
	for _, a := range s.asides {
		if a.backend != nil {
			l.list(s, a.backend, strings.Join(a.keptFor(), "|"))
		}
	}
}

func (l *stayers) list(s *Session, b *backend.Conn, why string) {
	if !l.servers[b.Server()] || l.found.Add(1) > maxListed {
		return
	}
	s.worker.proxy.log.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Str("user", b.Login().User).
		Stringer("server", b.Server()).Str("reason", why).Msg("connection stays on a server that is OFFLINE_SOFT")
}

// reasonToStay is why the session keeps the connection at hand.
func (s *Session) reasonToStay() string { return cmp.Or(strings.Join(s.keptFor(), "|"), "statement") }

// letGo gives connections to OFFLINE_SOFT servers back that hold nothing.
func (s *Session) letGo(status func(*backend.Conn) hostgroup.Status) {
	for _, a := range s.asides {
		if a.backend != nil && !a.holds() && !a.inTrans && status(a.backend) == hostgroup.OfflineSoft {
			a.release()
		}
	}
	if b := s.backend; s.state != ready || b == nil || !b.Idle() || status(b) != hostgroup.OfflineSoft {
		return // One that is not idle is being asked: asked follows, or OnBackendClosed.
	}
	if s.sharing() && !s.stateful() && !s.beingCut() {
		s.part()
	}
}
