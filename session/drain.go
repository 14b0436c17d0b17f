package session

import (
	"time"

	"parkway/protocol"
)

// farewell is how long a client that was answered a moment ago may still take
// to ask for something: the error is then the answer to that. Sent right behind
// an answer, some clients would read both at once and lose their place
// (go-sql-driver/mysql: "busy buffer").
const farewell = 100 * time.Millisecond

// leaving reports whether the session is to end because the proxy is about to
// stop: it has nothing under way.
func (s *Session) leaving() bool {
	return s.state == ready && !s.inTransaction() && s.worker.proxy.draining.Load()
}

// drain ends the session if it has nothing under way, because the proxy is
// about to stop. A session in the middle of a statement or a transaction is
// asked again when that ends.
func (s *Session) drain() {
	switch s.state {
	case greeted, knocking, authing, verifying, vetting, barred, acquiring, delayed, doubtful, refused:
		s.shutdown()
	case pondering:
		if !s.inTransaction() {
			s.shutdown()
		}
	case ready:
		if !s.leaving() {
			return
		}
		if s.worker.loop.Now() >= s.since+int64(farewell) {
			s.shutdown()
			return
		}
		s.watch()
	}
}

// shutdown ends the session whatever it is doing.
func (s *Session) shutdown() { s.interrupt(stopping()) }

// shutdownNow is shutdown for a process that ends now: nobody's next command is waited for.
func (s *Session) shutdownNow() {
	s.shutdown()
	if s.parting != nil {
		s.sayLast()
	}
}

func stopping() *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeServerShutdown, "parkway: server shutdown in progress")
}
