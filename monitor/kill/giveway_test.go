package kill

import (
	"testing"

	"parkway/protocol/mysqltest"
)

// Where the account has no room for a connection that is kept, there is one for each KILL; without room for that either, the owner of the thread
// kills with one of its own.
func TestGiveWay(t *testing.T) {
	w := newWorld(t, account, nil)
	w.server.WaitCommands(t, 1)
	w.GiveWay("127.0.0.9:1") // is not configured
	w.server.WaitConnections(t, 1)
	w.GiveWay(w.known[0].Server.String())
	w.server.WaitConnections(t, 0)
	for n := 2; n <= 3; n++ {
		if r := w.run(w.task(7)); r.Outcome != Killed {
			t.Errorf("%+v", r)
		}
		w.server.WaitConnections(t, 0)
		if got := w.server.Accepted(); got != n {
			t.Errorf("%d connections, want %d", got, n)
		}
	}
	w.server.Change(func(c *mysqltest.ServerConfig) { c.Fault.Places = 1 })
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: w.server.Addr(), User: "monitor", Password: "m"}) // a check
	unknown := w.task(7)
	unknown.Known = false
	if r := w.run(unknown); r.Outcome != Denied || r.Err == nil {
		t.Errorf("without room: %+v", r)
	}
	c.Close()
	w.server.WaitConnections(t, 0)
	if r := w.run(w.task(7)); r.Outcome != Killed {
		t.Errorf("by the owner, while the account is not tried again: %+v", r)
	}
}
