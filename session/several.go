package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// A text of several statements has a result for each, and the server stops at the first that fails. So each report is
// told by the statement that it came with, as if that had been sent alone: what a SET has set is known, and no reason
// to keep the connection. Where the results cannot be told apart (a CALL has any number of them), all that was reported
// is what nobody knows the cause of.

// several is such a text, while its results come.
type several struct {
	rest    []byte // of statement.text: what was not concluded yet
	done    int    // statements that were concluded
	lost    bool   // the results cannot be told apart, or not from here on
	changed bool   // one of them reported that state changed

	// The statement at hand.
	text  []byte
	event sysvar.Event
}

// severalOf is the text under way, if it is of several statements whose reports can be followed; else nil.
func (s *Session) severalOf() *several {
	const unreadable = digest.Compound | digest.ExecutableComment | digest.Partial | digest.Uncertain | digest.StoredCall
	now, have := &s.now, s.backend.Have()
	if now.several == nil && now.info.Statements > 1 && len(now.text) > 0 && now.info.Flags&unreadable == 0 &&
		!s.mine.pins.Has(sysvar.Unreported) && have.Tells() {
		now.several = &several{rest: now.text}
	}
	return now.several
}

// nextOf moves to the next statement of p. It is false if there is none, or if what it did will not be known: it has
// any number of results, or one without room for reports, or is read otherwise than the text was, because a statement
// before it has set that.
func (s *Session) nextOf(p *several) bool {
	if p.lost {
		return false
	}
	o := s.now.options
	info, text, rest := digest.First(p.rest, o)
	if info.Statements == 0 {
		return false
	}
	p.text, p.event = text, sysvar.Event{Verb: info.Verb, Flags: info.Flags}
	roomless := s.roomless(info.Class == digest.ClassRead) // see concludeUnreported
	if p.event.RunsOthers() || o != s.scanOptions() || roomless && digest.CallsStored(text, o) {
		p.lost = true
		return false
	}
	p.rest = rest
	p.done++
	return true
}

// passOf concludes the statements of p that have succeeded and reported nothing, up to the n-th. It is false if they can't be told apart.
func (s *Session) passOf(p *several, n int) bool {
	for p.done < n {
		if !s.nextOf(p) {
			p.lost = true
			return false
		}
		s.concludeOne(p, s.mine.vars.Vars)
	}
	return !p.lost
}

// concludeOne adds what the statement at hand has done to what is known of the whole text. before are the session's variables when it was begun.
func (s *Session) concludeOne(p *several, before *sysvar.Set) {
	e, one := &s.now.event, &p.event
	s.concludeAssignments(one, p.text, before)
	p.changed = p.changed || one.StateChanged
	e.StateChanged = e.StateChanged || !one.Explained(s.mine.pins)
	e.Schema = e.Schema || one.Schema
	e.Characteristics = e.Characteristics || one.Characteristics
	e.PinVariable = e.PinVariable || one.PinVariable
	e.Trackers = e.Trackers || one.Trackers
}

// trackAnswer is track for an OK packet of the answer to the statement under way, behind which that is complete or goes on.
func (s *Session) trackAnswer(ok *protocol.OK) {
	e := &s.now.event
	e.Flags = s.now.info.Flags
	p := s.severalOf()
	if p == nil || !s.passOf(p, s.backend.Answer().Results()-1) || !s.nextOf(p) {
		s.track(ok, e)
		return
	}
	before := s.mine.vars.Vars
	s.track(ok, &p.event)
	s.concludeOne(p, before)
}

// concludeSeveral concludes what was not concluded yet of a text of several statements, which was answered. It is false if the text is none, or its
// results could not be told apart: then it is like one statement of which nobody knows what it has done.
func (s *Session) concludeSeveral() bool {
	p := s.severalOf()
	if p == nil {
		return false
	}
	e := &s.now.event
	s.passOf(p, s.backend.Answer().Results())
	if s.nextOf(p) {
		p.event.Failed, p.event.Code = true, e.Code
		s.concludeOne(p, s.mine.vars.Vars)
		p.lost = !e.Failed
	}
	e.Apart = !p.lost
	e.StateChanged = e.StateChanged || p.lost && p.changed
	return e.Apart
}
