package session

import (
	"sync/atomic"

	"parkway/hostgroup/backend"
)

// A session that got its connection without `multiplexing`, query rules and a script has a state that nobody has
// followed. It stays on that connection when a reload brings one of them: what the rules say of the hostgroup holds for
// it once its state is known again, after COM_RESET_CONNECTION or COM_CHANGE_USER, with which many pools of clients
// begin.

// follows reports whether sessions are followed from the connection on that they get now.
func (w *worker) follows() bool {
	return w.proxy.settings.Load().Multiplexing || w.rules() != nil || w.scripts()
}

// unfollowed reports whether the session keeps such a connection though others are followed by now.
func (s *Session) unfollowed() bool {
	return s.backend != nil && !s.backend.Login().Shared && s.worker.follows()
}

// locate asks the server for the schema of a session whose state nobody has followed: it outlives COM_RESET_CONNECTION, which waits for that.
func (s *Session) locate() {
	s.await()
	s.backend.Ask(backend.Query{SQL: "SELECT DATABASE()", Then: func(told backend.Told) {
		if len(told.Values) == 1 {
			s.mine.schema = s.worker.names.of([]byte(told.Values[0]))
		}
	}})
}

// ReportUnfollowed logs how many sessions a reload has left behind. Any thread.
func (p *Proxy) ReportUnfollowed() {
	var found, pending atomic.Int64
	pending.Store(int64(len(p.workers)))
	for _, w := range p.workers {
		w.loop.Post(func() {
			for s := w.first; s != nil; s = s.next {
				if s.state != closing && s.unfollowed() {
					found.Add(1)
				}
			}
			if pending.Add(-1) == 0 && found.Load() > 0 {
				p.log.Warn().Int64("sessions", found.Load()).
					Msg("sessions from before stay on their connections, whatever rules or a script say of the hostgroup, until they reset them or connect anew")
			}
		})
	}
}
