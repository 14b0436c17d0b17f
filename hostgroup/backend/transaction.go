package backend

import "parkway/protocol/digest"

// EndTransaction runs COMMIT or ROLLBACK on an idle connection. OnBackendReady
// or OnSyncFailed follows, never from inside the call.
func (b *Conn) EndTransaction(how string) {
	b.beginOwn(syncTimeout)
	b.runQuery(how, b.unless(func() {}))
	b.nextOwn()
}

// endTransaction does so whatever completion_type says.
const endTransaction = "COMMIT AND NO CHAIN NO RELEASE"

// accessQueries make MySQL keep an access mode. It forgets one when a transaction ends while transactions are reported.
var accessQueries = [...][]string{
	digest.AccessUnsaid: {
		"SET @@SESSION.session_track_transaction_info='STATE'",
		endTransaction,
		"SET @@SESSION.session_track_transaction_info=DEFAULT",
	},
	digest.ReadOnly:  {"START TRANSACTION READ ONLY", endTransaction},
	digest.ReadWrite: {"START TRANSACTION READ WRITE", endTransaction},
}

// access makes the server keep an access mode. There is no transaction.
func (b *Conn) access(mode digest.AccessMode) {
	for _, sql := range accessQueries[mode] {
		b.runQuery(sql, b.unless(func() { b.have.Access = mode }))
	}
}
