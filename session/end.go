package session

import (
	"errors"
	"io"
	"time"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// How a session ends. Whatever happens comes down to fatal or drop; interrupt
// knows which of them the state allows.

// goodbyeLinger bounds how long a client may take to read its last error.
const goodbyeLinger = time.Second

// fatal tells the client why its connection ends, and ends it.
func (s *Session) fatal(seq byte, reason *protocol.ERR) {
	s.write(seq, reason.Append)
	s.leave()
	s.conn.CloseAfterWrite(reason, goodbyeLinger)
}

// goodbye is fatal between two commands: the error is there as the answer to
// whatever the client asks next. One that was answered a moment ago gets it then, or
// when that moment is over (farewell).
func (s *Session) goodbye(reason *protocol.ERR) {
	if s.state != ready || s.worker.loop.Now() >= s.since+int64(farewell) {
		s.fatal(1, reason)
		return
	}
	s.leave()
	s.parting = reason
	s.watch()
	s.resume()
}

// onLast takes what the client sends to a session that has ended: its next command is answered with the reason, if it was not told that yet.
func (s *Session) onLast(p []byte) int {
	switch {
	case s.parting == nil:
		return len(p)
	case len(p) <= protocol.HeaderLen:
		return 0
	}
	length, _ := protocol.Header(p)
	if c, n := protocol.Command(p[protocol.HeaderLen]), protocol.HeaderLen+length; c != protocol.ComQuit && !c.HasAnswer() && n <= len(p) {
		return n
	}
	s.sayLast()
	return len(p)
}

// sayLast tells the client why its session has ended.
func (s *Session) sayLast() {
	reason := s.parting
	s.parting = nil
	s.write(1, reason.Append)
	s.conn.CloseAfterWrite(reason, goodbyeLinger)
}

// drop ends the connection where no error can be inserted.
func (s *Session) drop(reason error) {
	s.leave()
	s.conn.Close(reason)
}

// interrupt ends the session because of reason, wherever the client stands:
// where no error can be inserted, without a word.
func (s *Session) interrupt(reason *protocol.ERR) {
	if s.state != closing {
		s.worker.logDismissed(s.id, reason)
	}
	switch s.state {
	case closing:
	case knocking:
		s.turnAway(reason)
	case greeted, authing, verifying, vetting, barred:
		s.fatal(s.login.seq, reason)
	case discarding:
		s.fatal(s.message.NextSeq(), reason)
	case sending, answering, observing:
		if seq, partial := s.inAnswer(s.backend); partial {
			s.drop(reason)
		} else {
			s.fatal(seq, reason)
		}
	case uploading:
		s.abandon(reason)
	case abandoned:
		s.fatal(s.unread().NextSeq(), s.refusal)
	default:
		s.goodbye(reason)
	}
}

// logDismissed says in the log why the proxy ends a client: that it was quiet for wait_timeout_ms, that the proxy stops, what became of its server.
func (w *worker) logDismissed(session uint32, reason *protocol.ERR) {
	w.proxy.log.Debug().Uint32("session", session).Err(reason).Msg("client dismissed")
}

// releases reports whether the server hangs up behind the statement that was just answered, as COMMIT RELEASE asks for: the connection is of no
// use to others, though nobody has noticed yet.
func (s *Session) releases() bool {
	e := &s.now.event
	return e.Flags.Has(digest.Release) && (!e.Failed || e.Flags.Has(digest.MultiStatement))
}

// mayRelease reports whether the server may have hung up behind the statement because its completion_type is RELEASE for all who have not set
// another: the connection is for nobody else then, and its end is the session's.
func (s *Session) mayRelease(e *sysvar.Event) bool {
	if !s.backend.Have().Releases || !s.mine.vars.CompletesAsTheServer() {
		return false
	}
	switch e.Verb {
	case digest.VerbCommit, digest.VerbCall:
		return true
	case digest.VerbRollback:
		return !e.Flags.Has(digest.Savepoint)
	}
	return e.Flags&unseen != 0
}

// hangUp ends the session as its server does.
func (s *Session) hangUp() {
	if s.backend != nil {
		s.worker.pool.Discard(s.backend)
		s.backend = nil
	}
	s.leave()
	s.conn.CloseAfterWrite(nil, goodbyeLinger)
}

// lost notes a connection that ended by itself and not as it should: with an
// error, or in the middle of a login or a statement.
func (s *Session) lost(err error) {
	if s.state == closing || errors.Is(err, io.EOF) && s.state == ready {
		return
	}
	p := s.worker.proxy
	s.worker.metrics.SessionAborted()
	if s.state == authing {
		if left := s.login.server.Abandoned(); left != nil {
			p.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Err(left).Msg("login abandoned")
			return
		}
	}
	s.worker.logLost(s.id, s.conn.RemoteString(), err)
}

// logLost says in the log that a client's connection has ended as it should not.
func (w *worker) logLost(session uint32, client string, err error) {
	w.proxy.log.Debug().Uint32("session", session).Str("client", client).Err(err).Msg("client connection lost")
}

// leave gives up what the session holds of the backend side, and closes it to
// the client's bytes.
func (s *Session) leave() {
	if s.state == acquiring && s.backend == nil {
		s.worker.pool.Cancel(&s.request)
	}
	s.endLarge()
	s.endRetrial()
	s.endScript()
	s.setState(closing)
	s.release()
	s.releaseAsides()
	s.forgetStatements()
}

// end takes the session out of everything that knows it: whatever has panicked before, nothing of it stays.
func (s *Session) end() {
	w := s.worker
	s.timer.Stop()
	s.logout()
	if s.arriving() {
		w.endArrival()
	}
	w.unlink(s)
	w.forgetLinger(s)
	w.metrics.SessionClosed()
	w.proxy.sessions.Add(-1)
	// What leave has done, unless it has panicked.
	if b := s.backend; b != nil {
		s.backend = nil
		w.pool.Discard(b)
	}
	s.releaseAsides()
	s.forgetStatements()
}

// release lets go of the backend.
func (s *Session) release() {
	b := s.backend
	if b == nil {
		return
	}
	unfit := s.killConnection()
	s.backend = nil
	s.mine.pins &^= sysvar.MultiplexOff // a rule's, not the connection's
	if unfit || s.bound() || s.mine.pins&sysvar.Unreported != 0 || s.status&protocol.StatusInTrans != 0 || !b.Idle() {
		s.worker.pool.Discard(b)
	} else {
		s.worker.pool.Put(b)
	}
	s.mine.statements.Lost()
}

// logout gives back the user's place.
func (s *Session) logout() {
	if s.user != nil {
		s.user.Leave()
		s.user = nil
	}
}
