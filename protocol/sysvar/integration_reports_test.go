//go:build integration

package sysvar

import (
	"testing"

	"parkway/protocol"
)

// What the trackers say to each statement, in one session. These are the facts that After and the tables stand on; a server that
// says something else wants another look at them. mysql is "" where it says the same as MariaDB; "-" is nothing. A statement that
// is there for one server only has "none" for the other.
func TestRealReports(t *testing.T) {
	_, list := trackList(t)
	c := tracked(t, list)
	for _, sql := range []string{
		"CREATE TABLE app.facts (a int AUTO_INCREMENT PRIMARY KEY)",
		"CREATE PROCEDURE app.quiet() BEGIN END",
		"CREATE PROCEDURE app.sets() SET SESSION wait_timeout=99",
		"CREATE PROCEDURE app.fails() BEGIN SET SESSION wait_timeout=98; SIGNAL SQLSTATE '45000'; END",
		"CREATE PROCEDURE app.hides() BEGIN CREATE TEMPORARY TABLE IF NOT EXISTS app.hidden(a int); SET SESSION wait_timeout=97; END",
		"CREATE FUNCTION app.f() RETURNS int DETERMINISTIC NO SQL BEGIN SET SESSION wait_timeout=96; RETURN 1; END",
	} {
		c.must(sql)
	}
	for _, test := range []struct{ sql, mariaDB, mysql string }{
		// Whatever is assigned is reported, changed or not; a state is reported with it.
		{"SET SESSION wait_timeout=100", `wait_timeout="100" state`, ""},
		{"SET SESSION wait_timeout=100", `wait_timeout="100" state`, ""},
		{"SET SESSION wait_timeout=DEFAULT", `wait_timeout="28800" state`, ""},
		{"SET GLOBAL wait_timeout=28800", "-", ""},
		{"SET time_zone='+3:00'", `time_zone="+03:00" state`, ""},
		{"SET @a=1", "state", ""},
		{"SELECT @a:=2", "-", ""},
		{"SELECT 1 INTO @a", "-", ""},
		{"SET character_set_results=NULL", `character_set_results="" state`, ""},

		// The collation in SET NAMES is not reported, and what USE does to collation_database isn't either.
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin", `character_set_client="utf8mb4" character_set_connection="utf8mb4" character_set_results="utf8mb4" state`, ""},
		{"USE app", `schema="app" state`, ""},

		// The value before.
		{"SET timestamp=5", `timestamp="5.000000" state`, ""},
		{"SET timestamp=DEFAULT", `timestamp="5.000000" state`, ""},

		// DEFAULT leaves MySQL's inverted variables as they are; the report is true.
		{"SET foreign_key_checks=0", `foreign_key_checks="OFF" state`, ""},
		{"SET foreign_key_checks=DEFAULT", `foreign_key_checks="ON" state`, `foreign_key_checks="OFF" state`},
		{"SET foreign_key_checks=@@GLOBAL.foreign_key_checks", `foreign_key_checks="ON" state`, ""},

		// For the next transaction only.
		{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "-", ""},
		{"SET TRANSACTION READ ONLY", "-", ""},
		{"BEGIN", "-", ""},
		{"COMMIT", "-", ""},
		{"SET SESSION TRANSACTION READ ONLY", `tx_read_only="ON" state`, `transaction_read_only="ON" state`},
		{"SET SESSION TRANSACTION READ WRITE", `tx_read_only="OFF" state`, `transaction_read_only="OFF" state`},

		{"SET ROLE NONE", "state", "-"},
		{"CREATE TEMPORARY TABLE t (a int)", "state", ""},
		{"DROP TABLE t", "-", ""},
		{"DROP TEMPORARY TABLE IF EXISTS t", "state", ""},
		{"PREPARE s FROM 'SELECT 1'", "state", ""},
		{"EXECUTE s", "-", ""},
		{"DEALLOCATE PREPARE s", "state", ""},
		{"LOCK TABLES facts WRITE", "-", ""},
		{"UNLOCK TABLES", "-", ""},
		{"FLUSH TABLES WITH READ LOCK", "-", ""},
		{"UNLOCK TABLES", "-", ""},
		{"DO GET_LOCK('a', 0)", "-", ""},
		{"DO RELEASE_ALL_LOCKS()", "-", ""},
		{"HANDLER facts OPEN", "-", ""},
		{"HANDLER facts CLOSE", "-", ""},
		{"XA START 'a'", "-", ""},
		{"XA END 'a'", "-", ""},
		{"XA ROLLBACK 'a'", "-", ""},
		{"SET insert_id=50", `insert_id="50" state`, ""},
		{"INSERT INTO facts VALUES ()", "-", ""},
		{"SELECT LAST_INSERT_ID(7)", "-", ""},
		{"SELECT /*+ SET_VAR(sort_buffer_size=700000) */ 1", "-", `sort_buffer_size="262144" state`},
		{"SET STATEMENT sort_buffer_size=700000 FOR SELECT 1", `sort_buffer_size="700000" state`, "none"},
		{"SET @b=1", `sort_buffer_size="2097152" state`, "none"},

		// Code that isn't in the text. A procedure of another schema reports a state though nothing changed; a temporary table
		// that one makes cannot be told from the variable that it sets.
		{"CALL app.quiet()", "-", ""},
		{"USE mysql", `schema="mysql" state`, ""},
		{"CALL app.quiet()", `schema="mysql" state`, ""},
		{"USE app", `schema="app" state`, ""},
		{"CALL app.sets()", `wait_timeout="99" state`, ""},
		{"CALL app.hides()", `wait_timeout="97" state`, ""},
		{"SELECT app.f()", `wait_timeout="96" state`, ""},

		// What a statement that failed has changed is reported later: by MySQL with the next OK packet, by MariaDB with that of the
		// next statement that changes something itself.
		{"CALL app.fails()", "error 1644", ""},
		{"SELECT 1", "-", `wait_timeout="98" state`},
		{"SET @b=1", `wait_timeout="98" state`, "state"},
		{"SET wait_timeout=5, nothing=1", "error 1193", ""},
		{"SET wait_timeout=5, sql_mode='nothing'", "error 1231", ""},
		{"SET @b=1", "state", ""},

		// The assignments before the one that fails are carried out, where that fails only then.
		{"SET wait_timeout=6, insert_id=DEFAULT", `insert_id="0" wait_timeout="6" state`, "error 1230"},
		{"SELECT 1", "-", `wait_timeout="6" state`},
		{"SET @b=1", "state", ""},

		// The list at the end of the statement counts.
		{"SET wait_timeout=5, @@SESSION.session_track_system_variables='sql_mode', time_zone='+00:00', sql_mode=''", `sql_mode="" state`, ""},
	} {
		want := test.mariaDB
		if !mariaDB() && test.mysql != "" {
			want = test.mysql
		}
		if want == "none" {
			continue
		}
		said, err := c.try(test.sql)
		got := said.String()
		switch {
		case err != nil:
			got = "error " + errorCode(err)
		case got == "":
			got = "-"
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.sql, got, want)
		}
	}
}

