package backend

import (
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
)

// reporting is a server with trackers: SET a=b is reported as such, and "USE s" as a schema.
func reporting(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	sql := string(payload[1:])
	report := func(c protocol.StateChange) {
		a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: c.Append(nil)})
	}
	name, value, set := strings.Cut(strings.TrimPrefix(sql, "SET "), "=")
	switch {
	case strings.HasPrefix(sql, "SELECT VARIABLE_NAME"):
		a.Rows([]string{"n"}, []string{"sql_mode"}, []string{"time_zone"})
	case strings.HasPrefix(sql, "USE "):
		report(protocol.StateChange{Type: protocol.TrackSchema, Value: []byte(sql[4:])})
	case strings.HasPrefix(sql, "SET @@SESSION"):
		a.OK()
	case strings.HasPrefix(sql, "SET ") && set:
		report(protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte(name), Value: []byte(value)})
	case sql == "wrong":
		a.Error(1064, "You have an error")
	default:
		mysqltest.Reply(cmd, payload, a)
	}
}

// initialized is a shared login to addr with an init_connect.
func (r *recorder) initialized(addr, init string, caps protocol.Capability) Spec {
	none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
	return r.spec(addr, func(s *Spec) {
		s.Init, s.Login.Shared, s.Login.Session = init, true, none
		s.Login.Capabilities |= caps
	})
}

// sent are the texts of the server's commands from the n-th on, but for those that turn trackers on.
func sent(s *mysqltest.Server, n int) (list []string) {
	for _, c := range s.Commands()[n:] {
		if text := string(c.Payload[1:]); !strings.Contains(text, "session_track") && !strings.HasPrefix(text, "SELECT VARIABLE_NAME") {
			list = append(list, c.Command.String()+" "+text)
		}
	}
	return list
}

func vars(pairs ...string) sysvar.State {
	set := interner.Empty()
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		set = interner.With(set, []byte(name), []byte(value))
	}
	return sysvar.State{Vars: set, UserVars: interner.Empty()}
}

// What init_connect sets is there for who sets nothing, and comes back after another session's value and after a reset.
func TestInitConnect(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: reporting})
	r := newRecorder(t)
	b := r.connect(l, r.initialized(server.Addr(), "SET sql_mode=ANSI", 0))
	if got := sent(server, 0); !slices.Equal(got, []string{"COM_QUERY SET sql_mode=ANSI"}) {
		t.Fatalf("the server got %q", got)
	}
	nothing, own, other := vars(), vars("sql_mode=TRADITIONAL"), vars("time_zone=SYSTEM")
	for _, test := range []struct {
		name string
		want sysvar.State
		sent []string
	}{
		{"nothing set", nothing, nil},
		{"another value", own, []string{"COM_QUERY SET @@SESSION.sql_mode='TRADITIONAL'"}},
		{"nothing set, after another", nothing, []string{"COM_QUERY SET @@SESSION.sql_mode='ANSI'"}},
		{"another variable", other, []string{"COM_QUERY SET @@SESSION.time_zone='SYSTEM'"}},
		{"nothing set again", nothing, []string{"COM_QUERY SET @@SESSION.time_zone=DEFAULT"}},
	} {
		before := len(server.Commands())
		var done bool
		var cost int
		on(l, func() {
			cost, _ = b.Cost(&Want{Session: test.want})
			done = b.Sync(&Want{Session: test.want})
		})
		if !done {
			r.next("ready")
		}
		if got := sent(server, before); !slices.Equal(got, test.sent) || cost != len(test.sent) {
			t.Errorf("%s: the server got %q, cost %d, want %q", test.name, got, cost, test.sent)
		}
	}
	// A statement that changed nothing leaves it as it is.
	before := len(server.Commands())
	on(l, func() {
		h := b.Have()
		h.Session = nothing
		b.SetHave(h)
		if !b.Sync(&Want{Session: nothing}) {
			t.Error("there is something to do")
		}
		b.Reset()
	})
	r.next("ready")
	if got := sent(server, before); !slices.Equal(got, []string{"COM_RESET_CONNECTION ", "COM_QUERY SET sql_mode=ANSI"}) {
		t.Errorf("at a reset the server got %q", got)
	}
	on(l, func() {
		if !b.Sync(&Want{Session: nothing}) || b.Runs() != 0 {
			t.Error("after a reset there is something to do")
		}
	})
}

