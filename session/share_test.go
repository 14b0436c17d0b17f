package session_test

import (
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// tracking is a server with session trackers: "set" reports a time zone that nobody tracks by default, "use" a schema.
func tracking(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	report := func(changes ...protocol.StateChange) {
		ok := protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, Info: []byte("text")}
		for _, c := range changes {
			ok.StateChanges = c.Append(ok.StateChanges)
		}
		a.OKPacket(ok)
	}
	zone := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("time_zone"), Value: []byte("+01:00")}
	mode := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("sql_mode"), Value: []byte("ANSI")}
	changed := protocol.StateChange{Type: protocol.TrackStateChange, Value: []byte("1")}
	switch sql := string(payload[1:]); {
	case strings.HasPrefix(sql, "SELECT VARIABLE_NAME"):
		a.Rows([]string{"n"}, []string{"sql_mode"}, []string{"time_zone"})
	case sql == "SET time_zone='+01:00', sql_mode='ANSI'":
		report(zone, mode, changed)
	case sql == "SET character_set_client=latin1":
		report(protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("character_set_client"), Value: []byte("latin1")}, changed)
	case sql == "CREATE TEMPORARY TABLE t (a INT)":
		report(changed)
	case strings.HasPrefix(sql, "SET ") && strings.Contains(sql, "refused"):
		a.Error(1231, "refused")
	default:
		mysqltest.Reply(cmd, payload, a)
	}
}

// tracked makes sessions share connections to a server that has trackers.
func tracked(s *setup) {
	s.settings.Multiplexing = true
	s.server.Greeting.Capabilities = mysqltest.ServerCapabilities
	s.server.Handler = tracking
}

// texts are the commands that the server got, but for those that turn trackers on.
func (w *world) texts() (list []string) {
	for _, c := range w.server.Commands() {
		text := string(c.Payload[1:])
		if c.Command == protocol.ComQuery && !strings.Contains(text, "session_track") && !strings.HasPrefix(text, "SELECT VARIABLE_NAME") {
			list = append(list, text)
		}
	}
	return list
}

// Two clients take turns on one connection; what one has set is not seen by the other, and comes back.
func TestSharing(t *testing.T) {
	w := newWorld(t, tracked)
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	mustQuery(t, b, "SELECT 1")
	mustQuery(t, a, "SELECT 2")
	w.waitBackends(1)
	got := w.texts()
	if len(got) < 5 || !strings.HasPrefix(got[1], "SET ") || got[2] != "SELECT 1" || !strings.Contains(got[3], "+01:00") || got[len(got)-1] != "SELECT 2" {
		t.Errorf("the server got %q", got)
	}
	if v := w.metric(`parkway_sessions{state="active"}`); v != "2" {
		t.Errorf("%s sessions", v)
	}
	// A connection that nobody holds is lost to nobody.
	w.server.KillAll()
	w.waitBackends(0)
	mustQuery(t, a, "SELECT 3")
	mustQuery(t, b, "SELECT 4")
}

// A temporary table holds the connection, and a client that leaves then leaves nothing to others.
func TestPinned(t *testing.T) {
	w := newWorld(t, tracked)
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "CREATE TEMPORARY TABLE t (a INT)")
	mustQuery(t, b, "SELECT 1")
	w.waitBackends(2)
	a.Close()
	w.waitSessions(1)
	w.waitBackends(1)
}

// What a client without trackers reads has none, and one with them reads only what servers report by default.
func TestOKPacketsAreRewritten(t *testing.T) {
	w := newWorld(t, tracked)
	for _, caps := range []protocol.Capability{mysqltest.BaseCapabilities, mysqltest.ServerCapabilities} {
		cfg := w.client()
		cfg.Capabilities = caps
		c := mysqltest.Dial(t, cfg)
		ok := mustQuery(t, c, "SET time_zone='+01:00', sql_mode='ANSI'")[0].OK
		if string(ok.Info) != "text" {
			t.Errorf("%v: text %q", caps, ok.Info)
		}
		var names []string
		for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
			names = append(names, string(it.Change().Name))
		}
		seen := len(names) == 1 && names[0] == "time_zone"
		if with := caps.Has(protocol.ClientSessionTrack); seen != with || !with && (len(names) > 0 || ok.Status&protocol.StatusSessionStateChanged != 0) {
			t.Errorf("%v: %q, status %#x", caps, names, ok.Status)
		}
	}
}

