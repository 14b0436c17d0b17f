package session_test

import (
	"fmt"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// long is a literal of a text that is not waited for whole, with what would matter outside of it.
var long = "'" + strings.Repeat(`it''s @a:=GET_LOCK("x", 1); \'`, 12_000) + "'"

// What holds a connection holds it at the end of a text that is too long to be looked at whole, and nothing else in that text does.
func TestEndOfALongTextIsSeen(t *testing.T) {
	for i, test := range []struct{ sql, pin string }{
		{"INSERT INTO t VALUES (%s, 'a@b.c')", ""},
		{"SELECT %s FROM t WHERE a = @a", ""},
		{"SELECT %s, GET_LOCK('a', 1)", "get_lock"},
		{"SELECT %s, @a := 5", "user_variable"},
		{"SET @a = %s", "user_variable"},
		{"SELECT %s; SET @a = 5", "user_variable"},
		{"SELECT 1 /* %s", "unexplained"},
		{"SET @@max_statement_time = LENGTH(%s)", "variable"},
		{"CREATE TEMPORARY TABLE u AS SELECT %s AS a", "temporary_table"},
		{"SELECT %s INTO @a", "user_variable"},
	} {
		w := newWorld(t, func(s *setup) {
			tracked(s)
			s.server.Greeting.ServerVersion = "10.11.6-MariaDB" // MySQL is asked what functions did
		})
		cfg := w.client()
		if i%2 == 1 {
			cfg.Addr = mysqltest.NewWire(t, mysqltest.WireConfig{Target: w.addr, Up: mysqltest.Direction{Piece: 50_000}}).Addr()
		}
		c, other := mysqltest.Dial(t, cfg), w.dial()
		mustQuery(t, c, fmt.Sprintf(test.sql, long))
		mustQuery(t, other, "DO 1")
		want := 1
		if test.pin != "" {
			want = 2
			if got := w.metric(`parkway_pins_total{reason="` + test.pin + `"}`); got != "1" {
				t.Errorf("%d: %.30s: %q pins by %s", i, test.sql, got, test.pin)
			}
		}
		w.waitBackends(want)
	}
}

// A text of more than one packet is read without the headers between.
func TestLongTextOfSeveralPackets(t *testing.T) {
	w := newWorld(t, tracked)
	c, other := w.dial(), w.dial()
	// A quote and a header that looks like one, between two packets.
	text := "SELECT '"
	text += strings.Repeat("x", protocol.MaxPayload-1-len(text)) + "y', GET_LOCK('a', 1)" + strings.Repeat(" ", '\'')
	mustQuery(t, c, text)
	mustQuery(t, other, "DO 1")
	w.waitBackends(2)
	if got := w.metric(`parkway_pins_total{reason="get_lock"}`); got != "1" {
		t.Errorf("%q pins by get_lock", got)
	}
}

// A statement with a long text has what is at its end each time that it is executed.
func TestLongTextIsPrepared(t *testing.T) {
	w, _ := newPreparer(t, nil)
	c := w.dial()
	s := mustPrepare(t, c, "SELECT "+long+", GET_LOCK('a', 1)")
	w.turns()
	if got := w.metric(`parkway_pins_total{reason="get_lock"}`); got != "" {
		t.Errorf("%q pins by get_lock of what was only prepared", got)
	}
	if _, err := s.Execute(); err != nil {
		t.Fatal(err)
	}
	w.turns()
	if got := w.metric(`parkway_pins_total{reason="get_lock"}`); got != "1" {
		t.Errorf("%q pins by get_lock", got)
	}
	mustPrepare(t, c, "SELECT "+long+", @a := 5")
	w.turns()
	if got := w.metric(`parkway_pins_total{reason="user_variable"}`); got != "1" {
		t.Errorf("%q pins by user_variable", got)
	}
}
