package session

import "time"

// Arrivals. What a client costs before it has logged in is bounded for all of them together: when so many are on their way that loginBudget
// is used up, new connections wait in the listeners' queues in the kernel, and those that say nothing make room sooner than otherwise.

const (
	// loginBudget is the memory for all logins under way.
	loginBudget = 64 << 20
	// loginCost is what one is taken to cost: its session, connection and timer, and the first bytes of it. See also maxLargeLogins.
	loginCost = 4 << 10
	// arrivalPatience is how long a login may take while others wait to be accepted, if connect_timeout_client_ms is not shorter.
	arrivalPatience = time.Second
)

// arrivals counts the logins under way on a worker. Loop only.
type arrivals struct {
	limit int
	count int
	full  bool // no more are accepted
}

// beginArrival counts a login that begins.
func (w *worker) beginArrival() {
	a := &w.arrivals
	if a.count++; a.count < a.limit || a.full {
		return
	}
	a.full = true
	w.loop.HoldAccept(true)
	for s := w.first; s != nil; s = s.next {
		if s.arriving() {
			s.watch() // by arrivalPatience now
		}
	}
}

// endArrival counts a login that has ended, one way or the other.
func (w *worker) endArrival() {
	a := &w.arrivals
	if a.count--; a.full && a.count <= a.limit*3/4 {
		a.full = false
		w.loop.HoldAccept(false)
	}
}

// arriving reports whether the client has not logged in yet.
func (s *Session) arriving() bool { return s.login != nil && !s.login.again }

// loginTimeout is how long the login under way may take.
func (s *Session) loginTimeout() time.Duration {
	limit := s.worker.proxy.settings.Load().ConnectTimeoutClient
	if s.worker.arrivals.full && s.arriving() {
		limit = min(limit, arrivalPatience)
	}
	return limit
}
