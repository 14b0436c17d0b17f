package session

import (
	"parkway/hostgroup/backend"
	"parkway/hostgroup/pool"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// retrial is what a session needs to run its command once more.
type retrial struct {
	kept      []byte // the command, if it may be sent again
	harmless  bool   // see harmless
	redirects bool   // see redirects
	again     bool   // kept stands in for what the client sends
	repeats   int    // of the command under way
	resends   int
	doubt     *doubt // nil: no server has refused it
}

// maxSpare is how many buffers a worker keeps for commands that may be sent
// again. There are as many in use as such commands are under way.
const maxSpare = 64

// keep copies the command that is about to be sent, if it may be sent again.
func (s *Session) keep(p []byte, whole bool) {
	r := &s.retry
	if r.again {
		return
	}
	r.harmless = s.sharing() && !s.stateful() && harmless(s.command, whole, &s.now.info) && !s.asksLost()
	r.redirects = s.redirects(whole)
	if r.harmless && s.retriesLeft() > 0 || r.redirects {
		r.kept = append(s.worker.spareBuffer(), p...)
	}
}

// retriesLeft is how often the command under way may be run again.
func (s *Session) retriesLeft() int {
	limit := s.worker.proxy.settings.Load().QueryRetriesOnFailure
	if s.route.decided && s.route.retries >= 0 {
		limit = s.route.retries
	}
	return limit - s.retry.repeats
}

// stateful reports whether the session has state on its backend that no other
// connection can be given. What can only be asked about the last statements is none: see presumePast.
func (s *Session) stateful() bool {
	if s.backend == nil {
		return false
	}
	status := s.backend.Answer().Status()
	if s.state == acquiring || idling[s.state] {
		status |= protocol.StatusAutocommit // Without, a statement begins a transaction; nothing has been sent that would.
	}
	return s.heldBy(^passing) || !outside(status, s.mine.pins)
}

// endRetrial is called when a command has ended, or its session.
func (s *Session) endRetrial() {
	if kept := s.retry.kept; kept != nil {
		s.worker.giveSpare(kept)
	}
	s.retry = retrial{}
	s.request.Avoid, s.request.Since = nil, 0
}

// spareBuffer is an empty buffer for a command.
func (w *worker) spareBuffer() []byte {
	if n := len(w.spare); n > 0 {
		b := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return b
	}
	return make([]byte, 0, 512)
}

func (w *worker) giveSpare(b []byte) {
	if len(w.spare) < maxSpare {
		w.spare = append(w.spare, b[:0])
	}
}

// takeIdle returns an idle connection for the command under way, nil if there is none.
func (s *Session) takeIdle() *backend.Conn {
	return s.worker.takeIdle(&s.request, harmless(s.command, s.message.Size() <= holdSize-protocol.HeaderLen, &s.now.info))
}

// takeIdle returns an idle connection from the pool, nil if there is none. A
// statement that must not run twice is given only one that the server has not
// closed.
func (w *worker) takeIdle(r *pool.Request, twice bool) *backend.Conn {
	for {
		b := w.pool.Take(r)
		if b == nil || twice || !b.Stale() {
			return b
		}
		w.metrics.Retry(retryStale)
		w.pool.Discard(b)
	}
}

// OnBackendClosed decides what the loss of its backend connection means for the
// session and its command.
func (s *Session) OnBackendClosed(b *backend.Conn, err *backend.Error) {
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).
		Stringer("state", s.state).Err(err).Msg("backend connection lost")
	if s.login != nil {
		s.backend = nil // COM_CHANGE_USER asks for a fresh one anyway.
		return
	}
	if in := s.injection(); s.state == injecting || s.state == pondering && in != nil {
		s.cancelScript()
		s.lostInjecting(err)
		return
	}
	if s.state == observing && s.lostObserved(err) {
		return
	}
	if !s.sharing() {
		s.lostOwn(err)
		return
	}
	answer := b.Answer()
	l := loss{
		state: s.state, stateful: s.stateful(), harmless: s.retry.harmless,
		retries: s.retriesLeft(), resends: maxResends - s.retry.resends,
	}
	if s.retry.kept == nil || s.beingCut() { // whoever wants its end does not want it again
		l.retries = 0
	}
	if s.state == sending || s.state == answering {
		l.started = answer.Started()
		_, l.partial = s.inAnswer(b)
	}
	r := l.remedy()
	if r == endTold {
		s.lostOwn(err)
		return
	}
	s.loseBackend()
	s.conn.Guard(func() { s.remedy(r, b, err) })
}

