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
	WriteRefused              // a statement failed because the server is read-only
)

// Observation is one thing that was seen of a server.
type Observation struct {
	Event Event
	Err   error // what was said, of ConnectError and ServerFull
}

// policy is what the configuration says about failing servers.
type policy struct {
	shunOnFailures int // connect errors within shunWindow; 0: never
	recovery       time.Duration

	// What the monitor checks, and what follows.
	pings             bool
	pingMaxFailures   int
	readOnly          bool
	readOnlyMaxMisses int
	alsoReader        bool
	lag               bool
	lagWhenNull       time.Duration
}

// Configure puts what the settings say about failing servers in force. What was
// seen by checks that are off now is forgotten, but for what servers said of their
// read_only. Any thread but a loop's.
func (m *Manager) Configure(set *config.MySQLVariables) {
	m.mu.Lock()
	defer m.mu.Unlock()
	on := set.MonitorEnabled
	m.policy.Store(&policy{
		shunOnFailures: set.ShunOnFailures, recovery: set.ShunRecoveryTime,
		pings: on && set.MonitorPingInterval > 0, pingMaxFailures: set.MonitorPingMaxFailures,
		readOnly: on && set.MonitorReadOnlyInterval > 0, readOnlyMaxMisses: set.MonitorReadOnlyMaxTimeoutCount,
		alsoReader: set.MonitorWriterIsAlsoReader,
		lag:        on && set.MonitorReplicationLagInterval > 0, lagWhenNull: set.MonitorSlaveLagWhenNull,
	})
	if m.Table() != nil {
		m.forget()
		m.keepRoles()
		m.rebuild()
		m.reportUnchecked()
	}
}

// OnTransition makes the manager call notify whenever a server's status has
// changed by what was seen of it, on the thread that saw it. To be called before
// anything is observed.
func (m *Manager) OnTransition(notify func()) { m.notify = notify }

// HurryBy makes the manager call hurry with the name of a server that is to be
// asked for its read_only at once: a writer that has refused a write because it is
// read-only, and the others of a pair of which one has changed or fallen silent.
// hurry must not block, and may be called on any thread. Any thread.
func (m *Manager) HurryBy(hurry func(server string)) { m.hurry.Store(&hurry) }

// Observe takes in what was seen of s. It may shun the server, make its budget
// smaller, or end that; sooner says that the server may be asked for more
// connections earlier than those who wait were told (Refusal.Again). Any thread.
func (m *Manager) Observe(s *Server, o Observation) (sooner bool) {
	if o.Event == WriteRefused {
		m.writeRefused(s)
		return false
	}
	if h := s.health.Load(); o.Event == ConnectOK && (h == nil || !h.notable()) {
		return false
	}
	m.mu.Lock()
	crowded := s.seen().budget.refusals > 0
	changed := m.observe(s, o, m.clock())
	m.mu.Unlock()
	if changed {
		m.tell()
	}
	return crowded && o.Event == ConnectOK
}

// writeRefused asks for a look at a server's read_only, if it is a writer of a
// pair. The end of that is told like a transition, whatever it says.
func (m *Manager) writeRefused(s *Server) {
	hurry, h := m.hurry.Load(), m.Table().groups[s.hostgroup]
	if hurry != nil && h != nil && h.writers && !s.Left() {
		s.refused.Store(true)
		(*hurry)(s.String())
	}
}

// observe is Observe with mu held; it reports whether the status has changed.
func (m *Manager) observe(s *Server, o Observation, now time.Time) (changed bool) {
	h := s.seen()
	switch o.Event {
	case ConnectOK:
		h = h.connected(now)
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
			changed = true
		}
	}
	was := m.Table().StatusOf(s)
	s.health.Store(&h)
	if changed {
		m.reportStatus(s, was, Shunned, h.why)
	}
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
	if is := m.Table().StatusOf(s); is != Shunned { // else it is for another reason, too
		m.reportStatus(s, Shunned, is, why)
	}
}

// reportChange logs a status that is not was any more, with its reason: better is
// the one for being ONLINE again. mu is held.
func (m *Manager) reportChange(s *Member, was Status, better string) {
	if is, why := s.Status(); is != was {
		if why == "" {
			why = better
		}
		m.reportStatus(s.Server, was, is, why)
	}
}

// tell makes a transition known. mu is not held.
func (m *Manager) tell() {
	select {
	case m.stirred <- struct{}{}:
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
