package digest

import "strings"

// word is the identity of a keyword that the scanner acts on.
type word uint8

const (
	wordAny word = iota // any other keyword
	wordAtomic
	wordBegin
	wordConnection
	wordDefault
	wordDo
	wordElse
	wordEnd
	wordExport
	wordFor
	wordGlobal
	wordHard
	wordIn
	wordIndex
	wordInstance
	wordInto
	wordIs
	wordLocal
	wordLoop
	wordNames
	wordNext
	wordNo
	wordNoWriteToBinlog
	wordNot
	wordNull
	wordObject // a kind of object that can be created and has no code in it: TABLE, VIEW
	wordOutfile
	wordPassword
	wordPersist
	wordPrepare
	wordPrevious
	wordProfile
	wordQuery
	wordRead
	wordRelease
	wordRepeat
	wordRole
	wordRoutine // a kind of object that can be created and has code in it: PROCEDURE, TRIGGER
	wordSession
	wordSet
	wordShare
	wordShow
	wordSoft
	wordSQLCalcFoundRows
	wordStatement
	wordStatus
	wordTable
	wordTemporary
	wordThen
	wordTo
	wordTransaction
	wordUpdate
	wordUse
	wordVariables
	wordKill
	wordValue
	wordWarnings
	wordWork
	wordAuthorization
)

