package session

import (
	"slices"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// The rows of an observed result. They are shown in batches, and go on as they came where the script changes nothing.

// batched reports whether there are rows that were not shown.
func (o *observation) batched() bool { return o.batch != nil && o.due == rowsShown && len(o.raw) > 0 }

// full reports whether there are rows to be shown at once.
func (o *observation) full() bool {
	return o.batched() && o.between() && (o.batch.Size() >= hook.BatchBytes || len(o.raw) >= hook.BatchBytes)
}

// addRow adds the row that raw ends with to the batch.
func (s *Session) addRow(o *observation, message []byte) {
	if o.batch == nil {
		o.batch = new(hook.Batch)
	}
	if o.start == 0 {
		o.batch.Reset(len(o.head.Columns))
	}
	o.rows++
	read := s.worker.rows.Text
	if executes(s.command) {
		read = s.worker.rows.Binary
	}
	if err := read(o.batch, o.head.Columns, o.payload(message)); err != nil {
		s.failObserved("row %d cannot be shown to the script: %v", o.rows, err)
	}
}

// payload is that of a message of one packet or more.
func (o *observation) payload(message []byte) []byte {
	length, _ := protocol.Header(message)
	if length < protocol.MaxPayload {
		return message[protocol.HeaderLen:]
	}
	o.joined = slices.Grow(o.joined[:0], len(message))
	for len(message) > 0 {
		length, _ := protocol.Header(message)
		end := protocol.HeaderLen + length
		o.joined = append(o.joined, message[protocol.HeaderLen:end]...)
		message = message[end:]
	}
	return o.joined
}

// showRows shows the batch to the script. more says that there are bytes behind it.
func (s *Session) showRows(more bool) {
	o := s.script.observed
	v, pending := o.stream.Rows(o.batch, (*asking)(s))
	if pending != nil {
		s.awaitScript(o, pending)
		return
	}
	s.rowsShown(v)
	if more && o.due == rowsShown && s.state != closing {
		s.observeNextTurn()
	}
}

// rowsShown does what the script says of the batch.
func (s *Session) rowsShown(v *hook.RowsVerdict) {
	o := s.script.observed
	switch {
	case v.Same:
		s.passKept(o)
	case v.Rows != nil:
		s.writeRows(o, v.Rows)
	}
	o.raw, o.joined = shrunk(o.raw), shrunk(o.joined)
	switch {
	case o.due != rowsShown: // they could not be written
	case v.Reject != nil:
		s.endWith(o, rejection(v.Reject))
	case v.Stop:
		o.abort()
		o.due = rowsDropped
	}
}

// writeRows writes rows of the script's.
func (s *Session) writeRows(o *observation, rows *hook.Batch) {
	w := s.writer(o)
	for i := range rows.Len() {
		if err := w.row(o.out, rows.Row(i)); err != nil {
			o.wrote(&w)
			s.failObserved("the script's rows: %v", err)
			return
		}
	}
	o.wrote(&w)
}

// endRows takes the packet that ends rows, which is all that raw has.
func (s *Session) endRows(o *observation, body []byte) {
	o.problem, o.last = nil, protocol.OK{}
	if body[0] == 0xff {
		o.problem = s.problem(o, body)
	} else {
		o.last = lastWords(body, s.caps)
	}
	switch {
	case o.stream != nil:
		s.showEnd(o)
	case o.reply != nil && o.problem == nil:
		reply := o.reply
		s.replyInPlace(o, reply)
		o.raw = o.raw[:0] // which o.last has views of
	default:
		s.passLast(o)
	}
}

// showEnd tells the script how the result has ended.
func (s *Session) showEnd(o *observation) {
	end := hook.End{Rows: o.rows, OK: summarized(&o.last), Err: o.problem, Time: s.observedFor(o), More: o.last.Status&protocol.StatusMoreResults != 0}
	v, pending := o.stream.End(&end, (*asking)(s))
	if pending != nil {
		s.awaitScript(o, pending)
		return
	}
	s.endShown(v)
}

// endShown does what the script says of the end.
func (s *Session) endShown(v *hook.EndVerdict) {
	o := s.script.observed
	o.stream = nil // that was its last call
	s.addLater(v.After)
	if v.Rows != nil && o.problem == nil {
		s.writeRows(o, v.Rows)
	}
	switch {
	case o.due == restDropped:
	case v.Reject != nil:
		s.endWith(o, rejection(v.Reject))
	default:
		s.passLast(o)
	}
}

// lastWords are what the packet says that ends a result, an OK or an EOF packet. They have views of it.
func lastWords(p []byte, caps protocol.Capability) (ok protocol.OK) {
	var end protocol.EOF
	if end.Decode(p) == nil && len(p) == 5 {
		return protocol.OK{Header: p[0], Status: end.Status, Warnings: end.Warnings}
	}
	_ = ok.Decode(p, caps) // what cannot be read of it is zero
	return ok
}
