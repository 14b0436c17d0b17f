package sysvar

import (
	"parkway/protocol"
	"parkway/protocol/digest"
)

// Event is all that is known of a statement that ended: what its text says, and what the server said. COM_INIT_DB is a USE, and the
// execution of a prepared statement has the verb and flags of its text.
type Event struct {
	Verb  digest.Verb
	Flags digest.Flags

	Failed bool
	Code   uint16               // of the error
	Status protocol.StatusFlags // the last seen in the answer, or the one before if it had none

	Tracked      bool // the connection's trackers are on
	StateChanged bool // protocol.TrackStateChange
	Schema       bool // protocol.TrackSchema
	Copied       bool // Interner.Report gave Copied
	// Characteristics is set when one of the variables is reported that are about transactions (IsCharacteristic).
	Characteristics bool
	PinVariable     bool // it gave Pinned, or a collation cannot be read (NamesCollation)
	Trackers        bool // it gave Tracker, or the text of a SET says so (digest.TrackersVar)

	// MariaDB says which server it is: there, a statement that reads no table leaves SHOW WARNINGS as it is, a SELECT that fails half-way
	// may set FOUND_ROWS(), and what was not reported comes only with the next change.
	MariaDB bool

	Warnings uint16
	InsertID uint64
	Rows     bool // there was a result set
	// Unreported is set for a result set whose end, an EOF packet, has no room for reports, if the statement may have run a stored function,
	// and for a SET that failed half-way. What changed is reported with the next OK packet, by MariaDB with the next that reports a change.
	Unreported bool

	// Apart says that a text of several statements was followed result by result: StateChanged is set only if one of them reported a change that it
	// does not explain (Explained), and if one failed, it is none that runs others.
	Apart bool

	UserVarsUnknown bool // not UserVarsKnown, after the statement
	Gone            Pins // from Objects.Note
	MultiplexOff    bool // a rule says so
}

// Changes are the pins that a statement added and removed, for counting and for logs.
type Changes struct {
	Added, Removed Pins
}

// After decides which pins hold after a statement that met p. It depends on nothing else. LongData and Cursor stay as they are: which
// prepared statements the server holds something for is not said by the answer alone.
//
// What a stored routine, a trigger or a view's function does is known only as far as trackers report it: a GET_LOCK(), `:=` or
// SET TRANSACTION in there is not seen.
func After(p Pins, e Event) (Pins, Changes) {
	after := forget(p, &e)
	after = causes(after, &e)
	after = reported(after, &e)
	after = ended(after, &e)
	after = after.set(UserVar, e.UserVarsUnknown).set(MultiplexOff, e.MultiplexOff)
	return after, Changes{Added: after &^ p, Removed: p &^ after}
}

// set is p with or without a pin.
func (p Pins) set(pin Pins, on bool) Pins {
	if on {
		return p | pin
	}
	return p &^ pin
}

// unclear are the flags of texts of which it isn't known which part ran last, or what of it ran at all.
const unclear = digest.MultiStatement | digest.Compound | digest.ExecutableComment | digest.Partial | digest.Uncertain

// unseen reports whether the statement runs code that is not in its text.
func (e *Event) unseen() bool {
	return e.Verb == digest.VerbCall || e.Flags&(digest.ExecuteStmt|digest.Compound|digest.MultiStatement) != 0
}

// ranNothing are the errors of statements that were refused before any of them ran.
var ranNothing = map[uint16]bool{
	1044: true, // access to the schema denied
	1046: true, // no schema selected
	1049: true, // unknown schema
	1054: true, // unknown column
	1064: true, // syntax
	1099: true, // LOCK TABLES has locked the table for reading only
	1100: true, // nor at all
	1142: true, // access to the table denied
	1143: true, // access to the column denied
	1146: true, // no such table
	1193: true, // unknown system variable
	1227: true, // a privilege is missing
	1229: true, // a global variable
	1231: true, // wrong value of a variable
	1232: true, // wrong type of a variable
	1238: true, // a read-only variable
	1305: true, // no such routine
	1370: true, // access to the routine denied
	1399: true, // not in this state of an XA transaction
}

// Ran reports whether the statement, or a part of it, may have had an effect. It depends on Verb, Flags, Failed and Code.
func (e *Event) Ran() bool { return !e.Failed || !ranNothing[e.Code] || e.unseen() }

// forget drops what could be asked about the statement before: it is this one now.
func forget(p Pins, e *Event) Pins {
	if e.Flags&digest.ShowWarnings == 0 && (!e.MariaDB || ReadsTables(e.Verb)) {
		p &^= Warnings
	}
	if e.Rows && IsFound(e.Verb, e.Flags, e.MariaDB) {
		p &^= FoundRows
	}
	return p &^ RowCount
}

// IsFound reports whether the rows of the result set that such a statement returns are what FOUND_ROWS() counts. Others leave that as it was, or see
// MayFind.
func IsFound(v digest.Verb, f digest.Flags, mariaDB bool) bool {
	switch v {
	case digest.VerbSelect, digest.VerbTable, digest.VerbValues, digest.VerbDescribe:
		return true
	case digest.VerbShow:
		return !mariaDB && f&digest.ShowWarnings == 0
	}
	return false
}

