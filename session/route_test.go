package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/session/rules"
)

// Where statements go, and that the state of the session follows them, with shared connections and with the session's own.
func TestRouting(t *testing.T) {
	for _, test := range []struct {
		name       string
		user       string
		statements []string
		want       []string
	}{
		{"read/write split", "app",
			[]string{"SELECT 1", "INSERT 1", "SELECT 1 FOR UPDATE", "select 2"},
			[]string{"r SELECT 1", "w INSERT 1", "w SELECT 1 FOR UPDATE", "r select 2"}},
		{"a transaction stays", "app",
			[]string{"BEGIN", "SELECT 1", "INSERT 1", "COMMIT", "SELECT 2"},
			[]string{"w BEGIN", "w SELECT 1", "w INSERT 1", "w COMMIT", "r SELECT 2"}},
		{"a transaction does not bind", "loose",
			[]string{"BEGIN", "SELECT 1", "INSERT 1", "SELECT 2", "COMMIT", "SELECT 3"},
			[]string{"w BEGIN", "r SELECT 1", "w INSERT 1", "r SELECT 2", "w COMMIT", "r SELECT 3"}},
		{"rollback and savepoints", "loose",
			[]string{"BEGIN", "SELECT 1", "SAVEPOINT a", "SELECT 2", "ROLLBACK TO a", "SELECT 3", "ROLLBACK", "SELECT 4"},
			[]string{"w BEGIN", "r SELECT 1", "w SAVEPOINT a", "r SELECT 2", "w ROLLBACK TO a", "r SELECT 3", "w ROLLBACK", "r SELECT 4"}},
		{"a second BEGIN", "loose",
			[]string{"BEGIN", "SELECT 1", "BEGIN", "SELECT 2", "COMMIT"},
			[]string{"w BEGIN", "r SELECT 1", "w BEGIN", "r SELECT 2", "w COMMIT"}},
		{"without autocommit, persistent", "app",
			[]string{"SET autocommit=0", "SELECT 1", "INSERT 1", "COMMIT", "SELECT 2", "ROLLBACK"},
			[]string{"w SET autocommit=0", "w SELECT 1", "w INSERT 1", "w COMMIT", "w SELECT 2", "w ROLLBACK"}},
		{"without autocommit, not persistent", "loose",
			[]string{"SET autocommit=0", "INSERT 1", "SELECT 1", "COMMIT", "INSERT 2"},
			// Both transactions end; the one that began first answers.
			[]string{"w SET autocommit=0", "w INSERT 1", "r SET @@SESSION.autocommit='OFF'", "r SELECT 1", "r COMMIT", "w COMMIT", "w INSERT 2"}},
		{"a read first, without autocommit, not persistent", "loose",
			[]string{"SET autocommit=0", "SELECT 1", "INSERT 1", "ROLLBACK", "SELECT 2", "SET autocommit=1", "SELECT 3"},
			[]string{"w SET autocommit=0", "r SET @@SESSION.autocommit='OFF'", "r SELECT 1", "w INSERT 1", "w ROLLBACK", "r ROLLBACK", "r SELECT 2",
				"r SET autocommit=1", "r SELECT 3"}},
		{"an implicit commit", "loose",
			[]string{"SET autocommit=0", "SELECT 1", "CREATE TABLE t (a INT)"},
			[]string{"w SET autocommit=0", "r SET @@SESSION.autocommit='OFF'", "r SELECT 1", "r COMMIT", "w CREATE TABLE t (a INT)"}},
		{"settings follow", "app",
			[]string{"SET time_zone='+01:00'", "SELECT 1", "INSERT 1", "SET time_zone='+02:00'", "SELECT 2"},
			[]string{"w SET time_zone='+01:00'", "r SET @@SESSION.time_zone='+01:00'", "r SELECT 1", "w INSERT 1",
				"w SET time_zone='+02:00'", "r SET @@SESSION.time_zone='+02:00'", "r SELECT 2"}},
		{"a temporary table stays", "app",
			[]string{"SELECT 1", "CREATE TEMPORARY TABLE t (a INT)", "SELECT 2", "DROP TEMPORARY TABLE t", "SELECT 3"},
			[]string{"r SELECT 1", "w CREATE TEMPORARY TABLE t (a INT)", "w SELECT 2", "w DROP TEMPORARY TABLE t", "r SELECT 3"}},
		{"a temporary table outlives the transaction elsewhere", "loose",
			[]string{"BEGIN", "SELECT GET_LOCK('a', 1)", "INSERT 1", "COMMIT", "INSERT 2", "SELECT RELEASE_ALL_LOCKS()", "INSERT 3"},
			[]string{"w BEGIN", "r SELECT GET_LOCK('a', 1)", "r INSERT 1", "w COMMIT", "r INSERT 2", "r SELECT RELEASE_ALL_LOCKS()", "w INSERT 3"}},
		{"what is asked about the statement before", "app",
			[]string{"SELECT SQL_CALC_FOUND_ROWS 1", "SELECT FOUND_ROWS()", "INSERT 1"},
			[]string{"r SELECT SQL_CALC_FOUND_ROWS 1", "r SELECT FOUND_ROWS()", "w INSERT 1"}},
		{"a write that asks goes where it is routed", "app",
			[]string{"SELECT SQL_CALC_FOUND_ROWS 1", "INSERT FOUND_ROWS()"},
			[]string{"r SELECT SQL_CALC_FOUND_ROWS 1", "r SELECT FOUND_ROWS(), LAST_INSERT_ID()", "w " + standIn(1), "w INSERT FOUND_ROWS()"}},
	} {
		for mode, change := range map[string]func(*setup){"multiplexed": multiplexed, "dedicated": dedicated} {
			t.Run(test.name+"/"+mode, func(t *testing.T) {
				s := newSplit(t, change)
				c := s.as(test.user)
				s.run(c, test.statements, test.want...)
			})
		}
	}
}

