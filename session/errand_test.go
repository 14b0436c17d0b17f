package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
	"parkway/session"
)

// errandLimit bounds results here.
const errandLimit = 1 << 20

// errands makes a world whose errands are the user app's.
func errands(t *testing.T, change func(*setup)) *world {
	t.Helper()
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.errands = 4
		if change != nil {
			change(s)
		}
	})
	w.Errands().Apply(session.ErrandAccount{User: "app"})
	return w
}

// errand runs a statement.
func (w *world) errand(sql string) (*hook.Reply, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	return w.Errands().Query(ctx, 1, sql, errandLimit)
}

// wantErrand checks what is said against a statement.
func (w *world) wantErrand(sql string, code uint16, text string) {
	w.t.Helper()
	_, err := w.errand(sql)
	var said *hook.Rejection
	if !errors.As(err, &said) || said.Code != code || !strings.Contains(said.Message, text) {
		w.t.Errorf("%s: %v, want %d and %q", sql, err, code, text)
	}
}

// Errands use the connections of the pool again, if nothing is left on them.
func TestErrand(t *testing.T) {
	w := errands(t, func(s *setup) {
		s.server.Users = map[string]string{"app": "secret"}
		s.server.Queries = map[string]mysqltest.Handler{
			"SELECT 1": mysqltest.Rows([]string{"a", "b"}, []string{"1", "x"}, []string{"2", ""}),
			"SELECT 2": mysqltest.Fail(1054, "no such column"),
			"INSERT 1": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.OKPacket(protocol.OK{Status: a.Status, AffectedRows: 3, InsertID: 7, Warnings: 1, Info: []byte("info")})
			},
		}
	})
	for range 3 {
		r, err := w.errand("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Table.Columns) != 2 || r.Table.Columns[1].Name != "b" || r.Table.Rows.Len() != 2 || string(r.Table.Rows.Row(0)[1].Bytes) != "x" {
			t.Errorf("%+v", r.Table)
		}
		w.wantErrand("SELECT 2", 1054, "no such column")
		if r, err := w.errand("INSERT 1"); err != nil || r.OK != (hook.Summary{AffectedRows: 3, InsertID: 7, Warnings: 1, Info: "info"}) {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if n := w.server.Accepted(); n != 1+1 { // and what asked for the version
		t.Errorf("%d connections", n)
	}
	// What is set stays with nobody.
	for n, sql := range []string{"SET time_zone='+01:00'", "BEGIN", "SELECT GET_LOCK('a', 1)", "SELECT @a := 1", "SELECT mine()", "CREATE TEMPORARY TABLE t (a INT)"} {
		if _, err := w.errand(sql); err != nil {
			t.Error(err)
		}
		w.waitBackends(0)
		if _, err := w.errand("SELECT 1"); err != nil {
			t.Error(err)
		}
		if got := w.server.Accepted(); got != n+3 {
			t.Errorf("after %s: %d connections, want %d", sql, got, n+3)
		}
	}
	w.server.KillAll() // between two statements
	w.waitBackends(0)
	if _, err := w.errand("INSERT 1"); err != nil {
		t.Error(err)
	}
}

// Whose errands they are, and who may not.
func TestErrandAccount(t *testing.T) {
	w := errands(t, func(s *setup) {
		s.server.Users = map[string]string{"app": "secret", "own": "pw"}
		s.users = append(s.users, user("hashed", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"))
		s.users[0].DefaultSchema = "shop"
		s.server.Queries = map[string]mysqltest.Handler{"SELECT who": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Rows([]string{"who", "where"}, []string{a.Login().User, a.Login().Database})
		}}
	})
	who := func() string {
		t.Helper()
		r, err := w.errand("SELECT who")
		if err != nil {
			t.Fatal(err)
		}
		return string(r.Table.Rows.Row(0)[0].Bytes) + " " + string(r.Table.Rows.Row(0)[1].Bytes)
	}
	if got := who(); got != "app shop" {
		t.Errorf("they are %q", got)
	}
	w.Errands().Apply(session.ErrandAccount{User: "own", Password: "pw"})
	if got := who(); got != "own " {
		t.Errorf("they are %q", got)
	}
	// Connections of an account that is not theirs any more are closed.
	w.Errands().Apply(session.ErrandAccount{User: "own", Password: "other"})
	w.HostgroupsChanged()
	w.turns()
	w.waitBackends(1) // app's
	w.wantErrand("SELECT 1", 1045, "")
	w.Errands().Apply(session.ErrandAccount{User: "hashed"})
	w.wantErrand("SELECT 1", 1045, "sql_password")
	w.Errands().Apply(session.ErrandAccount{})
	w.wantErrand("SELECT 1", 1105, "sql_username")
}

// Results are bounded, and what is not to be had is said.
func TestErrandLimits(t *testing.T) {
	w := errands(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"SELECT large": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stream(1<<30, 1000) },
			"SELECT many": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Columns("a")
				for range session.MaxErrandRows + 1 {
					a.Row("")
				}
				a.End()
			},
			"LOAD": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Infile("secrets") },
		}
	})
	w.wantErrand("SELECT large", 1105, "larger than 1048576 bytes")
	w.wantErrand("SELECT many", 1105, "more than 20000 rows")
	w.wantErrand("LOAD", 1105, "asks for a file")
	w.waitBackends(0)
	w.wantErrand(strings.Repeat("x", protocol.MaxPayload), 1105, "16777215 bytes")
	if _, err := w.Errands().Query(t.Context(), 9, "SELECT 1", errandLimit); err == nil || !strings.Contains(err.Error(), "hostgroup 9 has no servers") {
		t.Errorf("%v", err)
	}
}

