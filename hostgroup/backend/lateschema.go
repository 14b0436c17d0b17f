package backend

import "parkway/protocol"

// ReportsSchemaLate notes that the server has a report of the schema to make that the last answer had no room for: it comes with the next OK
// packet, of whatever statement (MySQL), or the next that reports anything (MariaDB).
func (b *Conn) ReportsSchemaLate() { b.lateSchema = true }

// SchemaLate reports whether that report is still to come.
func (b *Conn) SchemaLate() bool { return b.lateSchema }

// TakeSchemaLate reports, once, whether the OK packet that has just come is the first behind ReportsSchemaLate. Those of commands of the
// connection's own count.
func (b *Conn) TakeSchemaLate() bool {
	late := b.lateSchema
	b.lateSchema = false
	return late
}

// TakeUnheard returns, once, the variables that the server has reported with a COM_INIT_DB of the connection's own while the trackers were the client's
// (Have.Bare), as a tracker block, the last report first: what a statement of the client's has assigned that then failed, which MariaDB reports with whatever is tracked next.
func (b *Conn) TakeUnheard() []byte {
	unheard := b.unheard
	b.unheard = nil
	return unheard
}

// hear keeps what TakeUnheard is to return.
func (b *Conn) hear(ok *protocol.OK) {
	if !b.have.Bare {
		return
	}
	var block []byte
	for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
		if c := it.Change(); c.Type == protocol.TrackSystemVariables {
			block = c.Append(block)
		}
	}
	b.unheard = append(block, b.unheard...)
}
