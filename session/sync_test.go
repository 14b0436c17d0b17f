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
