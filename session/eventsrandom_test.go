package session_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// stirring are statements of which most leave something that is asked for before the connection is left.
var stirring = []string{
	"INSERT 1", "SELECT 3 rows", "warn", "SELECT LAST_INSERT_ID()", "SELECT FOUND_ROWS()", "SET time_zone='+01:00', sql_mode='ANSI'",
	"CALL p()", "/*slow*/ SELECT 1", "/*slow*/ INSERT 1", "SELECT 1; SELECT 2", "BEGIN", "COMMIT",
}

// Whatever happens while a client's statement waits, because its connection is being asked, brought to its state, lost,
// killed or drained, or because a script is: it is answered, or its connection ends.
func TestEventsAtRandom(t *testing.T) {
	const clients, lasting = 12, 700 * time.Millisecond
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p := newPolicy(slowly)
	w := newWorld(t, scriptedBy(p, tracked, func(s *setup) {
		killable(s)
		s.server.Queries = nil
		s.loops, s.places = 2, 3
		s.users[0].MaxConnections = 0
		s.settings.SessionIdle, s.settings.ConnectionDelayMultiplex = time.Millisecond, time.Millisecond
		s.settings.DefaultQueryTimeout = 500 * time.Millisecond
		s.settings.ConnectTimeoutServerMax = time.Second
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if strings.Contains(string(payload), "FOUND_ROWS(), LAST") {
				time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond) // so that something happens meanwhile
			}
			switch sql := string(payload[1:]); {
			case cmd == protocol.ComQuery && sql == "BEGIN":
				a.Status |= protocol.StatusInTrans
				a.OK()
			default:
				remembering(cmd, payload, a)
			}
		}
	}))
	var all sync.WaitGroup
	ended := make(chan struct{})
	var ids sync.Map
	for n := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			for {
				c, err := mysqltest.Connect(w.client())
				if err != nil {
					t.Error(err)
					return
				}
				ids.Store(n, id(c))
				for err == nil {
					select {
					case <-ended:
						c.Close()
						return
					default:
					}
					sql := stirring[r.IntN(len(stirring))]
					if _, err = c.Query(sql); isTimeout(err) {
						t.Errorf("%s: no answer", sql)
					}
					var said *protocol.ERR
					if errors.As(err, &said) && said.Code != protocol.ErrCodeNewAbortingConnection && said.Code != protocol.ErrCodeServerShutdown {
						err = nil
					}
				}
				c.Close()
			}
		})
	}
	all.Go(func() { // the script
		for {
			select {
			case call := <-p.waiting:
				call.answer(hook.Nothing)
			case <-p.cancelled:
			case <-ended:
				return
			}
		}
	})
	r := rand.New(rand.NewPCG(seed, clients))
	killer := w.dial()
	for begun := time.Now(); time.Since(begun) < lasting; time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond) {
		switch r.IntN(5) {
		case 0, 1:
			if victim, ok := ids.Load(r.IntN(clients)); ok {
				verb := []string{"KILL QUERY", "KILL QUERY", "KILL"}[r.IntN(3)]
				killer.Query(fmt.Sprintf("%s %v", verb, victim))
			}
		case 2:
			w.server.KillAll()
		case 3:
			w.HostgroupsChanged()
		default:
			w.turnStatus(t, config.StatusOfflineSoft)
			w.turnStatus(t, config.StatusOnline)
		}
	}
	close(ended)
	all.Wait()
	killer.Close()
	w.waitSessions(0)
}

// turnStatus gives the world's server another status.
func (w *world) turnStatus(t *testing.T, status string) {
	t.Helper()
	c := serverAt(t, w.server.Addr())
	c.Status, c.MaxConnections = status, 3
	if err := w.hostgroups.Apply([]config.MySQLServer{c}); err != nil {
		t.Error(err)
	}
	w.HostgroupsChanged()
	w.turns()
}

// isTimeout reports whether nothing came within a client's patience.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
