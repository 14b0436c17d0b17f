package session_test

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A connection that refuses to prepare a statement does not go to the schema of that, where the client's own, which has the statement, would have gone to
// execute it: MySQL would have told of that with the next OK packet, and the proxy does.
func TestSchemaOfWhatIsNotPrepared(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		var p *preparer
		var w *world
		w, p = newPreparer(t, func(s *setup) {
			s.server.Greeting.ServerVersion = "9.7.0"
			s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				if cmd != protocol.ComInitDB {
					p.answer(cmd, payload, a)
					return
				}
				change := protocol.StateChange{Type: protocol.TrackSchema, Value: payload[1:]}
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
			}
		})
		cfg := w.client()
		cfg.Database = "app"
		cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
		a, b := mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
		s := mustPrepare(t, a, "DELETE ?")
		if elsewhere {
			if _, err := a.Command(protocol.ComInitDB, []byte("other")...); err != nil {
				t.Fatal(err)
			}
		}
		mustQuery(t, b, "BEGIN") // takes the connection
		p.mu.Lock()
		p.prepare = func(_ string, a *mysqltest.Answer) bool {
			a.Error(1792, "Cannot execute statement in a READ ONLY transaction")
			return true
		}
		p.mu.Unlock()
		_, err := a.Command(protocol.ComStmtExecute, first(s, "x")...)
		wantERR(t, err, 1792, "READ ONLY")
		for i, due := range []bool{elsewhere, false} {
			told := false
			for it := protocol.NewStateChanges(mustQuery(t, a, "DO 1")[0].OK.StateChanges); it.Next(); {
				told = told || it.Change().Type == protocol.TrackSchema && string(it.Change().Value) == "other"
			}
			if told != due {
				t.Errorf("elsewhere: %v, OK packet %d: told: %v", elsewhere, i, told)
			}
		}
		mustQuery(t, b, "COMMIT")
	}
}
