package session_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// newPreparerOfSchemas is newPreparer with a server that reports the schema.
func newPreparerOfSchemas(t *testing.T, version string) (w *world, p *preparer) {
	return newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = version
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if cmd != protocol.ComInitDB {
				p.answer(cmd, payload, a)
				return
			}
			change := protocol.StateChange{Type: protocol.TrackSchema, Value: payload[1:]}
			a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
		}
	})
}

// executeUnprepared has a client execute what it has prepared in schema app, from another schema if elsewhere, on a connection that lacks the
// statement and refuses to prepare it. b is in a transaction on the connection that has it. err is what a reads.
func executeUnprepared(t *testing.T, version string, elsewhere bool, refuse func(*mysqltest.Answer)) (w *world, a, b *mysqltest.Client, err error) {
	t.Helper()
	w, p := newPreparerOfSchemas(t, version)
	cfg := w.client()
	cfg.Database = "app"
	cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
	a, b = mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
	s := mustPrepare(t, a, "DELETE ?")
	if elsewhere {
		if _, err := a.Command(protocol.ComInitDB, []byte("other")...); err != nil {
			t.Fatal(err)
		}
	}
	mustQuery(t, b, "BEGIN") // takes the connection
	p.mu.Lock()
	p.prepare = func(_ string, a *mysqltest.Answer) bool {
		refuse(a)
		return true
	}
	p.mu.Unlock()
	_, err = a.Command(protocol.ComStmtExecute, first(s, "x")...)
	return w, a, b, err
}

// A connection that refuses to prepare a statement does not go to the schema of that, where the client's own, which has the statement, would have gone to
// execute it: MySQL would have told of that with the next OK packet, MariaDB with the next that reports anything, and the proxy does.
func TestSchemaOfWhatIsNotPrepared(t *testing.T) {
	const report = "SET time_zone='+01:00', sql_mode='ANSI'"
	for version, next := range map[string]string{"9.7.0": "DO 1", "5.5.5-10.11.6-MariaDB": report} {
		for _, elsewhere := range []bool{false, true} {
			_, a, b, err := executeUnprepared(t, version, elsewhere, func(a *mysqltest.Answer) {
				a.Error(1792, "Cannot execute statement in a READ ONLY transaction")
			})
			wantERR(t, err, 1792, "READ ONLY")
			for i, due := range []bool{elsewhere, false} {
				told := false
				for it := protocol.NewStateChanges(mustQuery(t, a, next)[0].OK.StateChanges); it.Next(); {
					told = told || it.Change().Type == protocol.TrackSchema && string(it.Change().Value) == "other"
				}
				if told != due {
					t.Errorf("%s, elsewhere: %v, OK packet %d: told: %v", version, elsewhere, i, told)
				}
			}
			mustQuery(t, b, "COMMIT")
		}
	}
}

// A connection that has refused to prepare a statement is where that was prepared, in another schema, say. What brings it back clears MySQL's warnings, so
// that who asks for them next finds the error again.
func TestWarningsOfWhatIsNotPrepared(t *testing.T) {
	const signal = "SIGNAL SQLSTATE '25006' SET MYSQL_ERRNO=1792,MESSAGE_TEXT=X'7265616420276f6e6c7927'"
	for name, ask := range map[string]func(*mysqltest.Client) error{
		"DO 1": nil,
		"ping": func(c *mysqltest.Client) error { _, err := c.Command(protocol.ComPing); return err },
		"show": func(c *mysqltest.Client) error { _, err := c.Query("SHOW WARNINGS"); return err },
	} {
		w, a, b, err := executeUnprepared(t, "9.7.0", true, func(a *mysqltest.Answer) {
			packet := protocol.ERR{Code: 1792, State: "25006", Message: "read 'only'"}
			a.Packet(packet.Append(nil))
		})
		wantERR(t, err, 1792, "only")
		before := len(w.texts())
		want := []string{signal}
		if ask == nil {
			mustQuery(t, a, name)
			want = []string{name}
		} else if err := ask(a); err != nil {
			t.Fatal(err)
		} else if name == "show" {
			want = append(want, "SHOW WARNINGS")
		}
		if got := w.texts()[before:]; !slices.Equal(got, want) {
			t.Errorf("%s: the server got %q, want %q", name, got, want)
		}
		mustQuery(t, b, "COMMIT")
	}
}

// asksMariaDB is what MariaDB is asked with for what it has not reported yet.
const asksMariaDB = "SET @@SESSION.lc_time_names=@@SESSION.lc_time_names"

// MariaDB reports what a SET has assigned that failed with the next change that it reports, of which the proxy has it report more than the client: that is
// told with its own next one.
func TestFailedSetIsToldLate(t *testing.T) {
	const failed = "SET time_zone='+01:00', identity=DEFAULT"
	for _, test := range []struct {
		set  string
		told bool
	}{
		{failed, true},
		{"SET @@time_zone='+01:00', identity=DEFAULT", false}, // which MariaDB does not report at all
	} {
		w := newWorld(t, func(s *setup) {
			tracked(s)
			s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
			s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				report := func(names ...string) {
					ok := protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged}
					for _, name := range names {
						change := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte(name), Value: []byte("x")}
						ok.StateChanges = change.Append(ok.StateChanges)
					}
					a.OKPacket(ok)
				}
				switch sql := string(payload[1:]); sql {
				case failed, "SET @@SESSION.time_zone='+01:00', identity=DEFAULT":
					a.Error(1230, "Variable 'identity' doesn't have a default value")
				case asksMariaDB:
					report("lc_time_names", "time_zone")
				case "SET sort_buffer_size=65536":
					report("sort_buffer_size")
				case "SET NAMES latin1":
					report("character_set_client", "character_set_connection", "character_set_results")
				default:
					tracking(cmd, payload, a)
				}
			}
		})
		cfg := w.client()
		cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
		a := mysqltest.Dial(t, cfg)
		_, err := a.Query(test.set)
		wantERR(t, err, 1230, "default")
		for _, step := range []struct {
			sql  string
			told bool
		}{{"SELECT 1", false}, {"SET sort_buffer_size=65536", false}, {"SET NAMES latin1", test.told}, {"SET NAMES latin1", false}} {
			told := false
			for it := protocol.NewStateChanges(mustQuery(t, a, step.sql)[0].OK.StateChanges); it.Next(); {
				told = told || string(it.Change().Name) == "time_zone"
			}
			if told != step.told {
				t.Errorf("%s, then %s: told: %v", test.set, step.sql, told)
			}
		}
	}
}

