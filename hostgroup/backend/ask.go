package backend

import "parkway/protocol"

// AskReports runs a statement of the owner's own on an idle connection, for what the server reports with it: report gets the OK packet, if that says
// more than its status, then is called, and OnBackendReady follows; or OnSyncFailed does, never from inside the call.
func (b *Conn) AskReports(sql string, report func(*protocol.OK), then func()) {
	b.beginOwn(syncTimeout)
	b.runReported(sql, report, b.unless(then))
	b.nextOwn()
}

// Ask runs a query of the owner's own on an idle connection: then is told the
// values of its rows, one row after the other, or what the server refused it with,
// and OnBackendReady follows. Whatever was selected before is forgotten by the
// server, and what was warned of, unless it is a MariaDB and sql reads no table.
func (b *Conn) Ask(sql string, then func(values []string, refused *protocol.ERR)) {
	b.beginOwn(syncTimeout)
	b.ask(sql, then)
	b.nextOwn()
}

// AskBehind is Ask behind a statement that makes the server report what of the session's state it has not yet: report gets the OK packet
// that does.
func (b *Conn) AskBehind(flush string, report func(*protocol.OK), sql string, then func(values []string, refused *protocol.ERR)) {
	b.beginOwn(syncTimeout)
	b.runReported(flush, report, b.unless(func() {}))
	b.ask(sql, then)
	b.nextOwn()
}

// ask queues the query of Ask.
func (b *Conn) ask(sql string, then func(values []string, refused *protocol.ERR)) {
	b.runQuery(sql, func(packets [][]byte, refused *protocol.ERR) {
		if refused != nil {
			then(nil, refused)
			return
		}
		then(values(packets), nil)
	})
}
