package session

import (
	"time"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/session/rules"
)

// forward passes a command to the backend.
func (s *Session) forward(p []byte, whole bool) int {
	if s.beingCut() {
		// A KILL QUERY is on its way, too late for the last statement and not meant for this one.
		return s.onEarly(p)
	}
	cache, asks, shared := s.worker.rules(), s.asksScript(), s.sharing()
	if shared || asks || cache != nil {
		if n, ok := s.direct(p, whole, cache, asks); !ok {
			return n
		}
	}
	if !s.obtain() || s.injectsBefore() {
		return 0
	}
	sent := s.asSent(p)
	if s.repeatsWarnings(sent) {
		return len(p)
	}
	s.keep(sent, whole)
	s.beginObservation(p, whole)
	s.begin(sent, whole, shared)
	return len(p)
}

// direct finds out what the command p is, what the rules (cache; nil: none) and the script (if asks) say of it, and to which hostgroup it goes, whose
// connection is at hand then if the session has one. ok is false if the command does not go on, or not now: n bytes of it are used.
func (s *Session) direct(p []byte, whole bool, cache *rules.Cache, asks bool) (n int, ok bool) {
	if !s.examined(whole) {
		s.examine(s.asSent(p), whole)
	}
	switch {
	case s.refusal != nil:
		return s.refuse(p, whole), false
	case s.now.incomplete:
		return 0, false
	}
	s.decide(cache)
	s.now.sql = nil
	if n, ok := s.obey(p, whole); !ok {
		return n, false
	}
	if asks {
		if n, ok := s.consultScript(p, whole); !ok {
			return n, false
		}
		s.declineCursor(s.asSent(p), whole)
	}
	if !s.place() {
		return 0, false
	}
	if !s.yield() {
		s.conn.PauseRead()
		return 0, false
	}
	return 0, true
}

// begin sends the first bytes of a command, or all of it, to the backend, which is idle. shared says that the session is followed.
func (s *Session) begin(p []byte, whole, shared bool) {
	if whole {
		s.setState(answering)
	} else {
		s.setState(sending)
	}
	s.watch()
	s.backend.Begin(s.command, s.message.NextSeq())
	if !shared {
		s.upload(p)
		return
	}
	s.watchReports()
	if !whole {
		s.follow(p)
	}
	if s.asksAhead(whole) {
		s.backend.AskAhead()
	}
	s.transmit(p, whole)
}

// forwardOrOK is forward for commands that mean nothing without a backend.
func (s *Session) forwardOrOK(p []byte, whole bool) int {
	if s.backend != nil || !whole {
		return s.forward(p, whole)
	}
	s.writeOK(s.message.NextSeq())
	s.settle()
	return len(p)
}

// forwardSilent passes on a command that has no answer. Without a backend
// there is no statement that it could speak of.
func (s *Session) forwardSilent(p []byte, whole bool) int {
	if s.backend != nil {
		s.upload(p)
	}
	if !whole {
		s.setState(trailing)
	} else {
		s.settle()
	}
	return len(p)
}

// onMore passes on more of a command.
func (s *Session) onMore(p []byte) int {
	n, whole, ok := s.proceed(p)
	if !ok || n == 0 {
		return n
	}
	s.followMore(p[:n], whole)
	s.uploadMore(p[:n])
	if whole {
		s.setState(answering)
		s.backend.Answer().Expect(s.message.NextSeq() + s.now.renumber.By)
	}
	return n
}

// onTrailer passes on the rest of a command that no answer is due for.
func (s *Session) onTrailer(p []byte) int {
	n, whole, ok := s.proceed(p)
	if !ok || n == 0 {
		return n
	}
	if s.backend != nil {
		s.uploadMore(p[:n])
	}
	if whole {
		s.setState(ready)
		if early := s.refusal; early != nil {
			s.refusal = nil
			s.write(s.message.NextSeq(), early.Append)
		}
		s.finish()
	}
	return n
}

// onFile passes on the client's file.
func (s *Session) onFile(p []byte) int {
	n, whole, err := s.file.Feed(p)
	if err != nil {
		s.fatal(s.file.NextSeq(), outOfOrder(err))
		return len(p)
	}
	if n == 0 {
		return 0
	}
	next := s.file.NextSeq()
	if o := s.observation(); o != nil {
		o.seq = next
		o.ahead.Pass(p[:n])
		next -= o.ahead.By
	}
	s.upload(p[:n])
	if whole {
		s.setState(answering)
		s.backend.InfileSent(next)
	}
	return n
}

// upload sends bytes to the server, and stops reading from the client while
// the server does not take them.
func (s *Session) upload(p []byte) {
	s.worker.metrics.ServerOut(len(p))
	s.backend.Send(p)
	if s.backend.Congested() {
		s.conn.PauseRead()
	}
}

// OnBackendWritable goes on with what the client sends.
func (s *Session) OnBackendWritable(*backend.Conn) { s.resume() }

// OnAnswer passes the server's answer to the client.
func (s *Session) OnAnswer(b *backend.Conn, chunk []byte, progress protocol.Progress) {
	s.worker.metrics.ServerIn(len(chunk))
	if s.state == injecting {
		s.onInjected(chunk, progress)
		return
	}
	if s.retry.redirects && progress == protocol.Done {
		if said := s.readOnlyRefusal(chunk); said != nil {
			s.withhold(said)
			return
		}
	}
	chunk = s.adapt(chunk)
	switch {
	case s.observation() != nil:
		s.observe(chunk)
	case s.beingCut():
		s.sendCut(chunk, progress)
	case s.state == sending && progress == protocol.Done && s.keepEarly(chunk):
	default:
		s.send(chunk)
	}
	switch progress {
	case protocol.Done:
		s.answered()
	case protocol.Infile:
		s.onInfile()
	default:
		if s.conn.AboveHigh() {
			b.PauseRead()
		}
	}
}

// onInfile begins to pass the client's file on.
func (s *Session) onInfile() {
	if s.state == observing {
		s.script.observed.file = true // it follows when the client has what stands before
		return
	}
	if s.state == sending {
		s.interrupt(protocol.NewERR(protocol.ErrCodeNetRead, "parkway: the server asked for a file in the middle of %s", s.command))
		return
	}
	s.setState(uploading)
	seq := s.backend.Answer().NextSeq()
	if o := s.observation(); o != nil {
		o.ahead.By = o.seq - seq
		seq = o.seq
	}
	s.file.Start(seq)
	s.resume()
}

// answered ends the command whose answer is complete.
func (s *Session) answered() {
	s.status = s.backend.Answer().Status()
	if s.cut != nil {
		if o := s.observation(); o != nil && s.beingCut() {
			o.killed = s.cut.reason
		}
		s.endCut()
	}
	s.worker.observeRefusal(s.backend)
	s.countQuery()
	if s.sharing() {
		s.conclude()
	}
	switch {
	case s.state == sending:
		// The server had heard enough; the client is still to finish its packet.
		s.setState(trailing)
		s.watch()
	case s.observedAll():
		s.reach()
	}
}

// countQuery counts the command that was just answered, with the time that it took.
func (s *Session) countQuery() {
	now := s.worker.loop.Now()
	s.worker.metrics.Hostgroup(s.request.Hostgroup).Query(time.Duration(now - s.since))
	s.since = now
}

// reach goes on when the answer is complete and, if the script looks at it, has reached the client.
func (s *Session) reach() {
	s.finishObservation()
	s.setState(ready)
	if s.sharing() && s.releases() {
		s.hangUp()
		return
	}
	if s.injectsAfter() {
		return
	}
	s.finish()
}
