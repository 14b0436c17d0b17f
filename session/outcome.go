package session

import (
	"parkway/protocol"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// readOutcome reads the answer to a statement of the script's, its first result, of which it takes about so many bytes
// (hook.Batch.Size) at most. caps are those of the connection.
func readOutcome(o *hook.Outcome, answer []byte, caps protocol.Capability, reader *row.Reader, most int) {
	p := packets{rest: answer}
	head, ok := p.next()
	if !ok {
		return // an OK packet that was taken out of the answer
	}
	switch head[0] {
	case 0:
		o.OK = summaryOf(head, caps)
	case 0xff:
		refuseOutcome(o, head)
	default:
		count, _, _ := protocol.ReadLenencInt(head)
		if !readColumns(&o.Table, &p, count, caps) {
			o.Truncated = true
			return
		}
		readRows(o, &p, caps, reader, most)
	}
}

// refuseOutcome makes an outcome the error that packet is, whatever came before it.
func refuseOutcome(o *hook.Outcome, packet []byte) {
	*o = hook.Outcome{Err: rejectionOf(packet), Time: o.Time}
}

// readColumns reads so many definitions, and the EOF packet behind them if there is one. It is false if they are not whole.
func readColumns(t *hook.Table, p *packets, count uint64, caps protocol.Capability) (ok bool) {
	for range count {
		var d protocol.ColumnDefinition
		definition, ok := p.next()
		if !ok || d.Decode(definition, caps) != nil {
			return false
		}
		t.Columns = append(t.Columns, row.ColumnOf(&d))
	}
	if !caps.Has(protocol.ClientDeprecateEOF) {
		p.next()
	}
	return true
}

// readRows reads the rows behind the columns, about most bytes of them, and what ends them.
func readRows(o *hook.Outcome, p *packets, caps protocol.Capability, reader *row.Reader, most int) {
	rows := &o.Table.Rows
	rows.Reset(len(o.Table.Columns))
	for {
		values, ok := p.next()
		switch {
		case !ok:
			return
		case values[0] == 0xff:
			refuseOutcome(o, values)
			return
		case endsRows(values, len(values), caps):
			o.OK = summaryOf(values, caps)
			return
		case rows.Size() > most, reader.Text(rows, o.Table.Columns, values) != nil:
			o.Truncated = true
			return
		}
	}
}

// packets are the payloads of whole packets, none of which is continued by the next.
type packets struct{ rest []byte }

// next returns the next one that is whole and not empty.
func (p *packets) next() (payload []byte, ok bool) {
	if len(p.rest) < protocol.HeaderLen {
		return nil, false
	}
	length, _ := protocol.Header(p.rest)
	if end := protocol.HeaderLen + length; length > 0 && length < protocol.MaxPayload && end <= len(p.rest) {
		payload, p.rest = p.rest[protocol.HeaderLen:end], p.rest[end:]
		return payload, true
	}
	return nil, false
}

// endsRows reports whether a packet of this length that begins with body ends rows. A row begins with the same byte if
// its first column has 16 MiB or more; it then fills its packet.
func endsRows(body []byte, length int, caps protocol.Capability) bool {
	return len(body) > 0 && body[0] == 0xfe && (length < 9 || caps.Has(protocol.ClientDeprecateEOF) && length < protocol.MaxPayload)
}

// summaryOf is what a packet says that ends a result.
func summaryOf(p []byte, caps protocol.Capability) hook.Summary {
	last := lastWords(p, caps)
	return summarized(&last)
}

// summarized is what scripts see of an OK packet.
func summarized(ok *protocol.OK) hook.Summary {
	return hook.Summary{AffectedRows: ok.AffectedRows, InsertID: ok.InsertID, Warnings: ok.Warnings, Info: string(ok.Info)}
}

// rejectionOf is a server's error as scripts see it.
func rejectionOf(p []byte) *hook.Rejection {
	var said protocol.ERR
	if err := said.Decode(p); err != nil {
		return &hook.Rejection{Code: protocol.ErrCodeUnknown, State: "HY000", Message: err.Error()}
	}
	return &hook.Rejection{Code: said.Code, State: said.State, Message: said.Message}
}
