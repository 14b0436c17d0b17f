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
