package hook

import "time"

// Column describes a column of a result.
type Column struct {
	Schema, Table, OrgTable string
	Name, OrgName           string
	Type                    byte   // as in the protocol: 3 is a LONG, 253 a VAR_STRING
	Flags                   uint16 // as in the protocol: 1 is NOT_NULL, 32 is UNSIGNED
	Charset                 uint16 // collation id; 63 is binary
	Length                  uint32
	Decimals                byte
}

// Result is an answer, or one of several, when it begins: with its columns, or as an OK or an error.
type Result struct {
	Number   int           // of the results of this answer, from 0
	Columns  []Column      // nil: OK or Err
	OK       Summary       // if there are no columns and no error
	Err      *Rejection    // the server's error
	Time     time.Duration // since the command was sent
	MaxBatch int           // how many bytes of rows the batches have at most, about
}

// Summary is what an OK packet, or the end of a result, says.
type Summary struct {
	AffectedRows uint64
	InsertID     uint64
	Warnings     uint16
	Info         string
}

// ResultVerdict is what a script says of an answer that begins. The zero value: it is passed on as it comes, and the script has no interest in the
// rows.
type ResultVerdict struct {
	// What the client gets in place of the answer, which is read and dropped. At most one of both.
	Reject *Rejection
	Reply  *Reply

	// Columns are sent in place of the result's; nil: those that came. Only with Stream.
	Columns []Column
	// Stream sees the rows; nil: they are passed on. With EndOnly they are passed on too, and Stream is told how the result ended.
	Stream  Stream
	EndOnly bool

	After []*Injection // are added to the statement's
}

// Stream is a script that sees the rows of a result. Each call may end later, as those of Loop; the next one is made when it has ended. Loop only.
type Stream interface {
	// Rows shows some rows, which belong to the stream until it has answered: then the caller may use the batch again. One whose call was cancelled
	// is the stream's for ever.
	Rows(b *Batch, w ResultWaiter) (*RowsVerdict, Pending)
	// End says that all rows were shown, or that the server has sent an error behind them. It is the last call.
	End(e *End, w ResultWaiter) (*EndVerdict, Pending)
	// Abort takes the place of End where the answer has no end: a connection was lost, the session is gone. It is called also after a verdict with
	// Reject or Stop.
	Abort()
}

// RowsVerdict is what becomes of the rows that were shown. The zero value: all of them are dropped.
type RowsVerdict struct {
	Same bool   // they are passed on as they came; only where the columns did not change
	Rows *Batch // are sent in their place, in the columns of the ResultVerdict; nil: none
	// Reject ends the answer with an error, Stop without; the rest is read and dropped. Rows are sent before.
	Reject *Rejection
	Stop   bool
}

// End is how a result ended.
type End struct {
	Rows uint64 // that came
	OK   Summary
	Err  *Rejection // the server's error
	Time time.Duration
	More bool // results follow
}

// EndVerdict is what a script says at the end of a result. The zero value: the client gets the end that came.
type EndVerdict struct {
	Rows   *Batch     // are sent before the end
	Reject *Rejection // the end is an error
	After  []*Injection
}
