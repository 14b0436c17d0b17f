package backend

import (
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
)

func TestStandIn(t *testing.T) {
	for past, want := range map[Past]string{{Quiet: true}: "DO (SELECT 0 FROM (SELECT 0) t)", {Quiet: true, Keep: true}: "DO 0"} {
		if got := string(appendStandIn(nil, past)); got != want {
			t.Errorf("%+v: %s", past, got)
		}
	}
	for _, test := range []struct {
		found       uint64
		tables      int
		begin, ends string
	}{
		{0, 1, "SELECT 0 FROM (SELECT 0 ", " t1 LIMIT 0"},
		{10, 1, "SELECT 0 FROM (SELECT 0 ", " t1 LIMIT 10"},
		{11, 2, "SELECT 0 FROM (SELECT 0 ", " t2 LIMIT 11"},
		{100, 2, "SELECT 0 FROM (SELECT 0 ", " t2 LIMIT 100"},
		{101, 3, "SELECT SQL_CALC_FOUND_ROWS 0 FROM (SELECT 0 FROM (SELECT 0 ", " t3 LIMIT 101) t LIMIT 1"},
		{5_000_000, 6, "SELECT SQL_CALC_FOUND_ROWS 0 FROM (SELECT 0 FROM (SELECT 0 ", " t6 LIMIT 1000000) t LIMIT 1"},
	} {
		if keep := string(appendStandIn(nil, Past{Found: test.found, Keep: true})); test.found <= maxStandIn && strings.Contains(keep, "FROM") {
			t.Errorf("%d: reads a table: %s", test.found, keep)
		}
		sql := string(appendStandIn(nil, Past{Found: test.found}))
		if !strings.HasPrefix(sql, test.begin) || !strings.HasSuffix(sql, test.ends) || strings.Count(sql, ten) != test.tables {
			t.Errorf("%d: %s", test.found, sql)
		}
	}
}

// What the server remembers is asked for, and is in Have then; an answer that makes no sense is refused.
func TestAskPast(t *testing.T) {
	l := newLoop(t)
	answers := make(chan []string, 3)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, payload []byte, w *mysqltest.Answer) {
		if cmd != protocol.ComQuery {
			mysqltest.Reply(cmd, payload, w)
			return
		}
		if row := <-answers; row != nil {
			w.Rows([]string{"a", "b"}, row)
		} else {
			w.Error(1317, "no")
		}
	}})
	r := newRecorder(t)
	none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
	for _, test := range []struct {
		row  []string
		want string
	}{{[]string{"7", "18446744073709551614"}, "ready"}, {[]string{"x", "1"}, "refused"}, {nil, "refused"}} {
		b := r.connect(l, r.spec(server.Addr(), func(s *Spec) { s.Login.Session = none }))
		answers <- test.row
		var found, id uint64
		on(l, func() { b.AskPast(nil, func(f, i uint64) { found, id = f, i }) })
		r.next(test.want)
		if test.want == "ready" && (found != 7 || id != 18446744073709551614 || b.Have().InsertID != id) {
			t.Errorf("%q: %d, %d", test.row, found, id)
		}
		on(l, b.Quit)
		r.next("closed")
	}
	r.none()
}

// What stands in for a statement without diagnostics leaves none, if they are asked for.
func TestStandInWithoutWarnings(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, payload []byte, w *mysqltest.Answer) {
		if cmd != protocol.ComQuery || !strings.Contains(string(payload), "SQL_CALC_FOUND_ROWS") {
			mysqltest.Reply(cmd, payload, w)
			return
		}
		w.Columns("0")
		w.Row("0")
		w.Packet(protocol.AppendEndOfRows(nil, w.Status, 1, w.Capabilities()))
	}})
	r := newRecorder(t)
	none := sysvar.State{Vars: interner.Empty(), UserVars: interner.Empty()}
	b := r.connect(l, r.spec(server.Addr(), func(s *Spec) { s.Login.Session = none }))
	for _, test := range []struct {
		past Past
		sent int
	}{
		{Past{Asked: true, Found: 200, Clean: true}, 2},
		{Past{Asked: true, Found: 200}, 1},
		{Past{Asked: true, Found: 20, Clean: true}, 1},
	} {
		before := len(server.Commands())
		on(l, func() { b.Sync(&Want{Session: none, Past: test.past}) })
		r.next("ready")
		got := server.Commands()[before:]
		if len(got) != test.sent || test.sent == 2 && string(got[1].Payload[1:]) != quietSet {
			t.Errorf("%+v: the server got %d commands: %q", test.past, len(got), got[len(got)-1].Payload)
		}
	}
	on(l, b.Quit)
	r.next("closed")
	r.none()
}