// With multiplexing, what a session leaves serves others; without, it keeps a connection to each hostgroup until it ends.
func TestConnectionsOfASplitSession(t *testing.T) {
	s := newSplit(t, multiplexed)
	for range 3 {
		s.run(s.dial(), []string{"SELECT 1", "TRUNCATE 1"}, "r SELECT 1", "w TRUNCATE 1")
	}
	if w, r := s.server.Connections(), s.reader.Connections(); w != 1 || r != 1 {
		t.Errorf("shared: %d and %d connections", w, r)
	}
	s = newSplit(t, dedicated)
	var clients []*mysqltest.Client
	for range 3 {
		c := s.dial()
		s.run(c, []string{"SELECT 1", "INSERT 1", "SELECT 1"}, "r SELECT 1", "w INSERT 1", "r SELECT 1")
		clients = append(clients, c)
	}
	if w, r := s.server.Connections(), s.reader.Connections(); w != 3 || r != 3 {
		t.Errorf("not shared: %d and %d connections", w, r)
	}
	// A connection that nobody needs at the moment is lost to nobody.
	s.server.KillAll()
	s.reader.KillAll()
	s.waitBackends(0)
	s.run(clients[0], []string{"INSERT 1", "SELECT 1"}, "w INSERT 1", "r SELECT 1")
	s.turns()
	if in := s.metric(`parkway_queries_total{hostgroup="2"}`); in != "7" {
		t.Errorf("%s queries of the reader", in)
	}
}

