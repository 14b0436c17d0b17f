package session

import (
	"parkway/protocol"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// An answer of the script's own, in the protocol of the command: the rows of an execution are binary.

// replyChunk is how much of an answer is written in one go.
const replyChunk = 64 << 10

// keepReply copies what has to outlive the call that has brought it.
func keepReply(r *hook.Reply) *hook.Reply {
	if r == nil {
		return nil
	}
	kept := *r
	kept.Table.Columns = append([]hook.Column(nil), r.Table.Columns...)
	kept.Table.Rows = r.Table.Rows.Clone()
	return &kept
}

// writeReply answers the command under way. A value that its column cannot have makes the answer, or what is left of it, an error.
func (s *Session) writeReply(r *hook.Reply) {
	w := answerWriter{s: s, seq: s.message.NextSeq(), binary: executes(s.command), status: s.standing()}
	w.reply(r)
	w.flush()
}

// answerWriter writes an answer to the client, packet by packet, through the worker's scratch buffer. Nothing else may use that meanwhile.
type answerWriter struct {
	s      *Session
	buf    []byte
	seq    byte
	binary bool
	status protocol.StatusFlags
	// changes are reported with the packet that ends the answer.
	changes []byte
}

// reply writes an answer; ok is false if that, or what is left of it, is an error.
func (w *answerWriter) reply(r *hook.Reply) (ok bool) {
	if r.Table.Columns == nil {
		w.ok(&r.OK)
		return true
	}
	return w.table(&r.Table, &r.OK)
}

// begin makes room for a packet.
func (w *answerWriter) begin() (start int) {
	if w.buf == nil {
		w.buf = w.s.worker.scratch[:0]
	}
	w.buf, start = protocol.BeginPacket(w.buf)
	return start
}

// end ends the packet that was begun at start.
func (w *answerWriter) end(start int) {
	packets := 1 + (len(w.buf)-start-protocol.HeaderLen)/protocol.MaxPayload
	w.buf = protocol.EndPacket(w.buf, start, w.seq)
	w.seq += byte(packets)
	if len(w.buf) >= replyChunk {
		w.flush()
	}
}

// flush passes on what was written.
func (w *answerWriter) flush() {
	if len(w.buf) == 0 {
		return
	}
	w.s.send(w.buf)
	if cap(w.buf) > maxScratch {
		w.buf = nil
	}
	w.s.worker.scratch = w.buf
	w.buf = nil
}

// maxScratch is how large a scratch buffer may be to be kept.
const maxScratch = 256 << 10

// ok writes an OK packet.
func (w *answerWriter) ok(o *hook.Summary) {
	ok := protocol.OK{
		AffectedRows: o.AffectedRows, InsertID: o.InsertID, Status: w.status, Warnings: o.Warnings,
		Info: []byte(o.Info), StateChanges: w.changes,
	}
	w.okPacket(&ok)
}

func (w *answerWriter) okPacket(ok *protocol.OK) {
	start := w.begin()
	w.buf = ok.Append(w.buf, w.s.caps)
	w.end(start)
}

// table writes a result; ok is false if that, or what is left of it, is an error.
func (w *answerWriter) table(t *hook.Table, end *hook.Summary) (ok bool) {
	w.columns(t.Columns)
	for i := range t.Rows.Len() {
		if err := w.row(t.Columns, t.Rows.Row(i)); err != nil {
			w.err(protocol.NewERR(protocol.ErrCodeUnknown, "parkway: the script's answer, row %d: %v", i+1, err))
			return false
		}
	}
	if len(w.changes) > 0 && w.s.caps.Has(protocol.ClientDeprecateEOF) {
		w.okPacket(&protocol.OK{Header: 0xfe, Status: w.status, Warnings: end.Warnings, StateChanges: w.changes})
	} else {
		w.endOfRows(end.Warnings)
	}
	return true
}

// columns writes what comes before the rows.
func (w *answerWriter) columns(columns []hook.Column) {
	start := w.begin()
	w.buf = protocol.AppendLenencInt(w.buf, uint64(len(columns)))
	w.end(start)
	for i := range columns {
		definition := row.Definition(&columns[i])
		start := w.begin()
		w.buf = definition.Append(w.buf, w.s.caps)
		w.end(start)
	}
	if !w.s.caps.Has(protocol.ClientDeprecateEOF) {
		w.endOfRows(0)
	}
}

// row writes a row. If a value does not fit its column, there is an error, and nothing was written.
func (w *answerWriter) row(columns []hook.Column, values []hook.Value) (err error) {
	write := row.AppendText
	if w.binary {
		write = row.AppendBinary
	}
	start := w.begin()
	if w.buf, err = write(w.buf, columns, values); err != nil {
		w.buf = w.buf[:start]
		return err
	}
	w.end(start)
	return nil
}

// endOfRows writes the packet that ends rows, or column definitions.
func (w *answerWriter) endOfRows(warnings uint16) {
	start := w.begin()
	w.buf = protocol.AppendEndOfRows(w.buf, w.status, warnings, w.s.caps)
	w.end(start)
}

// err writes an error.
func (w *answerWriter) err(reason *protocol.ERR) {
	start := w.begin()
	w.buf = reason.Append(w.buf)
	w.end(start)
}
