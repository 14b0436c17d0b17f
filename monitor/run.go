package monitor

import (
	"fmt"
	"runtime/debug"
	"time"

	"parkway/hostgroup"
	"parkway/monitor/check"
	"parkway/monitor/elastic"
)

// eagerness is which part of its interval a check may begin late at most: then
// the pool grows.
const eagerness = 10

// longestWait bounds that where the interval is long.
const longestWait = time.Second

// submit queues a check. It is false if the last one of its kind has not ended,
// or there is no room. again: that is not to be counted. It is called by the
// scheduler.
func (m *Monitor) submit(s *server, kind check.Kind, again bool) (ok bool) {
	if !s.begin(kind) {
		if again {
			return false
		}
		m.counts[kind][resultOverdue].Add(1)
		if s.waits(kind) {
			m.late.note(m)
		}
		return false
	}
	return m.queue(s, kind, s.suspect(kind))
}

// queue is submit for a check that was claimed.
func (m *Monitor) queue(s *server, kind check.Kind, suspect bool) (ok bool) {
	ok = m.pool.Submit(elastic.Task{
		Run:      func() { m.run(s, kind, suspect) },
		Patience: min(m.settings.Load().every[kind]/eagerness, longestWait),
		Rank:     s.rank(kind),
		Suspect:  suspect,
	})
	if !ok {
		s.end(kind)
		m.counts[kind][resultDropped].Add(1)
		m.late.note(m)
	}
	return ok
}

// run carries out a check, on a goroutine of the pool. One that has become a suspect
// since it was queued is queued again.
func (m *Monitor) run(s *server, kind check.Kind, suspect bool) {
	if !suspect && s.suspect(kind) {
		m.queue(s, kind, true)
		return
	}
	s.begun[kind].Store(true)
	defer s.end(kind)
	defer func() {
		if v := recover(); v != nil {
			m.cfg.Log.Error().Str("server", s.name).Stringer("check", kind).Str("panic", fmt.Sprint(v)).
				Str("stack", string(debug.Stack())).Msg("a check panicked")
		}
	}()
	if m.cfg.OffLoop != nil {
		m.cfg.OffLoop()
	}
	set := m.settings.Load()
	r := s.target.Check(kind, set.account, set.timeout[kind])
	if s.target.Closed() {
		return // The server has left, and the check was broken off.
	}
	m.counts[kind][r.Outcome].Add(1)
	if r.NoRoom != nil {
		m.yieldRoom(s, &r, set)
	}
	if s.note(&r) {
		m.complain(s, &r, set)
	}
	m.tell(s.name, &r)
	if kind == check.Connect && r.Outcome == check.OK && s.unanswered(check.Ping) {
		m.schedulers[check.Ping].hurry(s.name) // It may be back.
	}
}

// yieldRoom makes it known that the account has too few connections.
func (m *Monitor) yieldRoom(s *server, r *check.Result, set *settings) {
	if m.cfg.OnNoRoom != nil {
		m.cfg.OnNoRoom(s.name)
	}
	if s.cramped.Swap(true) {
		return // as it was when that was last tried
	}
	m.cfg.Log.Warn().Str("server", s.name).Stringer("check", r.Kind).Err(r.NoRoom).Str("user", set.account.User).Str("fix", r.Fix).
		Msg("the monitor's account has too few connections: checks take turns, and there is none in reserve that kills statements")
}

// tell passes on what a check says about the server.
func (m *Monitor) tell(name string, r *check.Result) {
	h := m.cfg.Hostgroups
	switch r.Kind {
	case check.Connect:
		if r.Outcome == check.OK {
			h.SeeConnect(name)
		}
	case check.Ping:
		if r.Answered() {
			h.SeePing(name, nil) // It is there, if it lets us in or not.
		} else {
			h.SeePing(name, r.Err)
		}
	case check.ReadOnly:
		switch {
		case r.Outcome == check.OK:
			h.SeeReadOnly(name, hostgroup.Switches(r.Switch), nil)
		case !r.Answered():
			h.SeeReadOnly(name, hostgroup.Switches{}, r.Err)
		}
	case check.ReplicationLag:
		switch {
		case r.Outcome == check.OK:
			h.SeeLag(name, hostgroup.Lag(r.Lag))
		case !r.Answered():
			h.MissLag(name, r.Err)
		}
	}
}

// complain logs a check that ended in another way than the last one of its kind.
func (m *Monitor) complain(s *server, r *check.Result, set *settings) {
	e, msg := m.cfg.Log.Warn(), "check failed"
	if r.Outcome == check.OK {
		e, msg = m.cfg.Log.Info(), "check succeeds"
	}
	e = e.Str("server", s.name).Stringer("check", r.Kind).AnErr("error", r.Err)
	if r.Fix != "" {
		e = e.Str("user", set.account.User).Str("fix", r.Fix)
	}
	e.Msg(msg)
}
