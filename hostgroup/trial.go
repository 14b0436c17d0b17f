package hostgroup

import (
	"context"
	"errors"
	"sync"
	"time"

	"parkway/protocol"
)

// A shunned server is tried again by the manager itself, after
// shun_recovery_time_sec: no client waits for one that may be down still.

// runTrials is the part of Run that tries shunned servers: a server that does
// not answer the others' questions must not delay them.
func (m *Manager) runTrials(ctx context.Context, timeout time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.stirred:
		case <-timer.C:
		}
		if next := m.tryShunned(ctx, timeout); !next.IsZero() {
			timer.Reset(max(next.Sub(m.clock()), 0))
		}
	}
}

// tryShunned asks the shunned servers whose time has come for their greeting,
// and brings back those that answer. It returns when the next one is due; zero:
// none is shunned.
func (m *Manager) tryShunned(ctx context.Context, timeout time.Duration) (next time.Time) {
	due, next := m.due(m.clock())
	if len(due) == 0 {
		return next
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var trials sync.WaitGroup
	for _, s := range due {
		trials.Go(func() {
			h, err := s.probe(ctx)
			if err == nil {
				m.Learn(s, h)
			}
			m.tried(s, err)
		})
	}
	trials.Wait()
	_, next = m.due(m.clock())
	return next
}

// due lists the shunned servers that are to be tried now, and when the next of
// all shunned ones is.
func (m *Manager) due(now time.Time) (due []*Server, next time.Time) {
	for _, s := range m.Table().Servers() {
		h := s.health.Load()
		if h == nil || !h.shunned {
			continue
		}
		if !h.trial.After(now) {
			due = append(due, s)
		}
		if next.IsZero() || h.trial.Before(next) {
			next = h.trial
		}
	}
	return due, next
}

// tried takes in the outcome of a trial.
func (m *Manager) tried(s *Server, err error) {
	m.mu.Lock()
	h := s.seen()
	if !h.shunned {
		m.mu.Unlock()
		return
	}
	now := m.clock()
	switch {
	case err == nil:
		m.bringBack(s, now, "it answers again")
	case saysFull(err):
		h.budget = h.budget.refused(now, s.Connections())
		s.health.Store(&h)
		m.bringBack(s, now, "it answers again: "+err.Error())
		err = nil
	default:
		h.trial = now.Add(max(m.policy.Load().recovery, shortestRecovery))
		h.last, h.lastAt = err.Error(), now
		s.health.Store(&h)
	}
	m.mu.Unlock()
	if err == nil {
		m.tell()
	}
}

// saysFull reports whether a server has no room for a connection, and so is well.
func saysFull(err error) bool {
	var said *protocol.ERR
	return errors.As(err, &said) && said.Code == protocol.ErrCodeTooManyConnections
}