// known are the words with a meaning to the scanner. Whatever of it is a name to one server and a keyword to another
// is a keyword here.
var known = []keyword{
	{name: "SELECT", verb: VerbSelect, notable: true},
	{name: "INSERT", verb: VerbInsert, callable: true},
	{name: "UPDATE", word: wordUpdate, verb: VerbUpdate, notable: true},
	{name: "DELETE", verb: VerbDelete},
	{name: "REPLACE", verb: VerbReplace, callable: true},
	{name: "TABLE", word: wordTable, verb: VerbTable},
	{name: "VALUES", verb: VerbValues},
	{name: "WITH", verb: VerbWith},
	{name: "DO", word: wordDo, verb: VerbDo},
	{name: "CALL", verb: VerbCall},
	{name: "LOAD", verb: VerbLoad},
	{name: "HANDLER", verb: VerbHandler, plain: true},
	{name: "SET", word: wordSet, verb: VerbSet},
	{name: "USE", word: wordUse, verb: VerbUse},
	{name: "BEGIN", word: wordBegin, verb: VerbBegin},
	{name: "COMMIT", verb: VerbCommit},
	{name: "ROLLBACK", verb: VerbRollback},
	{name: "SAVEPOINT", verb: VerbSavepoint},
	{name: "RELEASE", word: wordRelease, verb: VerbRelease},
	{name: "XA", verb: VerbXA},
	{name: "LOCK", verb: VerbLock},
	{name: "UNLOCK", verb: VerbUnlock},
	{name: "PREPARE", word: wordPrepare, verb: VerbPrepare},
	{name: "EXECUTE", verb: VerbExecute},
	{name: "DEALLOCATE", verb: VerbDeallocate},
	{name: "CREATE", verb: VerbCreate},
	{name: "DROP", verb: VerbDrop},
	{name: "ALTER", verb: VerbAlter},
	{name: "TRUNCATE", verb: VerbTruncate, callable: true},
	{name: "RENAME", verb: VerbRename},
	{name: "SHOW", word: wordShow, verb: VerbShow},
	{name: "DESCRIBE", verb: VerbDescribe},
	{name: "DESC", verb: VerbDescribe},
	{name: "EXPLAIN", verb: VerbExplain},
	{name: "HELP", verb: VerbHelp, plain: true},
	{name: "CHECKSUM", verb: VerbChecksum},
	{name: "ANALYZE", verb: VerbAnalyze},
	{name: "CHECK", verb: VerbCheck},
	{name: "OPTIMIZE", verb: VerbOptimize},
	{name: "REPAIR", verb: VerbRepair},
	{name: "GRANT", verb: VerbGrant},
	{name: "REVOKE", verb: VerbRevoke},
	{name: "KILL", word: wordKill, verb: VerbKill},
	{name: "FLUSH", verb: VerbFlush},
	{name: "RESET", verb: VerbReset, plain: true},
	{name: "PURGE", verb: VerbPurge},
	{name: "CACHE", verb: VerbCache, plain: true},
	{name: "INSTALL", verb: VerbInstall},
	{name: "UNINSTALL", verb: VerbUninstall},
	{name: "IMPORT", verb: VerbImport, plain: true},
	{name: "START", verb: VerbStart},
	{name: "STOP", verb: VerbStop},
	{name: "CHANGE", verb: VerbChange},
	{name: "BINLOG", verb: VerbBinlog, plain: true},
	{name: "CLONE", verb: VerbClone, plain: true},
	{name: "SHUTDOWN", verb: VerbShutdown, plain: true},
	{name: "RESTART", verb: VerbRestart, plain: true},
	{name: "BACKUP", verb: VerbBackup, plain: true},
	{name: "GET", verb: VerbGet},
	{name: "SIGNAL", verb: VerbSignal},
	{name: "RESIGNAL", verb: VerbSignal},
	{name: "IF", verb: VerbBlock, callable: true},
	{name: "CASE", verb: VerbBlock},
	{name: "LOOP", word: wordLoop, verb: VerbBlock},
	{name: "REPEAT", word: wordRepeat, verb: VerbBlock, callable: true},
	{name: "WHILE", verb: VerbBlock},
	{name: "FOR", word: wordFor, verb: VerbBlock},
	{name: "DECLARE", verb: VerbBlock},

	{name: "ATOMIC", word: wordAtomic, plain: true},
	{name: "AUTHORIZATION", word: wordAuthorization, plain: true},
	{name: "CHAR", word: wordNames, callable: true},
	{name: "CHARACTER", word: wordNames},
	{name: "CHARSET", word: wordNames, callable: true},
	{name: "COLLATE"},
	{name: "CONNECTION", word: wordConnection, plain: true},
	{name: "DEFAULT", word: wordDefault, operand: true, callable: true},
	{name: "DIAGNOSTICS", plain: true},
	{name: "DUMPFILE", word: wordOutfile, notable: true},
	{name: "ELSE", word: wordElse},
	{name: "ERRORS", word: wordWarnings, plain: true},
	{name: "END", word: wordEnd, operand: true},
	{name: "EVENT", word: wordRoutine, plain: true},
	{name: "EXPORT", word: wordExport, plain: true},
	{name: "FALSE", operand: true},
	{name: "FUNCTION", word: wordRoutine},
	{name: "GLOBAL", word: wordGlobal},
	{name: "HARD", word: wordHard, plain: true},
	{name: "IN", word: wordIn},
	{name: "INSTANCE", word: wordInstance, plain: true},
	{name: "INTO", word: wordInto},
	{name: "IS", word: wordIs},
	{name: "LIBRARY", word: wordRoutine, plain: true},
	{name: "LOCAL", word: wordLocal, plain: true},
	{name: "NAMES", word: wordNames},
	{name: "NEXT", word: wordNext, plain: true},
	{name: "NO", word: wordNo},
	{name: "NOT", word: wordNot},
	{name: "NO_WRITE_TO_BINLOG", word: wordNoWriteToBinlog},
	{name: "NULL", word: wordNull, operand: true},
	{name: "OR"},
	{name: "OUTFILE", word: wordOutfile, notable: true},
	{name: "PACKAGE", word: wordRoutine, plain: true},
	{name: "PASSWORD", word: wordPassword, plain: true},
	{name: "PERSIST", word: wordPersist, plain: true},
	{name: "PERSIST_ONLY", word: wordPersist, plain: true},
	{name: "PREVIOUS", word: wordPrevious, plain: true},
	{name: "PROCEDURE", word: wordRoutine},
	{name: "PROFILE", word: wordProfile, plain: true},
	{name: "PROFILES", word: wordProfile, plain: true},
	{name: "QUERY", word: wordQuery, plain: true},
	{name: "READ", word: wordRead},
	{name: "ROLE", word: wordRole, plain: true},
	{name: "SESSION", word: wordSession, plain: true},
	{name: "SHARE", word: wordShare, notable: true},
	{name: "SOFT", word: wordSoft, plain: true},
	{name: "SQL_CALC_FOUND_ROWS", word: wordSQLCalcFoundRows, notable: true},
	{name: "STATEMENT", word: wordStatement, plain: true},
	{name: "STATUS", word: wordStatus, plain: true},
	{name: "TABLES", word: wordTable},
	{name: "TEMPORARY", word: wordTemporary},
	{name: "THEN", word: wordThen},
	{name: "TO", word: wordTo},
	{name: "TRANSACTION", word: wordTransaction},
	{name: "TRIGGER", word: wordRoutine},
	{name: "TRUE", operand: true},
	{name: "VARIABLES", word: wordVariables, plain: true},
	{name: "VALUE", word: wordValue, notable: true, plain: true},
	{name: "WARNINGS", word: wordWarnings, plain: true},
	{name: "WORK", word: wordWork, plain: true},

	{name: "DATABASE", word: wordObject, callable: true},
	{name: "INDEX", word: wordIndex},
	{name: "LOGFILE", word: wordObject},
	{name: "SCHEMA", word: wordObject, callable: true},
	{name: "SEQUENCE", word: wordObject, plain: true},
	{name: "SERVER", word: wordObject, plain: true},
	{name: "TABLESPACE", word: wordObject},
	{name: "USER", word: wordObject, plain: true},
	{name: "VIEW", word: wordObject},

	// Functions of session or server state.
	{name: "CONNECTION_ID", function: ConnectionIDFn, plain: true},
	{name: "FOUND_ROWS", function: FoundRowsFn, plain: true},
	{name: "GET_LOCK", function: GetLock, plain: true},
	{name: "IS_FREE_LOCK", function: IsLockFn, plain: true},
	{name: "IS_USED_LOCK", function: IsLockFn, plain: true},
	{name: "LASTVAL", function: SequenceLast, plain: true},
	{name: "LAST_INSERT_ID", function: LastInsertIDFn, variable: LastInsertIDFn, assigned: LastInsertIDSet, plain: true},
	{name: "NEXTVAL", function: SequenceNext, plain: true},
	{name: "RELEASE_ALL_LOCKS", function: ReleaseAllLocks, plain: true},
	{name: "RELEASE_LOCK", function: ReleaseLock, plain: true},
	{name: "ROW_COUNT", function: RowCountFn, plain: true},
	{name: "SERVICE_GET_READ_LOCKS", function: GetLock, plain: true},
	{name: "SERVICE_GET_WRITE_LOCKS", function: GetLock, plain: true},
	{name: "SERVICE_RELEASE_LOCKS", function: ReleaseLock, plain: true},
	{name: "SETVAL", function: SequenceNext, plain: true},
	{name: "VERSION_TOKENS_LOCK_EXCLUSIVE", function: GetLock, plain: true},
	{name: "VERSION_TOKENS_LOCK_SHARED", function: GetLock, plain: true},
	{name: "VERSION_TOKENS_UNLOCK", function: ReleaseLock, plain: true},

	// System variables that are more than settings.
	{name: "AUTOCOMMIT", assigned: SetAutocommit, plain: true},
	{name: "ERROR_COUNT", variable: ShowWarnings, plain: true},
	{name: "IDENTITY", variable: LastInsertIDFn, assigned: LastInsertIDSet, plain: true},
	{name: "INSERT_ID", assigned: SetOneShot, plain: true},
	{name: "LAST_GTID", variable: ConnectionStatus, plain: true},
	{name: "PSEUDO_THREAD_ID", variable: ConnectionIDFn, plain: true},
	{name: "RAND_SEED1", assigned: SetOneShot, plain: true},
	{name: "RAND_SEED2", assigned: SetOneShot, plain: true},
	{name: "SESSION_TRACK_GTIDS", variable: TrackersVar, assigned: TrackersVar, plain: true},
	{name: "SESSION_TRACK_SCHEMA", variable: TrackersVar, assigned: TrackersVar, plain: true},
	{name: "SESSION_TRACK_STATE_CHANGE", variable: TrackersVar, assigned: TrackersVar, plain: true},
	{name: "SESSION_TRACK_SYSTEM_VARIABLES", variable: TrackersVar, assigned: TrackersVar, plain: true},
	{name: "SESSION_TRACK_TRANSACTION_INFO", variable: TrackersVar, assigned: TrackersVar, plain: true},
	{name: "TIMESTAMP", assigned: SetOneShot, plain: true},
	{name: "TRANSACTION_ISOLATION", assigned: SetTransactionNext, plain: true},
	{name: "TRANSACTION_READ_ONLY", assigned: SetTransactionNext, plain: true},
	{name: "TX_ISOLATION", assigned: SetTransactionNext, plain: true},
	{name: "TX_READ_ONLY", assigned: SetTransactionNext, plain: true},
	{name: "WARNING_COUNT", variable: ShowWarnings, plain: true},
}

