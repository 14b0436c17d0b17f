package backend

import "parkway/protocol"

// Ask runs a query of the owner's own on an idle connection: then is told the
// first column of its rows, or what the server refused it with, and
// OnBackendReady follows. Whatever was selected or warned of before is
// forgotten by the server.
func (b *Conn) Ask(sql string, then func(column []string, refused *protocol.ERR)) {
	b.setState(preparing)
	b.timer.Reset(syncTimeout)
	b.runOwn(ownCommand{cmd: protocol.ComQuery, payload: b.query([]byte(sql)), then: func(packets [][]byte, refused *protocol.ERR) {
		if refused != nil {
			then(nil, refused)
			return
		}
		then(firstColumn(packets), nil)
	}})
	b.nextOwn()
}

// firstColumn is the first column of the rows in the packets of a result set.
func firstColumn(packets [][]byte) (values []string) {
	count, _, _ := protocol.ReadLenencInt(packets[0])
	for _, p := range packets[min(1+int(count), len(packets)):] {
		if len(p) == 0 || p[0] >= 0xfe { // EOF, before and behind the rows
			continue
		}
		if v, _, ok := protocol.ReadLenencBytes(p); ok {
			values = append(values, string(v))
		}
	}
	return values
}
