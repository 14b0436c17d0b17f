package session_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A server that refuses to bring a connection to the session's state: the client reads what it said, the connection serves nobody
// else, and the session goes on.
func TestRefusedSync(t *testing.T) {
	var refusing atomic.Bool
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if text := string(payload[1:]); refusing.Load() && strings.Contains(text, "+01:00") {
				a.Error(1298, "Unknown or incorrect time zone")
				return
			}
			tracking(cmd, payload, a)
		}
	})
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	mustQuery(t, b, "SELECT 1") // takes it back
	w.waitBackends(1)
	refusing.Store(true)
	_, err := a.Query("SELECT 2")
	var said *protocol.ERR
	if !errors.As(err, &said) || said.Code != 1298 {
		t.Fatalf("got %v", err)
	}
	w.waitBackends(0)
	mustQuery(t, b, "SELECT 3")
	refusing.Store(false)
	mustQuery(t, a, "SELECT 4")
	w.waitBackends(1)
}

// A client whose schema was dropped, or never was there, reads so, and can go to another one.
func TestLostSchema(t *testing.T) {
	var dropped atomic.Bool
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			text := string(payload[1:])
			schema, uses := strings.CutPrefix(text, "USE ")
			switch {
			case cmd != protocol.ComInitDB && !uses:
				tracking(cmd, payload, a)
			case schema == "gone" && dropped.Load():
				a.Error(protocol.ErrCodeBadDB, "Unknown database 'gone'")
			default:
				change := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte(schema)}
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
			}
		}
	})
	a := w.dial()
	cfg := w.client()
	cfg.Database = "app"
	b := mysqltest.Dial(t, cfg)
	use := func(schema string) error {
		_, err := a.Command(protocol.ComInitDB, []byte(schema)...)
		return err
	}
	taken := func() { // a's connection, by b
		t.Helper()
		mustQuery(t, b, "SELECT 1")
		w.waitBackends(1)
	}
	for _, leave := range []func() error{
		func() error { return use("other") },
		func() error { _, err := a.Query("USE other"); return err },
	} {
		dropped.Store(false)
		if err := use("gone"); err != nil {
			t.Fatal(err)
		}
		taken()
		dropped.Store(true)
		_, err := a.Query("SELECT 2")
		wantERR(t, err, protocol.ErrCodeBadDB, "Unknown database 'gone'")
		if err := leave(); err != nil {
			t.Fatal(err)
		}
		mustQuery(t, a, "SELECT 3")
	}
	wantERR(t, use("gone"), protocol.ErrCodeBadDB, "Unknown database 'gone'")
	mustQuery(t, a, "SELECT 4")
}
