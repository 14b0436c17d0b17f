package sysvar

import (
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/digest"
)

const (
	ac    = protocol.StatusAutocommit
	trans = protocol.StatusAutocommit | protocol.StatusInTrans
)

// step is a statement and what the server says to it. The zero value of the fields is a server with trackers, autocommit and
// nothing to report.
type step struct {
	sql string
	e   Event // verb and flags come from sql
	p   Pins  // after it
}

// Each case is a session on one connection, told from its beginning, with the pins after each statement. What the server says is
// what MariaDB 10.11 and MySQL 9 said to these statements.
func TestAfter(t *testing.T) {
	changed, failed := Event{StateChanged: true}, func(code uint16) Event { return Event{Failed: true, Code: code} }
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"nothing holds after a query", []step{{"SELECT 1", Event{Rows: true}, 0}}},

		// Transactions.
		{"a transaction, to its end", []step{
			{"BEGIN", Event{Status: trans}, InTransaction},
			{"SELECT 1", Event{Status: trans}, InTransaction},
			{"SAVEPOINT a", Event{Status: trans}, InTransaction},
			{"COMMIT", Event{}, 0},
		}},
		{"COMMIT AND CHAIN begins the next", []step{
			{"BEGIN", Event{Status: trans}, InTransaction},
			{"COMMIT AND CHAIN", Event{Status: trans}, InTransaction},
			{"ROLLBACK", Event{}, 0},
		}},
		{"autocommit=0 holds nothing until a statement begins a transaction", []step{
			{"SET autocommit=0", Event{Status: protocol.StatusSessionStateChanged, StateChanged: true, Copied: true}, 0},
			{"SELECT 1", Event{Status: protocol.StatusNoIndexUsed}, 0},
			{"SELECT * FROM t", Event{Status: protocol.StatusInTrans}, InTransaction},
			{"COMMIT", Event{Status: protocol.StatusNoIndexUsed}, 0},
		}},
		{"without autocommit, a statement that failed may have begun a transaction", []step{
			{"SELECT * FROM t", Event{Failed: true, Code: 1205, Status: protocol.StatusNoIndexUsed}, InTransaction | Warnings},
			{"COMMIT", Event{Status: protocol.StatusNoIndexUsed}, 0},
		}},
		{"a deadlock ends the transaction, but the error doesn't say so", []step{
			{"BEGIN", Event{Status: trans}, InTransaction},
			{"UPDATE t SET a=1", Event{Failed: true, Code: 1213, Status: trans}, InTransaction | Warnings},
			{"SELECT 1", Event{}, 0},
		}},
		{"a column that is not there begins a transaction without autocommit", []step{
			{"SELECT nothing FROM t", Event{Failed: true, Code: 1054, Status: protocol.StatusNoIndexUsed}, InTransaction | Warnings},
			{"COMMIT", Event{Status: protocol.StatusNoIndexUsed}, 0},
			{"SELEKT", Event{Failed: true, Code: protocol.ErrCodeParse, Status: protocol.StatusNoIndexUsed}, Warnings},
			{"SELECT nothing FROM t", Event{Failed: true, Code: 1054, Status: protocol.StatusAutocommit}, Warnings},
		}},
		{"a savepoint before the transaction, without autocommit", []step{
			{"SAVEPOINT a", Event{Status: protocol.StatusNoIndexUsed}, Savepoint},
			{"SELECT 1", Event{Status: protocol.StatusNoIndexUsed}, Savepoint},
			{"ROLLBACK TO a", Event{Status: protocol.StatusNoIndexUsed}, Savepoint},
			{"COMMIT", Event{Status: protocol.StatusNoIndexUsed}, 0},
			{"SAVEPOINT a", Event{Status: protocol.StatusNoIndexUsed}, Savepoint},
			{"SELECT * FROM t", Event{Status: protocol.StatusInTrans}, InTransaction},
			{"ROLLBACK", Event{Status: protocol.StatusNoIndexUsed}, 0},
			{"SAVEPOINT a", Event{Status: protocol.StatusNoIndexUsed}, Savepoint},
			{"SET autocommit=1", Event{Copied: true}, 0},
		}},
		{"MariaDB makes one too", []step{{"SAVEPOINT a", Event{Status: protocol.StatusNoIndexUsed, MariaDB: true}, Savepoint}}},
		{"XA", []step{
			{"XA START 'a'", Event{Status: trans}, InTransaction | XA},
			{"XA END 'a'", Event{Status: trans}, InTransaction | XA},
			{"XA PREPARE 'a'", Event{Status: trans}, InTransaction | XA}, // MySQL: detached, and the connection is free
			{"XA COMMIT 'a'", Event{}, 0},
		}},
		{"SET TRANSACTION is for the next one only and reported by nobody", []step{
			{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Event{}, NextTransaction},
			{"SELECT 1", Event{}, NextTransaction},
			{"BEGIN", Event{Status: trans}, NextTransaction | InTransaction},
			{"COMMIT", Event{}, 0},
		}},
		{"characteristics set within a transaction are for the one behind the next, if SET autocommit ends it", []step{
			{"SELECT * FROM t", Event{Status: protocol.StatusInTrans}, InTransaction},
			{"SET SESSION TRANSACTION READ ONLY", Event{Status: protocol.StatusInTrans, Characteristics: true, Copied: true}, InTransaction | NextTransaction},
			{"SET autocommit=1", Event{Status: ac, Copied: true}, NextTransaction},
			{"SELECT 1", Event{Status: ac}, NextTransaction},
			{"BEGIN", Event{Status: trans}, NextTransaction | InTransaction},
			{"COMMIT", Event{Status: ac}, 0},
			{"SET SESSION TRANSACTION READ ONLY", Event{Status: ac, Characteristics: true, Copied: true}, 0},
		}},
		{"a transaction that is read-only makes the next one so, if SET autocommit ends it", []step{
			{"START TRANSACTION READ ONLY", Event{Status: trans | protocol.StatusInTransReadonly}, InTransaction | NextTransaction},
			{"SET autocommit=1", Event{Status: ac, Copied: true}, NextTransaction},
			{"INSERT INTO t VALUES (1)", Event{Failed: true, Code: 1792, Status: ac}, NextTransaction | Warnings | InsertID},
			{"START TRANSACTION READ ONLY", Event{Status: trans | protocol.StatusInTransReadonly}, InTransaction | NextTransaction | InsertID},
			{"COMMIT", Event{Status: ac}, InsertID},
		}},
		{"what an engine without transactions has changed, without autocommit, is warned of by a ROLLBACK", []step{
			{"INSERT INTO m VALUES (1)", Event{Status: protocol.StatusNoIndexUsed, MariaDB: true}, Savepoint | RowCount},
			{"SELECT 1", Event{Status: protocol.StatusNoIndexUsed, Rows: true, MariaDB: true}, Savepoint},
			{"ROLLBACK", Event{Status: protocol.StatusNoIndexUsed, Warnings: 1, MariaDB: true}, Warnings},
			{"INSERT INTO m VALUES (1)", Event{Status: ac, MariaDB: true}, RowCount},
		}},
		{"SET TRANSACTION behind a transaction that a statement ended, which failed then", []step{
			{"BEGIN", Event{Status: trans}, InTransaction},
			{"CREATE TABLE t (a INT)", Event{Failed: true, Code: 1050, Status: trans}, InTransaction | Warnings},
			{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Event{}, NextTransaction},
		}},
		{"SET @@transaction_isolation is the same", []step{
			{"SET @@transaction_isolation='SERIALIZABLE'", Event{}, NextTransaction},
		}},
		{"SET SESSION TRANSACTION is a variable like others", []step{
			{"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", Event{StateChanged: true, Copied: true}, 0},
		}},

		{"MySQL's diagnostics are those of the last statement", []step{
			{"SELECT 'x'+1", Event{Rows: true, Warnings: 1}, Warnings},
			{"SHOW WARNINGS", Event{Rows: true}, Warnings},
			{"SELECT 1", Event{Rows: true}, 0},
		}},
		{"MariaDB keeps them over a statement that reads no table", []step{
			{"SELECT 'x'+1", Event{Rows: true, Warnings: 1, MariaDB: true}, Warnings},
			{"SET @a=1", Event{MariaDB: true}, Warnings},
			{"INSERT INTO t VALUES (1)", Event{MariaDB: true}, RowCount},
		}},
		{"FOUND_ROWS() after a query that failed half-way", []step{
			{"SELECT (SELECT 1 UNION SELECT 2)", Event{Failed: true, Code: 1242, Status: ac, MariaDB: true}, FoundRows | Warnings},
			{"SELECT a FROM missing", failed(1146), FoundRows | Warnings},
		}},
		{"FOUND_ROWS() outlives what has no rows", []step{
			{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1", Event{Rows: true}, FoundRows},
			{"SET @a=1", Event{}, FoundRows},
			{"SELECT 1", Event{Rows: true}, 0},
			{"SELECT a FROM t LIMIT 1 INTO @a", Event{UserVarsUnknown: true}, UserVar | FoundRows},
		}},
		{"FOUND_ROWS() outlives result sets of other statements than queries", []step{
			{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1", Event{Rows: true}, FoundRows},
			{"EXPLAIN SELECT 1", Event{Rows: true}, FoundRows},
			{"SHOW WARNINGS", Event{Rows: true}, FoundRows},
			{"SHOW TABLES", Event{Rows: true}, 0},
		}},
		{"FOUND_ROWS() of a SHOW, which may be a query (MariaDB)", []step{
			{"SHOW TABLES", Event{Rows: true, MariaDB: true}, FoundRows},
			{"SELECT 1", Event{Rows: true, MariaDB: true}, 0},
			{"SHOW CREATE TABLE t", Event{Rows: true, MariaDB: true}, FoundRows},
			{"SHOW WARNINGS", Event{Rows: true, MariaDB: true}, FoundRows},
		}},
		{"FOUND_ROWS() of a query in another statement (MariaDB)", []step{
			{"SET @a=(SELECT MAX(n) FROM t)", Event{UserVarsUnknown: true, MariaDB: true}, UserVar | FoundRows},
			{"SELECT 1", Event{Rows: true, MariaDB: true}, 0},
			{"DELETE FROM t RETURNING (SELECT 1)", Event{Rows: true, MariaDB: true}, FoundRows},
			{"TABLE t", Event{Rows: true, MariaDB: true}, 0},
			{"CREATE TABLE t SELECT 1", Event{Failed: true, Code: 1062, Status: ac, MariaDB: true}, FoundRows | Warnings},
			{"SELECT 1", Event{Rows: true, MariaDB: true}, Warnings},
			{"CREATE PROCEDURE p() SELECT 1", Event{MariaDB: true}, Warnings},
			{"DELETE FROM t WHERE n = (SELECT a FROM missing)", Event{Failed: true, Code: 1146, Status: ac, MariaDB: true}, Warnings},
			{"WITH x AS (SELECT 1) SELECT * FROM x", Event{Rows: true, MariaDB: true}, Warnings},
		}},
		{"and MySQL, but not of the SET", []step{
			{"SET @a=(SELECT MAX(n) FROM t)", Event{UserVarsUnknown: true}, UserVar},
			{"UPDATE t SET n=(SELECT 1)", Event{}, FoundRows | RowCount},
		}},
		{"what an XA transaction refuses sets no FOUND_ROWS()", []step{
			{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1", Event{MariaDB: true, Failed: true, Code: 1399}, Warnings},
			{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1", Event{MariaDB: true, Failed: true, Code: 1690}, Warnings | FoundRows},
		}},
		// Variables.
		{"a variable that is copied", []step{{"SET sql_mode='ANSI'", Event{StateChanged: true, Copied: true}, 0}}},
		{"SET NAMES", []step{{"SET NAMES utf8mb4", Event{StateChanged: true, Copied: true}, 0}}},
		{"a variable that can't be copied", []step{
			{"SET timestamp=5", Event{StateChanged: true, PinVariable: true}, Variable},
			{"SET timestamp=DEFAULT", Event{StateChanged: true, PinVariable: true}, Variable},
		}},
		{"a variable that the list of the trackers lacks", []step{
			{"SET some_plugin_variable=1", changed, Unexplained},
		}},
		{"a SET that was refused", []step{
			{"SET nonsense=1", failed(1193), Warnings},
			{"SELECT 1", Event{}, 0},
		}},
		{"SET GLOBAL changes nothing here", []step{{"SET GLOBAL wait_timeout=5", Event{}, 0}}},
		{"the trackers themselves", []step{
			{"SET session_track_state_change=0", Event{StateChanged: true, Trackers: true}, Trackers},
		}},
		{"SET ROLE: MariaDB reports a state, MySQL nothing", []step{
			{"SET ROLE NONE", Event{}, Role},
			{"SET ROLE NONE", changed, Role},
		}},
		{"SET PASSWORD is not the session's", []step{{"SET PASSWORD=''", Event{}, 0}}},
		{"SET RESOURCE GROUP", []step{{"SET RESOURCE GROUP g", Event{}, OtherSet}}},
		{"hints are for their statement; MySQL reports the value they leave behind", []step{
			{"SELECT /*+ SET_VAR(sort_buffer_size=700000) */ 1", Event{StateChanged: true, Copied: true}, 0},
			{"SET STATEMENT max_statement_time=5 FOR SELECT 1", changed, 0},
		}},
		{"a function that sets a variable may have done more", []step{
			{"SELECT f()", Event{StateChanged: true, Copied: true}, Unexplained},
		}},

		{"what a function did may be reported with the next statement (MySQL)", []step{
			{"SELECT f()", Event{Rows: true, Unreported: true}, Unreported},
			{"SET sql_mode='ANSI'", Event{StateChanged: true, Copied: true}, Unexplained},
		}},
		{"what a SET did that failed half-way is not to be told from what SET STATEMENT does (MariaDB)", []step{
			{"SET sql_mode='ANSI', last_insert_id=DEFAULT", Event{Failed: true, Code: 1230, Unreported: true, MariaDB: true}, Unreported | InsertID | Warnings},
			{"SET STATEMENT max_statement_time=5 FOR SELECT 1", Event{Rows: true, MariaDB: true}, Unreported | InsertID | Warnings},
			{"SET STATEMENT max_statement_time=5 FOR SELECT 1", Event{Rows: true, StateChanged: true, MariaDB: true}, Unreported | InsertID | Warnings | Unexplained},
		}},
		{"or nothing is", []step{
			{"SELECT f()", Event{Rows: true, Unreported: true}, Unreported},
			{"UPDATE t SET a=1", Event{}, RowCount},
		}},

		// User variables.
		{"a user variable with a known value", []step{{"SET @a=1", changed, 0}}},
		{"one that only the server knows, and its end", []step{
			{"SELECT @a:=a FROM t", Event{UserVarsUnknown: true}, UserVar},
			{"SELECT 1", Event{UserVarsUnknown: true}, UserVar},
			{"SET @a=1", changed, 0},
		}},

		// Things with names.
		{"a temporary table", []step{
			{"CREATE TEMPORARY TABLE t (a int)", changed, TempTable},
			{"INSERT INTO t VALUES (1)", Event{}, TempTable | RowCount},
			{"ALTER TABLE t ADD b int", changed, TempTable},
			{"DROP TEMPORARY TABLE t", Event{StateChanged: true, Gone: TempTable}, 0},
		}},
		{"a CREATE that failed leaves nothing", []step{
			{"CREATE TEMPORARY TABLE t SELECT * FROM u", failed(1205), Warnings},
		}},
		{"dropped without the word, nothing is reported", []step{
			{"CREATE TEMPORARY TABLE t (a int)", changed, TempTable},
			{"DROP TABLE t", Event{Gone: TempTable}, 0},
		}},
		{"DROP TEMPORARY TABLE IF EXISTS without one", []step{
			{"DROP TEMPORARY TABLE IF EXISTS t", Event{StateChanged: true, Gone: TempTable, Warnings: 1}, Warnings},
		}},
		{"PREPARE and DEALLOCATE", []step{
			{"PREPARE s FROM 'SELECT 1'", changed, PreparedText},
			{"DEALLOCATE PREPARE s", Event{StateChanged: true, Gone: PreparedText}, 0},
		}},
		{"EXECUTE runs what nobody saw", []step{
			{"PREPARE s FROM @x", changed, PreparedText},
			{"EXECUTE s", Event{}, PreparedText | Unexplained | FoundRows | InsertID},
			{"DEALLOCATE PREPARE s", Event{StateChanged: true, Gone: PreparedText}, Unexplained | FoundRows | InsertID},
		}},
		{"HANDLER", []step{
			{"HANDLER t OPEN", Event{}, Handler},
			{"HANDLER t READ FIRST", Event{}, Handler},
			{"HANDLER t CLOSE", Event{Gone: Handler}, 0},
		}},

		// Locks.
		{"LOCK TABLES", []step{
			{"LOCK TABLES t WRITE", Event{}, LockTables},
			{"SELECT 1", Event{}, LockTables},
			{"UNLOCK TABLES", Event{}, 0},
		}},
		{"a LOCK TABLES that failed", []step{{"LOCK TABLES t WRITE", failed(1205), LockTables | Warnings}}},
		{"FLUSH TABLES WITH READ LOCK", []step{
			{"FLUSH TABLES WITH READ LOCK", Event{}, LockTables},
			{"UNLOCK TABLES", Event{}, 0},
		}},
		{"LOCK INSTANCE FOR BACKUP", []step{
			{"LOCK INSTANCE FOR BACKUP", Event{}, InstanceLock},
			{"UNLOCK TABLES", Event{}, InstanceLock},
			{"UNLOCK INSTANCE", Event{}, 0},
		}},
		{"GET_LOCK, released by name", []step{
			{"SELECT GET_LOCK('a', 1)", Event{}, GetLock},
			{"SELECT RELEASE_LOCK('a')", Event{Gone: GetLock}, 0},
		}},
		{"GET_LOCK, all released", []step{
			{"SELECT GET_LOCK(a, 1) FROM t", Event{}, GetLock},
			{"SELECT RELEASE_ALL_LOCKS()", Event{}, 0},
		}},
		{"which of the two came last?", []step{
			{"SELECT RELEASE_ALL_LOCKS(), GET_LOCK('a', 1)", Event{}, GetLock},
			{"DO GET_LOCK('a', 1); DO RELEASE_ALL_LOCKS()", Event{}, GetLock | FoundRows | InsertID},
		}},
		{"a lock may be held though the statement failed", []step{
			{"SELECT GET_LOCK('a', 1) FROM t", failed(1205), GetLock | Warnings},
		}},
		{"not if it was refused at once", []step{
			{"SELECT GET_LOCK('a', 1) FROM nothing", failed(1146), Warnings},
		}},

		// Code that isn't in the text.
		{"a procedure that changes nothing", []step{{"CALL p()", Event{}, FoundRows | RowCount | InsertID}}},
		{"a procedure that sets a variable may have done more", []step{
			{"CALL p()", Event{StateChanged: true, Copied: true}, Unexplained | FoundRows | RowCount | InsertID},
		}},
		{"a procedure of another schema reports a state without cause; which it is cannot be told", []step{
			{"CALL x.p()", Event{StateChanged: true, Schema: true}, Unexplained | FoundRows | RowCount | InsertID},
		}},
		{"a procedure that failed: what it did is reported with a later statement", []step{
			{"CALL p()", failed(1644), Failed | FoundRows | InsertID | Warnings},
			{"SELECT 1", Event{Rows: true}, Failed | InsertID},
			{"SET NAMES utf8mb4", Event{StateChanged: true, Copied: true}, Failed | InsertID},
		}},
		{"a procedure that isn't there", []step{{"CALL nothing()", failed(1305), Failed | FoundRows | InsertID | Warnings}}},
		{"several statements", []step{
			{"SET wait_timeout=98; SELECT 1", Event{StateChanged: true, Copied: true}, Unexplained | FoundRows | InsertID},
		}},
		{"several statements, followed one by one", []step{
			{"SET wait_timeout=98; SELECT 1", Event{Copied: true, Apart: true}, FoundRows | InsertID},
		}},
		{"several statements, of which one failed, followed one by one", []step{
			{"SET @a=1; INSERT INTO t VALUES (1)", Event{Failed: true, Code: 1062, Apart: true}, FoundRows | InsertID | Warnings},
		}},
		{"several statements, of which one reports what it does not explain", []step{
			{"INSERT INTO t VALUES (1); SET @a=1", Event{StateChanged: true, Apart: true}, Unexplained | FoundRows | RowCount | InsertID},
		}},
		{"several queries", []step{{"SELECT 1; SELECT 2", Event{}, FoundRows | InsertID}}},
		{"a trigger that sets something", []step{
			{"INSERT INTO t VALUES (1)", Event{StateChanged: true, InsertID: 7}, Unexplained | RowCount | InsertID},
		}},

		// What may be asked about the statement before.
		{"an insert", []step{
			{"INSERT INTO t VALUES (1)", Event{InsertID: 7}, RowCount | InsertID},
			{"SELECT LAST_INSERT_ID()", Event{Rows: true}, InsertID},
		}},
		{"SELECT LAST_INSERT_ID(n)", []step{{"SELECT LAST_INSERT_ID(5)", Event{}, InsertID}}},
		{"the id of a row that RETURNING shows is not told (MariaDB)", []step{
			{"DELETE FROM t RETURNING id", Event{Rows: true, MariaDB: true}, 0},
			{"INSERT INTO t VALUES (1) RETURNING id", Event{Rows: true, MariaDB: true}, InsertID},
			{"SELECT 1", Event{Rows: true, MariaDB: true}, InsertID},
		}},
		{"nor that of REPLACE", []step{{"REPLACE INTO t VALUES (1) RETURNING id", Event{Rows: true, MariaDB: true}, InsertID}}},
		{"found rows", []step{
			{"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 1", Event{Rows: true}, FoundRows},
			{"SELECT FOUND_ROWS()", Event{Rows: true}, 0},
		}},
		{"warnings", []step{
			{"INSERT INTO t VALUES ('x')", Event{Warnings: 1}, Warnings | RowCount},
			{"SHOW WARNINGS", Event{Rows: true}, Warnings},
			{"SELECT 1", Event{Rows: true}, 0},
		}},
		{"an error is a warning", []step{
			{"SELECT nothing", failed(1054), Warnings},
			{"SHOW ERRORS", Event{}, Warnings},
			{"SELECT 1", Event{}, 0},
		}},

		// Schema.
		{"USE", []step{{"USE app", Event{StateChanged: true, Schema: true}, 0}}},
		{"the schema was dropped", []step{{"DROP DATABASE app", Event{Schema: true}, 0}}},

		// What the session or a rule says.
		{"a rule turns sharing off", []step{
			{"SELECT 1", Event{MultiplexOff: true}, MultiplexOff},
			{"SELECT 1", Event{}, 0},
		}},
	} {
		var p Pins
		for _, s := range test.steps {
			info := digest.Scan([]byte(s.sql), 0)
			s.e.Verb, s.e.Flags, s.e.Tracked = info.Verb, info.Flags, true
			if s.e.Status == 0 {
				s.e.Status = ac
			}
			after, changes := After(p, s.e)
			if after != s.p {
				t.Errorf("%s: after %q: %v, want %v", test.name, s.sql, after, s.p)
			}
			if changes.Added != after&^p || changes.Removed != p&^after {
				t.Errorf("%s: after %q: changes %v", test.name, s.sql, changes)
			}
			p = s.p
		}
	}
}

// Without trackers the scanner decides alone.
func TestAfterWithoutTrackers(t *testing.T) {
	for sql, want := range map[string]Pins{
		"SELECT 1":                  0,
		"SET sql_mode='ANSI'":       NoTrackers,
		"SET NAMES utf8mb4":         NoTrackers,
		"SET GLOBAL wait_timeout=5": 0,
		"SET @a=1":                  0,
		"CALL p()":                  NoTrackers | FoundRows | RowCount | InsertID,
		"LOCK TABLES t READ":        LockTables,
		"EXECUTE s":                 NoTrackers | Unexplained | FoundRows | InsertID,
	} {
		info := digest.Scan([]byte(sql), 0)
		if got, _ := After(0, Event{Verb: info.Verb, Flags: info.Flags, Status: ac}); got != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}

func TestPinsOfPreparedStatements(t *testing.T) {
	const pins = LongData | Cursor
	if after, changes := After(pins, Event{Verb: digest.VerbSelect, Rows: true, Status: ac}); after != pins || changes != (Changes{}) {
		t.Errorf("after a SELECT: %v, %v", after, changes)
	}
}

func TestPinNames(t *testing.T) {
	if got := (InTransaction | Cursor).String(); got != "transaction|cursor" {
		t.Error(got)
	}
	seen := map[string]bool{}
	(pinsEnd - 1).Each(func(name string) {
		if name == "" || seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("name %q", name)
		}
		seen[name] = true
	})
	if 1<<len(seen) != pinsEnd || len(seen) != len(pinNames) {
		t.Errorf("%d names", len(seen))
	}
	if !(InTransaction | Cursor).Has(Cursor) || InTransaction.Has(Cursor) {
		t.Error("Has")
	}
}

func BenchmarkAfter(b *testing.B) {
	info := digest.Scan([]byte("SELECT c FROM sbtest1 WHERE id=1"), 0)
	e := Event{Verb: info.Verb, Flags: info.Flags, Tracked: true, Status: ac, Rows: true}
	b.ReportAllocs()
	for b.Loop() {
		After(0, e)
	}
}
