package session_test

import (
	"fmt"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Where the server's completion_type is RELEASE, the connection of a client that ended a transaction is for nobody
// else: the server is about to hang up.
func TestServerReleases(t *testing.T) {
	report := func(value string, a *mysqltest.Answer) {
		change := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("completion_type"), Value: []byte(value)}
		a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
	}
	for _, test := range []struct {
		server, first, sql string
		keeps              bool
	}{
		{"RELEASE", "", "SELECT 1", false},
		{"RELEASE", "", "COMMIT", true},
		{"RELEASE", "", "ROLLBACK", true},
		{"RELEASE", "", "ROLLBACK TO s", false},
		{"RELEASE", "", "CALL p()", true},
		{"RELEASE", "SET completion_type='NO_CHAIN'", "COMMIT", false},
		{"NO_CHAIN", "", "COMMIT", false},
	} {
		t.Run(fmt.Sprint(test.server, " ", test.first, " ", test.sql), func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				mysqlServed(s)
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					switch sql := string(payload[1:]); {
					case strings.HasPrefix(sql, "SET @@SESSION.session_track_schema=1"):
						report(test.server, a)
					case strings.HasPrefix(sql, "SET completion_type"):
						report("NO_CHAIN", a)
					default:
						tracking(cmd, payload, a)
					}
				}
			})
			a, b := w.dial(), w.dial()
			if test.first != "" {
				mustQuery(t, a, test.first)
			}
			mustQuery(t, a, test.sql)
			mustQuery(t, b, "SELECT 2")
			if !test.keeps {
				w.waitBackends(1)
				return
			}
			w.waitBackends(2)
			w.server.KillAll() // hangs up
			wantGoodbye(t, a, protocol.ErrCodeNewAbortingConnection, "parkway: connection to "+w.server.Addr())
			w.waitSessions(1)
			mustQuery(t, b, "SELECT 3")
		})
	}
}
