package session_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// standIn is what a connection runs to remember that a statement found rows, fewer than eleven.
func standIn(rows int) string {
	ten := strings.TrimSuffix(strings.Repeat("SELECT 0 UNION ALL ", 10), " UNION ALL ")
	return "SELECT 0 FROM (" + ten + ") t1 LIMIT " + strconv.Itoa(rows)
}

// remembering is a server whose answers leave something to be asked about.
func remembering(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	switch sql := string(payload[1:]); {
	case sql == "SELECT 3 rows":
		a.Rows([]string{"n"}, []string{"1"}, []string{"2"}, []string{"3"})
	case sql == "UPDATE 5 rows":
		a.OKPacket(protocol.OK{AffectedRows: 5, Status: a.Status, Info: []byte("Rows matched: 7  Changed: 5  Warnings: 0")})
	case strings.HasPrefix(sql, "INSERT"):
		a.OKPacket(protocol.OK{AffectedRows: 1, InsertID: 40, Status: a.Status})
	case strings.HasPrefix(sql, "SELECT FOUND_ROWS(), LAST_INSERT_ID()"):
		a.Columns("f", "l")
		a.Row("1", "41")
		a.Packet(protocol.AppendEndOfRows(nil, a.Status, 1, a.Capabilities())) // MySQL warns that the function is deprecated
	case sql == "warn":
		a.OKPacket(protocol.OK{Warnings: 1, Status: a.Status})
	default:
		tracking(cmd, payload, a)
	}
}

// What a session asks about its last statement is right on a connection that has run another's since: a client's statements, with one of
// another client between them, and what the server gets.
func TestPast(t *testing.T) {
	for _, test := range []struct {
		name       string
		statements []string
		want       []string // by the server, without those of the other
	}{
		{"ROW_COUNT() of a write", []string{"UPDATE 5 rows", "select Row_Count()"},
			[]string{"UPDATE 5 rows", "select 00000000000000000005 AS `Row_Count()`"}},
		{"ROW_COUNT() of a read", []string{"SELECT 3 rows", "SELECT ROW_COUNT() AS n"},
			[]string{"SELECT 3 rows", "SELECT -00000000000000000001 AS n"}},
		{"ROW_COUNT() before anything", []string{"DO ROW_COUNT()"}, []string{"DO 00000000000000000000"}},
		{"FOUND_ROWS()", []string{"SELECT 3 rows", "SELECT FOUND_ROWS()"}, []string{"SELECT 3 rows", standIn(3), "SELECT FOUND_ROWS()"}},
		{"FOUND_ROWS() over statements without rows", []string{"SELECT 3 rows", "COMMIT", "SELECT FOUND_ROWS()"},
			[]string{"SELECT 3 rows", "COMMIT", standIn(3), "SELECT FOUND_ROWS()"}},
		{"SHOW WARNINGS has none of another's", []string{"SELECT 1", "SHOW WARNINGS"}, []string{"SELECT 1", standIn(1), "SHOW WARNINGS"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.server.Handler = remembering
			})
			a, b := w.dial(), w.dial()
			for _, sql := range test.statements {
				mustQuery(t, b, "other")
				mustQuery(t, a, sql)
			}
			w.waitBackends(1)
			w.expectTexts(test.want)
		})
	}
}

// A connection that has the number of rows of a session's last statement, and has to be told how many an earlier one
// found, has lost the former by that.
func TestRowCountBesideFoundRows(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.server.Handler = remembering
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "SELECT 3 rows")
	mustQuery(t, b, "other")
	mustQuery(t, a, "INSERT 1") // keeps the connection
	mustQuery(t, a, "SELECT ROW_COUNT(), FOUND_ROWS()")
	w.waitBackends(1)
	w.expectTexts([]string{"SELECT 3 rows", "INSERT 1", "SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0",
		"SELECT 000000000000000000001 AS `ROW_COUNT()`, FOUND_ROWS()"})
}

// What only the connection knows is asked for before others get it, and told to the next one.
func TestPastIsAskedFor(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = remembering
		s.places = 1
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "INSERT 1")
	mustQuery(t, b, "other")
	mustQuery(t, a, "SELECT LAST_INSERT_ID()")
	w.expectTexts([]string{"INSERT 1", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "SELECT LAST_INSERT_ID()"})
	mustQuery(t, b, "SELECT LAST_INSERT_ID()")
	mustQuery(t, a, "SELECT LAST_INSERT_ID()")
	w.expectTexts([]string{"INSERT 1", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "SELECT LAST_INSERT_ID()",
		"SET last_insert_id=0", "SELECT LAST_INSERT_ID()", "SET last_insert_id=41", "SELECT LAST_INSERT_ID()"})
}

