package session_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// variable finds the variables that a query names.
var variable = regexp.MustCompile(`@@(SESSION|GLOBAL)\.(\w+)`)

// Who has set the trackers of MySQL is followed no more. The server is asked for the variables that a statement was
// prepared under, before a connection prepares it, and what it had still to report reaches the client. One that is
// older lacks some of them, and refuses a query that names one.
func TestLearning(t *testing.T) {
	old := []string{
		"character_set_client", "character_set_results", "collation_connection", "default_week_format", "div_precision_increment", "group_concat_max_len",
		"lc_time_names", "optimizer_switch", "sql_auto_is_null", "sql_buffer_result", "sql_mode", "time_zone",
	}
	for version, variables := range map[string][]string{"5.7.44": old, "9.7.0": append(slices.Clone(old), "explain_format", "windowing_use_high_precision")} {
		t.Run(version, func(t *testing.T) { testLearning(t, version, variables) })
	}
}

// testLearning is TestLearning with a server that has these variables.
func testLearning(t *testing.T, version string, variables []string) {
	const show = "SELECT DATABASE()"
	zone := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("time_zone"), Value: []byte("+01:00")}
	values := map[string]string{
		"SESSION.sql_mode": "ANSI", "SESSION.collation_connection": "utf8mb4_general_ci",
		"SESSION.character_set_client": "utf8mb4", "SESSION.character_set_results": "utf8mb4",
	}
	var p *preparer
	var w *world
	w, p = newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = version
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch sql := string(payload[1:]); {
			case cmd == protocol.ComQuery && sql == "DO 0":
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: zone.Append(nil)})
			case cmd == protocol.ComQuery && strings.HasPrefix(sql, "SELECT VARIABLE_NAME"):
				var rows [][]string
				for _, name := range variables {
					rows = append(rows, []string{name})
				}
				a.Rows([]string{"VARIABLE_NAME"}, rows...)
			case cmd == protocol.ComQuery && strings.HasPrefix(sql, show):
				row, asked := []string{"app"}, make(map[string]int)
				for _, found := range variable.FindAllStringSubmatch(sql, -1) {
					scope, name := found[1], found[2]
					if !slices.Contains(variables, name) {
						a.Error(1193, "Unknown system variable '"+name+"'")
						return
					}
					asked[name]++
					value := "default"
					if is, ok := values[scope+"."+name]; ok {
						value = is
					}
					row = append(row, value)
				}
				if len(asked) != len(variables) {
					t.Errorf("asked for %v", asked)
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

// What only the connection knows of FOUND_ROWS() is asked for before a question of the proxy's own makes it forget that.
func TestFoundOutlivesLearning(t *testing.T) {
	var p *preparer
	var w *world
	w, p = newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch sql := string(payload[1:]); {
			case strings.HasPrefix(sql, "SELECT FOUND_ROWS()"):
				a.Rows([]string{"f", "l"}, []string{"3", "0"})
			case strings.HasPrefix(sql, "SELECT DATABASE()"):
				a.Rows([]string{"d", "s", "g"}, []string{"app", "", ""})
			default:
				p.answer(cmd, payload, a)
			}
		}
	})
	a := w.dial()
	mustQuery(t, a, "SET SESSION session_track_state_change = ON")
	mustQuery(t, a, "CALL p()")
	mustPrepare(t, a, "SELECT ?")
	mustQuery(t, a, "SELECT FOUND_ROWS()")
	const asks = "SELECT DATABASE(),@@SESSION.collation_connection,@@GLOBAL.collation_connection"
	w.expectTexts([]string{standIn(0), "CALL p()", "SELECT FOUND_ROWS(), LAST_INSERT_ID()", asks,
		"SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0", "SELECT FOUND_ROWS()"})
}
