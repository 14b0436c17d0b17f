package digest

import (
	"math/bits"
	"strings"
)

// Flags is what a statement contains that matters for who may use its connection next, and for where it may run.
type Flags uint64

// User variables: they live in the connection.
const (
	UserVarAssign Flags = 1 << iota // sets a user variable: `:=`, SET @x, SELECT ... INTO @x, and maybe CALL p(@x), LOAD DATA (@x)
	UserVarRead                     // reads one: needs the connection that has it, or its replay. May be set for later targets of INTO
	IntoVar                         // SELECT ... INTO @x: sets a variable to what only the server knows, and has no result set
)

// Locks that the connection holds, or asks about.
const (
	GetLock         Flags = 1 << (iota + 3) // GET_LOCK(), and the locking service's functions: held until released or the connection ends
	ReleaseLock                             // RELEASE_LOCK(): needs the connection that holds the lock
	ReleaseAllLocks                         // RELEASE_ALL_LOCKS(): afterwards no GET_LOCK holds the connection
	IsLockFn                                // IS_FREE_LOCK(), IS_USED_LOCK(): answers with a connection id, on the server where the locks are
	LockTables                              // LOCK TABLES, FLUSH TABLES ... WITH READ LOCK or FOR EXPORT; with LockInstance: not ended by UNLOCK TABLES
	UnlockTables                            // UNLOCK TABLES
	LockInstance                            // LOCK INSTANCE FOR BACKUP; MariaDB's BACKUP STAGE, BACKUP LOCK
	UnlockInstance                          // UNLOCK INSTANCE
	ForUpdate                               // SELECT ... FOR UPDATE: belongs to the primary
	ForShare                                // SELECT ... FOR SHARE, LOCK IN SHARE MODE: belongs to the primary
)

// What the server remembers of the statement before: right only on the connection that ran it, with nothing in between.
const (
	CalcFoundRows    Flags = 1 << (iota + 13) // SQL_CALC_FOUND_ROWS: FOUND_ROWS() will be asked
	FoundRowsFn                               // FOUND_ROWS()
	RowCountFn                                // ROW_COUNT()
	LastInsertIDFn                            // reads LAST_INSERT_ID(), @@last_insert_id or @@identity
	LastInsertIDSet                           // LAST_INSERT_ID(expr), SET last_insert_id: the next LAST_INSERT_ID() anywhere returns it
	ShowWarnings                              // SHOW WARNINGS, SHOW ERRORS, SHOW COUNT(*) ..., GET DIAGNOSTICS, @@warning_count, @@error_count
	ConnectionStatus                          // SHOW [SESSION] STATUS, SHOW PROFILE, @@last_gtid: counts what this connection did
	SequenceNext                              // MariaDB's NEXTVAL(), NEXT VALUE FOR, SETVAL(): a write, and LASTVAL() returns it
	SequenceLast                              // LASTVAL(), PREVIOUS VALUE FOR: what this connection's NEXTVAL() returned
)

// Settings of the session.
const (
	SetSystemVar       Flags = 1 << (iota + 22) // SET [SESSION] x, SET @@x, SET SESSION TRANSACTION: the connection differs from now on
	SetAutocommit                               // SET autocommit: begins or, turned on, commits a transaction
	SetOneShot                                  // SET insert_id, timestamp, rand_seed1, rand_seed2: for the next statement, or not to be replayed
	SetNames                                    // SET NAMES, SET CHARACTER SET
	SetRole                                     // SET ROLE, SET DEFAULT ROLE, SET SESSION AUTHORIZATION: the connection's rights differ from now on
	SetTransactionNext                          // SET TRANSACTION, SET @@transaction_isolation: for the next transaction only, reported by no variable
	SetOther                                    // any other SET, such as SET RESOURCE GROUP
	SetVarHint                                  // the hint SET_VAR(): trackers report the value, its return late or never
	SetStatement                                // MariaDB's SET STATEMENT ... FOR: as SetVarHint
	UseDB                                       // USE: the default schema of the session changes
)