// Whoever has no time left is answered at once, and what runs for them is killed.
func TestErrandGivenUp(t *testing.T) {
	w := errands(t, func(s *setup) {
		killable(s)
		s.errands, s.places = 2, 1
	})
	run := func(ctx context.Context) <-chan error {
		told := make(chan error, 1)
		go func() {
			_, err := w.Errands().Query(ctx, 1, "hang", errandLimit)
			told <- err
		}()
		return told
	}
	ctx, cancel := context.WithCancel(t.Context())
	running := run(ctx)
	w.waitText("hang")
	waiting := run(ctx) // for the server's only place
	w.waitMetric(`parkway_pool_waiting{hostgroup="1"}`, "1")
	short, cancelShort := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancelShort()
	if err := receive(t, run(short)); err == nil || !strings.Contains(err.Error(), "2 statements of the script are under way already") {
		t.Errorf("%v", err)
	}
	cancel()
	for _, told := range []<-chan error{running, waiting} {
		if err := receive(t, told); err == nil || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%v", err)
		}
	}
	if task := w.kills.wait(t, 1); !task.Connection || task.User != "app" {
		t.Errorf("%+v", task)
	}
	w.waitBackends(0)
	if _, err := w.errand("SELECT 1"); err != nil {
		t.Error(err)
	}
}

// A read whose connection is lost before its answer is sent again, once; a write is not.
func TestErrandLost(t *testing.T) {
	for sql, want := range map[string]int{"SELECT die": 2, "INSERT die": 1, "SELECT late": 1} {
		tries := make(chan struct{}, 10)
		w := errands(t, func(s *setup) {
			s.server.Queries = map[string]mysqltest.Handler{sql: func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				tries <- struct{}{}
				if sql == "SELECT late" {
					a.Columns("a")
				}
				a.Die()
			}}
		})
		if _, err := w.errand(sql); err == nil {
			t.Errorf("%s: an answer", sql)
		}
		if got := len(tries); got != want {
			t.Errorf("%s: it was sent %d times, want %d", sql, got, want)
		}
		w.waitBackends(0)
	}
}

// A server that is taken away ends what runs there.
func TestErrandServerTaken(t *testing.T) {
	w := errands(t, killable)
	told := make(chan error, 1)
	go func() {
		_, err := w.errand("hang")
		told <- err
	}()
	w.waitText("hang")
	c := serverAt(t, w.server.Addr())
	c.Status = config.StatusOfflineHard
	if err := w.hostgroups.Apply([]config.MySQLServer{c}); err != nil {
		t.Fatal(err)
	}
	w.HostgroupsChanged()
	if err := receive(t, told); err == nil || !strings.Contains(err.Error(), "taken offline") {
		t.Errorf("%v", err)
	}
	if task := w.kills.wait(t, 1); task.Thread == 0 || task.At == (kill.Endpoint{}) {
		t.Errorf("%+v", task)
	}
	w.waitBackends(0)
}

// waitText waits until the server has a statement.
func (w *world) waitText(sql string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !slices.Contains(w.texts(), sql); w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("the server has no %q", sql)
		}
	}
}
