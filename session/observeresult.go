package session

import (
	"time"

	"parkway/protocol"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// What the script is asked about an observed answer, and what becomes of what it says.

// showHead shows the head of a result, which raw has all of, to the script.
func (s *Session) showHead(o *observation, head *hook.Result) {
	o.head = *head
	o.head.Number, o.head.MaxBatch, o.head.Time = o.number, hook.BatchBytes, s.observedFor(o)
	o.rows = 0
	w := s.worker
	w.view = o.view
	v, pending := w.script.Result((*asking)(s), &o.head, (*asking)(s))
	w.view = commandView{}
	if pending != nil {
		s.awaitScript(o, pending)
		return
	}
	s.headShown(v)
}

// observedFor is how long the command has been under way.
func (s *Session) observedFor(o *observation) time.Duration {
	return time.Duration(s.worker.loop.Now() - o.began)
}

// headShown does what the script says of a result.
func (s *Session) headShown(v *hook.ResultVerdict) {
	o := s.script.observed
	s.addLater(v.After)
	rows := o.head.Columns != nil
	switch {
	case o.due == prepareDue:
		s.prepareShown(o, v)
	case v.Reject != nil:
		s.endWith(o, rejection(v.Reject))
	case v.Reply != nil && rows: // its last packet has to say what the server's will
		o.reply = keepReply(v.Reply)
		o.raw, o.due = o.raw[:0], rowsDropped
	case v.Reply != nil:
		o.raw = o.raw[:0]
		s.replyInPlace(o, v.Reply)
	case !rows:
		s.passLast(o)
	case v.Stream == nil:
		s.passKept(o)
		o.due = rowsPassed
	default:
		o.stream, o.due = v.Stream, rowsShown
		if v.EndOnly {
			o.due = rowsPassed
		}
		s.layOut(o, v.Columns)
	}
}

// addLater adds statements that are sent behind the client's.
func (s *Session) addLater(after []*hook.Injection) {
	if len(after) > 0 {
		s.addInjections(&hook.Verdict{After: after})
	}
}

// layOut writes what comes before the rows: columns, or if that is nil the ones that came. A column that is not changed goes as it came, with what
// hook.Column has no room for.
func (s *Session) layOut(o *observation, columns []hook.Column) {
	o.out = columns
	if columns == nil {
		o.out = o.head.Columns
		s.passKept(o)
		return
	}
	if len(columns) == 0 {
		s.failObserved("the script leaves no columns")
		return
	}
	w := s.writer(o)
	rest := o.raw
	next := func() (payload []byte) {
		length, _ := protocol.Header(rest)
		payload, rest = rest[protocol.HeaderLen:protocol.HeaderLen+length], rest[protocol.HeaderLen+length:]
		return payload
	}
	next() // the number of columns
	start := w.begin()
	w.buf = protocol.AppendLenencInt(w.buf, uint64(len(columns)))
	w.end(start)
	came := 0
	for i := range columns {
		came = w.definition(&columns[i], o.head.Columns, came, next)
	}
	for ; came < len(o.head.Columns); came++ {
		next()
	}
	if len(rest) > 0 { // the EOF packet behind the definitions
		w.payload(next())
	}
	o.wrote(&w)
	o.raw = o.raw[:0]
}

// definition writes the definition of a column: as it came, if it is one of those that came from the given one on. It returns the first of those
// that are still to be looked at; next returns the definition of each.
func (w *answerWriter) definition(c *hook.Column, came []hook.Column, from int, next func() []byte) int {
	for i := from; i < len(came); i++ {
		if came[i] != *c {
			continue
		}
		for ; from < i; from++ {
			next()
		}
		w.payload(next())
		return i + 1
	}
	definition := row.Definition(c)
	start := w.begin()
	w.buf = definition.Append(w.buf, w.s.caps)
	w.end(start)
	return from
}

// payload writes a packet.
func (w *answerWriter) payload(p []byte) {
	start := w.begin()
	w.buf = append(w.buf, p...)
	w.end(start)
}

// replyInPlace writes the script's answer in place of a result. What the server has said at its end, o.last, of the connection and of results that
// follow holds for it too.
func (s *Session) replyInPlace(o *observation, r *hook.Reply) {
	w := s.writer(o)
	if o.head.Err == nil {
		w.status, w.changes = o.last.Status&^protocol.StatusPSOutParams, o.last.StateChanges
	}
	written := w.reply(r)
	o.wrote(&w)
	if !written { // what was written last is an error, which ends the answer
		o.due = restDropped
		return
	}
	o.next()
}

// passLast gives the client the packet in raw, with which a result ends.
func (s *Session) passLast(o *observation) {
	if len(o.raw) > protocol.HeaderLen && o.raw[protocol.HeaderLen] == 0xff {
		if reason := s.killedBy(o, o.raw[protocol.HeaderLen:]); reason != nil {
			s.endWith(o, reason)
			return
		}
	}
	s.passKept(o)
	o.next()
}

// next makes the head of the next result due.
func (o *observation) next() {
	o.number++
	o.due, o.reply, o.problem = headDue, nil, nil
	o.head = hook.Result{}
}

// awaitScript lets the answer wait for the script.
func (s *Session) awaitScript(o *observation, pending hook.Pending) {
	o.pending = pending
	s.hinder(forScript)
}

// hinder lets the answer wait.
func (s *Session) hinder(why hindrance) {
	o := s.script.observed
	o.waits = why
	s.setState(observing)
	if s.backend != nil {
		s.backend.PauseRead()
	}
	s.watch()
}

// ResultAnswered goes on with an answer whose head the script has seen.
func (a *asking) ResultAnswered(v *hook.ResultVerdict) {
	a.shown(func(s *Session) { s.headShown(v) })
}

// RowsAnswered goes on with an answer of which the script has seen some rows.
func (a *asking) RowsAnswered(v *hook.RowsVerdict) {
	a.shown(func(s *Session) { s.rowsShown(v) })
}

// EndAnswered goes on with an answer of which the script has seen all of a result.
func (a *asking) EndAnswered(v *hook.EndVerdict) {
	a.shown(func(s *Session) { s.endShown(v) })
}

// shown takes what the script says, and goes on.
func (a *asking) shown(take func(*Session)) {
	s := (*Session)(a)
	s.conn.Guard(func() {
		s.unhinder()
		take(s)
		s.observeOn()
	})
}

// unhinder ends the wait.
func (s *Session) unhinder() {
	o := s.script.observed
	o.pending, o.waits = nil, nothing
	s.setState(answering)
}

// observeOn goes on with what was held, and then with what the server still sends.
func (s *Session) observeOn() {
	o := s.script.observed
	if s.state == closing {
		return
	}
	s.pursue(o, o.held)
	switch {
	case s.state != answering:
	case o.done:
		s.reach()
	case o.file:
		o.file = false
		s.backend.ResumeRead()
		s.onInfile()
	case !s.conn.AboveHigh():
		s.backend.ResumeRead()
	}
}

// observeWritable goes on when the client has read what had piled up.
func (s *Session) observeWritable() {
	if s.script.observed.waits == forClient {
		s.unhinder()
		s.observeOn()
	}
}

// observeNextTurn lets others have their turn before the next batch.
func (s *Session) observeNextTurn() {
	s.hinder(forTurn)
	s.worker.loop.Post(func() {
		if o := s.observation(); o != nil && o.waits == forTurn && s.state == observing {
			s.conn.Guard(func() {
				s.unhinder()
				s.observeOn()
			})
		}
	})
}
