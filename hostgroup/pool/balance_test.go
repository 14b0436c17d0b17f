package pool

import (
	"testing"

	"parkway/config"
	"parkway/protocol/mysqltest"
)

// A server that comes back gets connections though others have enough idle ones: these are closed, a few at a time.
func TestServerThatIsBackGetsConnections(t *testing.T) {
	first := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	second := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	both := []config.MySQLServer{at(t, first.Addr(), 100), at(t, second.Addr(), 100)}
	away := append([]config.MySQLServer(nil), both...)
	away[1].Status = config.StatusOfflineSoft
	w := newWorld(t, 1, away...)
	w.settings.FreeConnectionsPct = 100
	w.idleOn(0, 40)
	keepUp := func() { w.on(0, func(p *Pool) { p.keepUp() }) }
	keepUp()
	if n := w.server(0).Connections(); n != 40 {
		t.Fatalf("%d connections of 40 without another server", n)
	}
	if err := w.Apply(both); err != nil {
		t.Fatal(err)
	}
	keepUp()
	w.waitConnections(0, 40-2) // of 20 too many
	for n := range 20 {
		c := w.newClient(0)
		c.acquire()
		if b := c.mustGet(); b.Server() == w.server(1) {
			break
		} else if n == 19 {
			t.Error("20 new connections, none of them to the server that is back")
		}
	}
}
