package backend

import "parkway/protocol"

// AskReports runs a statement of the owner's own on an idle connection, for what the server reports with it: report gets the OK packet, if that says
// more than its status, then is called, and OnBackendReady follows; or OnSyncFailed does, never from inside the call.
func (b *Conn) AskReports(sql string, report func(*protocol.OK), then func()) {
	b.beginOwn(syncTimeout)
	b.runReported(sql, report, b.unless(then))
	b.nextOwn()
}

// Told is the answer to a query of the owner's own.
type Told struct {
	Values    []string      // of the rows, one row after the other; "" for NULL
	Collation uint16        // of the first column, as its definition says it; 0: unreadable
	Refused   *protocol.ERR // nil: it was not
}

// Ask runs a query of the owner's own on an idle connection: then is told the
// answer, and OnBackendReady follows. Whatever was selected before is forgotten by
// the server, and what was warned of, unless it is a MariaDB and sql reads no table.
func (b *Conn) Ask(sql string, then func(Told)) {
	b.beginOwn(syncTimeout)
	b.ask(sql, then)
	b.nextOwn()
}

// AskBehind is Ask behind a statement that makes the server report what of the session's state it has not yet: report gets the OK packet
// that does.
func (b *Conn) AskBehind(flush string, report func(*protocol.OK), sql string, then func(Told)) {
	b.beginOwn(syncTimeout)
	b.runReported(flush, report, b.unless(func() {}))
	b.ask(sql, then)
	b.nextOwn()
}

// ask queues the query of Ask.
func (b *Conn) ask(sql string, then func(Told)) {
	b.runQuery(sql, func(packets [][]byte, refused *protocol.ERR) {
		told := Told{Refused: refused}
		if refused == nil {
			told.Values, told.Collation = values(packets), collation(packets, b.caps)
		}
		then(told)
	})
}
