package hostgroup

import (
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
)

// Event is what was seen of a server.
type Event uint8

// The events that connecting to a server brings about.
const (
	ConnectOK    Event = iota // logged in
	ConnectError              // not connected or not greeted, or a login that broke off
	ServerFull                // "Too many connections": all that the server allows are in use
)

// Observation is one thing that was seen of a server.
type Observation struct {
	Event Event
	Err   error // what was said, of all but ConnectOK
}

// policy is what the configuration says about failing servers.
type policy struct {
	shunOnFailures int // connect errors within shunWindow; 0: never
	recovery       time.Duration
}

// Configure puts shun_on_failures and shun_recovery_time_sec in force. Any thread.
func (m *Manager) Configure(set *config.MySQLVariables) {
	m.policy.Store(&policy{shunOnFailures: set.ShunOnFailures, recovery: set.ShunRecoveryTime})
}

// OnTransition makes the manager call notify whenever a server has become
// SHUNNED or has come back, on the thread that saw it. To be called before
// anything is observed.
func (m *Manager) OnTransition(notify func()) { m.notify = notify }

// Observe takes in what was seen of s. It may shun the server, make its budget
// smaller, or end that. Any thread.
func (m *Manager) Observe(s *Server, o Observation) {
	if h := s.health.Load(); o.Event == ConnectOK && (h == nil || !h.notable()) {
		return
	}
	m.mu.Lock()
	changed := m.observe(s, o, m.clock())
	m.mu.Unlock()
	if changed {
		m.tell()
	}
}

// observe is Observe with mu held; it reports whether the status has changed.
func (m *Manager) observe(s *Server, o Observation, now time.Time) (changed bool) {
	h := s.seen()
	switch o.Event {
	case ConnectOK:
		h = h.connected()
	case ServerFull:
		m.reportFull(s, &h, o.Err, now)
		// The connection that was refused still counts.
		h.budget = h.budget.refused(now, s.Connections()-1)
		h.last, h.lastAt = o.Err.Error(), now
	case ConnectError:
		p := m.policy.Load()
		var excess bool
		switch h, excess = h.failed(now, p.shunOnFailures, o.Err.Error()); {
		case h.shunned || !excess:
		case m.isLast(s):
			m.spare(s, &h)
		default:
			h = h.shun(now, p.recovery)
			m.reportStatus(s, Online, Shunned, h.why)
			changed = true
		}
	}
	s.health.Store(&h)
	return changed
}

// seen returns a copy of what was observed of s.
func (s *Server) seen() health {
	if h := s.health.Load(); h != nil {
		return *h
	}
	return health{}
}

// isLast reports whether no other server of s's hostgroup could take over.
func (m *Manager) isLast(s *Server) bool {
	h := m.Table().Hostgroup(s.hostgroup)
	if h == nil {
		return true
	}
	for i := range h.Members {
		if other := &h.Members[i]; other.Server != s && other.inUse() {
			return false
		}
	}
	return true
}

// spare notes that s, the last of its hostgroup, is not shunned.
func (m *Manager) spare(s *Server, h *health) {
	if h.spared {
		return
	}
	h.spared = true
	m.about(m.log.Warn(), s).Str("last_error", h.last).
		Msg("server fails and is not shunned: it is the last ONLINE one of its hostgroup")
}

// rescue brings the servers of a hostgroup back that has none in use, because
// of a change of the configuration. mu is held.
func (m *Manager) rescue(h *Hostgroup, now time.Time) {
	for i := range h.Members {
		if h.Members[i].inUse() {
			return
		}
	}
	for i := range h.Members {
		if s := h.Members[i].Server; h.Members[i].Wanted == Online && s.seen().shunned {
			m.bringBack(s, now, "no other server of the hostgroup is in use")
		}
	}
}

// bringBack ends the shunning of s. mu is held.
func (m *Manager) bringBack(s *Server, now time.Time, why string) {
	h := s.seen().recovered(now)
	s.health.Store(&h)
	m.reportStatus(s, Shunned, Online, why)
}

// tell makes a transition known. mu is not held.
func (m *Manager) tell() {
	select {
	case m.shunned <- struct{}{}:
	default:
	}
	if m.notify != nil {
		m.notify()
	}
}

// fullSilence is for how long a server must have had room before it is worth a
// line that it has not.
const fullSilence = time.Minute

func (m *Manager) reportFull(s *Server, h *health, err error, now time.Time) {
	if now.Sub(h.budget.since) > fullSilence {
		m.about(m.log.Warn(), s).Int("connections", s.Connections()-1).AnErr("error", err).
			Msg("server has no room for more connections: its budget shrinks")
	}
}

func (m *Manager) reportStatus(s *Server, from, to Status, why string) {
	e := m.log.Info()
	if to != Online {
		e = m.log.Warn()
	}
	m.about(e, s).Stringer("from", from).Stringer("status", to).Str("reason", why).Msg("server status changed")
}

func (m *Manager) about(e *zerolog.Event, s *Server) *zerolog.Event {
	return e.Stringer("server", s).Int("hostgroup", s.hostgroup)
}
