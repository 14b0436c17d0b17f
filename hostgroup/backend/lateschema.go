package backend

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