// MayFind reports whether such a statement, which is no query, may set FOUND_ROWS() by one that it contains, and the answer does not tell to what:
// MariaDB counts the rows of the query that ended last, if it reads a table, and MySQL does where it does not set the variable of a SET. A SHOW is such a
// query on MariaDB, as SHOW TABLES is one of INFORMATION_SCHEMA, or none, as SHOW CREATE TABLE, SHOW GRANTS and SHOW PROCESSLIST are (10.11).
func MayFind(v digest.Verb, f digest.Flags, mariaDB bool) bool {
	if v == digest.VerbShow {
		return mariaDB && f&digest.ShowWarnings == 0
	}
	if f&digest.Subquery == 0 {
		return false
	}
	switch v {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbUpdate, digest.VerbDelete:
		return mariaDB || f&digest.InsertSelect == 0
	case digest.VerbSet, digest.VerbDo, digest.VerbCreate, digest.VerbExplain, digest.VerbAnalyze:
		return mariaDB
	}
	return false
}

// ReadsTables reports whether statements of this kind read tables for sure.
func ReadsTables(v digest.Verb) bool {
	switch v {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbUpdate, digest.VerbDelete, digest.VerbLoad:
		return true
	}
	return false
}

// cause is what a text says that holds the connection.
type cause struct {
	flags digest.Flags
	pin   Pins
	ok    bool // only if the statement succeeded; otherwise also if it failed half-way
}

var causeTable = [...]cause{
	{digest.GetLock, GetLock, false},
	{digest.LockTables, LockTables, false},
	{digest.LockInstance, InstanceLock, false},
	{digest.CreateTemporary, TempTable, true},
	{digest.PrepareStmt, PreparedText, true},
	{digest.Handler, Handler, true},
	{digest.SetRole, Role, true},
	{digest.SetTransactionNext, NextTransaction, true},
	{digest.SetOneShot, Variable, true},
	{digest.SetOther, OtherSet, true},
	{digest.ExecuteStmt | digest.Uncertain, Unexplained, false},
	{digest.CalcFoundRows, FoundRows, true},
	{digest.LastInsertIDSet, InsertID, false},
	{digest.SequenceNext, Sequence, false},
}

// causes adds what the text says.
func causes(p Pins, e *Event) Pins {
	if !e.Ran() {
		return p
	}
	flags := e.Flags
	if flags&digest.LockInstance != 0 {
		flags &^= digest.LockTables // UNLOCK TABLES doesn't end it
	}
	for i := range causeTable {
		if c := &causeTable[i]; flags&c.flags != 0 && !(c.ok && e.Failed) {
			p |= c.pin
		}
	}
	if e.Failed && e.unseen() && !e.Apart {
		p |= Failed
	}
	if !e.Tracked && !e.Failed && (e.unseen() || e.Flags&(digest.SetSystemVar|digest.SetNames) != 0) {
		p |= NoTrackers
	}
	return p
}

// reported adds what the server said.
func reported(p Pins, e *Event) Pins {
	if e.Warnings > 0 || e.Failed {
		p |= Warnings
	}
	if e.InsertID != 0 {
		p |= InsertID
	}
	if !e.Rows && !e.Failed && counts(e.Verb) {
		p |= RowCount
	}
	p |= untold(e)
	late := p.Has(Unreported) && (!e.MariaDB || e.Flags&Passing != 0) // what is reported now may be that, and is not followed
	switch {
	case e.Unreported:
		p |= Unreported
	case !e.Rows && !e.Failed && (e.StateChanged || !e.MariaDB):
		p &^= Unreported
	}
	if e.PinVariable {
		p |= Variable
	}
	if e.Trackers {
		p |= Trackers
	}
	if e.StateChanged && (!explained(p, e) || late) {
		p |= Unexplained
	}
	return transaction(p, e)
}

// untold is what can be asked of the connection and the answer does not say: what of it ran, before it failed or unseen, may have set it.
func untold(e *Event) (p Pins) {
	switch {
	case e.unseen():
		return FoundRows | InsertID
	case !e.Failed:
		if e.Flags&digest.IntoVar != 0 {
			p = FoundRows
		}
		if e.Rows && (e.Verb == digest.VerbInsert || e.Verb == digest.VerbReplace) {
			p |= InsertID // RETURNING: the end of rows does not tell it
		}
	case e.Ran():
		switch e.Verb {
		case digest.VerbSelect:
			if e.MariaDB { // MySQL's FOUND_ROWS() is of the query before then
				p = FoundRows
			}
		case digest.VerbInsert, digest.VerbReplace, digest.VerbLoad:
			p = InsertID
		}
	}
	if e.Ran() && MayFind(e.Verb, e.Flags, e.MariaDB) { // also if it failed over one of the rows
		p |= FoundRows
	}
	return p
}

// counts reports whether ROW_COUNT() is asked after statements of this kind.
func counts(v digest.Verb) bool {
	switch v {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbUpdate, digest.VerbDelete, digest.VerbLoad, digest.VerbCall:
		return true
	}
	return false
}