// A client that changes its user, or resets its session, keeps FOUND_ROWS().
func TestFoundOutlivesReset(t *testing.T) {
	for name, reset := range map[string]func(*mysqltest.Client) error{
		"reset":       func(a *mysqltest.Client) error { _, err := a.Command(protocol.ComResetConnection); return err },
		"change user": func(a *mysqltest.Client) error { return a.ChangeUser("app", "secret", "") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.server.Handler = remembering
			})
			a := w.dial()
			mustQuery(t, a, "SELECT 3 rows")
			if err := reset(a); err != nil {
				t.Fatal(err)
			}
			mustQuery(t, a, "SELECT FOUND_ROWS()")
			want := []string{"SELECT 3 rows", standIn(3), "SELECT FOUND_ROWS()"}
			if name == "reset" {
				want = slices.Insert(want, 1, globalCharsets)
			}
			w.expectTexts(want)
		})
	}
}

// expectTexts compares the texts that the server got, but for "other".
func (w *world) expectTexts(want []string) {
	w.t.Helper()
	var got []string
	for _, text := range w.texts() {
		if text != "other" {
			got = append(got, text)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("the server got %q, want %q", got, want)
	}
}

// MySQL reports what a function did, whose result set ends in an EOF packet, with the next OK packet: it is asked for one before another
// session gets the connection.
func TestFunctionsBehindEOF(t *testing.T) {
	const several = "COMMIT; CALL p(); SELECT remember()"
	for _, test := range []struct {
		name, sql string
		backends  int
		want      []string
	}{
		{"native", "SELECT CONCAT(1)", 1, []string{"SELECT CONCAT(1)"}},
		{"without effect", "SELECT harmless()", 1, []string{"SELECT harmless()", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO 0"}},
		{"with effect", "SELECT remember()", 2, []string{"SELECT remember()", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO 0"}},
		{"with effect, behind a CALL", several, 2, []string{standIn(0), several, "SELECT FOUND_ROWS(), LAST_INSERT_ID()", "DO 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := false
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.server.Greeting.ServerVersion = "9.7.0"
				s.settings.ConnectionDelayMultiplex = 0
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					switch sql := string(payload[1:]); sql {
					case "SELECT remember()", several:
						for range strings.Count(sql, ";") {
							a.MoreResults()
							a.OK()
						}
						changed = true
						a.Rows([]string{"f"}, []string{"1"})
					case "SELECT harmless()", "SELECT CONCAT(1)":
						a.Rows([]string{"f"}, []string{"1"})
					case "DO 0":
						ok := protocol.OK{Status: a.Status}
						if changed {
							ok.Status |= protocol.StatusSessionStateChanged
							ok.StateChanges = (&protocol.StateChange{Type: protocol.TrackStateChange, Value: []byte("1")}).Append(nil)
						}
						a.OKPacket(ok)
					default:
						remembering(cmd, payload, a)
					}
				}
			})
			cfg := w.client()
			cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientMultiStatements
			mustQuery(t, mysqltest.Dial(t, cfg), test.sql)
			for deadline := time.Now().Add(patience); len(w.texts()) < len(test.want) && time.Now().Before(deadline); {
				w.turns()
			}
			mustQuery(t, mysqltest.Dial(t, cfg), "other")
			w.waitBackends(test.backends)
			w.expectTexts(test.want)
		})
	}
}

// MariaDB is asked for what a SET changed that failed, with a statement that reads no table, so that SHOW WARNINGS shows the error all the same.
func TestWarningsOfFailedSet(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.settings.ConnectionDelayMultiplex = patience
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if string(payload[1:]) == "SET sort_buffer_size=1, time_zone='nowhere'" {
				a.Error(1298, "Unknown or incorrect time zone: 'nowhere'")
				return
			}
			tracking(cmd, payload, a)
		}
	})
	a := w.dial()
	_, err := a.Query("SET sort_buffer_size=1, time_zone='nowhere'")
	wantERR(t, err, 1298, "Unknown or incorrect time zone: 'nowhere'")
	mustQuery(t, a, "SHOW WARNINGS")
	mustQuery(t, a, "SET @a=1")
	w.expectTexts([]string{"SET sort_buffer_size=1, time_zone='nowhere'", asksMariaDB, "SELECT 0 LIMIT 0", "SHOW WARNINGS", "SET @a=1"})
}
