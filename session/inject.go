package session

import (
	"time"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/sysvar"
	"parkway/scripting/hook"
)

// Statements that a script has sent on the session's connection, before the client's statement and behind its answer. They run as statements of the
// session: what one changes there (a transaction, a variable, a lock) is the session's and follows it. But the client reads nothing of them, and
// what it may ask about its own statement is what that has left: LAST_INSERT_ID(), ROW_COUNT() and FOUND_ROWS() are asked for before, and told to the
// server again when the client asks. What SHOW WARNINGS would show is kept (warnings.go).

// injected is what a session needs while such a statement is under way.
type injected struct {
	before, after []*hook.Injection // still to be sent
	behind        bool              // the client's statement was answered

	current *hook.Injection // that is at the server, or with its handler; nil: none
	command protocol.Command
	now     statement // the client's, meanwhile
	sent    int64     // loop time
	asked   bool      // what the client may ask about
	warned  bool      // the client may ask for the warnings of its statement, which are to be kept
	keeps   bool      // current is the question for them
	answer  []byte    // as far as it came
	cut     bool      // there was more
	said    hook.Summary
}

// maxInjectedAnswer is how much of an answer is kept: of a result of MaxOutcome in batches there are not more bytes.
const maxInjectedAnswer = hook.MaxOutcome

// injection is what there is to be sent, nil: nothing.
func (s *Session) injection() *injected {
	if s.script == nil {
		return nil
	}
	return s.script.injected
}

// addInjections notes what the script wants to be sent.
func (s *Session) addInjections(v *hook.Verdict) {
	if len(v.Before)+len(v.After) == 0 {
		return
	}
	sc := s.scriptOf()
	if sc.injected == nil {
		sc.injected = new(injected)
	}
	sc.injected.before = append(sc.injected.before, v.Before...)
	sc.injected.after = append(sc.injected.after, v.After...)
}

// injectsBefore begins to send what comes before the client's statement, for which the connection is ready; false: there is nothing.
func (s *Session) injectsBefore() bool {
	in := s.injection()
	if in == nil || len(in.before) == 0 {
		return false
	}
	s.conn.PauseRead()
	s.setState(injecting)
	s.inject()
	return true
}

// injectsAfter begins to send what comes behind the client's statement, which was answered; false: there is nothing.
func (s *Session) injectsAfter() bool {
	in := s.injection()
	if in == nil || len(in.after) == 0 || s.backend == nil || s.beingCut() || s.state == closing {
		return false
	}
	in.behind, in.asked = true, false
	in.warned = s.sharing() && s.hasWarnings()
	s.setState(injecting)
	s.inject()
	return true
}

// inject sends the next statement, or goes on with the client's. The state is injecting, and the connection idle.
func (s *Session) inject() {
	in := s.script.injected
	list := &in.before
	if in.behind {
		list = &in.after
	}
	if len(*list) == 0 || s.backend == nil || s.beingCut() {
		s.endInjections()
		return
	}
	if in.warned {
		in.warned, in.keeps = false, true
		s.sendInjected(&hook.Injection{SQL: showWarnings})
		return
	}
	if s.sharing() && !in.asked {
		in.asked = true
		if s.askPast() {
			return // asked follows
		}
	}
	i := (*list)[0]
	*list = (*list)[1:]
	s.sendInjected(i)
}

// sendInjected sends a statement of the script's.
func (s *Session) sendInjected(i *hook.Injection) {
	in := s.script.injected
	in.current = i
	in.command, in.now, in.sent = s.command, s.now, s.worker.loop.Now()
	in.answer, in.cut, in.said = in.answer[:0], false, hook.Summary{}
	s.command, s.now = protocol.ComQuery, statement{}
	buf, start := protocol.BeginPacket(nil)
	buf = append(protocol.AppendQueryHead(buf, s.caps), in.current.SQL...)
	buf = protocol.EndPacket(buf, start, 0)
	s.backend.Begin(protocol.ComQuery, 1)
	s.watch()
	if s.sharing() {
		s.scan(buf[len(buf)-len(in.current.SQL):], true)
		s.now.sql = nil
		buf = s.rewrite(buf)
	}
	s.upload(buf)
}

// endInjections goes on with the client's statement, or with what comes after it.
func (s *Session) endInjections() {
	in := s.script.injected
	s.setState(ready)
	if !in.behind {
		s.goOn()
		return
	}
	s.finish()
}