// The access mode of a START TRANSACTION outlives the transaction on MySQL: a client who has transactions reported later is told of it. It ends
// with a reset, and with a transaction that is reported.
func TestRealAccessMode(t *testing.T) {
	const on, off = "SET SESSION session_track_transaction_info='CHARACTERISTICS'", "SET SESSION session_track_transaction_info=DEFAULT"
	for _, test := range []struct {
		statements []string // "" is COM_RESET_CONNECTION
		want       string
	}{
		{[]string{"START TRANSACTION READ ONLY", "COMMIT", "BEGIN", "COMMIT"}, "SET TRANSACTION READ ONLY;"},
		{[]string{"START TRANSACTION READ ONLY", "COMMIT", "START TRANSACTION READ WRITE", "COMMIT"}, "SET TRANSACTION READ WRITE;"},
		{[]string{"SET TRANSACTION READ ONLY", "BEGIN", "COMMIT", "SET SESSION TRANSACTION READ WRITE"}, ""},
		{[]string{"START TRANSACTION READ ONLY", "COMMIT", ""}, ""},
		{[]string{"START TRANSACTION READ ONLY", "COMMIT", "SET SESSION session_track_transaction_info='STATE'", "COMMIT", off}, ""},
	} {
		c := login(t, 45)
		for _, sql := range test.statements {
			if sql != "" {
				c.must(sql)
			} else if _, err := c.Command(protocol.ComResetConnection); err != nil {
				t.Fatal(err)
			}
		}
		results, err := c.Query(on)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for it := protocol.NewStateChanges(results[0].OK.StateChanges); it.Next(); {
			if change := it.Change(); change.Type == protocol.TrackTransactionCharacteristics {
				got = string(change.Value)
			}
		}
		if got != test.want && !mariaDB() || got != "" && mariaDB() {
			t.Errorf("after %q: %q, want %q", test.statements, got, test.want)
		}
		c.Close()
	}
}