// A transaction that was set aside is lost with its server, and the client knows.
func TestAsideLost(t *testing.T) {
	s := newSplit(t, multiplexed)
	c := s.as("loose")
	s.run(c, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
	s.server.KillAll()
	wantGoodbye(t, c, protocol.ErrCodeNewAbortingConnection, "")
	s.waitSessions(0)
}

// A transaction that was set aside is not over because the client asks for something else while the proxy stops.
func TestAsideWhileDraining(t *testing.T) {
	s := newSplit(t, multiplexed)
	c := s.as("loose")
	s.run(c, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
	s.BeginDrain()
	s.run(c, []string{"SELECT 2", "INSERT 1", "COMMIT"}, "r SELECT 2", "w INSERT 1", "w COMMIT")
	if _, err := c.Query("SELECT 3"); err == nil {
		t.Error("the session goes on")
	}
}

// globalCharsets gives a connection, as it is after its login, what MySQL gives a session that resets.
const globalCharsets = "SET @@SESSION.character_set_client=DEFAULT,@@SESSION.character_set_results=DEFAULT,@@SESSION.collation_connection=DEFAULT"

// COM_RESET_CONNECTION and COM_CHANGE_USER leave nothing that was set aside.
func TestAsideReset(t *testing.T) {
	s := newSplit(t, multiplexed)
	for name, reset := range map[string]func(*mysqltest.Client) error{
		"reset": func(c *mysqltest.Client) error { _, err := c.Command(protocol.ComResetConnection); return err },
		"user":  func(c *mysqltest.Client) error { return c.ChangeUser("loose", "secret", "") },
	} {
		c := s.as("loose")
		s.run(c, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
		if err := reset(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.server.WaitConnections(t, 0)
		want := []string{"w COMMIT"}
		if name == "reset" {
			want = slices.Insert(want, 0, "w "+globalCharsets)
		}
		s.run(c, []string{"COMMIT"}, want...)
		c.Close()
		s.waitSessions(0)
		s.server.KillAll()
		s.waitBackends(1)
	}
}

// A server that is OFFLINE_HARD takes the sessions with it that have a transaction there, at hand or not.
func TestAsideOffline(t *testing.T) {
	s := newSplit(t, dedicated)
	busy, idle := s.as("loose"), s.as("loose")
	s.run(busy, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
	s.run(idle, []string{"INSERT 1", "SELECT 1"}, "w INSERT 1", "r SELECT 1")
	gone, stays := serverAt(t, s.server.Addr()), serverAt(t, s.reader.Addr())
	gone.Status, stays.HostgroupID = config.StatusOfflineHard, 2
	if err := s.hostgroups.Apply([]config.MySQLServer{gone, stays}); err != nil {
		t.Fatal(err)
	}
	s.HostgroupsChanged()
	wantGoodbye(t, busy, protocol.ErrCodeNewAbortingConnection, "OFFLINE_HARD")
	s.waitSessions(1)
	s.run(idle, []string{"SELECT 2"}, "r SELECT 2")
}

// What rules say beside the hostgroup.
func TestRuleActions(t *testing.T) {
	s := newSplit(t, func(set *setup) {
		multiplexed(set)
		set.server.Queries = map[string]mysqltest.Handler{"DELETE 1": func(protocol.Command, []byte, *mysqltest.Answer) {}}
	},
		rule(1, "refused", -1, func(r *rules.Rule) { r.ErrorMsg = "not here" }),
		rule(2, "answered", -1, func(r *rules.Rule) { r.OKMsg = "as you like" }),
		rule(3, "slowly", 2, func(r *rules.Rule) { r.Delay = 30 * time.Millisecond }),
		rule(4, "^DELETE", -1, func(r *rules.Rule) { r.Timeout = 20 * time.Millisecond }),
		rule(5, "keep", -1, func(r *rules.Rule) { r.Multiplex = 0 }),
		rule(6, "loosen", -1, func(r *rules.Rule) { r.Multiplex = 1 }),
		rule(7, "noted", -1, func(r *rules.Rule) { r.Log = 1 }),
	)
	c, other := s.dial(), s.dial()
	if _, err := c.Query("INSERT refused"); err == nil {
		t.Error("a refused statement succeeded")
	} else {
		wantERR(t, err, 1148, "not here")
	}
	if ok := mustQuery(t, c, "UPDATE answered")[0].OK; string(ok.Info) != "as you like" {
		t.Errorf("info %q", ok.Info)
	}
	// The same with more than is waited for whole.
	long := strings.Repeat(" ", 100_000)
	if _, err := c.Query("INSERT refused" + long); err == nil {
		t.Error("a long refused statement succeeded")
	}
	mustQuery(t, c, "UPDATE answered"+long)
	if got := s.texts(); len(got) > 0 {
		t.Errorf("the servers got %q", got)
	}

	begun := time.Now()
	s.run(c, []string{"INSERT slowly"}, "r INSERT slowly")
	if d := time.Since(begun); d < 30*time.Millisecond {
		t.Errorf("delayed by %v only", d)
	}

	s.run(c, []string{"INSERT keep"}, "w INSERT keep")
	s.run(c, []string{"SELECT 1"}, "r SELECT 1") // elsewhere all the same
	before := s.server.Connections()
	s.run(other, []string{"INSERT 1"}, "w INSERT 1")
	if now := s.server.Connections(); now != before+1 {
		t.Errorf("%d connections, %d before: multiplex = 0 keeps none", now, before)
	}
	s.run(c, []string{"TRUNCATE loosen"}, "w TRUNCATE loosen")
	s.run(s.dial(), []string{"TRUNCATE 2"}, "w TRUNCATE 2")
	if now := s.server.Connections(); now != before+1 {
		t.Errorf("%d connections: multiplex = 1 has not let go", now)
	}

	mustQuery(t, c, "SELECT noted, 'secret'")
	s.waitLog(`"digest_text":"SELECT noted,?"`)
	s.waitLog(`"rules":[7]`)
	if strings.Contains(s.log.String(), "'secret'") {
		t.Error("the log has a literal")
	}

	_, err := c.Query("DELETE 1")
	wantERR(t, err, protocol.ErrCodeQueryTimeout, "20 ms (timeout of a query rule)")
}

// A client that leaves or is cut off while its statement is delayed leaves nothing.
func TestDelayedClients(t *testing.T) {
	s := newSplit(t, multiplexed, rule(1, "slowly", 2, func(r *rules.Rule) { r.Delay = time.Hour }))
	gone, cut, other := s.dial(), s.dial(), s.dial()
	for _, c := range []*mysqltest.Client{gone, cut} {
		if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT slowly")...); err != nil {
			t.Fatal(err)
		}
	}
	s.run(other, []string{"SELECT 1"}, "r SELECT 1") // nobody else is held up
	gone.Close()
	s.waitSessions(2)
	other.Close()
	s.waitSessions(1)
	s.BeginDrain()
	drained := make(chan int)
	go func() { drained <- s.Drain(t.Context()) }()
	wantGoodbye(t, cut, protocol.ErrCodeServerShutdown, "")
	if n := <-drained; n != 0 {
		t.Errorf("%d sessions were cut off", n)
	}
}

// New rules hold from the next statement on, for sessions that are there too; a statement prepared before goes by them.
func TestRulesReloaded(t *testing.T) {
	s := newSplit(t, multiplexed)
	c := s.dial()
	s.run(c, []string{"SELECT 1"}, "r SELECT 1")
	settings := config.Default().MySQL
	settings.Multiplexing = true
	s.Apply(&settings, s.Users(), compile(t, rule(1, "^INSERT", 2)))
	s.run(c, []string{"SELECT 1", "INSERT 1"}, "w SELECT 1", "r INSERT 1")
	s.Apply(&settings, s.Users(), nil)
	s.run(c, []string{"INSERT 1"}, "w INSERT 1")
	// A session whose connection was opened without rules and not to be shared stays there.
	dedicated := config.Default().MySQL
	dedicated.Multiplexing = false
	s.Apply(&dedicated, s.Users(), nil)
	old := s.dial()
	s.run(old, []string{"SELECT 1"}, "w SELECT 1")
	s.Apply(&dedicated, s.Users(), compile(t, readsToReader...))
	s.run(old, []string{"SELECT 1"}, "w SELECT 1")
	s.run(s.dial(), []string{"SELECT 1"}, "r SELECT 1")
}

// Each rule counts the commands that it has matched, once each, whether it is the last or not, and however long the command waits.
func TestRuleHits(t *testing.T) {
	s := newSplit(t, multiplexed, rule(1, "^SELECT", rules.Unset, func(r *rules.Rule) { r.Apply = false }), rule(2, "^NEVER", 1),
		rule(3, "^SELECT slow", 2, func(r *rules.Rule) { r.Delay = time.Millisecond }))
	c := s.dial()
	s.run(c, []string{"SELECT 1", "SELECT slow", "INSERT 1", "SELECT 2"}, "r SELECT 1", "r SELECT slow", "w INSERT 1", "r SELECT 2")
	for id, want := range map[int]string{1: "3", 2: "0", 3: "1", 10: "0", 20: "2"} {
		if got := s.metric(fmt.Sprintf(`parkway_query_rule_hits_total{rule_id="%d"}`, id)); got != want {
			t.Errorf("rule %d has %s hits, want %s", id, got, want)
		}
	}
	settings := config.Default().MySQL
	s.Apply(&settings, s.Users(), compile(t, rule(20, "^SELECT", 2)))
	if got := s.metric(`parkway_query_rule_hits_total{rule_id="10"}`) + s.metric(`parkway_query_rule_hits_total{rule_id="20"}`); got != "2" {
		t.Errorf("after the rules have changed: %q", got)
	}
}

// Rules may ask for the client's address, user and schema, and lead through flags.
func TestRuleConditions(t *testing.T) {
	s := newSplit(t, multiplexed,
		rule(1, "", -1, func(r *rules.Rule) { r.ClientAddr, r.FlagOUT, r.Apply = "127.0.0.%", 5, false }),
		rule(2, "^INSERT", 2, func(r *rules.Rule) { r.FlagIN, r.Schemaname = 5, "shop" }),
		rule(3, "^UPDATE", 2, func(r *rules.Rule) { r.FlagIN, r.Username = 5, "loose" }),
		rule(4, "", 2, func(r *rules.Rule) { r.FlagIN, r.MatchPattern = 5, "a = 'x'" }),
	)
	c := s.dial()
	s.run(c, []string{"INSERT 1", "UPDATE 1", "DELETE a = 'x'", "DELETE a = 'y'"}, "w INSERT 1", "w UPDATE 1", "r DELETE a = 'x'", "w DELETE a = 'y'")
	if _, err := c.Command(protocol.ComInitDB, []byte("shop")...); err != nil {
		t.Fatal(err)
	}
	s.run(c, []string{"INSERT 1"}, "r INSERT 1")
	s.run(s.as("loose"), []string{"UPDATE 1"}, "r UPDATE 1")
	cfg := s.client()
	cfg.Addr = s.unix
	s.run(mysqltest.Dial(t, cfg), []string{"SELECT 1"}, "r SELECT 1") // not 127.0.0.%: the example's rules
}

// Prepared statements go where their text goes.
func TestRoutingOfPreparedStatements(t *testing.T) {
	s := newSplit(t, multiplexed, rule(1, "refused", -1, func(r *rules.Rule) { r.ErrorMsg = "not here" }), rule(2, "answered", 2, func(r *rules.Rule) { r.OKMsg = "fine" }))
	c := s.dial()
	if _, err := c.Prepare("SELECT refused"); err == nil {
		t.Error("a refused statement was prepared")
	}
	read, err := c.Prepare("SELECT answered")
	if err != nil {
		t.Fatal(err)
	}
	result, err := read.Execute()
	if err != nil || string(result[0].OK.Info) != "fine" {
		t.Errorf("%+v, %v", result, err)
	}
	commands := s.reader.Commands()
	if last := commands[len(commands)-1]; last.Command != protocol.ComStmtPrepare {
		t.Errorf("the reader's last command is %s", last.Command)
	}
}

// What the proxy asks a server for a session goes to the connection that the session has there, though it is set aside.
func TestAsideAnswersTheProxy(t *testing.T) {
	s := newSplit(t, multiplexed)
	c, other := s.as("loose"), s.as("app")
	s.run(c, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
	_, err := c.Query(fmt.Sprintf("KILL %d", other.Greeting.ConnectionID))
	wantERR(t, err, protocol.ErrCodeKillDenied, "not owner")
	if got := s.texts(); !slices.Equal(got, []string{"w SHOW GRANTS"}) {
		t.Errorf("the servers got %q", got)
	}
	s.run(c, []string{"SELECT 2", "COMMIT", "SELECT 3"}, "r SELECT 2", "w COMMIT", "r SELECT 3")
	if n := s.server.Accepted(); n != 2 { // and one to learn about the server
		t.Errorf("%d connections to the writer", n)
	}
}

// A KILL reaches a session whose statement is delayed.
func TestKillOfADelayedStatement(t *testing.T) {
	s := newSplit(t, multiplexed, rule(1, "slowly", 2, func(r *rules.Rule) { r.Delay = time.Hour }))
	c, killer := s.dial(), s.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT slowly")...); err != nil {
		t.Fatal(err)
	}
	s.turns()
	mustQuery(t, killer, fmt.Sprintf("KILL QUERY %d", c.Greeting.ConnectionID))
	_, err := c.ReadAnswer(protocol.ComQuery)
	wantERR(t, err, protocol.ErrCodeQueryInterrupted, "")
	s.run(c, []string{"SELECT 1"}, "r SELECT 1")
}

// The retries of a rule take the place of query_retries_on_failure.
func TestRuleRetries(t *testing.T) {
	s := newSplit(t, multiplexed,
		rule(1, "never", 2, func(r *rules.Rule) { r.Retries = 0 }), rule(2, "thrice", 2, func(r *rules.Rule) { r.Retries = 3 }))
	s.reader.Change(func(cfg *mysqltest.ServerConfig) {
		cfg.Queries = map[string]mysqltest.Handler{"SELECT never": die, "SELECT thrice": die}
	})
	c := s.dial()
	for sql, want := range map[string]int{"SELECT never": 1, "SELECT thrice": 4} {
		_, err := c.Query(sql)
		wantERR(t, err, protocol.ErrCodeNetRead, "")
		got := 0
		for _, received := range s.reader.Commands() {
			if string(received.Payload[1:]) == sql {
				got++
			}
		}
		if got != want {
			t.Errorf("%s reached the reader %d times, want %d", sql, got, want)
		}
	}
}

// A connection that fails in the very turn in which it is taken up again is not used any more.
func TestAsideFailsAsItIsTakenUp(t *testing.T) {
	for range 10 {
		s := newSplit(t, multiplexed)
		c := s.as("loose")
		s.run(c, []string{"BEGIN", "SELECT 1"}, "w BEGIN", "r SELECT 1")
		s.inOneTurn(func() {
			s.server.KillAll()
			s.server.WaitConnections(t, 0)
			if err := c.WriteCommand(protocol.ComQuery, []byte("COMMIT")...); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := c.ReadAnswer(protocol.ComQuery); err == nil {
			t.Error("the COMMIT of a lost transaction succeeded")
		}
		c.Close()

		s = newSplit(t, dedicated)
		c = s.dial()
		s.run(c, []string{"INSERT 1", "SELECT 1"}, "w INSERT 1", "r SELECT 1")
		s.inOneTurn(func() {
			s.server.KillAll()
			s.server.WaitConnections(t, 0)
			if err := c.WriteCommand(protocol.ComQuery, []byte("INSERT 2")...); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := c.ReadAnswer(protocol.ComQuery); err != nil {
			t.Errorf("with nothing lost: %v", err)
		}
		c.Close()
	}
}
