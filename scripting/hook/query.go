package hook

import "time"

// Command is a command that scripts are asked about.
type Command uint8

// The commands.
const (
	ComQuery Command = iota
	ComStmtPrepare
	ComStmtExecute
)

// String returns the name in the protocol.
func (c Command) String() string {
	return [...]string{"COM_QUERY", "COM_STMT_PREPARE", "COM_STMT_EXECUTE"}[c]
}

// Query is what scripts see of a command. The session implements it, and computes only what is asked for.
type Query interface {
	Conn
	Command() Command
	// SQL is the statement, of an execution the prepared one, in the client's character set; a view that dies with the call. Of a text that is
	// too long to be held whole it is the beginning, and Whole is false.
	SQL() []byte
	Whole() bool
	// Digest is the hash of the digest text; 0: not known.
	Digest() uint64
	// AppendDigestText appends the statement without its literals and comments.
	AppendDigestText(dst []byte) []byte
	// Hostgroup is where the statement goes if the script says nothing.
	Hostgroup() int
	// InTransaction is true also of a statement that begins a transaction because autocommit is off: it takes the transaction along.
	InTransaction() bool
	// Params are the parameters of an execution; nil for other commands, and for one whose parameters are not all known, as those of a
	// COM_STMT_BULK_EXECUTE, which is asked about as a COM_STMT_EXECUTE. A view that dies with
	// the call. A value that was sent as long data, which is not kept, is of KindUnknown.
	Params() []Value
}

// Verdict is what a script says of a command. The zero value does not mean "nothing": see Nothing.
type Verdict struct {
	// What is done in place of the statement. At most one of both; of a COM_STMT_PREPARE only Reject.
	Reject *Rejection
	Reply  *Reply

	Hostgroup int           // Unset: as without a script
	Timeout   time.Duration // of the statement at the server; Unset, or 0 for none
	// SQL is sent in place of the statement, if HasSQL; the client reads an error where that is not Whole. Not for a COM_STMT_EXECUTE: what it executes is what its COM_STMT_PREPARE was rewritten to.
	SQL    string
	HasSQL bool
	Pin    bool // the connection is kept for this client until it resets its session

	// Statements on the connection of this one, before it is sent and after its answer has been sent to the client, in this order. The
	// client sees nothing of them but the time they take. One of Before that fails does not keep the statement from being sent, unless its handler says so.
	Before, After []*Injection

	Result bool     // onResult is to be asked about its answer
	Tags   []string // the script's words for it, which are counted already
}

// Nothing is the verdict of a script that has nothing to say. Not to be changed.
var Nothing = &Verdict{Hostgroup: Unset, Timeout: Unset}

// Injection is a statement that a script has sent on a session's connection.
//
// Its handler, if it has one, is shown the outcome: see Loop.Injected. Of the verdict that the handler of one of Verdict.Before gives, Reject,
// Reply, SQL and Timeout take the place of those of the verdict before, if they say something, and Before and After are added to what is
// left of them; Hostgroup is Unset, because the connection is chosen, and Result counts only if it is false. The handlers of Verdict.After can only add to After.
type Injection struct {
	SQL string
	// Handler is the business of package scripting; nil: nobody looks at the outcome.
	Handler any
}

// Outcome is what an injected statement brought.
type Outcome struct {
	Table     Table // its result, the first one if there are several
	Truncated bool  // the result was larger than MaxOutcome: the rest was read and dropped
	OK        Summary
	Err       *Rejection // the server's error; then nothing else is set
	Time      time.Duration
}

// MaxOutcome bounds the rows of an Outcome, as Batch.Size counts them.
const MaxOutcome = 1 << 20

// Table is a whole result in memory.
type Table struct {
	Columns []Column // nil: there was no result, only an OK
	Rows    Batch
}

// Reply is an answer that a script gives itself: a table, or an OK if that has no columns. The session encodes it as the command wants it.
type Reply struct {
	Table Table
	OK    Summary
}
