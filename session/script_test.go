package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// byComment sends a statement to the hostgroup that its comment names, and all else where it goes anyway.
func byComment(q hook.Query) *hook.Verdict {
	var hostgroup int
	if _, err := fmt.Sscanf(string(q.SQL()), "/* to %d */", &hostgroup); err == nil {
		return routeTo(hostgroup)
	}
	return hook.Nothing
}

// A script's word on the hostgroup counts as a rule's does: only where the session holds nothing elsewhere.
func TestScriptRoutes(t *testing.T) {
	for _, test := range []struct {
		name       string
		user       string
		statements []string
		want       []string
	}{
		{"over the rules", "app",
			[]string{"/* to 1 */ SELECT 1", "/* to 2 */ INSERT 1", "SELECT 2"},
			[]string{"w /* to 1 */ SELECT 1", "r /* to 2 */ INSERT 1", "r SELECT 2"}},
		{"a transaction stays", "app",
			[]string{"BEGIN", "/* to 2 */ SELECT 1", "COMMIT", "/* to 2 */ SELECT 2"},
			[]string{"w BEGIN", "w /* to 2 */ SELECT 1", "w COMMIT", "r /* to 2 */ SELECT 2"}},
		{"a transaction does not bind", "loose",
			[]string{"BEGIN", "/* to 2 */ INSERT 1", "/* to 1 */ SELECT 1", "COMMIT"},
			[]string{"w BEGIN", "r /* to 2 */ INSERT 1", "w /* to 1 */ SELECT 1", "w COMMIT"}},
		{"a lock stays", "app",
			[]string{"/* to 1 */ SELECT GET_LOCK('a', 1)", "/* to 2 */ SELECT 1"},
			[]string{"w /* to 1 */ SELECT GET_LOCK('a', 1)", "w /* to 2 */ SELECT 1"}},
		{"settings follow", "app",
			[]string{"SET time_zone='+01:00'", "/* to 2 */ INSERT 1"},
			[]string{"w SET time_zone='+01:00'", "r SET @@SESSION.time_zone='+01:00'", "r /* to 2 */ INSERT 1"}},
	} {
		for mode, change := range map[string]func(*setup){"multiplexed": multiplexed, "dedicated": dedicated} {
			t.Run(test.name+"/"+mode, func(t *testing.T) {
				s := newSplit(t, scriptedBy(newPolicy(byComment), change))
				s.run(s.as(test.user), test.statements, test.want...)
			})
		}
	}
}

// What a script is told of a statement, and that it is asked once.
func TestScriptSees(t *testing.T) {
	var seen []string
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		names := ""
		q.Attributes(func(name, value string) { names += name + "=" + value + " " })
		seen = append(seen, fmt.Sprintf("%s %q %v %d %v %s@%s/%s %s", q.Command(), q.SQL(), q.Whole(), q.Hostgroup(), q.InTransaction(), q.User(), q.ClientAddr(), q.Schema(), q.AppendDigestText(nil)))
		if q.ClientPort() == 0 || q.ID() == 0 || q.Digest() == 0 {
			t.Errorf("port %d, id %d, digest %x", q.ClientPort(), q.ID(), q.Digest())
		}
		return hook.Nothing
	})
	s := newSplit(t, scriptedBy(p, multiplexed))
	c := s.dial()
	for _, sql := range []string{"SELECT 1", "INSERT 'a'", "BEGIN", "SELECT 2", "COMMIT", "SET autocommit=0", "SELECT 3", "SELECT CONNECTION_ID()"} {
		mustQuery(t, c, sql)
	}
	st := mustPrepare(t, c, "SELECT 4")
	if _, err := st.Execute(); err != nil {
		t.Fatal(err)
	}
	s.on(0, func() {
		want := []string{
			`COM_QUERY "SELECT 1" true 2 false app@127.0.0.1/ SELECT ?`,
			`COM_QUERY "INSERT 'a'" true 1 false app@127.0.0.1/ INSERT ?`,
			`COM_QUERY "BEGIN" true 1 false app@127.0.0.1/ BEGIN`,
			`COM_QUERY "SELECT 2" true 1 true app@127.0.0.1/ SELECT ?`,
			`COM_QUERY "COMMIT" true 1 true app@127.0.0.1/ COMMIT`,
			`COM_QUERY "SET autocommit=0" true 1 false app@127.0.0.1/ SET autocommit=?`,
			`COM_QUERY "SELECT 3" true 1 true app@127.0.0.1/ SELECT ?`,
			`COM_QUERY "SELECT CONNECTION_ID()" true 1 true app@127.0.0.1/ SELECT CONNECTION_ID()`,
			`COM_STMT_PREPARE "SELECT 4" true 1 true app@127.0.0.1/ SELECT ?`,
			`COM_STMT_EXECUTE "SELECT 4" true 1 true app@127.0.0.1/ SELECT ?`,
		}
		if !slices.Equal(seen, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
		}
	})
}

