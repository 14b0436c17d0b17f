package backend

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
)

// A connection is brought to a state by as few commands as possible, and one that the server refuses is said to its owner.
func TestSync(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, payload []byte, w *mysqltest.Answer) {
		if cmd == protocol.ComInitDB && string(payload[1:]) == "gone" {
			w.Error(1049, "Unknown database")
			return
		}
		mysqltest.Reply(cmd, payload, w)
	}})
	r := newRecorder(t)
	none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
	b := r.connect(l, r.spec(server.Addr(), func(s *Spec) { s.Login.Session = none }))
	zone := sysvar.State{Vars: interner.With(interner.Empty(), []byte("time_zone"), []byte("+01:00")), UserVars: interner.Empty()}
	for _, test := range []struct {
		name string
		want Want
		sent string // begins of the commands
	}{
		{"nothing", Want{Session: none}, ""},
		{"schema and variable", Want{Session: zone, Schema: "shop"}, "\x02shop|\x03SET "},
		{"the same again", Want{Session: zone, Schema: "shop"}, ""},
		{"insert id", Want{Session: zone, Schema: "shop", InsertID: 7, NeedInsertID: true}, "\x03SET last_insert_id=7"},
		{"insert id not asked for", Want{Session: zone, Schema: "shop", InsertID: 8}, ""},
		{"past", Want{Session: zone, Schema: "shop", Past: Past{Asked: true, Found: 3}}, "\x03SELECT 0 FROM (SELECT 0 UNION"},
	} {
		before := len(server.Commands())
		var done bool
		on(l, func() { done = b.Sync(&test.want) })
		if done != (test.sent == "") {
			t.Fatalf("%s: done %v", test.name, done)
		}
		if !done {
			r.next("ready")
		}
		var parts []string
		if test.sent != "" {
			parts = strings.Split(test.sent, "|")
		}
		got := server.Commands()[before:]
		if len(got) != len(parts) {
			t.Fatalf("%s: %d commands", test.name, len(got))
		}
		for i, p := range parts {
			if !strings.HasPrefix(string(got[i].Payload), p) {
				t.Errorf("%s: %q, want %q", test.name, got[i].Payload, p)
			}
		}
	}
	on(l, func() { b.Sync(&Want{Session: none, Schema: "gone"}) })
	if e := r.next("refused"); e.reason.Code != 1049 {
		t.Errorf("%v", e.reason)
	}
	on(l, b.Quit)
	r.next("closed")
	r.none()
}

// COM_RESET_CONNECTION leaves the schema, but not its character set: it is selected again.
func TestSyncAfterReset(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: mysqltest.Reply})
	r := newRecorder(t)
	none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
	login, _ := interner.Login(45, false)
	b := r.connect(l, r.spec(server.Addr(), func(s *Spec) {
		s.Login.Session = sysvar.State{Vars: login, UserVars: interner.Empty()}
		s.Login.Schema = "shop"
	}))
	ready := func(act func()) []string {
		t.Helper()
		before := len(server.Commands())
		on(l, act)
		r.next("ready")
		return sent(server, before)
	}
	sync := func() { b.Sync(&Want{Session: none, Schema: "shop"}) }
	computed := sysvar.State{Vars: login, UserVars: interner.UnknownUserVars()} // which no assignment takes back
	on(l, func() { b.SetHave(Have{Session: computed, Schema: "shop"}) })
	if got := ready(sync); !slices.Equal(got, []string{"COM_RESET_CONNECTION ", "COM_INIT_DB shop"}) {
		t.Errorf("for what takes a reset, the server got %q", got)
	}
	if got := ready(b.Reset); !slices.Equal(got, []string{"COM_RESET_CONNECTION "}) {
		t.Errorf("at a reset the server got %q", got)
	}
	if got := ready(sync); !slices.Equal(got, []string{"COM_INIT_DB shop"}) {
		t.Errorf("after a reset the server got %q", got)
	}
	on(l, func() {
		if !b.Sync(&Want{Session: none, Schema: "shop"}) {
			t.Error("there is something left to do")
		}
		b.Quit()
	})
	r.next("closed")
	r.none()
}

// A connection whose trackers become the client's keeps the access mode of the client's last transaction, not that of another's.
func TestSyncAccess(t *testing.T) {
	const reported = "SET @@SESSION.session_track_transaction_info="
	for _, test := range []struct {
		have, want digest.AccessMode
		need       bool
		sent       []string
	}{
		{digest.ReadOnly, digest.ReadWrite, false, nil},
		{digest.ReadOnly, digest.ReadOnly, true, nil},
		{digest.ReadOnly, digest.ReadWrite, true, []string{"START TRANSACTION READ WRITE", endTransaction}},
		{digest.ReadOnly, digest.AccessUnsaid, true, []string{reported + "'STATE'", endTransaction, reported + "DEFAULT"}},
	} {
		l := newLoop(t)
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: mysqltest.Reply})
		r := newRecorder(t)
		none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
		b := r.connect(l, r.spec(server.Addr(), func(s *Spec) { s.Login.Session = none }))
		before := len(server.Commands())
		on(l, func() {
			b.SetHave(Have{Session: none, Tracked: true, Access: test.have})
			b.Sync(&Want{Session: none, Bare: true, Access: test.want, NeedAccess: test.need})
		})
		r.next("ready")
		var got []string
		for _, c := range server.Commands()[before:] {
			got = append(got, string(c.Payload[1:]))
		}
		if want := append([]string{sysvar.UntrackQuery}, test.sent...); !slices.Equal(got, want) {
			t.Errorf("from %d to %d, %v: the server got %q", test.have, test.want, test.need, got)
		}
		on(l, func() {
			if got := b.Have().Access; test.need && got != test.want {
				t.Errorf("from %d to %d: has %d", test.have, test.want, got)
			}
			b.Quit()
		})
		r.next("closed")
		r.none()
	}
}

// A state that no SET brings a connection to, not even a fresh one, is not taken for reached: SET NAMES gives client and results one collation.
func TestSyncUnreachable(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: mysqltest.Reply})
	r := newRecorder(t)
	unreachable := vars("character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=utf8mb4", "collation_results=utf8mb4_general_ci")
	b := r.connect(l, r.spec(server.Addr(), func(s *Spec) { s.Login.Session = vars() }))
	on(l, func() { b.Sync(&Want{Session: vars("collation_connection=latin1_bin")}) })
	r.next("ready")
	on(l, func() {
		if b.Sync(&Want{Session: unreachable}) {
			t.Error("there is nothing to do")
		}
	})
	if e := r.next("lost"); !errors.Is(e.err, errUnreachable) {
		t.Errorf("lost because of %v", e.err)
	}
	r.next("closed")
	r.none()
}
