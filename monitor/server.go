package monitor

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parkway/hostgroup"
	"parkway/monitor/check"
	"parkway/monitor/elastic"
)

// server is one server with what its last checks have found out.
type server struct {
	// Immutable.
	name   string
	target *check.Target
	asked  chan struct{} // closed: a read_only check has ended

	// Any thread.
	told    sync.Once                        // closes asked
	server  atomic.Pointer[hostgroup.Server] // one of those of that name
	busy    [check.NumKinds]atomic.Bool      // a check is queued or runs
	begun   [check.NumKinds]atomic.Bool      // of busy: it runs
	cramped atomic.Bool                      // it was logged that it allows too few connections

	// Guarded by mu.
	mu      sync.Mutex
	history [check.NumKinds]history
	trouble [check.NumKinds]string // what was logged of a check that fails, in short; "": it does not
}

// kept is how many results of each check are kept.
const kept = 10

// history is the last results of a check, the latest last.
type history []check.Result

// last is the latest result, nil if there is none.
func (h history) last() *check.Result {
	if len(h) == 0 {
		return nil
	}
	return &h[len(h)-1]
}

func newServer(hs *hostgroup.Server) *server {
	s := &server{name: hs.String(), asked: make(chan struct{})}
	s.server.Store(hs)
	s.target = check.NewTarget(s.name, func() (network, address string, ok bool) { return s.server.Load().Endpoint() })
	return s
}

// begin claims a check; it is false if one of the kind has not ended.
func (s *server) begin(kind check.Kind) bool { return s.busy[kind].CompareAndSwap(false, true) }

// waits reports whether a check that was claimed has not begun to run.
func (s *server) waits(kind check.Kind) bool { return !s.begun[kind].Load() }

// end gives it back, when all that follows from it is known.
func (s *server) end(kind check.Kind) {
	s.begun[kind].Store(false)
	s.busy[kind].Store(false)
	if kind == check.ReadOnly {
		s.told.Do(func() { close(s.asked) })
	}
}

// suspect reports whether a check is likely to take until its timeout: the last one did, or whatever the server was asked last.
func (s *server) suspect(kind check.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.history[kind].last(); r != nil {
		return r.Outcome == check.Timeout
	}
	asked := false
	for k := range s.history {
		if r := s.history[k].last(); r != nil {
			if asked = true; r.Outcome != check.Timeout {
				return false
			}
		}
	}
	return asked
}

// rank is how urgent a check is: the servers that answer come first, so that those of which nothing is known, or that are away, do not delay
// them, and among the checks read_only, on which writes depend.
func (s *server) rank(kind check.Kind) (rank int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.history[:], func(h history) bool { return h.last() != nil && h.last().Answered() }) {
		rank = elastic.Ranks / 2
	}
	if kind != check.ReadOnly {
		rank++
	}
	return rank
}

// unanswered reports whether the last check of a kind got no answer.
func (s *server) unanswered(kind check.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.history[kind]
	return len(h) > 0 && !h[len(h)-1].Answered()
}

// note keeps a result, and reports whether it is worth a line: the check fails or
// succeeds now, or fails in another way. Of a server that is away only the pings are.
func (s *server) note(r *check.Result) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.history[r.Kind]
	if len(h) == kept {
		h = slices.Delete(h, 0, 1)
	}
	s.history[r.Kind] = append(h, *r)
	trouble := troubleOf(r)
	if trouble == s.trouble[r.Kind] {
		return false
	}
	if r.Kind != check.Ping && trouble == unanswered && s.trouble[check.Ping] == unanswered {
		return false
	}
	s.trouble[r.Kind] = trouble
	return true
}

// unanswered is the trouble of a check that gets no answer, whatever the reason is this time.
const unanswered = "no answer"

// troubleOf is what is wrong with a check, in words that are the same as long as it is the same; "" if nothing is.
func troubleOf(r *check.Result) string {
	switch {
	case r.Outcome == check.OK:
		return ""
	case r.Answered():
		return fmt.Sprint("error ", check.Code(r.Err))
	}
	return unanswered
}

// results are copies of what was kept.
func (s *server) results() (all [check.NumKinds]history) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, h := range s.history {
		all[k] = slices.Clone(h)
	}
	return all
}

// lag is what the last check that succeeded has found; ok is false if it found
// no number.
func (s *server) lag() (d time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.history[check.ReplicationLag]
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Outcome == check.OK {
			l := h[i].Lag
			return l.Behind, l.Replica && !l.Unknown
		}
	}
	return 0, false
}
