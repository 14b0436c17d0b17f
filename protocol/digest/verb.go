package digest

import "strconv"

// Verb is the kind of a statement: in general its first word.
type Verb uint8

// The verbs. VerbNone is that of a text without a statement.
const (
	VerbNone   Verb = iota
	VerbOther       // a statement that begins with no word the scanner knows
	VerbSelect      // with or without parentheses around it, also behind WITH or SET STATEMENT ... FOR, as are all others
	VerbInsert
	VerbUpdate
	VerbDelete
	VerbReplace
	VerbTable  // TABLE t
	VerbValues // VALUES ROW(1), VALUES (1)
	VerbWith   // a WITH whose verb was not found
	VerbDo
	VerbCall
	VerbLoad // LOAD DATA, LOAD XML, LOAD INDEX
	VerbHandler
	VerbSet
	VerbUse
	VerbBegin // BEGIN [WORK], START TRANSACTION
	VerbCommit
	VerbRollback // also ROLLBACK TO, then with the flag Savepoint
	VerbSavepoint
	VerbRelease // RELEASE SAVEPOINT
	VerbXA
	VerbLock
	VerbUnlock
	VerbPrepare
	VerbExecute    // EXECUTE name, EXECUTE IMMEDIATE
	VerbDeallocate // DEALLOCATE PREPARE, DROP PREPARE
	VerbCreate
	VerbDrop
	VerbAlter
	VerbTruncate
	VerbRename
	VerbShow
	VerbDescribe // DESCRIBE, DESC
	VerbExplain
	VerbHelp
	VerbChecksum
	VerbAnalyze // ANALYZE TABLE, and MariaDB's ANALYZE <statement>, which runs it
	VerbCheck
	VerbOptimize
	VerbRepair
	VerbGrant
	VerbRevoke
	VerbKill
	VerbFlush
	VerbReset
	VerbPurge
	VerbCache // CACHE INDEX
	VerbInstall
	VerbUninstall
	VerbImport
	VerbStart // START REPLICA, START GROUP_REPLICATION
	VerbStop
	VerbChange // CHANGE REPLICATION SOURCE, CHANGE MASTER
	VerbBinlog
	VerbClone
	VerbShutdown
	VerbRestart
	VerbBackup // MariaDB's BACKUP STAGE, BACKUP LOCK
	VerbGet    // GET DIAGNOSTICS
	VerbSignal // SIGNAL, RESIGNAL
	VerbBlock  // a compound statement: BEGIN NOT ATOMIC, IF, CASE, LOOP, REPEAT, WHILE, FOR, DECLARE, or anything with a label
	verbCount
)

// Class says where a statement may run, and whether it may run twice.
type Class uint8

// The classes.
const (
	ClassOther       Class = iota // unknown effects: treat it like ClassWrite
	ClassRead                     // changes no data and takes no locks that outlive it: a replica can answer it, and it can be repeated
	ClassWrite                    // changes data, takes locks, or writes a file
	ClassDDL                      // changes the schema
	ClassTransaction              // begins, ends or divides a transaction, or locks tables
	ClassSession                  // changes or reads the state of the session
	ClassAdmin                    // changes the server or its accounts
)

// String is the class in lower case.
func (c Class) String() string {
	names := [...]string{"other", "read", "write", "ddl", "transaction", "session", "admin"}
	if int(c) < len(names) {
		return names[c]
	}
	return "Class(" + strconv.Itoa(int(c)) + ")"
}