// operands are the words after which a sign is an operator, beside those in known.
const operands = "CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP MAXVALUE " +
	"UTC_DATE UTC_TIME UTC_TIMESTAMP"

// callables are the words whose parenthesis holds arguments, beside those in known.
const callables = "" +
	"AVG CAST COALESCE CONCAT CONVERT COUNT CUME_DIST DENSE_RANK EXTRACT FIRST_VALUE GROUPING GROUP_CONCAT IFNULL " +
	"JSON_TABLE JSON_VALUE LAG LAST_VALUE LEAD LEFT MAX MIN MOD NOW NTH_VALUE NTILE NULLIF PERCENT_RANK RANK RIGHT " +
	"ROW ROW_NUMBER SUBSTRING SUM SYSDATE TRIM"

// reserved are the other words that no server, or not every server, lets be a name without quotes, and some that are
// names seldom enough.
const reserved = "" +
	"ACCESSIBLE ADD AGAINST ALGORITHM ALL AND ANY AS ASC ASENSITIVE AUTO_INCREMENT BEFORE BETWEEN BIGINT BINARY BLOB " +
	"BOTH BY CASCADE COLUMN COLUMNS COMMITTED CONDITION CONSISTENT CONSTRAINT CONTINUE CROSS CUBE CURRENT " +
	"CURRENT_ROLE CURSOR DATABASES DATETIME DAY_HOUR DAY_MICROSECOND DAY_MINUTE DAY_SECOND DEC DECIMAL DEFINER " +
	"DELAYED DETERMINISTIC DISTINCT DISTINCTROW DIV DOUBLE DUAL DUPLICATE EACH ELSEIF EMPTY ENCLOSED ENGINE ESCAPE " +
	"ESCAPED EVERY EXCEPT EXISTS EXIT EXTENDED EXTERNAL FETCH FLOAT FLOAT4 FLOAT8 FOLLOWING FORCE FOREIGN FROM FULL " +
	"FULLTEXT GENERATED GRANTS GROUP GROUPS GROUP_REPLICATION HAVING HIGH_PRIORITY HOUR_MICROSECOND HOUR_MINUTE " +
	"HOUR_SECOND IDENTIFIED IGNORE INFILE INNER INOUT INSENSITIVE INT INT1 INT2 INT3 INT4 INT8 INTEGER INTERSECT " +
	"INTERVAL IO_AFTER_GTIDS IO_BEFORE_GTIDS ISOLATION ITERATE JOIN KEY KEYS LATERAL LEADING LEAVE LIKE LIMIT LINEAR " +
	"LINES LOCKED LONG LONGBLOB LONGTEXT LOW_PRIORITY MATCH MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT " +
	"MINUTE_MICROSECOND MINUTE_SECOND MODE MODIFIES MODIFY NATURAL NOWAIT NUMERIC OF OFFSET ON ONLY OPTIMIZER_COSTS " +
	"OPTION OPTIONALLY ORDER OUT OUTER OVER PARTITION PRECEDING PRECISION PRIMARY PRIVILEGES PROCESSLIST QUALIFY " +
	"RANGE READS READ_WRITE REAL RECURSIVE REFERENCES REGEXP REPEATABLE REQUIRE RESTRICT RETURN RETURNING RETURNS " +
	"RLIKE ROLLUP ROWS SCHEMAS SECOND_MICROSECOND SENSITIVE SEPARATOR SERIALIZABLE SKIP SMALLINT SNAPSHOT SOUNDS " +
	"SPATIAL SPECIFIC SQL SQLEXCEPTION SQLSTATE SQLWARNING SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_CACHE SQL_NO_CACHE " +
	"SQL_SMALL_RESULT SSL STARTING STORED STRAIGHT_JOIN SYSTEM SYSTEM_TIME TABLESAMPLE TERMINATED TINYBLOB TINYINT " +
	"TINYTEXT TRAILING UNBOUNDED UNCOMMITTED UNDO UNION UNIQUE UNSIGNED USAGE USING VARBINARY VARCHAR VARCHARACTER " +
	"VARYING VIRTUAL WHEN WHERE WINDOW WRITE XOR YEAR_MONTH ZEROFILL"

// vocabulary is all words of the table.
func vocabulary() []keyword {
	words := append([]keyword(nil), known...)
	for _, name := range strings.Fields(operands) {
		words = append(words, keyword{name: name, operand: true})
	}
	for _, name := range strings.Fields(callables) {
		words = append(words, keyword{name: name, callable: true})
	}
	for _, name := range strings.Fields(reserved) {
		words = append(words, keyword{name: name})
	}
	return words
}
