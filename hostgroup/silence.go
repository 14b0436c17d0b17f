package hostgroup

import (
	"fmt"
	"time"
)

// SeeConnect takes in that a server let the monitor log in, over a new
// connection: it is back, if it was shunned for connect errors. A server that lets
// in and answers nothing is back with its first answer only: see SeePing. Any
// thread but a loop's.
func (m *Manager) SeeConnect(name string) {
	m.see(name, func(*seen) (changed bool) {
		now := m.clock()
		m.members(name, func(s *Member) {
			if s.seen().shunned {
				m.bringBack(s.Server, now, "the monitor can connect again")
				changed = true
			}
		})
		return changed
	})
}

// SeePing takes in a ping: nil, or why there was no answer. After
// monitor_ping_max_failures in a row without one the server is shunned, in all
// its hostgroups and even if it is the last of one, and its connections are
// dropped. Any thread but a loop's.
func (m *Manager) SeePing(name string, err error) {
	m.see(name, func(w *seen) (changed bool) {
		now := m.clock()
		if err == nil {
			w.missed = 0
			m.members(name, func(s *Member) { changed = m.speak(s, now) || changed })
			if changed {
				m.judgeLags()
			}
			return changed
		}
		w.missed++
		p := m.policy.Load()
		if w.missed < p.pingMaxFailures || !p.pings {
			return false
		}
		why := fmt.Sprintf("%d pings in a row were not answered, the last: %v", w.missed, err)
		m.members(name, func(s *Member) { changed = m.silence(s, now, why) || changed })
		if changed {
			m.judgeLags()
			if m.isWriter(name) {
				m.askPairs(name)
			}
		}
		return changed
	})
}

// silence shuns a server that does not answer, or for longer one that is kept out
// because it comes and goes. mu is held.
func (m *Manager) silence(s *Member, now time.Time, why string) (changed bool) {
	h := s.seen()
	if h.silent != "" && !h.held {
		return false
	}
	was, _ := s.Status()
	h = h.fellSilent(now, m.policy.Load().recovery, why)
	s.health.Store(&h)
	m.reportChange(s, was, "")
	return was != Shunned
}

// speak ends the shunning of a server that answers again, unless it comes and
// goes all the time and can be spared for now. mu is held.
func (m *Manager) speak(s *Member, now time.Time) (changed bool) {
	h := s.seen()
	if h.silent == "" {
		return false
	}
	if now.Before(h.hold) && !m.isLast(s.Server) {
		if !h.held {
			h.held = true
			s.health.Store(&h)
			m.about(m.log.Warn(), s.Server).Int("times", h.silences).Time("until", h.hold).
				Msg("server answers again, and stays shunned for now: it comes and goes")
		}
		return false
	}
	was, _ := s.Status()
	h = h.spoke(now)
	s.health.Store(&h)
	m.reportChange(s, was, "it answers again")
	return true
}