// A script rejects: texts, what is prepared, what is executed, and what is too long to be held; the session goes on.
func TestScriptRejects(t *testing.T) {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if bytes.Contains(q.SQL(), []byte("secrets")) || q.Command() == hook.ComStmtExecute {
			return rejected(1142, "not for you")
		}
		return hook.Nothing
	})
	w, _ := newPreparer(t, scriptedBy(p))
	c := w.dial()
	for name, run := range map[string]func() error{
		"text":    func() error { _, err := c.Query("SELECT * FROM secrets"); return err },
		"long":    func() error { _, err := c.Query("SELECT * FROM secrets -- " + strings.Repeat("x", 1<<20)); return err },
		"prepare": func() error { _, err := c.Prepare("SELECT * FROM secrets"); return err },
		"execute": func() error { _, err := mustPrepare(t, c, "SELECT 1").Execute(); return err },
	} {
		err := run()
		wantERR(t, err, 1142, "not for you")
		var said *protocol.ERR
		if errors.As(err, &said) && said.State != "45000" {
			t.Errorf("%s: SQLSTATE %q", name, said.State)
		}
		mustQuery(t, c, "SELECT 2")
	}
	for _, r := range w.server.Commands() {
		if bytes.Contains(r.Payload, []byte("secrets")) {
			t.Errorf("the server has read %.100q", r.Payload)
		}
	}
}

// The text that a script puts in the place of another is what counts: for the connection, for its id, for KILL.
func TestScriptRewrites(t *testing.T) {
	texts := map[string]string{
		"SELECT 1":  "SELECT GET_LOCK('a', 1)",
		"SELECT 2":  "SELECT CONNECTION_ID()",
		"SELECT 3":  "KILL 1",
		"SELECT 4":  "INSERT 'it is a write'",
		"INSERT 5":  "SELECT 'it is a read'",
		"SELECT 'x": "SELECT '" + strings.Repeat("x", 100<<10) + "'",
	}
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if sql, ok := texts[string(q.SQL()[:min(9, len(q.SQL()))])]; ok {
			return rewriteTo(sql)
		}
		return hook.Nothing
	})
	s := newSplit(t, scriptedBy(p, multiplexed))
	c := s.dial()
	// Rules have spoken about the client's text.
	s.run(c, []string{"SELECT 4", "INSERT 5"}, "r INSERT 'it is a write'", "w SELECT 'it is a read'")
	s.run(c, []string{"SELECT 'x'"}, "r "+texts["SELECT 'x"])
	if _, err := c.Query("SELECT 3"); err == nil || !strings.Contains(err.Error(), "KILL") {
		t.Errorf("a KILL of the script's: %v", err)
	}
	_, err := c.Query("SELECT 'x" + strings.Repeat("x", 1<<20) + "'")
	wantERR(t, err, protocol.ErrCodeNotSupportedYet, "rewrites")
	s.texts()
	mustQuery(t, c, "SELECT 2")
	if got := s.texts(); len(got) != 1 || got[0] == "r SELECT CONNECTION_ID()" || !strings.Contains(got[0], fmt.Sprint(c.Greeting.ConnectionID)) {
		t.Errorf("%q, want the proxy's id %d", got, c.Greeting.ConnectionID)
	}
	// The lock holds the connection, though the client has asked for none.
	s.run(c, []string{"SELECT 1", "INSERT 6"}, "r SELECT GET_LOCK('a', 1)", "r INSERT 6")
}