// MariaDB reports the schema that it came back to, from where a statement was prepared, with the next change of state.
func TestLateSchema(t *testing.T) {
	for _, test := range []struct {
		version, sql string
		told         bool
	}{
		{"5.5.5-10.11.6-MariaDB", "SET @a = 1", false},
		{"5.5.5-10.11.6-MariaDB", "PREPARE s FROM 'SELECT 1'", false},
		{"5.5.5-10.11.6-MariaDB", "DEALLOCATE PREPARE s", false},
		{"5.5.5-10.11.6-MariaDB", "USE app", true},
		{"9.7.0", "SET @a = 1", true},
	} {
		w := newWorld(t, func(s *setup) {
			tracked(s)
			s.server.Greeting.ServerVersion = test.version
			s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				if string(payload[1:]) != test.sql {
					tracking(cmd, payload, a)
					return
				}
				change := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte("app")}
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
			}
		})
		cfg := w.client()
		cfg.Database = "app"
		cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
		results := mustQuery(t, mysqltest.Dial(t, cfg), test.sql)
		if told := len(results[0].OK.StateChanges) > 0; told != test.told {
			t.Errorf("%s, %s: told: %v", test.version, test.sql, told)
		}
	}
}

// MariaDB executes a statement in the schema that it was prepared in, and reports that it came back.
func TestSchemaOfExecution(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		var p *preparer
		var w *world
		w, p = newPreparer(t, func(s *setup) {
			s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
			s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				if cmd != protocol.ComStmtExecute {
					p.answer(cmd, payload, a)
					return
				}
				change := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte("app")}
				a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
			}
		})
		cfg := w.client()
		cfg.Database = "app"
		if elsewhere {
			cfg.Database = "other"
		}
		cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
		a := mysqltest.Dial(t, cfg)
		s := mustPrepare(t, a, "SET @a = 1")
		if _, err := a.Command(protocol.ComInitDB, []byte("app")...); err != nil {
			t.Fatal(err)
		}
		results, err := a.Command(protocol.ComStmtExecute, s.ExecutePayload(0)[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		if told := len(results[0].OK.StateChanges) > 0; told != elsewhere {
			t.Errorf("prepared elsewhere: %v, told: %v", elsewhere, told)
		}
	}
}

// Rows that end in an EOF packet have no room for the schema that MariaDB came back to. It tells with the next report of what clients track, and
// the proxy, which has it report more, does so then.
func TestSchemaOfExecutionIsLate(t *testing.T) {
	var p *preparer
	var w *world
	w, p = newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			sql := string(payload[1:])
			var changes []byte
			switch variable, isSet := strings.CutPrefix(sql, "SET SESSION "); {
			case cmd == protocol.ComQuery && isSet:
				name, value, _ := strings.Cut(variable, "=")
				changes = (&protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte(name), Value: []byte(value)}).Append(nil)
			case cmd != protocol.ComInitDB:
				p.answer(cmd, payload, a)
				return
			}
			changes = (&protocol.StateChange{Type: protocol.TrackSchema, Value: []byte("app")}).Append(changes)
			a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: changes})
		}
	})
	cfg := w.client()
	cfg.Database = "other"
	cfg.Capabilities = mysqltest.BaseCapabilities&^protocol.ClientDeprecateEOF | protocol.ClientSessionTrack
	a := mysqltest.Dial(t, cfg)
	s := mustPrepare(t, a, "SELECT 1")
	if _, err := a.Command(protocol.ComInitDB, []byte("app")...); err != nil {
		t.Fatal(err)
	}
	wantRow(t, a, protocol.ComStmtExecute, s.ExecutePayload(0)[1:], "SELECT 1")
	for _, step := range []struct {
		sql  string
		told bool
	}{{"SET SESSION max_seeks_for_key=7", false}, {"SET SESSION time_zone=UTC", true}, {"SET SESSION time_zone=SYSTEM", false}} {
		results := mustQuery(t, a, step.sql)
		told := false
		for it := protocol.NewStateChanges(results[0].OK.StateChanges); it.Next(); {
			told = told || it.Change().Type == protocol.TrackSchema && string(it.Change().Value) == "app"
		}
		if told != step.told {
			t.Errorf("%s: told: %v", step.sql, told)
		}
	}
}
