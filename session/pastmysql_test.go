package session_test

import (
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// mysqlServed makes the servers MySQL's, whose connections nobody lingers on.
func mysqlServed(s *setup) {
	tracked(s)
	s.server.Greeting.ServerVersion = "9.7.0"
	s.server.Handler = remembering
	s.settings.ConnectionDelayMultiplex = 0
}

// MySQL tells the number of warnings of the statement before with commands that are no statements.
func TestWarningsOfOtherCommands(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		mysqlServed(s)
		s.places = 1
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "warn")
	mustQuery(t, b, "other") // takes the connection
	w.expectTexts([]string{"warn"})
	mustQuery(t, b, "warn")
	if _, err := a.Command(protocol.ComInitDB, []byte("app")...); err != nil {
		t.Fatal(err)
	}
	w.expectTexts([]string{"warn", "warn", "DO (SELECT 0 FROM (SELECT 0) t)"})
}

// The error of a command about a statement that is not there can be asked about, too.
func TestWarningsOfNoStatement(t *testing.T) {
	w, _ := newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = "9.7.0"
		s.settings.ConnectionDelayMultiplex = patience
	})
	a := w.dial()
	_, err := a.Command(protocol.ComStmtReset, 9, 0, 0, 0)
	wantERR(t, err, 1243, "(9)")
	mustQuery(t, w.dial(), "other")
	w.waitBackends(2)
}

// FOUND_ROWS() of MySQL counts what statements without a result set have found.
func TestFoundWithoutRows(t *testing.T) {
	for sql, found := range map[string]int{"UPDATE 5 rows": 7, "DO 1": 1, "COMMIT": 3, "REPLACE t VALUES (1)": 3, "REPLACE t SELECT 1": 0} {
		w := newWorld(t, mysqlServed)
		a, b := w.dial(), w.dial()
		mustQuery(t, a, "SELECT 3 rows")
		mustQuery(t, a, sql)
		mustQuery(t, b, "other")
		mustQuery(t, a, "SELECT FOUND_ROWS()")
		w.expectTexts([]string{"SELECT 3 rows", sql, standIn(found), "SELECT FOUND_ROWS()"})
	}
}

// The diagnostics of MySQL would be lost to a statement that stands in, so there is none before a text that shows those of its own connection.
func TestDiagnosticsInSeveralStatements(t *testing.T) {
	for sql, standsIn := range map[string]bool{"SHOW WARNINGS; SHOW WARNINGS": false, "SHOW WARNINGS": false, "SELECT FOUND_ROWS(); SHOW WARNINGS": true, "SELECT 1; SELECT 2": true} {
		w := newWorld(t, func(s *setup) {
			mysqlServed(s)
			s.settings.ConnectionDelayMultiplex = patience
		})
		cfg := w.client()
		cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientMultiStatements
		a := mysqltest.Dial(t, cfg)
		mustQuery(t, w.dial(), "other")
		mustQuery(t, a, "warn")
		mustQuery(t, a, sql)
		want := []string{"warn", sql}
		if standsIn {
			want = []string{"warn", "SELECT 0 LIMIT 0", sql}
		}
		w.expectTexts(want)
	}
}

// The user variables that a text assigns come to be when it is prepared, with a type that only the connection has.
func TestPrepareMakesVariables(t *testing.T) {
	for _, test := range []struct {
		name, version, sql string
		code               uint16
		backends           int
	}{
		{"MySQL", "9.7.0", "SET @a = ?", 0, 2},
		{"MySQL, refused behind that", "9.7.0", "SET @a = ?, @b = missing", 1054, 2},
		{"MySQL, a variable that is there", "9.7.0", "SET @known = ?", 0, 1},
		{"MySQL, not read", "9.7.0", "SET @a ?", protocol.ErrCodeParse, 1},
		{"MySQL, only read, whose type the statement keeps", "9.7.0", "SELECT @a, ?", 0, 2},
		{"MySQL, no variable", "9.7.0", "SELECT ?", 0, 1},
		{"MariaDB, only read", "5.5.5-10.11.6-MariaDB", "SELECT @a, ?", 0, 1},
		{"MariaDB", "5.5.5-10.11.6-MariaDB", "SET @a = ?", 0, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, p := newPreparer(t, func(s *setup) {
				s.server.Greeting.ServerVersion = test.version
				s.settings.ConnectionDelayMultiplex = 0
			})
			p.prepare = func(_ string, a *mysqltest.Answer) bool {
				if test.code != 0 {
					a.Error(test.code, "refused")
				}
				return test.code != 0
			}
			a, b := w.dial(), w.dial()
			mustQuery(t, a, "SET @known = 1")
			if _, err := a.Prepare(test.sql); (err != nil) != (test.code != 0) {
				t.Fatal(err)
			}
			if test.code != 0 {
				mustQuery(t, a, "forgets the error")
			}
			mustQuery(t, b, "other")
			w.waitBackends(test.backends)
		})
	}
}

