package session

import (
	"slices"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// Answers that a script looks at (onResult). They are what the client would read, packet by packet: what the server's bytes mean for the session is
// settled before, so that nothing the script changes has to do with that. Of each result the script is shown the head, the rows in batches, and the
// end, as far as it wants to see them: this file takes the packets, observeresult.go asks, observerows.go has the rows, observeprepare.go the
// answers to COM_STMT_PREPARE, and observeend.go what ends an answer before its time.
//
// While the script thinks, or while the client does not read what came of the last batch, the session is observing: the connection is not read from,
// and what was read from it already is held. So of a result of any size there are a batch, what the script makes of it, and a read buffer.

// showing is what of an observed answer is due.
type showing uint8

const (
	headDue       showing = iota // the first packet of a result
	columnsDue                   // definitions
	columnsEndDue                // the EOF packet behind them
	rowsShown                    // rows, which the script sees
	rowsPassed                   // rows, which the client gets as they are
	rowsDropped                  // rows that nobody sees
	restDropped                  // the rest of the whole answer, which nobody sees
	restPassed                   // the rest of the whole answer, as it is
	prepareDue                   // the answer to COM_STMT_PREPARE, all of it
)

// destiny is what becomes of the packet that is being taken.
type destiny uint8

const (
	dropped destiny = iota
	passed
	kept // in raw
)

// hindrance is why an observed answer does not go on.
type hindrance uint8

const (
	nothing   hindrance = iota
	forScript           // which thinks
	forClient           // which does not read
	forTurn             // other sessions have theirs
)

// observation is what a session needs while a script looks at its answer.
type observation struct {
	view  commandView // of the client's command, with copies
	began int64       // loop time when that was sent

	due     showing
	number  int // of the result
	head    hook.Result
	out     []hook.Column // that the client gets
	count   int           // definitions that are due
	rows    uint64
	stream  hook.Stream // nil: the script sees no more of this result
	reply   *hook.Reply // of the script's, in place of the result whose rows are being dropped
	last    protocol.OK // what the packet has said that ended the result
	problem *hook.Rejection
	final   *protocol.ERR // ends the answer, once the server's has
	killed  *protocol.ERR // what the client reads where the server says that the statement was interrupted; nil: that

	// The packet that is being taken.
	becomes destiny
	ends    bool // it ends the result, or the answer
	skip    int  // bytes of it that are still to come
	open    bool // the next packet continues it
	start   int  // where in raw its message begins

	raw    []byte // packets that are kept
	joined []byte // the payload of a message of several packets
	said   []byte // an OK packet that was written anew
	batch  *hook.Batch

	// The client.
	begun   bool          // the server has answered
	seq     byte          // of the next packet, once it has
	started bool          // the client has got something
	partial bool          // it is in the middle of a packet
	ahead   stmt.Renumber // of the packets of its file: they count what the script has put into the answer before

	pending hook.Pending
	waits   hindrance
	held    []byte // came meanwhile
	done    bool   // the answer is complete, and what it means for the session is settled
	file    bool   // a file of the client's is due behind what is held
}

// maxObservations is how many a worker keeps for those that come, and maxObserved how much of each of their buffers.
const (
	maxObservations = 8
	maxObserved     = 256 << 10
)

// observation returns what there is, nil if no script looks at the answer.
func (s *Session) observation() *observation {
	if s.script == nil {
		return nil
	}
	return s.script.observed
}

// noteObserves notes whether the script wants to see the answer to the command under way. The handler of a statement before it can only say that it
// does not.
func (s *Session) noteObserves(v *hook.Verdict) {
	switch {
	case s.injection() != nil:
		s.script.observes = s.script.observes && v.Result
	case v.Result || s.script != nil:
		s.scriptOf().observes = v.Result
	}
}

// declineCursor has an execution whose answer the script looks at bring its rows at once: those that COM_STMT_FETCH brings nobody is asked about.
// Clients read them from the answer where a server opens no cursor, as servers may.
func (s *Session) declineCursor(p []byte, whole bool) {
	observed := s.script != nil && s.script.observes
	if !observed || s.command != protocol.ComStmtExecute || len(p) <= cursorFlags || p[cursorFlags]&protocol.AnyCursor == 0 {
		return
	}
	p[cursorFlags] &^= protocol.AnyCursor
	s.examine(p, whole)
	s.now.sql = nil
}

// cursorFlags is where the flags of a COM_STMT_EXECUTE are.
const cursorFlags = protocol.HeaderLen + 5

// beginObservation is called when the command p is sent, of which the client reads nothing yet.
func (s *Session) beginObservation(p []byte, whole bool) {
	sc := s.script
	if sc == nil || !sc.observes || sc.observed != nil {
		return
	}
	if s.command == protocol.ComStmtPrepare && !s.sharing() {
		return // the script is not asked about its executions either
	}
	w := s.worker
	var o *observation
	if n := len(w.observations); n > 0 {
		o, w.observations = w.observations[n-1], w.observations[:n-1]
	} else {
		o = new(observation)
	}
	o.began = w.loop.Now()
	o.view.packet, o.view.whole = append(o.view.packet[:0], p...), whole
	switch {
	case w.view.own != nil:
		o.view.own = append(o.view.own[:0], w.view.own...)
	case len(sc.sent) > 0: // what is known of the statement is not about the client's text
		w.view = commandView{packet: o.view.packet, whole: whole}
		o.view.own = append(o.view.own[:0], (*asking)(s).SQL()...)
		w.view = commandView{}
	default:
		o.view.own = nil
	}
	if s.command == protocol.ComStmtPrepare {
		o.due = prepareDue
	}
	sc.observed = o
}

// endObservation is called when a command has ended, or its session, and lets go of what the script still has of it.
func (s *Session) endObservation() {
	o := s.observation()
	if o == nil {
		return
	}
	s.script.observed = nil
	o.abort()
	if s.backend != nil {
		s.backend.ResumeRead()
	}
	if w := s.worker; len(w.observations) < maxObservations {
		*o = observation{
			view: commandView{packet: shrunk(o.view.packet), own: shrunk(o.view.own)},
			raw:  shrunk(o.raw), joined: shrunk(o.joined), held: shrunk(o.held), said: shrunk(o.said), batch: o.batch,
		}
		w.observations = append(w.observations, o)
	}
}

// shrunk is p, empty; nil if it is too large to be kept.
func shrunk(p []byte) []byte {
	if cap(p) > maxObserved {
		return nil
	}
	return p[:0]
}

// abort ends what the script has to do with the answer.
func (o *observation) abort() {
	if o.pending != nil {
		o.pending.Cancel()
		o.pending, o.batch = nil, nil // the batch is the script's for ever
	}
	if o.stream != nil {
		o.stream.Abort()
		o.stream = nil
	}
}

// observe takes the next bytes of the answer: whole packets, and parts of large ones.
func (s *Session) observe(p []byte) {
	o := s.script.observed
	if s.state == sending {
		// The server answers before it has heard all: with an error.
		s.endObservation()
		s.send(p)
		return
	}
	if o.waits != nothing {
		o.held = append(o.held, p...)
		return
	}
	if !o.begun {
		o.begun, o.seq = true, s.message.NextSeq()
	}
	s.pursue(o, p)
}

// pursue takes packets as far as that goes now, and holds the rest.
func (s *Session) pursue(o *observation, p []byte) {
	for len(p) > 0 || o.full() {
		switch {
		case o.due == rowsShown && o.between() && s.conn.AboveHigh():
			o.slim()
			s.hinder(forClient)
		case o.full():
			s.showRows(len(p) > 0)
		default:
			p = p[s.takePacket(o, p):]
		}
		if s.state == closing {
			return
		}
		if o.waits != nothing {
			o.held = append(o.held[:0], p...)
			return
		}
	}
	o.held = o.held[:0]
}

// between reports whether what comes next is a message, not a part of one.
func (o *observation) between() bool { return o.skip == 0 && !o.open }

// slim gives up buffers that nothing is in: it may be long until the client reads.
func (o *observation) slim() {
	if len(o.raw) == 0 {
		o.raw, o.joined, o.batch = nil, nil, nil
	}
}

// takePacket takes a packet that p begins with, or a part of it, and returns how many bytes that are: none if rows have to be shown before.
func (s *Session) takePacket(o *observation, p []byte) (n int) {
	if o.skip > 0 {
		n = min(o.skip, len(p))
		o.skip -= n
		s.takeBytes(o, p[:n])
		return n
	}
	if o.due == rowsPassed && !o.open {
		if n = o.passRows(p); n > 0 {
			s.send(p[:n])
			return n
		}
	}
	length, _ := protocol.Header(p)
	size := protocol.HeaderLen + length
	n = min(size, len(p))
	if !o.open && !s.begins(o, p[protocol.HeaderLen:n], length) {
		return 0
	}
	o.open, o.skip = length == protocol.MaxPayload, size-n
	if o.becomes == passed {
		p[3] = o.seq
		o.seq++
	}
	s.takeBytes(o, p[:n])
	return n
}

// passRows numbers the rows that p begins with, as far as they are whole and small, and returns how many bytes they are.
func (o *observation) passRows(p []byte) (n int) {
	for len(p)-n > protocol.HeaderLen {
		length, _ := protocol.Header(p[n:])
		end := n + protocol.HeaderLen + length
		if end > len(p) || length == 0 || length == protocol.MaxPayload || p[n+protocol.HeaderLen] >= 0xfe {
			break
		}
		p[n+3] = o.seq
		o.seq++
		o.rows++
		n = end
	}
	return n
}

// takeBytes takes bytes of a packet, header included.
func (s *Session) takeBytes(o *observation, p []byte) {
	whole := o.skip == 0 && !o.open
	switch o.becomes {
	case passed:
		o.started, o.partial = true, !whole
		s.send(p)
	case kept:
		if limit := s.worker.proxy.settings.Load().MaxAllowedPacket; int64(len(o.raw)+len(p)) > limit+maxObserved {
			s.failObserved("a row is larger than 'max_allowed_packet' (%d)", limit)
			return
		}
		o.raw = append(slices.Grow(o.raw, len(p)+o.skip), p...) // at once for all of a packet that comes in parts
		if whole {
			s.kept(o)
		}
	}
}

// begins decides what becomes of the packet that comes, of which body is the beginning. It is false if it has to wait until rows were shown.
func (s *Session) begins(o *observation, body []byte, length int) bool {
	failed := len(body) > 0 && body[0] == 0xff
	o.ends, o.start = false, len(o.raw)
	switch {
	case o.due == restDropped:
		o.becomes = dropped
	case o.due == restPassed || failed && isProgress(body):
		o.becomes = passed
	case o.due < rowsShown || o.due == prepareDue:
		o.becomes = kept
	case failed || endsRows(body, length, s.caps):
		if o.batched() {
			s.showRows(false)
			return false
		}
		o.becomes, o.ends = kept, true
	case o.due == rowsShown:
		o.becomes = kept
	case o.due == rowsPassed:
		o.rows++
		o.becomes = passed
	default:
		o.rows++
		o.becomes = dropped
	}
	return true
}

// kept takes a message that is in raw now.
func (s *Session) kept(o *observation) {
	message := o.raw[o.start:]
	body := message[protocol.HeaderLen:]
	switch {
	case o.ends:
		s.endRows(o, body)
	case o.due == rowsShown:
		s.addRow(o, message)
	case o.due == prepareDue:
	case len(body) > 0 && body[0] == 0xff:
		o.raw = append(o.raw[:0], message...) // without what came before
		o.head.Columns = nil
		s.showHead(o, &hook.Result{Err: s.problem(o, o.raw[protocol.HeaderLen:])})
	case o.due == headDue:
		s.takeHead(o, body)
	case o.due == columnsDue:
		var d protocol.ColumnDefinition
		if err := d.Decode(body, s.caps); err != nil {
			s.failObserved("%v", err)
			return
		}
		o.head.Columns = append(o.head.Columns, row.ColumnOf(&d))
		if o.count--; o.count > 0 {
			return
		}
		if s.caps.Has(protocol.ClientDeprecateEOF) {
			s.showHead(o, &hook.Result{Columns: o.head.Columns})
		} else {
			o.due = columnsEndDue
		}
	case o.due == columnsEndDue:
		s.showHead(o, &hook.Result{Columns: o.head.Columns})
	}
}

// takeHead takes the first packet of a result.
func (s *Session) takeHead(o *observation, body []byte) {
	switch {
	case len(body) == 0:
		s.failObserved("an empty packet")
	case body[0] == 0xfb: // the server asks for a file
		s.passKept(o)
	case body[0] == 0 || endsRows(body, len(body), s.caps):
		o.last = lastWords(body, s.caps)
		s.showHead(o, &hook.Result{OK: summarized(&o.last)})
	default:
		count, _, _ := protocol.ReadLenencInt(body)
		o.head.Columns, o.count, o.due = make([]hook.Column, 0, count), int(count), columnsDue
	}
}

// passKept gives the client what is in raw.
func (s *Session) passKept(o *observation) {
	for rest := o.raw; len(rest) >= protocol.HeaderLen; {
		length, _ := protocol.Header(rest)
		rest[3] = o.seq
		o.seq++
		rest = rest[protocol.HeaderLen+length:]
	}
	if len(o.raw) > 0 {
		o.started = true
		s.send(o.raw)
	}
	o.raw = o.raw[:0]
}

// writer writes packets of the proxy's own into the answer. Its wrote has to be called when it is done.
func (s *Session) writer(o *observation) answerWriter {
	status := s.status
	if s.backend != nil {
		status = s.backend.Answer().Status()
	}
	return answerWriter{s: s, seq: o.seq, binary: executes(s.command), status: status & protocol.StatusLasting}
}

// wrote passes on what was written.
func (o *observation) wrote(w *answerWriter) {
	w.flush()
	o.seq, o.started = w.seq, true
}

// isProgress reports whether a packet that begins as an error is one of MariaDB's progress reports.
func isProgress(body []byte) bool {
	return len(body) >= 3 && body[1] == 0xff && body[2] == 0xff
}
