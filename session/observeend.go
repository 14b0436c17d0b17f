package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/scripting/hook"
)

// What ends an observed answer: its end; a script that rejects it, or whose rows cannot be written; a KILL, a timeout, the loss of the connection.
// Once the client has a part of an answer, an error is all that it can be told.

// endWith makes reason the end of the answer. The rest of it is read and dropped: the client reads the error when the server has done, because it
// could not ask anything before.
func (s *Session) endWith(o *observation, reason *protocol.ERR) {
	o.abort()
	o.due, o.final, o.reply, o.becomes = restDropped, reason, nil, dropped
	o.raw = shrunk(o.raw)
}

// failObserved is endWith for an answer that cannot be shown, or not be written as the script wants it.
func (s *Session) failObserved(format string, args ...any) {
	s.endWith(s.script.observed, protocol.NewERR(protocol.ErrCodeUnknown, "parkway: onResult: "+format, args...))
}

// problem is an error of the server's as the script sees it.
func (s *Session) problem(o *observation, body []byte) *hook.Rejection {
	if reason := s.killedBy(o, body); reason != nil {
		return &hook.Rejection{Code: reason.Code, State: reason.State, Message: reason.Message}
	}
	return rejectionOf(body)
}

// killedBy is what the client reads in place of an error of the server's: why the proxy had the statement ended. nil: the error.
func (s *Session) killedBy(o *observation, body []byte) *protocol.ERR {
	var said protocol.ERR
	if said.Decode(body) != nil || said.Code != protocol.ErrCodeQueryInterrupted {
		return nil
	}
	if o.killed == nil && s.beingCut() {
		o.killed = s.cut.reason
	}
	return o.killed
}

// observedAll is called when the server's answer is complete and what it means is settled. It is false if the script or the client has not got all
// of it: reach follows.
func (s *Session) observedAll() bool {
	o := s.observation()
	if o == nil {
		return true
	}
	o.done = true
	if o.due == prepareDue {
		s.showPrepared(o)
	}
	return s.state == answering
}

// finishObservation ends an answer that was looked at.
func (s *Session) finishObservation() {
	o := s.observation()
	if o == nil {
		return
	}
	if o.stream != nil || len(o.raw) > 0 {
		s.endWith(o, protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: the server's answer ends in the middle of a result"))
	}
	if o.final != nil {
		s.write(o.seq, o.final.Append)
	}
	s.endObservation()
}

// breakObservation ends a wait in the middle of an answer because of reason: nobody waits for the script any more, and the client reads the reason
// once the server has done. If it has, the command is over.
func (s *Session) breakObservation(reason *protocol.ERR) {
	o := s.script.observed
	s.endWith(o, reason)
	o.waits, o.file, o.held = nothing, false, o.held[:0]
	s.setState(answering)
	if o.done {
		s.reach()
		return
	}
	s.backend.ResumeRead()
}

// lostObserved decides what becomes of a session that is observing when its connection is lost; false: what becomes of one that is answering. A
// complete answer goes on, unless the session has lost something else.
func (s *Session) lostObserved(err *backend.Error) bool {
	o := s.script.observed
	if !o.done {
		o.abort()
		o.waits, o.file, o.held = nothing, false, o.held[:0]
		s.setState(answering)
		return false
	}
	if !s.sharing() || s.stateful() {
		s.interrupt(err.Packet(protocol.ErrCodeNetRead))
		return true
	}
	s.loseBackend()
	return true
}

// inAnswer is where the client stands in the answer of b to the command under way: the sequence number of its next packet, and whether it is in the
// middle of a packet, so that no error can be put in.
func (s *Session) inAnswer(b *backend.Conn) (seq byte, partial bool) {
	if o := s.observation(); o != nil && o.begun {
		return o.seq, o.partial
	}
	if b == nil || !b.Answer().Started() {
		return s.message.NextSeq(), false
	}
	return b.Answer().NextSeq() - s.now.renumber.By, b.Answer().Partial()
}
