package backend

import (
	"slices"
	"strings"
	"testing"

	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
)

// The trackers become the client's for a statement that could tell, behind what is set for it, and the proxy's again before anything is set that
// they have to report; on a connection without trackers there is nothing to do.
func TestSyncBare(t *testing.T) {
	const on1 = "SET @@SESSION.session_track_schema=1,@@SESSION.session_track_system_variables='time_zone'"
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: mysqltest.Reply})
	refuse := func(text string) {
		server.Change(func(c *mysqltest.ServerConfig) {
			c.Queries = map[string]mysqltest.Handler{text: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Error(1231, "refused") }}
		})
	}
	r := newRecorder(t)
	none, zone, computed := vars(), vars("time_zone=+01:00"), vars()
	computed.UserVars = interner.UnknownUserVars() // which no SET takes back
	b := r.connect(l, r.spec(server.Addr(), func(s *Spec) {
		s.Login.Session = none
		s.Server.SetTrackers(&hostgroup.Trackers{Query: []byte(on1)})
	}))
	// step syncs and checks what the server gets, by the beginnings.
	step := func(name string, want Want, sends ...string) {
		t.Helper()
		before := len(server.Commands())
		var done bool
		var have Have
		on(l, func() {
			if done = b.InSync(&want); done != b.Sync(&want) {
				t.Errorf("%s: InSync says %v", name, done)
			}
		})
		if !done {
			r.next("ready")
		}
		var got []string
		for _, c := range server.Commands()[before:] {
			got = append(got, c.Command.String()+" "+string(c.Payload[1:]))
		}
		if !slices.EqualFunc(got, sends, strings.HasPrefix) {
			t.Errorf("%s: the server got %q, want %q", name, got, sends)
		}
		on(l, func() { have = b.Have() })
		if have.Bare != (want.Bare && have.Tracked) || have.Tells() != (have.Tracked && !want.Bare) {
			t.Errorf("%s: %+v", name, have)
		}
	}
	const query = "COM_QUERY "
	step("bare without trackers", Want{Session: none, Bare: true})
	on(l, func() { b.SetHave(Have{Session: none, Tracked: true}) })
	for _, bare := range []bool{true, false} {
		cost, ok := b.Cost(&Want{Session: none, Bare: bare})
		if want := map[bool]int{true: 1, false: 0}[bare]; cost != want || !ok {
			t.Errorf("bare %v: costs %d, %v", bare, cost, ok)
		}
	}
	step("bare", Want{Session: none, Bare: true}, query+sysvar.UntrackQuery)
	step("bare again", Want{Session: none, Bare: true})
	step("a variable while bare", Want{Session: zone, Bare: true}, query+"SET ")
	step("followed again", Want{Session: none}, query+on1, query+"SET ")
	step("followed still", Want{Session: none})
	step("bare with a variable", Want{Session: zone, Bare: true}, query+"SET ", query+sysvar.UntrackQuery)
	on(l, func() { b.SetHave(Have{Session: computed, Tracked: true, Bare: true}) })
	step("a reset while bare", Want{Session: none}, "COM_RESET_CONNECTION", query+on1)
	on(l, func() { b.SetHave(Have{Session: computed, Tracked: true, Bare: true}) })
	step("a reset, and bare", Want{Session: none, Bare: true}, "COM_RESET_CONNECTION", query+on1, query+sysvar.UntrackQuery)

	refuse(on1)
	on(l, func() { b.Sync(&Want{Session: none}) })
	r.next("ready")
	on(l, func() {
		if have := b.Have(); have.Tracked || have.Tells() {
			t.Errorf("after trackers were refused: %+v", have)
		}
		b.SetHave(Have{Session: none, Tracked: true})
	})
	refuse(sysvar.UntrackQuery)
	on(l, func() { b.Sync(&Want{Session: none, Bare: true}) })
	r.next("refused")
	on(l, b.Quit)
	r.next("closed")
	r.none()
}
