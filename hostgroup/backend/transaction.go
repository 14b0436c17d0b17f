package backend

// EndTransaction runs COMMIT or ROLLBACK on an idle connection. OnBackendReady
// or OnSyncFailed follows, never from inside the call.
func (b *Conn) EndTransaction(how string) {
	b.beginOwn(syncTimeout)
	b.runQuery(how, b.unless(func() {}))
	b.nextOwn()
}