// The warning that the proxy's own question leaves on the connection is not told to the next client.
func TestWarningOfOwnQuestion(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		mysqlServed(s)
		s.places = 1
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, b, "COMMIT")
	mustQuery(t, a, "INSERT 1")
	if _, err := b.Command(protocol.ComInitDB, []byte("app")...); err != nil {
		t.Fatal(err)
	}
	w.expectTexts([]string{"COMMIT", "INSERT 1", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO (SELECT 0 FROM (SELECT 0) t)"})
}

// What a SET has changed before it failed, MySQL reports with the next OK packet: with that of the proxy's own question, if that comes next.
func TestFailedSetReportsLate(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		mysqlServed(s)
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch string(payload[1:]) {
			case "SET wait_timeout=6, insert_id=DEFAULT":
				a.Error(1230, "Variable 'insert_id' doesn't have a default value")
			case "SELECT FOUND_ROWS(), LAST_INSERT_ID()":
				a.Columns("found", "id")
				a.Row("0", "0")
				ok := protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged}
				ok.StateChanges = (&protocol.StateChange{Type: protocol.TrackStateChange, Value: []byte("1")}).Append(nil)
				end := ok.Append(nil, a.Capabilities())
				end[0] = 0xfe
				a.Packet(end)
			default:
				remembering(cmd, payload, a)
			}
		}
	})
	cfg := w.client()
	cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientDeprecateEOF
	a, b := mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
	_, err := a.Query("SET wait_timeout=6, insert_id=DEFAULT")
	wantERR(t, err, 1230, "insert_id")
	for deadline := time.Now().Add(patience); len(w.texts()) < 3 && time.Now().Before(deadline); {
		w.turns()
	}
	mustQuery(t, b, "other")
	w.expectTexts([]string{"SET wait_timeout=6, insert_id=DEFAULT", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO 0"})
	w.waitBackends(2) // whatever changed is the session's
}

// What a function did whose report is due would not be told from what the next statement reports of itself: it is asked for before that.
func TestReportsBeforeOthers(t *testing.T) {
	for sql, asks := range map[string]bool{"SET @a=1": true, "USE app": true, "CREATE TEMPORARY TABLE t (a INT)": true, "UPDATE 1 rows": false, "SELECT FOUND_ROWS()": false} {
		w := newWorld(t, mysqlServed)
		cfg := w.client()
		cfg.Capabilities = mysqltest.BaseCapabilities
		a := mysqltest.Dial(t, cfg)
		mustQuery(t, a, "SELECT f(1)")
		mustQuery(t, a, sql)
		want := []string{"SELECT f(1)", sql}
		if asks {
			want = []string{"SELECT f(1)", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO 0", sql}
		}
		w.expectTexts(want)
	}
}

// On MariaDB, the diagnostics of a SET that failed can be asked for behind other statements: what the proxy asks in between reads no table.
func TestNothingIsReadBetween(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		mysqlServed(s)
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if string(payload[1:]) == "SET @@local.lc_time_names='xx'" {
				a.Error(1649, "Unknown locale: 'xx'")
				return
			}
			remembering(cmd, payload, a)
		}
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, b, "INSERT 1") // the connection has its LAST_INSERT_ID()
	_, err := a.Query("SET @@local.lc_time_names='xx'")
	wantERR(t, err, 1649, "locale")
	mustQuery(t, a, "BEGIN")
	mustQuery(t, a, "SHOW WARNINGS")
	// What stands in reads no table, so that the diagnostics stay.
	w.expectTexts([]string{"INSERT 1", "SET @@local.lc_time_names='xx'", asksMariaDB, "BEGIN", "SELECT 0 LIMIT 0", "SHOW WARNINGS"})
}

// A query inside of another statement may set FOUND_ROWS() or leave it as it was: the connection has it before, and is asked behind it.
func TestFoundBySubquery(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		mysqlServed(s)
		s.places = 1
	})
	a, b := w.dial(), w.dial()
	for _, sql := range []string{"SELECT 3 rows", "UPDATE t SET n=(SELECT 1)", "SELECT FOUND_ROWS()"} {
		mustQuery(t, a, sql)
		mustQuery(t, b, "other")
	}
	w.expectTexts([]string{"SELECT 3 rows", standIn(3), "UPDATE t SET n=(SELECT 1)", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", standIn(1), "SELECT FOUND_ROWS()"})
}
