package backend

import "parkway/protocol"

// Thread is the id that the server knows the connection by, for KILL: what it
// greeted with, which has 32 bits. So have the ids of MySQL and MariaDB.
func (b *Conn) Thread() uint32 { return b.thread }

// Busy reports whether a command is under way.
func (b *Conn) Busy() bool { return b.state == busy }

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
