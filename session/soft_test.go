package session_test

import (
	"strings"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/session/rules"
)

// soften makes the world's server OFFLINE_SOFT.
func (w *world) soften() {
	w.t.Helper()
	c := serverAt(w.t, w.server.Addr())
	c.Status = config.StatusOfflineSoft
	if err := w.hostgroups.Apply([]config.MySQLServer{c}); err != nil {
		w.t.Fatal(err)
	}
	w.HostgroupsChanged()
	w.turns()
}

func (w *world) wantLogged(text string, want int) {
	w.t.Helper()
	if n := strings.Count(w.log.String(), text); n != want {
		w.t.Errorf("%q is %d times in the log, want %d: %s", text, n, want, w.log)
	}
}

// A server that becomes OFFLINE_SOFT is left by who has nothing there, at once, and by others when that ends; those are listed
// once, with the reason.
func TestOfflineSoftDrains(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.Contains(string(payload), "BEGIN") {
				a.Status |= protocol.StatusInTrans
				a.OK()
				return
			}
			tracking(cmd, payload, a)
		}
	})
	var clients []*mysqltest.Client
	for _, sql := range []string{"SELECT SQL_CALC_FOUND_ROWS 1", "BEGIN", "CREATE TEMPORARY TABLE t (a INT)"} {
		c := w.dial()
		mustQuery(t, c, sql)
		clients = append(clients, c)
	}
	w.waitBackends(3)
	w.soften()
	w.waitBackends(2) // the first only lingered
	w.waitLog(`"connections":2,`)
	w.wantLogged(`"reason":"transaction"`, 1)
	w.wantLogged(`"reason":"temporary_table"`, 1)
	w.HostgroupsChanged()
	w.turns()
	w.wantLogged("stays on a server", 2)
	mustQuery(t, clients[1], "COMMIT")
	w.waitBackends(1)
	_, err := clients[0].Query("SELECT 1")
	wantERR(t, err, protocol.ErrCodeNoBackend, "no server of hostgroup 1 can be used: 1 offline")
	mustQuery(t, clients[2], "SELECT 1")
}

// A session that is just asking its connection what it takes along when the server becomes OFFLINE_SOFT, and again when anything else
// changes, gets the answer, and goes on with what its client has sent meanwhile.
func TestOfflineSoftWhileAsking(t *testing.T) {
	asking, answer := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.Contains(string(payload), "FOUND_ROWS(), LAST_INSERT_ID()") {
				close(asking)
				<-answer
			}
			remembering(cmd, payload, a)
		}
	})
	c := w.dial()
	mustQuery(t, c, "INSERT 1")
	w.soften()
	<-asking
	failed := make(chan error, 1)
	go func() {
		_, err := c.Query("SELECT 1")
		failed <- err
	}()
	w.turns()
	w.HostgroupsChanged()
	w.turns()
	close(answer)
	wantERR(t, <-failed, protocol.ErrCodeNoBackend, "no server of hostgroup 1 can be used: 1 offline")
}

// A session that keeps its connection though nothing holds it there, and is in the middle of a statement when the server becomes OFFLINE_SOFT, leaves
// when that ends.
func TestOfflineSoftInMidStatement(t *testing.T) {
	for name, off := range map[string]func(*setup){
		"multiplexing = false": func(s *setup) { s.settings.Multiplexing = false },
		"multiplex = 0":        func(*setup) {},
	} {
		t.Run(name, func(t *testing.T) {
			begun, end := make(chan struct{}), make(chan struct{})
			w := newWorld(t, func(s *setup) {
				tracked(s)
				off(s)
				s.rules = compile(t, rule(1, "^SELECT", 1, func(r *rules.Rule) { r.Multiplex = 0 }))
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					if string(payload[1:]) == "SELECT SLEEP(1)" {
						close(begun)
						<-end
					}
					tracking(cmd, payload, a)
				}
			})
			c := w.dial()
			mustQuery(t, c, "SELECT 1")
			answered := make(chan error, 1)
			go func() {
				_, err := c.Query("SELECT SLEEP(1)")
				answered <- err
			}()
			<-begun
			w.soften()
			w.waitBackends(1)
			close(end)
			if err := <-answered; err != nil {
				t.Error(err)
			}
			w.waitBackends(0)
			_, err := c.Query("SELECT 1")
			wantERR(t, err, protocol.ErrCodeNoBackend, "no server of hostgroup 1 can be used: 1 offline")
		})
	}
}

// However many stay, the log gets a few lines.
func TestOfflineSoftListsAFew(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.loops = 2
	})
	for range 25 {
		mustQuery(t, w.dial(), "SELECT 1")
	}
	w.soften()
	w.waitLog(`"connections":25,`)
	w.wantLogged(`"reason":"multiplexing = false"`, 20)
}
