package backend

import (
	"time"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
)

// Statements is what clients have prepared on the connection; nil unless it was opened to be shared. Who holds the connection
// says what it prepares itself, and sends what AppendCloses gives.
func (b *Conn) Statements() *stmt.ServerStatements { return b.statements }

// Prepare prepares a statement on an idle connection, which is in the statement's context. OnBackendReady follows, never
// from inside the call; TakeRefusal then says whether the server refused. It may wait for locks: timeout bounds it, 0 does not.
func (b *Conn) Prepare(at stmt.Slot, timeout time.Duration) {
	b.beginOwn(timeout)
	b.fresh = false
	b.runOwn(ownCommand{cmd: protocol.ComStmtPrepare, payload: []byte(at.Statement.Text), then: func(_ [][]byte, refused *protocol.ERR) {
		if b.refusal = refused; refused == nil {
			b.statements.Add(at, b.answer.Prepared().StatementID)
		}
	}})
	b.nextOwn()
}

// Bind tells the server the types of a statement's parameters, by an execution (stmt.Execution.AppendBinding) that it refuses: SHOW WARNINGS shows
// that. OnBackendReady follows, never from inside the call.
func (b *Conn) Bind(execution []byte) {
	b.beginOwn(syncTimeout)
	b.fresh, b.have.Diagnostics = false, true
	b.runOwn(ownCommand{cmd: protocol.ComStmtExecute, payload: execution[1:], then: func([][]byte, *protocol.ERR) {}})
	b.nextOwn()
}

// TakeRefusal returns what the server said to the statement of the last Prepare, once; nil if it was prepared.
func (b *Conn) TakeRefusal() *protocol.ERR {
	refusal := b.refusal
	b.refusal = nil
	return refusal
}

// Lacks reports whether a statement would have to be prepared first; false for the zero Slot.
func (b *Conn) Lacks(at stmt.Slot) bool { return at.Statement != nil && !b.statements.Has(at) }
