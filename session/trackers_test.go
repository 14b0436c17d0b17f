package session_test

import (
	"strings"
	"testing"

	"parkway/protocol"
)

// A statement that could tell how the trackers are set finds them as on a connection of the client's own; the next one is followed again.
func TestTrackersAreTheClients(t *testing.T) {
	w := newWorld(t, tracked)
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "SELECT 1")
	for _, test := range []struct {
		sql  string
		want string // begins of what the server gets before it
	}{
		{"SELECT @@session_track_schema", "SET @@SESSION.session_track_schema=DEFAULT"},
		{"SHOW VARIABLES", ""},
		{"SHOW VARIABLES LIKE 'sql_mode'", "SET @@SESSION.session_track_schema=1"},
		{"SELECT 2", ""},
		{"SET @list = @@session_track_system_variables", "SET @@SESSION.session_track_schema=DEFAULT"},
		{"SELECT 3", "SET @@SESSION.session_track_schema=1"},
		{"SET time_zone='+01:00', sql_mode='ANSI'", ""},
		{"SET SESSION session_track_schema = OFF", "SET @@SESSION.session_track_schema=DEFAULT"},
		{"SELECT 4", ""},
		{"SELECT @@session_track_schema", ""},
	} {
		before := len(w.server.Commands())
		mustQuery(t, a, test.sql)
		var got []string
		for _, c := range w.server.Commands()[before:] {
			if c.Command == protocol.ComQuery {
				got = append(got, string(c.Payload[1:]))
			}
		}
		if n := len(got); n == 0 || got[n-1] != test.sql || n > 2 || (n == 2) != (test.want != "") || n == 2 && !strings.HasPrefix(got[0], test.want) {
			t.Errorf("%s: the server got %q", test.sql, got)
		}
	}
	w.waitBackends(1)
	mustQuery(t, b, "SELECT 5")
	w.waitBackends(2) // a's is its own
	if _, err := a.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	w.waitBackends(1)
}

// A connection whose trackers are the client's is told of the session's past before they are: a statement that does so
// then would be reported with what is for the client.
func TestPastBeforeTrackers(t *testing.T) {
	for _, version := range []string{"9.7.0", "5.5.5-10.11.6-MariaDB"} {
		w := newWorld(t, func(s *setup) {
			mysqlServed(s)
			s.server.Greeting.ServerVersion = version
		})
		a, b := w.dial(), w.dial()
		mustQuery(t, a, "BEGIN")
		mustQuery(t, a, "COMMIT")
		mustQuery(t, b, "UPDATE 1 rows")
		mustQuery(t, a, "SET SESSION session_track_transaction_info='CHARACTERISTICS'")
		said := len(w.texts())
		mustQuery(t, a, "SELECT FOUND_ROWS(), LAST_INSERT_ID()")
		if got := w.texts()[said:]; len(got) != 1 {
			t.Errorf("%s: the server got %q", version, got)
		}
	}
}

// MySQL tells a client who has transactions reported of the access mode of an earlier one: it is the client's own.
func TestAccessModeIsTheClients(t *testing.T) {
	const end = "COMMIT AND NO CHAIN NO RELEASE"
	for _, test := range []struct {
		name, a, b string
		sent       []string // before the SET of a
	}{
		{"the same", "START TRANSACTION READ ONLY", "START TRANSACTION READ ONLY", nil},
		{"another's", "START TRANSACTION", "START TRANSACTION READ ONLY", []string{end}},
		{"its own", "START TRANSACTION READ WRITE", "START TRANSACTION READ ONLY", []string{"START TRANSACTION READ WRITE", end}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, mysqlServed)
			a, b := w.dial(), w.dial()
			want := []string{test.a, "COMMIT", test.b, "COMMIT"}
			mustQuery(t, a, test.a)
			mustQuery(t, a, "COMMIT")
			mustQuery(t, b, test.b)
			mustQuery(t, b, "COMMIT")
			mustQuery(t, a, "SELECT 1")
			mustQuery(t, a, "SET SESSION session_track_transaction_info='CHARACTERISTICS'")
			w.expectTexts(append(append(append(want, "SELECT 1"), test.sent...), standIn(1)))
			w.waitBackends(1)
		})
	}
}
