package session_test

import (
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Who has set the trackers of MySQL is followed no more. The server is asked for the variables that a statement was prepared under, before a connection
// prepares it, and what it had still to report reaches the client.
func TestLearning(t *testing.T) {
	const show = "SELECT DATABASE()"
	zone := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("time_zone"), Value: []byte("+01:00")}
	values := map[string]string{
		"SESSION.sql_mode": "ANSI", "SESSION.collation_connection": "utf8mb4_general_ci",
		"SESSION.character_set_client": "utf8mb4", "SESSION.character_set_results": "utf8mb4",
	}
	var p *preparer
	var w *world
	w, p = newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = "9.7.0"
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch sql := string(payload[1:]); {
			case cmd == protocol.ComQuery && sql == "DO 0":
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: zone.Append(nil)})
			case cmd == protocol.ComQuery && strings.HasPrefix(sql, show):
				row := []string{"app"}
				for _, asked := range strings.Split(sql, "@@")[1:] {
					value := "default"
					for name, is := range values {
						if strings.HasPrefix(asked, name) {
							value = is
						}
					}
					row = append(row, value)
				}
				a.Rows(make([]string, len(row)), row)
			default:
				p.answer(cmd, payload, a)
			}
		}
	})
	cfg := w.client()
	cfg.Database = "app"
	cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack | protocol.ClientDeprecateEOF
	a, b := mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
	s := mustPrepare(t, a, "SELECT ?")
	mustQuery(t, b, "BEGIN") // takes the connection
	mustQuery(t, a, "SET SESSION session_track_state_change = ON")
	mustQuery(t, a, "SET sql_mode = 'ANSI'") // which is not reported
	before := len(w.server.Commands())
	for i, due := range []bool{true, false} {
		results, err := a.Command(protocol.ComStmtExecute, first(s, "x")...)
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(string(results[0].OK.StateChanges), "time_zone"); told != due {
			t.Errorf("OK packet %d: told: %v", i, told)
		}
	}
	var got []string
	for _, c := range w.server.Commands()[before:] {
		text := c.Command.String()
		if c.Command == protocol.ComQuery || c.Command == protocol.ComStmtPrepare {
			text = string(c.Payload[1:])
		}
		if strings.HasPrefix(text, show) {
			text = show
		}
		got = append(got, text)
	}
	want := []string{
		"DO 0", show, "SET @@SESSION.character_set_results='utf8mb4',@@SESSION.sql_mode=DEFAULT", "SELECT ?",
		"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_general_ci',@@SESSION.sql_mode='ANSI'", "COM_STMT_EXECUTE",
		"COM_STMT_EXECUTE", // nothing has changed since
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("the server got %q, want %q", got, want)
	}
}
