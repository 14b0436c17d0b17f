package session

import (
	"slices"

	"parkway/protocol"
	"parkway/protocol/sysvar"
	"parkway/scripting/hook"
)

// A script decides about commands (scripting/hook), behind the query rules: what it says of the hostgroup is subject to what the session holds, as
// what they say is (see destination). It is asked once for each command, however often that has to wait or is sent again. A session of which
// the script wants nothing more than a route has no memory for it.

// scripted is what a script has said of the command under way, as far as route has no place for it.
type scripted struct {
	// pending is the call that will be answered later; nil: none. verdict is its answer, until the command goes on.
	pending hook.Pending
	verdict *hook.Verdict

	sent []byte // the command that goes to the server in place of the client's; empty: none
	pin  bool   // the connection is kept from now on

	reply *hook.Reply // in place of the server's answer

	injected *injected // nil: the script has nothing sent

	warnings []byte // see keepWarnings; they outlive the command

	observes bool         // it wants to see the answer
	observed *observation // of which; nil: none is under way
}

// scriptOf is the script's part of the session, made when it is first needed.
func (s *Session) scriptOf() *scripted {
	if s.script == nil {
		s.script = new(scripted)
	}
	return s.script
}

// scriptable reports whether scripts are asked about such a command.
func scriptable(c protocol.Command) bool {
	switch c {
	case protocol.ComQuery, protocol.ComStmtPrepare, protocol.ComStmtExecute, protocol.ComStmtBulkExecute:
		return true
	}
	return false
}

// scripts reports whether there is a script that has to do with statements: sessions have to be followed then.
func (w *worker) scripts() bool { return w.defines(hook.OnQuery) || w.defines(hook.OnResult) }

// asksScript reports whether the script is asked about the command under way, or was.
func (s *Session) asksScript() bool { return scriptable(s.command) && s.worker.scripts() }

// consultScript has the script say what becomes of the command under way, which the rules let go on. ok is false if it
// does not go on, or not now: n bytes of it are used.
func (s *Session) consultScript(p []byte, whole bool) (n int, ok bool) {
	if s.route.asked {
		if sc := s.script; sc != nil && sc.verdict != nil {
			v := sc.verdict
			sc.verdict = nil
			return s.obeyScript(v, p, whole)
		}
		return 0, true
	}
	s.route.asked = true
	if executes(s.command) && s.now.entry == nil {
		return 0, true // of a statement that nobody knows the text of
	}
	w := s.worker
	w.view = commandView{packet: p, whole: whole, own: w.view.own}
	v, pending := w.script.Query((*asking)(s), (*asking)(s))
	w.view = commandView{own: w.view.own}
	if pending != nil {
		s.suspend(pending)
		return 0, false
	}
	return s.obeyScript(v, p, whole)
}

// obeyScript does what the script says of the command under way. ok is false if that does not go on: n bytes of it are used.
func (s *Session) obeyScript(v *hook.Verdict, p []byte, whole bool) (n int, ok bool) {
	if v.Hostgroup != hook.Unset {
		s.route.hostgroup = v.Hostgroup
	}
	if v.Timeout >= 0 {
		s.route.timeout, s.route.timeoutOf = v.Timeout, "timeout of the script"
	}
	if v.Pin {
		s.scriptOf().pin = true
	}
	s.noteObserves(v)
	s.addInjections(v)
	switch {
	case v.Reject != nil:
		s.refusal = rejection(v.Reject)
		return s.refuse(p, whole), false
	case v.Reply != nil && s.command != protocol.ComStmtPrepare:
		s.scriptOf().reply = v.Reply
		if !whole { // the call that has brought it is over when the command is
			s.script.reply = keepReply(v.Reply)
		}
		return s.refuse(p, whole), false
	case v.HasSQL && !executes(s.command):
		return s.replaceText(v.SQL, p, whole)
	}
	return 0, true
}

// takeReply returns the script's answer to the command under way, once; nil: there is none.
func (s *Session) takeReply() *hook.Reply {
	if s.script == nil {
		return nil
	}
	reply := s.script.reply
	s.script.reply = nil
	return reply
}

// rejection is a script's error as the client reads it.
func rejection(r *hook.Rejection) *protocol.ERR {
	return &protocol.ERR{Code: r.Code, State: r.State, Message: r.Message}
}

// suspend makes the command wait for the script's answer.
func (s *Session) suspend(pending hook.Pending) {
	s.scriptOf().pending = pending
	s.setState(pondering)
	s.conn.PauseRead()
	s.watch()
}

// QueryAnswered takes the script's answer, and lets the command go on.
func (a *asking) QueryAnswered(v *hook.Verdict) {
	s := (*Session)(a)
	s.conn.Guard(func() {
		s.script.pending = nil
		if s.script.injected != nil {
			s.handledLater(v)
			return
		}
		s.script.verdict = keepVerdict(v)
		s.unsuspend()
	})
}

// keepVerdict copies what has to outlive the call that has brought it.
func keepVerdict(v *hook.Verdict) *hook.Verdict {
	kept := *v
	if v.Reject != nil {
		reject := *v.Reject
		kept.Reject = &reject
	}
	kept.Reply = keepReply(v.Reply)
	kept.Before, kept.After, kept.Tags = slices.Clone(v.Before), slices.Clone(v.After), nil
	return &kept
}

// unsuspend lets the command go on that has waited for the script.
func (s *Session) unsuspend() {
	s.setState(ready)
	s.goOn()
}

// giveUpScript answers the command that waits for the script with the reason: nobody waits for the script any more.
func (s *Session) giveUpScript(reason *protocol.ERR) {
	s.cancelScript()
	if in := s.injection(); in != nil && in.behind { // the client has its answer
		s.dropInjections()
		s.setState(ready)
		s.finish()
		return
	}
	s.setState(ready)
	s.OnNoBackend(reason)
}

// cancelScript tells the script that nobody waits for it.
func (s *Session) cancelScript() {
	if sc := s.script; sc != nil && sc.pending != nil {
		pending := sc.pending
		sc.pending = nil
		pending.Cancel()
	}
}

// endScript is called when a command has ended, or its session.
func (s *Session) endScript() {
	sc := s.script
	if sc == nil {
		return
	}
	s.cancelScript()
	s.endObservation()
	s.dropInjections()
	sent := sc.sent[:0]
	if cap(sent) > holdSize {
		sent = nil
	}
	*sc = scripted{sent: sent, warnings: sc.warnings}
}

// concludeScript pins the connection that the command was answered on, if the script wants it so.
func (s *Session) concludeScript() {
	if s.script == nil || !s.script.pin || s.mine.pins.Has(sysvar.Script) {
		return
	}
	s.mine.pins |= sysvar.Script
	sysvar.Script.Each(s.worker.metrics.Pin)
}
