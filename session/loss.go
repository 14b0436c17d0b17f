package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What becomes of a session whose backend connection is lost. A statement that
// was not sent goes to another connection; one that was, only if it may run
// twice and the client has seen nothing of its answer. State that is lost with
// the connection ends the session: the client must not go on as if it had it.

// remedy is what is done about a lost connection.
type remedy uint8

const (
	forget  remedy = iota // the client had nothing there
	resend                // the command was not sent: it goes to another connection
	repeat                // the command was sent, and is sent again
	report                // the client reads an error in place of the answer, and goes on
	endTold               // the client reads an error, and the session ends
)

// Why a command is run again, for the metric.
const (
	retryUnsent = "unsent" // lost before the command was sent
	retryStale  = "stale"  // found to be lost when it was to be sent
	retryRead   = "read"   // lost after a read was sent
	retryWriter = "writer" // refused by a server that is read-only: see doubt.go
)

// maxResends bounds how often one command goes to another connection without
// having been sent, beside the deadline that each wait for one has.
const maxResends = 10

// loss is what decides.
type loss struct {
	state    state
	stateful bool // the session had state on the connection that is gone with it
	harmless bool // the command may run twice
	retries  int  // how often it still may be run again
	resends  int  // how often it still may go elsewhere unsent
	started  bool // the client has got a part of the answer
	partial  bool // in which no error can be inserted
}

// idling are the states in which nothing of a command is at the server or on the
// way to it.
var idling = [numStates]bool{
	ready: true, killing: true, delayed: true, doubtful: true, pondering: true, refused: true, discarding: true, trailing: true,
}

// remedy decides.
func (l loss) remedy() remedy {
	switch {
	case l.stateful:
		return endTold
	case idling[l.state]:
		return forget
	case l.state == acquiring && l.resends > 0:
		return resend
	case l.state == acquiring:
		return report
	case l.state == answering && !l.started && l.harmless && l.retries > 0:
		return repeat
	case l.state == answering && !l.started, l.state == sending && !l.started:
		return report
	case l.state == answering && l.harmless && !l.partial:
		return report
	}
	return endTold
}

// repeatable are the flags that a statement may have and still be run twice: of
// others either the server or the session would have changed, or they ask about
// what only the lost connection knew.
const repeatable = digest.UserVarRead | digest.LastInsertIDFn | digest.ConnectionIDFn | digest.HasPlaceholder | digest.Subquery

// harmless reports whether a command can be run twice without anybody noticing:
// a single statement that reads, as a text or prepared, or the preparation of
// any, which runs nothing. Which functions it calls is not looked at, as in
// ProxySQL: stored functions that write are not told from others.
func harmless(cmd protocol.Command, whole bool, info *digest.Info) bool {
	switch {
	case !whole:
		return false
	case cmd == protocol.ComStmtPrepare:
		return true
	case cmd != protocol.ComQuery && cmd != protocol.ComStmtExecute:
		return false
	case info.Statements != 1 || info.Class != digest.ClassRead || info.Flags&^repeatable != 0:
		return false
	}
	switch info.Verb {
	case digest.VerbSelect, digest.VerbTable, digest.VerbValues, digest.VerbShow:
		return true
	}
	return false // EXPLAIN ANALYZE runs what it explains; DO is for what it does
}

// outside reports whether a connection with this status, held for these
// reasons, has no transaction that a statement would be part of.
func outside(status protocol.StatusFlags, pins sysvar.Pins) bool {
	return status&protocol.StatusInTrans == 0 && status&protocol.StatusAutocommit != 0 && pins&sysvar.InTransaction == 0
}
