package backend

import "parkway/protocol"

// EndTransaction runs COMMIT or ROLLBACK on an idle connection. OnBackendReady
// or OnSyncFailed follows, never from inside the call.
func (b *Conn) EndTransaction(how string) {
	b.setState(preparing)
	b.timer.Reset(syncTimeout)
	b.runOwn(ownCommand{cmd: protocol.ComQuery, payload: b.query([]byte(how)), then: b.unless(func() {})})
	b.nextOwn()
}
