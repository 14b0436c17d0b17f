package digest

import "testing"

// scanTests are statements with all that Scan says of them but the hash. One statement each, if nothing else is said.
var scanTests = []struct {
	sql   string
	verb  Verb
	class Class
	flags Flags
}{
	// Verbs.
	{"", VerbNone, ClassOther, 0},
	{" ; -- x\n;", VerbNone, ClassOther, 0},
	{"SELECT 1", VerbSelect, ClassRead, 0},
	{"sElEcT 1", VerbSelect, ClassRead, 0},
	{"((SELECT 1) UNION (SELECT 2))", VerbSelect, ClassRead, 0},
	{"-- x\n# y\n/* z */SELECT 1", VerbSelect, ClassRead, 0},
	{"INSERT INTO t VALUES (1)", VerbInsert, ClassWrite, 0},
	{"INSERT INTO t SELECT * FROM u", VerbInsert, ClassWrite, Subquery},
	{"REPLACE t VALUES (1)", VerbReplace, ClassWrite, 0},
	{"UPDATE t SET a=1", VerbUpdate, ClassWrite, 0},
	{"DELETE FROM t", VerbDelete, ClassWrite, 0},
	{"TABLE t", VerbTable, ClassRead, 0},
	{"VALUES ROW(1)", VerbValues, ClassRead, 0},
	{"DO SLEEP(1)", VerbDo, ClassRead, 0},
	{"CALL p(1)", VerbCall, ClassWrite, 0},
	{"SELECTED", VerbOther, ClassOther, 0},
	{"'x'", VerbOther, ClassOther, 0},
	{"`select` 1", VerbOther, ClassOther, 0},
	{"WITH a AS (SELECT 1) SELECT * FROM a", VerbSelect, ClassRead, Subquery},
	{"WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM a), b AS (DELETE) UPDATE t SET a=1", VerbUpdate, ClassWrite, Subquery},
	{"WITH a AS (SELECT 1) DELETE FROM t", VerbDelete, ClassWrite, Subquery},
	{"(WITH a AS (SELECT 1) SELECT * FROM a)", VerbSelect, ClassRead, Subquery},
	{"WITH a AS (SELECT 1) (SELECT * FROM a)", VerbSelect, ClassRead, Subquery},
	{"WITH a", VerbWith, ClassOther, 0},
	{"SHOW TABLES", VerbShow, ClassRead, 0},
	{"SHOW COLUMNS FROM warnings", VerbShow, ClassRead, 0},
	{"DESC t", VerbDescribe, ClassRead, 0},
	{"EXPLAIN DELETE FROM t", VerbExplain, ClassRead, 0},
	{"ANALYZE TABLE t", VerbAnalyze, ClassAdmin, ImplicitCommit},
	{"ANALYZE LOCAL TABLE t", VerbAnalyze, ClassAdmin, ImplicitCommit},
	{"ANALYZE FORMAT=JSON SELECT 1", VerbAnalyze, ClassRead, Subquery},
	{"ANALYZE DELETE FROM t", VerbAnalyze, ClassWrite, 0},
	{"CHECKSUM TABLE t", VerbChecksum, ClassRead, 0},
	{"OPTIMIZE TABLE t", VerbOptimize, ClassAdmin, ImplicitCommit},
	{"GRANT SELECT ON a.* TO 'u'@'%'", VerbGrant, ClassAdmin, ImplicitCommit | Subquery},
	{"GRANT SELECT ON a.* TO u@localhost, `v` @`h`", VerbGrant, ClassAdmin, ImplicitCommit | Subquery},
	{"FLUSH PRIVILEGES", VerbFlush, ClassAdmin, ImplicitCommit},
	{"START REPLICA", VerbStart, ClassAdmin, ImplicitCommit},
	{"SIGNAL SQLSTATE '45000'", VerbSignal, ClassOther, 0},

	// Transactions.
	{"BEGIN", VerbBegin, ClassTransaction, 0},
	{"begin work;", VerbBegin, ClassTransaction, 0},
	{"START TRANSACTION READ ONLY", VerbBegin, ClassTransaction, 0},
	{"COMMIT", VerbCommit, ClassTransaction, 0},
	{"COMMIT AND CHAIN", VerbCommit, ClassTransaction, 0},
	{"COMMIT AND NO CHAIN RELEASE", VerbCommit, ClassTransaction, Release},
	{"COMMIT AND NO CHAIN NO RELEASE", VerbCommit, ClassTransaction, 0},
	{"ROLLBACK WORK RELEASE", VerbRollback, ClassTransaction, Release},
	{"ROLLBACK", VerbRollback, ClassTransaction, 0},
	{"ROLLBACK TO SAVEPOINT a", VerbRollback, ClassTransaction, Savepoint},
	{"ROLLBACK WORK TO `a`", VerbRollback, ClassTransaction, Savepoint},
	{"SAVEPOINT a", VerbSavepoint, ClassTransaction, Savepoint},
	{"RELEASE SAVEPOINT a", VerbRelease, ClassTransaction, Savepoint},
	{"XA START 'x'", VerbXA, ClassTransaction, XA},
	{"LOCK TABLES t READ", VerbLock, ClassTransaction, LockTables | ImplicitCommit},
	{"LOCK INSTANCE FOR BACKUP", VerbLock, ClassTransaction, LockTables | LockInstance},
	{"UNLOCK TABLES", VerbUnlock, ClassTransaction, UnlockTables | ImplicitCommit},
	{"UNLOCK INSTANCE", VerbUnlock, ClassTransaction, UnlockInstance},
	{"FLUSH TABLES WITH READ LOCK", VerbFlush, ClassAdmin, LockTables | ImplicitCommit},
	{"FLUSH TABLES t FOR EXPORT", VerbFlush, ClassAdmin, LockTables | ImplicitCommit},
	{"BACKUP STAGE START", VerbBackup, ClassAdmin, LockTables | LockInstance},

	// Locking reads and files.
	{"SELECT * FROM t FOR UPDATE SKIP LOCKED", VerbSelect, ClassWrite, ForUpdate},
	{"SELECT * FROM t FOR /* x */ UPDATE", VerbSelect, ClassWrite, ForUpdate},
	{"SELECT * FROM t FOR SHARE", VerbSelect, ClassWrite, ForShare},
	{"SELECT * FROM t LOCK IN SHARE MODE", VerbSelect, ClassWrite, ForShare},
	{"SELECT 'FOR UPDATE' -- FOR UPDATE", VerbSelect, ClassRead, 0},
	{"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a=VALUES(a)", VerbInsert, ClassWrite, 0},
	{"SELECT 1 INTO OUTFILE '/x'", VerbSelect, ClassWrite, IntoOutfile},
	{"SELECT a INTO DUMPFILE '/x' FROM t", VerbSelect, ClassWrite, IntoOutfile},
	{"LOAD DATA LOCAL INFILE 'x' INTO TABLE t", VerbLoad, ClassWrite, 0},
	{"LOAD DATA INFILE 'x' INTO TABLE t (a, @b) SET c=@b", VerbLoad, ClassWrite, UserVarRead | UserVarAssign},
	{"LOAD INDEX INTO CACHE t", VerbLoad, ClassAdmin, ImplicitCommit},

	// User variables.
	{"SELECT @a", VerbSelect, ClassRead, UserVarRead},
	{"SELECT @'a b', @`c`, @\"d\"", VerbSelect, ClassRead, UserVarRead},
	{"SELECT @a:=1", VerbSelect, ClassRead, UserVarAssign},
	{"SELECT @a/**/:= @b", VerbSelect, ClassRead, UserVarAssign | UserVarRead},
	{"SELECT a INTO @b FROM t", VerbSelect, ClassRead, UserVarAssign | IntoVar},
	{"SELECT a, b INTO @b, @c FROM t", VerbSelect, ClassRead, UserVarAssign | IntoVar | UserVarRead},
	{"SET @a=1", VerbSet, ClassSession, UserVarAssign},
	{"SET @a=@b", VerbSet, ClassSession, UserVarAssign | UserVarRead},
	{"SET @a := 1, @b := @c", VerbSet, ClassSession, UserVarAssign | UserVarRead},
	{"CALL p(@a)", VerbCall, ClassWrite, UserVarAssign | UserVarRead},
	{"EXECUTE s USING @a", VerbExecute, ClassOther, ExecuteStmt | UserVarRead},
	{"GET DIAGNOSTICS @a = NUMBER", VerbGet, ClassSession, ShowWarnings | UserVarAssign | UserVarRead},
	{"SELECT 'a@b', \"@c\", `@d` -- @e", VerbSelect, ClassRead, 0},

	// Functions.
	{"SELECT GET_LOCK('a',1)", VerbSelect, ClassWrite, GetLock},
	{"SELECT get_lock /* x */ ('a',1)", VerbSelect, ClassWrite, GetLock},
	{"SELECT `get_lock`('a',1)", VerbSelect, ClassWrite, GetLock},
	{"SELECT get_lock, t.get_lock, `get_lock` FROM t", VerbSelect, ClassRead, 0},
	{"SELECT db.get_lock('a'), db.`get_lock`('a')", VerbSelect, ClassRead, 0},
	{"DO RELEASE_LOCK('a')", VerbDo, ClassWrite, ReleaseLock},
	{"SELECT RELEASE_ALL_LOCKS()", VerbSelect, ClassWrite, ReleaseAllLocks},
	{"SELECT RELEASE_ALX_LOCKS()", VerbSelect, ClassRead, 0},
	{"SELECT IS_FREE_LOCK('a')", VerbSelect, ClassWrite, IsLockFn},
	{"SELECT SQL_CALC_FOUND_ROWS * FROM t", VerbSelect, ClassRead, CalcFoundRows},
	{"SELECT FOUND_ROWS(), ROW_COUNT()", VerbSelect, ClassRead, FoundRowsFn | RowCountFn},
	{"SELECT LAST_INSERT_ID()", VerbSelect, ClassRead, LastInsertIDFn},
	{"SELECT last_insert_id ( /* x */ )", VerbSelect, ClassRead, LastInsertIDFn},
	{"SELECT last_insert_id FROM t", VerbSelect, ClassRead, 0},
	{"UPDATE s SET id=LAST_INSERT_ID(id+1)", VerbUpdate, ClassWrite, LastInsertIDSet},
	{"SELECT @@last_insert_id, @@identity", VerbSelect, ClassRead, LastInsertIDFn},
	{"SELECT @@IDENTITY", VerbSelect, ClassRead, LastInsertIDFn},
	{"SELECT @@session_track_schema", VerbSelect, ClassRead, TrackersVar},
	{"SELECT @@SESSION.Session_Track_System_Variables, 1", VerbSelect, ClassRead, TrackersVar},
	{"SELECT session_track_schema FROM t", VerbSelect, ClassRead, 0},
	{"SHOW VARIABLES LIKE 'a%'", VerbShow, ClassRead, TrackersVar},
	{"show session variables", VerbShow, ClassRead, TrackersVar},
	{"SHOW GLOBAL VARIABLES", VerbShow, ClassRead, 0},
	{"SHOW TABLES FROM variables", VerbShow, ClassRead, 0},
	{"SELECT CONNECTION_ID()", VerbSelect, ClassRead, ConnectionIDFn},
	{"SELECT @@pseudo_thread_id", VerbSelect, ClassRead, ConnectionIDFn},
	{"SELECT NEXTVAL(s)", VerbSelect, ClassWrite, SequenceNext},
	{"SELECT NEXT VALUE FOR s, PREVIOUS VALUE FOR s", VerbSelect, ClassWrite, SequenceNext | SequenceLast},
	{"SELECT LASTVAL(s)", VerbSelect, ClassRead, SequenceLast},

	// Diagnostics.
	{"SHOW WARNINGS LIMIT 1", VerbShow, ClassRead, ShowWarnings},
	{"SHOW COUNT(*) ERRORS", VerbSelect, ClassRead, ShowWarnings},
	{"SELECT @@warning_count", VerbSelect, ClassRead, ShowWarnings},
	{"SELECT @@session.error_count", VerbSelect, ClassRead, ShowWarnings},
	{"SELECT @@`warning_count`, @@local . `x`", VerbSelect, ClassRead, ShowWarnings},
	{"SELECT t.warning_count FROM t", VerbSelect, ClassRead, 0},
	{"SHOW STATUS LIKE 'x'", VerbShow, ClassRead, ConnectionStatus},
	{"SHOW SESSION STATUS", VerbShow, ClassRead, ConnectionStatus},
	{"SHOW GLOBAL STATUS", VerbShow, ClassRead, 0},
	{"SHOW TABLE STATUS", VerbShow, ClassRead, 0},
	{"SHOW PROFILES", VerbShow, ClassRead, ConnectionStatus},

	// SET.
	{"SET autocommit=0", VerbSet, ClassSession, SetSystemVar | SetAutocommit},
	{"SET @@session.autocommit = 1", VerbSet, ClassSession, SetSystemVar | SetAutocommit},
	{"SET `autocommit`=1", VerbSet, ClassSession, SetSystemVar | SetAutocommit},
	{"SET GLOBAL autocommit=0", VerbSet, ClassSession, 0},
	{"SET GLOBAL a=1, b=2", VerbSet, ClassSession, 0},
	{"SET GLOBAL a=1, @@b=2", VerbSet, ClassSession, SetSystemVar},
	{"SET GLOBAL a=1, SESSION b=2", VerbSet, ClassSession, SetSystemVar},
	{"SET @@global.a=1", VerbSet, ClassSession, 0},
	{"SET @@persist_only.a=1, PERSIST b=2", VerbSet, ClassSession, 0},
	{"SET sql_mode=CONCAT(@@sql_mode,',ANSI')", VerbSet, ClassSession, SetSystemVar},
	{"SET sql_mode=(SELECT a, @b), @c=1", VerbSet, ClassSession, SetSystemVar | Subquery | UserVarRead | UserVarAssign},
	{"SET NAMES utf8mb4 COLLATE utf8mb4_bin", VerbSet, ClassSession, SetNames},
	{"SET NAMES 'utf8', time_zone='+00:00'", VerbSet, ClassSession, SetNames | SetSystemVar},
	{"SET CHARACTER SET utf8", VerbSet, ClassSession, SetNames},
	{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY", VerbSet, ClassSession, SetTransactionNext},
	{"SET session_track_schema=0", VerbSet, ClassSession, SetSystemVar | TrackersVar},
	{"SET @@session.`session_track_gtids`=OFF", VerbSet, ClassSession, SetSystemVar | TrackersVar},
	{"SET sql_mode='', `Session_Track_State_Change` = 1", VerbSet, ClassSession, SetSystemVar | TrackersVar},
	{"SET GLOBAL session_track_schema=0", VerbSet, ClassSession, 0},
	{"SET SESSION TRANSACTION READ ONLY", VerbSet, ClassSession, SetSystemVar},
	{"SET LOCAL TRANSACTION READ ONLY", VerbSet, ClassSession, SetSystemVar},
	{"SET GLOBAL TRANSACTION READ ONLY", VerbSet, ClassSession, 0},
	{"SET @@transaction_isolation='SERIALIZABLE'", VerbSet, ClassSession, SetTransactionNext},
	{"SET @@session.tx_isolation='SERIALIZABLE'", VerbSet, ClassSession, SetSystemVar},
	{"SET transaction_isolation='SERIALIZABLE'", VerbSet, ClassSession, SetSystemVar},
	{"SET PASSWORD='x'", VerbSet, ClassSession, ImplicitCommit},
	{"SET PASSWORD FOR 'a'@'b' = 'x'", VerbSet, ClassSession, ImplicitCommit},
	{"SET ROLE a, b", VerbSet, ClassSession, SetRole},
	{"SET DEFAULT ROLE ALL TO u@h", VerbSet, ClassSession, SetRole},
	{"SET RESOURCE GROUP g", VerbSet, ClassSession, SetOther | SetSystemVar},
	{"SET insert_id=5, @@timestamp=1", VerbSet, ClassSession, SetSystemVar | SetOneShot},
	{"SET LAST_INSERT_ID=5", VerbSet, ClassSession, SetSystemVar | LastInsertIDSet},
	{"SET 5", VerbSet, ClassSession, SetOther},
	{"SET STATEMENT max_statement_time=1, sort_buffer_size=2 FOR SELECT 1", VerbSelect, ClassRead, SetStatement},
	{"SET STATEMENT a=1 FOR DELETE FROM t", VerbDelete, ClassWrite, SetStatement},
	{"SELECT /*+ SET_VAR(sort_buffer_size=1) */ 1", VerbSelect, ClassRead, SetVarHint},
	{"SELECT /*+ MAX_EXECUTION_TIME(1) */ 1", VerbSelect, ClassRead, 0},
	{"SELECT /* SET_VAR(a=1) */ 1", VerbSelect, ClassRead, 0},
	{"USE db", VerbUse, ClassSession, UseDB},
	{"SELECT * FROM t USE INDEX (a)", VerbSelect, ClassRead, 0},

	// Things with names.
	{"CREATE TABLE t (a INT)", VerbCreate, ClassDDL, ImplicitCommit},
	{"CREATE TABLE event (a INT)", VerbCreate, ClassDDL, ImplicitCommit},
	{"CREATE TEMPORARY TABLE t (a INT)", VerbCreate, ClassDDL, CreateTemporary},
	{"CREATE OR REPLACE TEMPORARY TABLE t AS SELECT 1", VerbCreate, ClassDDL, CreateTemporary | Subquery},
	{"CREATE TABLE temporary (a INT)", VerbCreate, ClassDDL, ImplicitCommit},
	{"CREATE USER a@b", VerbCreate, ClassDDL, ImplicitCommit},
	{"DROP TABLE t", VerbDrop, ClassDDL, DropTemporary | ImplicitCommit},
	{"DROP TEMPORARY TABLE IF EXISTS t", VerbDrop, ClassDDL, DropTemporary},
	{"DROP VIEW v", VerbDrop, ClassDDL, ImplicitCommit},
	{"TRUNCATE t", VerbTruncate, ClassDDL, ImplicitCommit},
	{"PREPARE s FROM 'SELECT ?'", VerbPrepare, ClassSession, PrepareStmt},
	{"PREPARE s FROM @a", VerbPrepare, ClassSession, PrepareStmt | UserVarRead},
	{"EXECUTE IMMEDIATE 'SET @a=1'", VerbExecute, ClassOther, ExecuteStmt},
	{"DEALLOCATE PREPARE s", VerbDeallocate, ClassSession, DeallocateStmt},
	{"DROP PREPARE s", VerbDeallocate, ClassSession, DeallocateStmt},
	{"HANDLER t OPEN", VerbHandler, ClassRead, Handler},
	{"KILL QUERY 5", VerbKill, ClassAdmin, KillStmt},
	{"SELECT * FROM t WHERE a=?", VerbSelect, ClassRead, HasPlaceholder},
	{"SELECT '?', `?` -- ?", VerbSelect, ClassRead, 0},

	// Compound statements and routines.
	{"BEGIN NOT ATOMIC SELECT 1; END", VerbBlock, ClassOther, Compound},
	{"BEGIN NOT ATOMIC SELECT 1; SET @a=1; END", VerbBlock, ClassOther, Compound | MultiStatement | UserVarAssign},
	{"BEGIN NOT ATOMIC IF a THEN SET autocommit=0; ELSE LOCK TABLES t READ; END IF; END", VerbBlock, ClassOther,
		Compound | MultiStatement | SetSystemVar | SetAutocommit | LockTables | ImplicitCommit},
	{"a: BEGIN NOT ATOMIC LEAVE a; END", VerbBlock, ClassOther, Compound},
	{"`a` : LOOP LEAVE a; END LOOP", VerbBlock, ClassOther, Compound},
	{"IF 1 THEN USE a; END IF", VerbBlock, ClassOther, Compound | UseDB},
	{"BEGIN USE a; END", VerbBlock, ClassOther, Compound | UseDB},
	{"FOR i IN 1..3 DO SAVEPOINT a; END FOR", VerbBlock, ClassOther, Compound | Savepoint},
	{"CREATE PROCEDURE p() BEGIN SELECT 1; END", VerbCreate, ClassDDL, ImplicitCommit},
	{"CREATE PROCEDURE p() SELECT 1; SET NAMES utf8", VerbCreate, ClassDDL, ImplicitCommit | MultiStatement | SetNames},
	{"CREATE DEFINER=`a`@`b` TRIGGER t BEFORE INSERT ON t FOR EACH ROW SET NEW.a=1", VerbCreate, ClassDDL, ImplicitCommit},
	{"CREATE DEFINER=a@b EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SET @a=1; USE b; END", VerbCreate, ClassDDL,
		ImplicitCommit | MultiStatement | UserVarAssign | UseDB},

	// Executable comments.
	{"SELECT /*!40001 SQL_NO_CACHE */ * FROM t", VerbSelect, ClassRead, ExecutableComment},
	{"/*!40101 SET NAMES utf8 */;", VerbSet, ClassSession, ExecutableComment | SetNames},
	{"/*!40101 SET @OLD_X=@@X */", VerbSet, ClassSession, ExecutableComment | UserVarAssign},
	{"/*!50003 SELECT */ 1", VerbSelect, ClassOther, ExecutableComment},
	{"/*! SELECT 1 */", VerbSelect, ClassOther, ExecutableComment},
	{"/*M!100100 SET STATEMENT a=1 FOR */ SELECT 1", VerbSelect, ClassRead, ExecutableComment | SetStatement},
	{"SELECT 1 /*!50000 FOR UPDATE */", VerbSelect, ClassWrite, ExecutableComment | ForUpdate},
	{"SELECT 1 /*!50000 /* GET_LOCK( */ */ + 1", VerbSelect, ClassRead, ExecutableComment},
	{"SELECT 1 /*!99999 it's */", VerbSelect, ClassOther, ExecutableComment | Uncertain},
	{"SELECT 1 /*!50000 '*/', '*/", VerbSelect, ClassOther, ExecutableComment | Uncertain},
	{"SELECT 1 /*! '*/' */", VerbSelect, ClassRead, ExecutableComment},
	{"SELECT 1 /*M!100000 /* */ */", VerbSelect, ClassOther, ExecutableComment | Uncertain},
	{"SELECT 1 /*!50000 /*!50000 */ */", VerbSelect, ClassOther, ExecutableComment | Uncertain},
	{"SELECT 1 /*! ", VerbSelect, ClassOther, ExecutableComment | Uncertain},

	// What cannot be read.
	{"SELECT 'a", VerbSelect, ClassOther, Uncertain},
	{"SELECT 'a\\'", VerbSelect, ClassOther, Uncertain},
	{"SELECT `a", VerbSelect, ClassOther, Uncertain},
	{"SELECT 1 /* a", VerbSelect, ClassOther, Uncertain},
	{"SELECT X'a", VerbSelect, ClassOther, Uncertain},
	{"SELECT \x00 1", VerbSelect, ClassOther, Uncertain},
	{"SELECT $$ ' $$", VerbSelect, ClassOther, Uncertain},
	{"SELECT /*+ QB_NAME(`*/`) */ 1", VerbSelect, ClassOther, Uncertain},
	{"SELECT 1 --x", VerbSelect, ClassRead, 0},
	{"SELECT 1 --", VerbSelect, ClassRead, 0},
}

func TestScan(t *testing.T) {
	for _, test := range scanTests {
		info := Scan([]byte(test.sql), 0)
		if info.Verb != test.verb || info.Class != test.class || info.Flags != test.flags {
			t.Errorf("%s\n got %v %v %v\nwant %v %v %v", test.sql, info.Verb, info.Class, info.Flags, test.verb, test.class, test.flags)
		}
		want := 1
		if test.verb == VerbNone {
			want = 0
		}
		if info.Statements != want {
			t.Errorf("%s: %d statements, want %d", test.sql, info.Statements, want)
		}
	}
}

func TestScanSeveralStatements(t *testing.T) {
	for _, test := range []struct {
		sql        string
		verb       Verb
		class      Class
		flags      Flags
		statements int
	}{
		{"SELECT 1;", VerbSelect, ClassRead, 0, 1},
		{";;SELECT 1;;", VerbSelect, ClassRead, 0, 1},
		{"SELECT 1; SELECT 2", VerbSelect, ClassRead, MultiStatement, 2},
		{"SELECT ';'; -- ;\n", VerbSelect, ClassRead, 0, 1},
		{"SELECT 1; DELETE FROM t FOR UPDATE; SET @a=1", VerbSelect, ClassRead, MultiStatement | ForUpdate | UserVarAssign, 3},
		{"SELECT a FROM t FOR UPDATE; SELECT 2", VerbSelect, ClassWrite, MultiStatement | ForUpdate, 2},
		{"INSERT INTO t VALUES (1); SELECT LAST_INSERT_ID()", VerbInsert, ClassWrite, MultiStatement | LastInsertIDFn, 2},
		{"SET a=(1; SET NAMES utf8, @b=1", VerbSet, ClassSession, MultiStatement | SetSystemVar | SetNames | UserVarAssign, 2},
		{"; 5; SELECT 1", VerbOther, ClassOther, MultiStatement, 2},
	} {
		info := Scan([]byte(test.sql), 0)
		if info.Verb != test.verb || info.Class != test.class || info.Flags != test.flags || info.Statements != test.statements {
			t.Errorf("%s\n got %d %v %v %v\nwant %d %v %v %v", test.sql, info.Statements, info.Verb, info.Class, info.Flags,
				test.statements, test.verb, test.class, test.flags)
		}
	}
}

// Where literals and names end depends on the session.
func TestScanOptions(t *testing.T) {
	for _, test := range []struct {
		sql   string
		o     Options
		flags Flags
	}{
		{`SELECT "@a" , "get_lock"('x')`, 0, 0},
		{`SELECT "@a" , "get_lock"('x')`, AnsiQuotes, GetLock},
		{`SELECT "a\", @b, "`, 0, 0},
		{`SELECT "a\", @b, "`, AnsiQuotes, UserVarRead | Uncertain},
		{`SELECT @"a\"`, AnsiQuotes, UserVarRead},
		{`SELECT @"a\"`, 0, UserVarRead | Uncertain},
		{`SELECT 'a\', @b, '`, 0, 0},
		{`SELECT 'a\', @b, 'c'`, NoBackslashEscapes, UserVarRead},
		{`SELECT 'a''\', @b`, NoBackslashEscapes, UserVarRead},
		{"SELECT 'a\x81\\', @b", 0, Uncertain},
		{"SELECT 'a\x81\\', @b", DoubleByte, UserVarRead},
		{"SELECT 'a\x81\\\\', @b", DoubleByte, Uncertain},
		{"SELECT 'a\xA0\\', @b", DoubleByte, UserVarRead},
		{"SELECT 'a\xA0\\', @b", ShiftJIS, Uncertain},
		{"SELECT 'a\x95\\', @b", ShiftJIS, UserVarRead},
		{"SELECT 'a\x95\\', @b", ShiftJIS | NoBackslashEscapes, UserVarRead},
		{"SELECT `a\x81``, @b, `c`", DoubleByte, UserVarRead},
		{"SELECT `a\x81``, @b, `c`", 0, Uncertain},
		{"SELECT a\x81`, @b", DoubleByte, UserVarRead},
		{"SELECT 'a\x81'", DoubleByte, 0},
	} {
		if info := Scan([]byte(test.sql), test.o); info.Flags != test.flags {
			t.Errorf("%s with options %b: %v, want %v", test.sql, test.o, info.Flags, test.flags)
		}
	}
}

func TestNames(t *testing.T) {
	if got := (ShowWarnings | UserVarAssign).String(); got != "UserVarAssign|ShowWarnings" {
		t.Error(got)
	}
	if got := Uncertain.String(); got != "Uncertain" {
		t.Error(got)
	}
	for f := Flags(1); f < flagsEnd; f <<= 1 {
		if f.String() == "unknown" {
			t.Errorf("flag %#x has no name", uint64(f))
		}
	}
	for v := VerbOther; v < verbCount; v++ {
		if v.String() == "" {
			t.Errorf("verb %d has no name", v)
		}
	}
	if got := ClassRead.String(); got != "read" {
		t.Error(got)
	}
}