// lostOwn ends the session together with its backend connection: the state that
// the client had there is lost, and it must know.
func (s *Session) lostOwn(err *backend.Error) {
	switch s.state {
	case acquiring:
		if reason := err.Packet(protocol.ErrCodeNoBackend); s.sharing() {
			s.goodbye(reason)
		} else {
			s.stranded(reason)
		}
	case ready:
		s.goodbye(err.Packet(protocol.ErrCodeNewAbortingConnection))
	case trailing:
		if early := s.refusal; early != nil {
			s.abandon(early)
			return
		}
		s.goodbye(err.Packet(protocol.ErrCodeNewAbortingConnection))
	case sending:
		if s.backend.Answer().Started() {
			s.interrupt(err.Packet(protocol.ErrCodeNetRead))
			return
		}
		s.abandon(err.Packet(protocol.ErrCodeNetRead)) // The server had not all of it: it has not run.
	case answering, uploading:
		if s.mayHaveRun() {
			s.interrupt(unknownOutcome(err))
			return
		}
		s.interrupt(err.Packet(protocol.ErrCodeNetRead))
	default:
		s.interrupt(err.Packet(protocol.ErrCodeNetRead))
	}
}

// remedy carries out what was decided; the backend is gone.
func (s *Session) remedy(r remedy, b *backend.Conn, err *backend.Error) {
	switch r {
	case forget:
		switch {
		case s.state == doubtful:
			s.reconsider()
		case s.state == ready && s.retry.again:
			s.goOn()
		default:
			s.resumeNextTurn() // A command may have come in this very turn, or the rest of one have waited for the server to read.
		}
	case resend:
		s.retry.resends++
		s.worker.metrics.Retry(retryUnsent)
		s.request.Avoid = b.Server()
		s.obtainAnother()
	case repeat:
		s.retry.repeats++
		s.worker.metrics.Retry(retryRead)
		s.request.Avoid = b.Server()
		s.retry.again = true
		s.setState(ready)
		s.goOn()
	case report:
		s.reportLoss(b, err)
	}
}

// obtainAnother gets a backend for the command that waits for one.
func (s *Session) obtainAnother() {
	s.wish()
	if b := s.takeIdle(); b != nil {
		s.OnBackend(b)
		return
	}
	s.worker.pool.Acquire(&s.request)
}

// goOn lets the command that waited go on: it is kept, or still to be read.
func (s *Session) goOn() {
	if s.retry.again {
		receivers[s.state](s, s.retry.kept)
		return
	}
	s.conn.ResumeRead()
}

// reportLoss answers the command under way with an error.
func (s *Session) reportLoss(b *backend.Conn, err *backend.Error) {
	switch s.state {
	case acquiring:
		s.OnNoBackend(err.Packet(protocol.ErrCodeNoBackend))
	case sending:
		s.refusal = err.Packet(protocol.ErrCodeNetRead) // The server had not all of it: it has not run.
		s.setState(discarding)
		s.watch()
		s.resume()
	default:
		seq, _ := s.inAnswer(b)
		s.fail(seq, s.lossReason(b, err))
	}
}

// loseBackend notes that the session has no connection any more, with all that only that one knew, and goes on. The
// caller closes it, unless it is lost.
func (s *Session) loseBackend() {
	s.presumePast()
	s.backend, s.mine.pins, s.mine.objects = nil, 0, nil
	s.mine.statements.Lost()
}

// fail makes an error of the proxy's own the end of the answer to the command under way, as the packet number seq.
func (s *Session) fail(seq byte, reason *protocol.ERR) {
	s.setState(ready)
	s.since = s.worker.loop.Now()
	s.mine.past.rowCount, s.mine.past.some = -1, true
	s.write(seq, reason.Append)
	s.settle()
}

// lossReason is what the client reads of the statement that was lost with b.
func (s *Session) lossReason(b *backend.Conn, err *backend.Error) *protocol.ERR {
	switch {
	case s.cut != nil && s.cut.backend == b && s.cut.reason != nil:
		return s.cut.reason // It was to end anyway.
	case s.retry.harmless:
		return err.Packet(protocol.ErrCodeNetRead)
	}
	return unknownOutcome(err)
}

// mayHaveRun reports whether a statement that was lost with the state of its session may have had effects that are not: what a transaction
// has changed is undone when its connection ends.
func (s *Session) mayHaveRun() bool {
	info := &s.now.info
	switch {
	case !s.sharing(), harmless(s.command, true, info):
		return false
	case outside(s.backend.Answer().Status(), s.mine.pins), s.mine.pins&sysvar.XA != 0, info.Statements != 1:
		return true
	}
	return info.Flags&(unseen|digest.ImplicitCommit|digest.Uncertain) != 0 || info.Verb == digest.VerbCall || info.Class == digest.ClassTransaction
}

// unknownOutcome is what the client reads of a statement that may have run.
func unknownOutcome(err *backend.Error) *protocol.ERR {
	reason := *err.Packet(protocol.ErrCodeNetRead)
	if reason.Code == protocol.ErrCodePacketTooLarge {
		return &reason // The server has not read it.
	}
	reason.Message += " (the statement may have run; it is not repeated)"
	return &reason
}