// What a script makes of a COM_STMT_PREPARE is executed, also on a connection that has to prepare it again.
func TestScriptRewritesPrepared(t *testing.T) {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if q.Command() == hook.ComStmtPrepare {
			return rewriteTo("SELECT other, ?")
		}
		return rewriteTo("SELECT nothing") // not for an execution
	})
	w, _ := newPreparer(t, scriptedBy(p))
	c := w.dial()
	st := mustPrepare(t, c, "SELECT ?")
	wantRow(t, c, protocol.ComStmtExecute, first(st, "a"), "SELECT other, ?")
	w.server.KillAll()
	w.waitBackends(0)
	wantRow(t, c, protocol.ComStmtExecute, again(st, "b"), "SELECT other, ?")
}

// A script's time limit is that of the statement.
func TestScriptTimeout(t *testing.T) {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		return verdict(func(v *hook.Verdict) { v.Timeout = 20 * time.Millisecond })
	})
	w := newWorld(t, scriptedBy(p, killable))
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	_, err := c.Query("hang")
	wantERR(t, err, protocol.ErrCodeQueryTimeout, "timeout of the script")
}

// A connection that a script has pinned is the session's until that is reset.
func TestScriptPins(t *testing.T) {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if string(q.SQL()) == "INSERT pin" {
			return verdict(func(v *hook.Verdict) { v.Pin = true })
		}
		return hook.Nothing
	})
	s := newSplit(t, scriptedBy(p, multiplexed))
	c, other := s.dial(), s.dial()
	s.run(c, []string{"SELECT 1", "INSERT pin", "SELECT 2"}, "r SELECT 1", "w INSERT pin", "w SELECT 2")
	mustQuery(t, other, "TRUNCATE 1")
	if n := s.server.Connections(); n != 2 {
		t.Errorf("%d connections: the pinned one is shared", n)
	}
	if _, err := c.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	s.run(c, []string{"SELECT 3"}, "r "+globalCharsets, "r SELECT 3")
	if got := s.metric(`parkway_pins_total{reason="script"}`); got != "1" {
		t.Errorf("%q pins", got)
	}
}

// A statement that is sent again is the one that the script made of it, and goes where the script said; the script is not asked again.
func TestScriptRetry(t *testing.T) {
	asked := 0
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		asked++
		return verdict(func(v *hook.Verdict) { v.Hostgroup, v.SQL, v.HasSQL = 2, "SELECT 'rewritten'", true })
	})
	died := false
	s := newSplit(t, scriptedBy(p, multiplexed))
	s.reader.Change(func(cfg *mysqltest.ServerConfig) {
		cfg.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if !died && bytes.Contains(payload, []byte("'rewritten'")) {
				died = true
				a.Die()
				return
			}
			s.handler("r")(cmd, payload, a)
		}
	})
	s.run(s.dial(), []string{"SELECT 1 FROM t"}, "r SELECT 'rewritten'")
	s.on(0, func() {
		if !died || asked != 1 {
			t.Errorf("died %v, asked %d times", died, asked)
		}
	})
}

// A script that comes into force decides about clients that are there; one whose connection nobody has followed stays on it.
func TestScriptArrives(t *testing.T) {
	p := newPolicy(nil)
	w := newWorld(t, scriptedBy(p, unshared, answering(mysqltest.Reply)))
	c := w.dial()
	st := mustPrepare(t, c, "SELECT 1")
	mustQuery(t, c, "SELECT 2")
	p.change(func(q hook.Query) *hook.Verdict {
		switch string(q.SQL()) {
		case "SELECT 3":
			return rejected(1142, "no")
		case "SELECT 4":
			return verdict(func(v *hook.Verdict) { v.Hostgroup, v.SQL, v.HasSQL = 9, "SELECT 5", true })
		}
		return hook.Nothing
	})
	_, err := c.Query("SELECT 3")
	wantERR(t, err, 1142, "no")
	mustQuery(t, c, "SELECT 4")
	if _, err := st.Execute(); err != nil {
		t.Error(err)
	}
	if texts := w.texts(); !slices.Contains(texts, "SELECT 5") || slices.Contains(texts, "SELECT 3") {
		t.Errorf("the server has read %q", texts)
	}
	p.change(nil)
	mustQuery(t, c, "SELECT 3")
}
