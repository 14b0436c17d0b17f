package session_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A server that lets nobody in any more goes on to serve through the connections that are open: the clients of all loops share the one
// there is, and nobody reads that it can't be reached.
func TestServerThatLetsNobodyIn(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.loops = 2
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			time.Sleep(5 * time.Millisecond)
			mysqltest.Reply(cmd, payload, a)
		}
	})
	mustQuery(t, w.dial(), "SELECT 0")
	w.server.Change(func(c *mysqltest.ServerConfig) {
		c.Fault = mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "Host is blocked")}
	})
	accepted := w.server.Accepted()
	var all sync.WaitGroup
	for i := range 10 {
		c := w.dial()
		all.Go(func() {
			for n := range 5 {
				if _, err := c.Query(fmt.Sprintf("SELECT %d", n)); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	if w.server.Accepted() == accepted {
		t.Error("nobody has tried to connect")
	}
}