// Explained reports whether a statement with these pins accounts for the flag that says that state changed, if that was set: one among several of a
// text, with what its own result reported.
func (e *Event) Explained(p Pins) bool { return !e.StateChanged || explained(p, e) }

// RunsOthers reports whether the statement runs code that is not in its text, or may be several: the number of its results is not known.
func (e *Event) RunsOthers() bool {
	return e.unseen() || e.Verb == digest.VerbOther || e.Verb == digest.VerbNone
}

// explained reports whether the statement itself accounts for the flag that says that state changed. That a variable was reported
// too doesn't explain it if code ran that isn't in the text: the flag may be of a temporary table made there.
func explained(p Pins, e *Event) bool {
	if e.unseen() {
		return false
	}
	switch {
	case e.Flags&(digest.CreateTemporary|digest.DropTemporary|digest.PrepareStmt|digest.DeallocateStmt) != 0:
		return true
	case e.Flags&(digest.SetVarHint|digest.SetStatement) != 0:
		return true // it is set back when the statement ends
	case e.Verb == digest.VerbSet:
		return e.Copied || e.PinVariable || e.Trackers || e.Flags&(digest.UserVarAssign|digest.SetRole|digest.SetOneShot|digest.SetTransactionNext) != 0
	case e.Flags&digest.UseDB != 0:
		return e.Schema
	}
	// MySQL reports that a temporary table was altered.
	return p.Has(TempTable) && (e.Verb == digest.VerbAlter || e.Verb == digest.VerbRename || e.Verb == digest.VerbTruncate)
}

// Reports says whether the server reports that state changed for a statement of this kind, whatever it does: behind one that left Unreported, that
// is not known of which of them it speaks. Some say so by a name that only the outcome explains (see explained).
func Reports(v digest.Verb, f digest.Flags) bool {
	const changes = digest.CreateTemporary | digest.DropTemporary | digest.PrepareStmt | digest.DeallocateStmt | digest.SetVarHint | digest.UseDB
	return v == digest.VerbSet || f&changes != 0
}

// transaction follows the status flags. An ERR packet has none: a transaction may have begun, or was rolled back, unreported; it
// counts as open until the next OK packet.
func transaction(p Pins, e *Event) Pins {
	open := e.Status&protocol.StatusInTrans != 0
	p = savepoint(p, e)
	if e.Failed {
		// Without autocommit, to open a table begins one, also for a statement that then names a column which is not there (MariaDB 10.11).
		if open || e.Status&protocol.StatusAutocommit == 0 && (e.Ran() || e.Code != protocol.ErrCodeParse) {
			p |= InTransaction
		}
		return p
	}
	if open {
		p |= InTransaction
		if e.Characteristics || e.Status&protocol.StatusInTransReadonly != 0 {
			p |= NextTransaction // for what follows this one, if it does not end by itself
		}
		if e.Flags&digest.XA != 0 {
			p |= XA
		}
		return p
	}
	// With SET TRANSACTION it had ended before, unreported; SET autocommit ends it, but servers go on with its characteristics in the next one.
	if p.Has(InTransaction) && e.Flags&(digest.SetTransactionNext|digest.SetAutocommit) == 0 {
		p &^= NextTransaction
	}
	return p &^ (InTransaction | XA)
}

// savepoint follows the savepoints that no transaction has, and changes of tables whose engine knows no transactions, of which a ROLLBACK warns: a
// statement that ends transactions ends them too.
func savepoint(p Pins, e *Event) Pins {
	outside := e.Status&(protocol.StatusInTrans|protocol.StatusAutocommit) == 0
	switch {
	case e.Failed:
	case outside && (e.Flags&digest.Savepoint != 0 || counts(e.Verb) || e.unseen()):
		p |= Savepoint
	case !outside, e.Flags&unclear == 0 && endsTransaction(e):
		p &^= Savepoint // in a transaction, they are of that
	}
	return p
}

// endsTransaction reports whether the statement, which succeeded, ends a transaction if there is one, or would.
func endsTransaction(e *Event) bool {
	switch e.Verb {
	case digest.VerbCommit:
		return true
	case digest.VerbRollback:
		return e.Flags&digest.Savepoint == 0
	}
	return e.Flags&digest.ImplicitCommit != 0
}

// ends are the statements that end what held the connection, whatever it was called.
var ends = [...]struct {
	flags digest.Flags
	pin   Pins
}{
	{digest.UnlockTables, LockTables},
	{digest.UnlockInstance, InstanceLock},
	{digest.ReleaseAllLocks, GetLock},
}

// ended removes the pins whose cause ended for sure.
func ended(p Pins, e *Event) Pins {
	if e.Failed || e.Flags&unclear != 0 {
		return p
	}
	for _, end := range ends {
		if e.Flags&end.flags == end.flags && !begins(e.Flags, end.pin) {
			p &^= end.pin
		}
	}
	return p &^ e.Gone
}

// begins reports whether a text that may end something may begin it too.
func begins(flags digest.Flags, pin Pins) bool {
	for _, c := range causeTable {
		if c.pin == pin && flags&c.flags != 0 {
			return true
		}
	}
	return false
}
