package backend

import "parkway/protocol"

// Ask runs a query of the owner's own on an idle connection: then is told the
// first column of its rows, or what the server refused it with, and
// OnBackendReady follows. Whatever was selected or warned of before is
// forgotten by the server.
func (b *Conn) Ask(sql string, then func(column []string, refused *protocol.ERR)) {
	b.beginOwn(syncTimeout)
	b.runQuery(sql, func(packets [][]byte, refused *protocol.ERR) {
		if refused != nil {
			then(nil, refused)
			return
		}
		then(firstColumn(packets), nil)
	})
	b.nextOwn()
}
