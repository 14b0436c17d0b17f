package session_test

import (
	"testing"

	"parkway/config"
	"parkway/protocol"
)

// A server that a reload makes OFFLINE_HARD, or takes out, ends the sessions that are on it; OFFLINE_SOFT lets them go on.
func TestServerTakenOffline(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(config.MySQLServer) []config.MySQLServer
		ends   bool
	}{
		{"OFFLINE_HARD", func(c config.MySQLServer) []config.MySQLServer {
			c.Status = config.StatusOfflineHard
			return []config.MySQLServer{c}
		}, true},
		{"removed", func(config.MySQLServer) []config.MySQLServer { return nil }, true},
		{"OFFLINE_SOFT", func(c config.MySQLServer) []config.MySQLServer {
			c.Status = config.StatusOfflineSoft
			return []config.MySQLServer{c}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, unshared)
			attached, idle := w.dial(), w.dial()
			if _, err := attached.Query("SELECT 1"); err != nil {
				t.Fatal(err)
			}
			if err := w.hostgroups.Apply(test.change(serverAt(t, w.server.Addr()))); err != nil {
				t.Fatal(err)
			}
			w.HostgroupsChanged()
			if _, err := idle.Command(protocol.ComPing); err != nil {
				t.Errorf("a client without a server: %v", err)
			}
			if test.ends {
				wantGoodbye(t, attached, protocol.ErrCodeNewAbortingConnection, "parkway: server "+w.server.Addr()+" was taken offline (OFFLINE_HARD)")
			} else if _, err := attached.Query("SELECT 1"); err != nil {
				t.Error(err)
			}
		})
	}
}