// What else lives in the connection.
const (
	CreateTemporary Flags = 1 << (iota + 32) // CREATE TEMPORARY TABLE or SEQUENCE
	DropTemporary                            // DROP [TEMPORARY] TABLE: what is dropped may be a temporary table
	PrepareStmt                              // PREPARE: a statement by name
	ExecuteStmt                              // EXECUTE, EXECUTE IMMEDIATE: runs a text that the scanner does not see
	DeallocateStmt                           // DEALLOCATE PREPARE, DROP PREPARE
	Handler                                  // HANDLER: open tables by name, until closed
	Savepoint                                // SAVEPOINT, ROLLBACK TO, RELEASE SAVEPOINT: does not end the transaction
	XA                                       // any XA statement
	Release                                  // COMMIT or ROLLBACK with RELEASE: the server hangs up
	ImplicitCommit                           // commits the open transaction before it runs; not set for BEGIN and SET autocommit, which do so too
)

// What the proxy has to do with it.
const (
	ConnectionIDFn    Flags = 1 << (iota + 42) // CONNECTION_ID(), @@pseudo_thread_id: the server's id, not the one the client was told
	KillStmt                                   // KILL: the id is the one the client was told
	IntoOutfile                                // SELECT ... INTO OUTFILE or DUMPFILE: writes a file on the server
	HasPlaceholder                             // a `?`: only right in a prepared statement
	MultiStatement                             // several statements, or, in a routine or compound statement, maybe several
	Compound                                   // a compound statement: anything may happen in it
	ExecutableComment                          // `/*! */` or `/*M! */`: its content counts; the server's version decides whether it runs
	TrackersVar                                // reads or sets @@session_track_..., or is SHOW VARIABLES: what the session trackers report
	Subquery                                   // a SELECT behind the verb of another statement, or behind WITH: FOUND_ROWS() may be of that
	StoredCall                                 // CallsStored says so; Scan does not set it
	InsertSelect                               // InsertsSelected says so; Scan does not set it
	Partial                                    // the text is gone, only what Stream said of it is known; Scan and Stream do not set it
	Uncertain                                  // a literal or comment without a certain end: other flags may be missing
	flagsEnd
)

// flagNames are the names of the flags, by bit.
var flagNames = [...]string{
	"UserVarAssign", "UserVarRead", "IntoVar",
	"GetLock", "ReleaseLock", "ReleaseAllLocks", "IsLockFn", "LockTables", "UnlockTables", "LockInstance",
	"UnlockInstance", "ForUpdate", "ForShare",
	"CalcFoundRows", "FoundRowsFn", "RowCountFn", "LastInsertIDFn", "LastInsertIDSet", "ShowWarnings",
	"ConnectionStatus", "SequenceNext", "SequenceLast",
	"SetSystemVar", "SetAutocommit", "SetOneShot", "SetNames", "SetRole",
	"SetTransactionNext", "SetOther", "SetVarHint", "SetStatement", "UseDB",
	"CreateTemporary", "DropTemporary", "PrepareStmt", "ExecuteStmt", "DeallocateStmt", "Handler", "Savepoint", "XA",
	"Release", "ImplicitCommit",
	"ConnectionIDFn", "KillStmt", "IntoOutfile", "HasPlaceholder", "MultiStatement", "Compound",
	"ExecutableComment", "TrackersVar", "Subquery", "StoredCall", "InsertSelect", "Partial", "Uncertain",
}

// Has reports whether all of f are set.
func (s Flags) Has(f Flags) bool { return s&f == f }

// String is the names of the flags, joined by "|", for logs and tests.
func (s Flags) String() string {
	var b strings.Builder
	for ; s != 0; s &= s - 1 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		if bit := bits.TrailingZeros64(uint64(s)); bit < len(flagNames) {
			b.WriteString(flagNames[bit])
		} else {
			b.WriteString("unknown")
		}
	}
	return b.String()
}