// onInjected takes the next bytes of the answer to a statement of the script's.
func (s *Session) onInjected(chunk []byte, progress protocol.Progress) {
	in := s.script.injected
	if room := maxInjectedAnswer - len(in.answer); room < len(chunk) {
		chunk, in.cut = chunk[:room], true
	}
	in.answer = append(in.answer, chunk...)
	switch progress {
	case protocol.Done:
		s.concludeInjected()
	case protocol.Infile:
		// There is no file for the server.
		s.interrupt(protocol.NewERR(protocol.ErrCodeNotSupportedYet, "parkway: a statement of the script asks for a file"))
	}
}

// onInjectedOK takes an OK packet of the answer that says more than its status.
func (s *Session) onInjectedOK(ok *protocol.OK, progress protocol.Progress) {
	in := s.script.injected
	s.trackAnswer(ok)
	in.said = summarized(ok)
	if progress == protocol.Done {
		s.concludeInjected()
	}
}

// concludeInjected ends a statement of the script's, which was answered, and shows what came to its handler.
func (s *Session) concludeInjected() {
	in := s.script.injected
	s.status = s.backend.Answer().Status()
	var reason *protocol.ERR // why the client's statement is not sent
	if s.cut != nil {
		if reason = s.cut.reason; reason == nil {
			reason = interrupted()
		}
		s.endCut()
	}
	outcome := &hook.Outcome{OK: in.said, Truncated: in.cut, Time: time.Duration(s.worker.loop.Now() - in.sent)}
	readOutcome(outcome, in.answer, s.caps, &s.worker.rows, hook.MaxOutcome)
	if s.sharing() {
		past, pins := s.mine.past, s.mine.pins
		s.conclude()
		s.mine.past = past
		// What could be asked about it, nobody asks.
		const gone = sysvar.Transient &^ sysvar.Unreported
		s.mine.pins = s.mine.pins&^gone | pins&sysvar.Sequence
		s.foreign = everything
	}
	s.command, s.now = in.command, in.now
	in.now = statement{}
	i := in.current
	in.current = nil
	if in.keeps {
		in.keeps = false
		s.keepWarnings(in.answer)
	}
	if reason != nil && !in.behind {
		s.worker.forget(i)
		s.setState(ready)
		s.OnNoBackend(reason)
		return
	}
	if i.Handler == nil {
		s.inject()
		return
	}
	v, pending := s.worker.script.Injected(i, outcome, (*asking)(s))
	if pending != nil {
		s.script.pending = pending
		s.setState(pondering)
		s.watch()
		return
	}
	s.handled(v)
}

// handled goes on when a handler has said what it has to say.
func (s *Session) handled(v *hook.Verdict) {
	in := s.script.injected
	if in.behind {
		in.after = append(in.after, v.After...)
		s.inject()
		return
	}
	if v == hook.Nothing {
		s.inject()
		return
	}
	// The rest is done when the command is offered again: its bytes are needed for that.
	s.script.verdict = keepVerdict(v)
	s.setState(ready)
	s.goOn()
}

// handledLater is handled when the handler has answered later.
func (s *Session) handledLater(v *hook.Verdict) {
	s.setState(injecting)
	s.handled(v)
}

// dropInjections gives up what was not sent or shown.
func (s *Session) dropInjections() {
	in := s.injection()
	if in == nil {
		return
	}
	s.script.injected = nil
	if in.current != nil {
		s.command, s.now = in.command, in.now
		s.worker.forget(in.current)
	}
	for _, i := range in.before {
		s.worker.forget(i)
	}
	for _, i := range in.after {
		s.worker.forget(i)
	}
}

// forget tells the script that an injection will not be sent or shown.
func (w *worker) forget(i *hook.Injection) {
	if i.Handler != nil {
		w.script.Forget(i)
	}
}

// lostInjecting decides what becomes of the session when the connection is lost over a statement of the script's.
func (s *Session) lostInjecting(err *backend.Error) {
	if !s.sharing() || s.stateful() {
		s.dropInjections()
		s.lostOwn(err)
		return
	}
	s.conn.Guard(func() { s.leaveInjecting(err.Packet(protocol.ErrCodeNetRead)) })
}

// leaveInjecting goes on without the connection: the client's statement, if it was not sent yet, is answered with the reason.
func (s *Session) leaveInjecting(reason *protocol.ERR) {
	behind := s.script.injected.behind
	s.dropInjections()
	s.loseBackend()
	s.setState(ready)
	if behind {
		s.settle()
		return
	}
	s.OnNoBackend(reason)
}
