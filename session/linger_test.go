package session_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Whose statement has left warnings keeps the connection for them as long as others do not need it: they do if they wait for a place, not while a
// connection of their own is being opened.
func TestWarningsWhileOthersConnect(t *testing.T) {
	for _, test := range []struct {
		name   string
		places int
		kept   bool
	}{{"a connection is opened", 2, true}, {"there is no place", 1, false}} {
		t.Run(test.name, func(t *testing.T) {
			var hold atomic.Bool
			held, release := make(chan struct{}, 1), make(chan struct{})
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.places = test.places
				s.settings.ConnectionDelayMultiplex = 0
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					if hold.Load() && strings.Contains(string(payload), "session_track") { // of a connection that is being opened
						held <- struct{}{}
						<-release
					}
					remembering(cmd, payload, a)
				}
			})
			a, b := w.dial(), w.dial()
			mustQuery(t, a, "warn")
			hold.Store(true)
			answered := make(chan error, 1)
			go func() {
				_, err := b.Query("other")
				answered <- err
			}()
			if test.kept {
				<-held
			} else {
				<-answered
			}
			w.turns()
			mustQuery(t, a, "SHOW WARNINGS")
			want := []string{"warn", "SHOW WARNINGS"}
			if !test.kept {
				want = []string{"warn", standIn(0), "SHOW WARNINGS"}
			}
			w.expectTexts(want)
			close(release)
			if test.kept {
				if err := <-answered; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// On MariaDB the warnings of a statement outlast those behind it in the same text that read no table: the connection waits to be asked for them.
func TestWarningsBeforeTheLastOfSeveral(t *testing.T) {
	const several = "warn; DO 1"
	for version, pins := range map[string]string{"5.5.5-10.11.6-MariaDB": "1", "9.7.0": ""} {
		w := newWorld(t, func(s *setup) {
			tracked(s)
			s.server.Greeting.ServerVersion = version
			s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				if string(payload[1:]) != several {
					remembering(cmd, payload, a)
					return
				}
				a.MoreResults()
				a.OKPacket(protocol.OK{Warnings: 1, Status: a.Status})
				a.Status &^= protocol.StatusMoreResults
				a.OKPacket(protocol.OK{Status: a.Status})
			}
		})
		c := w.dial()
		mustQuery(t, c, several)
		w.turns()
		if got := w.metric(`parkway_pins_total{reason="warnings"}`); got != pins {
			t.Errorf("%s: %q connections are kept for warnings, want %q", version, got, pins)
		}
	}
}
