package sysvar

import (
	"math/bits"
	"strings"
)

// Pins are the reasons why a session keeps its backend connection between statements; 0: the connection can be shared.
type Pins uint32

// The reasons. Each ends when its cause ends, as far as that can be known, and with COM_RESET_CONNECTION and
// COM_CHANGE_USER, but for those of SurviveReset.
const (
	InTransaction   Pins = 1 << iota // a transaction is open
	XA                               // an XA transaction is open
	NextTransaction                  // SET TRANSACTION for the next transaction, which has not been
	TempTable                        // temporary tables
	LockTables                       // LOCK TABLES, FLUSH TABLES WITH READ LOCK
	InstanceLock                     // LOCK INSTANCE FOR BACKUP, BACKUP STAGE, BACKUP LOCK
	GetLock                          // GET_LOCK()
	UserVar                          // a user variable whose value only the server knows
	Variable                         // a system variable that can't be copied (see TreatmentOf)
	PreparedText                     // PREPARE
	Handler                          // HANDLER ... OPEN
	Role                             // SET ROLE
	OtherSet                         // SET RESOURCE GROUP and the like, of which no more is known
	Sequence                         // LASTVAL() can be asked
	Trackers                         // the client changed what the trackers report
	NoTrackers                       // a SET on a server that has no trackers
	Unexplained                      // the server says that state changed, and nothing says which
	Failed                           // code that isn't in the text failed half-way: what it changed is reported late, or with another statement
	LongData                         // COM_STMT_SEND_LONG_DATA without its COM_STMT_EXECUTE
	Cursor                           // an open cursor
	MultiplexOff                     // a rule says so
	FoundRows                        // FOUND_ROWS() can be asked
	RowCount                         // ROW_COUNT() can be asked
	InsertID                         // LAST_INSERT_ID() can be asked
	Warnings                         // SHOW WARNINGS can be asked
	Unreported                       // what a stored function or a SET that failed half-way may have changed, the server reports later
	Savepoint                        // outside of a transaction, without autocommit: a savepoint, or a change of a table that knows no transactions
	Script                           // a script says so
	pinsEnd
)

// Transient are the pins that only say that the client may ask about what it did. The session may drop them after a while; a
// client that asks later than that reads what another's statement left. Unreported is among them because it ends as soon as the server
// is asked: it must not be dropped without.
const Transient = FoundRows | RowCount | InsertID | Warnings | Sequence | Unreported

// SurviveReset are the pins of what neither COM_RESET_CONNECTION nor (on MariaDB) COM_CHANGE_USER ends: such a connection is never
// fit for another session, and has to be closed.
const SurviveReset = Role | OtherSet

// pinNames are for logs and metrics, by bit.
var pinNames = [...]string{
	"transaction", "xa", "next_transaction", "temporary_table", "lock_tables", "instance_lock", "get_lock", "user_variable",
	"variable", "prepared_text", "handler", "role", "other_set", "sequence", "trackers", "no_trackers", "unexplained", "failed", "long_data",
	"cursor", "multiplex_off", "found_rows", "row_count", "insert_id", "warnings", "unreported", "savepoint", "script",
}

// Has reports whether all of these are set.
func (p Pins) Has(q Pins) bool { return p&q == q }

// Each calls f with the name of every reason: one of a fixed number of words.
func (p Pins) Each(f func(name string)) {
	for ; p != 0; p &= p - 1 {
		if bit := bits.TrailingZeros32(uint32(p)); bit < len(pinNames) {
			f(pinNames[bit])
		}
	}
}

// String is the names of the reasons, joined by "|".
func (p Pins) String() string {
	var b strings.Builder
	p.Each(func(name string) {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString(name)
	})
	return b.String()
}