// Several statements need the server's leave, where the client has not asked for it.
func TestInitConnectOfSeveralStatements(t *testing.T) {
	const init = "SET sql_mode=ANSI; SET time_zone=SYSTEM"
	for _, caps := range []protocol.Capability{0, protocol.ClientMultiStatements} {
		l := newLoop(t)
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: reporting})
		r := newRecorder(t)
		r.connect(l, r.initialized(server.Addr(), init, caps))
		want := []string{"COM_QUERY " + init}
		if caps == 0 {
			want = []string{"COM_SET_OPTION \x00\x00", want[0], "COM_SET_OPTION \x01\x00"}
		}
		if got := sent(server, 0); !slices.Equal(got, want) {
			t.Errorf("%v: the server got %q", caps, got)
		}
	}
}

// An init_connect that the server refuses, or that takes the choice of the schema from the client, ends the connection.
func TestBadInitConnect(t *testing.T) {
	for init, reason := range map[string]string{
		"wrong": "init_connect: ERROR 1064", "USE elsewhere": "init_connect must not contain USE",
	} {
		l := newLoop(t)
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: reporting})
		r := newRecorder(t)
		r.dial(l, r.initialized(server.Addr(), init, 0))
		e := r.next("lost").err
		r.next("closed")
		if e.Stage != StagePrepare || !strings.Contains(e.Error(), reason) {
			t.Errorf("%s: %v", init, e)
		}
		if text := e.Packet(protocol.ErrCodeNoBackend).Message; !strings.HasPrefix(text, "parkway: preparation of the connection to "+server.Addr()) {
			t.Errorf("the client reads %q", text)
		}
	}
}

// A connection on which nothing has run needs no statement that stands in for the session's last one.
func TestFreshConnectionNeedsNoPast(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: reporting})
	r := newRecorder(t)
	b := r.connect(l, r.initialized(server.Addr(), "", 0))
	want := Want{Session: vars(), Past: Past{Asked: true, Fresh: true}}
	on(l, func() {
		if !b.Sync(&want) {
			t.Error("a fresh one has something to do")
		}
	})
	command(l, b, protocol.ComQuery, "SELECT 1")
	r.answer()
	before := len(server.Commands())
	on(l, func() {
		if b.Sync(&want) {
			t.Error("a used one has nothing to do")
		}
	})
	r.next("ready")
	if got := sent(server, before); !slices.Equal(got, []string{"COM_QUERY SELECT 0 FROM " + ten + " t1 LIMIT 0"}) {
		t.Errorf("the server got %q", got)
	}
}

// What no SET can take back takes a reset, after which the trackers are on again and the session's own is set.
func TestSyncByReset(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: reporting})
	r := newRecorder(t)
	b := r.connect(l, r.initialized(server.Addr(), "", 0))
	computed := vars("sql_mode=ANSI")
	computed.UserVars = interner.UnknownUserVars()
	on(l, func() { b.SetHave(Have{Session: computed, Tracked: true, InsertID: 7}) })
	before := len(server.Commands())
	on(l, func() {
		if b.Sync(&Want{Session: vars("time_zone=SYSTEM")}) {
			t.Error("nothing to do")
		}
	})
	r.next("ready")
	if got := sent(server, before); !slices.Equal(got, []string{"COM_RESET_CONNECTION ", "COM_QUERY SET @@SESSION.time_zone='SYSTEM'"}) {
		t.Errorf("the server got %q", got)
	}
	if h := b.Have(); !h.Tracked || h.InsertID != 0 || h.Session != vars("time_zone=SYSTEM") {
		t.Errorf("have %+v", h)
	}
	if got := server.Commands()[before+1].Payload; !strings.Contains(string(got), "session_track") {
		t.Errorf("after the reset comes %q, not the trackers", got)
	}
}

// A server without COM_RESET_CONNECTION says so, and the connection is of no use.
func TestResetRefused(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		if cmd == protocol.ComResetConnection {
			a.Error(1047, "Unknown command")
			return
		}
		reporting(cmd, payload, a)
	}})
	r := newRecorder(t)
	b := r.connect(l, r.initialized(server.Addr(), "SET sql_mode=ANSI", 0))
	on(l, b.Reset)
	if e := r.next("refused"); e.reason.Code != 1047 {
		t.Errorf("%v", e.reason)
	}
}