// verbs tells of each verb its name, its class, and the flags that every statement of that kind has. What depends on
// more than the verb is in statement.go.
var verbs = [verbCount]struct {
	name  string
	class Class
	flags Flags
}{
	VerbNone:       {"", ClassOther, 0},
	VerbOther:      {"OTHER", ClassOther, 0},
	VerbSelect:     {"SELECT", ClassRead, 0},
	VerbInsert:     {"INSERT", ClassWrite, 0},
	VerbUpdate:     {"UPDATE", ClassWrite, 0},
	VerbDelete:     {"DELETE", ClassWrite, 0},
	VerbReplace:    {"REPLACE", ClassWrite, 0},
	VerbTable:      {"TABLE", ClassRead, 0},
	VerbValues:     {"VALUES", ClassRead, 0},
	VerbWith:       {"WITH", ClassOther, 0},
	VerbDo:         {"DO", ClassRead, 0},
	VerbCall:       {"CALL", ClassWrite, 0},
	VerbLoad:       {"LOAD", ClassWrite, 0},
	VerbHandler:    {"HANDLER", ClassRead, Handler},
	VerbSet:        {"SET", ClassSession, 0},
	VerbUse:        {"USE", ClassSession, UseDB},
	VerbBegin:      {"BEGIN", ClassTransaction, 0},
	VerbCommit:     {"COMMIT", ClassTransaction, 0},
	VerbRollback:   {"ROLLBACK", ClassTransaction, 0},
	VerbSavepoint:  {"SAVEPOINT", ClassTransaction, Savepoint},
	VerbRelease:    {"RELEASE", ClassTransaction, Savepoint},
	VerbXA:         {"XA", ClassTransaction, XA},
	VerbLock:       {"LOCK", ClassTransaction, LockTables},
	VerbUnlock:     {"UNLOCK", ClassTransaction, 0},
	VerbPrepare:    {"PREPARE", ClassSession, PrepareStmt},
	VerbExecute:    {"EXECUTE", ClassOther, ExecuteStmt},
	VerbDeallocate: {"DEALLOCATE", ClassSession, DeallocateStmt},
	VerbCreate:     {"CREATE", ClassDDL, ImplicitCommit},
	VerbDrop:       {"DROP", ClassDDL, ImplicitCommit},
	VerbAlter:      {"ALTER", ClassDDL, ImplicitCommit},
	VerbTruncate:   {"TRUNCATE", ClassDDL, ImplicitCommit},
	VerbRename:     {"RENAME", ClassDDL, ImplicitCommit},
	VerbShow:       {"SHOW", ClassRead, 0},
	VerbDescribe:   {"DESCRIBE", ClassRead, 0},
	VerbExplain:    {"EXPLAIN", ClassRead, 0},
	VerbHelp:       {"HELP", ClassRead, 0},
	VerbChecksum:   {"CHECKSUM", ClassRead, 0},
	VerbAnalyze:    {"ANALYZE", ClassAdmin, 0},
	VerbCheck:      {"CHECK", ClassAdmin, ImplicitCommit},
	VerbOptimize:   {"OPTIMIZE", ClassAdmin, ImplicitCommit},
	VerbRepair:     {"REPAIR", ClassAdmin, ImplicitCommit},
	VerbGrant:      {"GRANT", ClassAdmin, ImplicitCommit},
	VerbRevoke:     {"REVOKE", ClassAdmin, ImplicitCommit},
	VerbKill:       {"KILL", ClassAdmin, KillStmt},
	VerbFlush:      {"FLUSH", ClassAdmin, ImplicitCommit},
	VerbReset:      {"RESET", ClassAdmin, ImplicitCommit},
	VerbPurge:      {"PURGE", ClassAdmin, 0},
	VerbCache:      {"CACHE", ClassAdmin, ImplicitCommit},
	VerbInstall:    {"INSTALL", ClassAdmin, ImplicitCommit},
	VerbUninstall:  {"UNINSTALL", ClassAdmin, ImplicitCommit},
	VerbImport:     {"IMPORT", ClassDDL, ImplicitCommit},
	VerbStart:      {"START", ClassAdmin, ImplicitCommit},
	VerbStop:       {"STOP", ClassAdmin, ImplicitCommit},
	VerbChange:     {"CHANGE", ClassAdmin, ImplicitCommit},
	VerbBinlog:     {"BINLOG", ClassWrite, 0},
	VerbClone:      {"CLONE", ClassAdmin, 0},
	VerbShutdown:   {"SHUTDOWN", ClassAdmin, 0},
	VerbRestart:    {"RESTART", ClassAdmin, 0},
	VerbBackup:     {"BACKUP", ClassAdmin, LockTables | LockInstance},
	VerbGet:        {"GET", ClassSession, ShowWarnings},
	VerbSignal:     {"SIGNAL", ClassOther, 0},
	VerbBlock:      {"BLOCK", ClassOther, Compound},
}

// String is the verb in upper case: "SELECT".
func (v Verb) String() string {
	if v < verbCount {
		return verbs[v].name
	}
	return "Verb(" + strconv.Itoa(int(v)) + ")"
}
