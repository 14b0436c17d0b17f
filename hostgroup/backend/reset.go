package backend

import (
	"parkway/protocol"
	"parkway/protocol/digest"
)

// Runs is how many commands owners have run since the login or the last reset.
func (b *Conn) Runs() int { return b.runs }

// Init returns the statements that the connection ran after its login.
func (b *Conn) Init() string { return b.spec.Init }

// Reset makes an idle connection as new: OnBackendReady follows, or OnSyncFailed
// if the server can't do that.
func (b *Conn) Reset() {
	b.beginOwn(syncTimeout)
	b.startOver()
	b.nextOwn()
}

// startOver queues COM_RESET_CONNECTION and what has to follow it. What the
// variables of the login are then differs between servers (sysvar.Login): the
// next Sync sets them.
func (b *Conn) startOver() {
	b.runOwn(ownCommand{cmd: protocol.ComResetConnection, then: b.unless(func() {
		b.have.Session, b.have.InsertID, b.have.Tracked, b.have.Bare = b.unset(), 0, false, false
		b.have.Unselected, b.have.Access = b.have.Schema != "", digest.AccessUnsaid
		b.runs = 0
		b.statements.Clear()
	})})
	if b.caps.Has(protocol.ClientIgnoreSpace) {
		// MariaDB forgets that a login with this capability adds to sql_mode.
		b.runQuery(ignoreSpace, b.unless(func() {}))
	}
	b.begin(b.spec.Server.Trackers())
}

// ignoreSpace makes a connection that was reset what a login with CLIENT_IGNORE_SPACE made it.
const ignoreSpace = "SET @@SESSION.sql_mode=CONCAT_WS(',',NULLIF(@@SESSION.sql_mode,''),'IGNORE_SPACE')"