// The schema that MariaDB reports late is that of the connection, as the client before has left it: like all else of that state, it does not become the
// session's which asks, and which brings the connection to its own then.
func TestLateSchemaOfAnother(t *testing.T) {
	w, _ := newPreparer(t, func(s *setup) {
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		answer := s.server.Handler
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			var changes []byte
			switch {
			case cmd == protocol.ComInitDB:
				changes = (&protocol.StateChange{Type: protocol.TrackSchema, Value: payload[1:]}).Append(nil)
			case string(payload[1:]) == asksMariaDB:
				changes = (&protocol.StateChange{Type: protocol.TrackSchema, Value: []byte("other")}).Append(nil)
				changes = (&protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("lc_time_names"), Value: []byte("de_DE")}).Append(changes)
			default:
				answer(cmd, payload, a)
				return
			}
			a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: changes})
		}
	})
	cfg := w.client()
	cfg.Database = "app"
	a := mysqltest.Dial(t, cfg)
	s := mustPrepare(t, a, "SELECT n")
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	if _, err := a.Command(protocol.ComInitDB, []byte("other")...); err != nil {
		t.Fatal(err)
	}
	wantRow(t, a, protocol.ComStmtExecute, s.ExecutePayload(0)[1:], "SELECT n") // in the schema app; the EOF packet has no room to say so
	a.Close()
	w.waitSessions(0)

	before := len(w.server.Commands())
	mustQuery(t, mysqltest.Dial(t, cfg), "DO 1; DO 2")
	w.waitBackends(1)
	var got []string
	for _, c := range w.server.Commands()[before:] {
		got = append(got, string(c.Payload[1:]))
	}
	schema, last := slices.Index(got, "app"), len(got)-1
	zone := slices.IndexFunc(got, func(sql string) bool { return strings.Contains(sql, "time_zone") })
	if got[0] != asksMariaDB || schema < 0 || zone < 0 || got[last] != "DO 1; DO 2" {
		t.Errorf("the server was sent %q", got)
	}
}

// What MariaDB reports late where the proxy goes to another schema, to prepare a statement there, is told with the next
// report for the client who has set the trackers; of a variable that was reported twice, the last value.
func TestFailedSetIsToldBehindPreparation(t *testing.T) {
	pending := "" // on the server's goroutine, of the one connection that selects schemas
	w, p := newPreparer(t, nil)
	w.server.Change(func(c *mysqltest.ServerConfig) {
		c.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			ok := protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged}
			sql := string(payload[1:])
			switch zone, failed := strings.CutPrefix(sql, "SET time_zone="); {
			case failed:
				pending, _, _ = strings.Cut(zone, ",")
				a.Error(1230, "Variable 'identity' doesn't have a default value")
				return
			case cmd == protocol.ComInitDB:
				ok.StateChanges = (&protocol.StateChange{Type: protocol.TrackSchema, Value: payload[1:]}).Append(nil)
				if pending != "" {
					change := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("time_zone"), Value: []byte(pending)}
					ok.StateChanges, pending = change.Append(ok.StateChanges), ""
				}
			case sql == "SET autocommit=1":
				ok.StateChanges = (&protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("autocommit"), Value: []byte("ON")}).Append(nil)
			default:
				p.answer(cmd, payload, a)
				return
			}
			a.OKPacket(ok)
		}
	})
	cfg := w.client()
	cfg.Database = "app"
	cfg.Capabilities = mysqltest.BaseCapabilities | protocol.ClientSessionTrack
	a, b := mysqltest.Dial(t, cfg), mysqltest.Dial(t, cfg)
	texts := []string{"SELECT 'a'", "SELECT 'b'"}
	statements := []*mysqltest.Statement{mustPrepare(t, a, texts[0]), mustPrepare(t, a, texts[1])}
	mustQuery(t, b, "BEGIN") // takes the connection
	if _, err := a.Command(protocol.ComInitDB, []byte("other")...); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, a, "SET SESSION session_track_transaction_info='CHARACTERISTICS'")
	for i, s := range statements {
		_, err := a.Query("SET time_zone=" + strconv.Itoa(i) + ", identity=DEFAULT")
		wantERR(t, err, 1230, "default")
		wantRow(t, a, protocol.ComStmtExecute, s.ExecutePayload(0)[1:], texts[i])
	}
	for _, want := range []string{"autocommit=ON time_zone=1", "autocommit=ON"} {
		var got []string
		for it := protocol.NewStateChanges(mustQuery(t, a, "SET autocommit=1")[0].OK.StateChanges); it.Next(); {
			if c := it.Change(); c.Type == protocol.TrackSystemVariables {
				got = append(got, string(c.Name)+"="+string(c.Value))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("told: %q, want %s", got, want)
		}
	}
}
