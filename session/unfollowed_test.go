package session_test

import (
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// newUnfollowed is a split whose clients have a connection each and no rules, until reload brings some. change may alter it; nil: nothing.
func newUnfollowed(t *testing.T, change func(*setup)) (s *split, reload func()) {
	var settings config.MySQLVariables
	s = newSplit(t, func(set *setup) {
		dedicated(set)
		set.rules = nil
		settings = set.settings
		if change != nil {
			change(set)
		}
	})
	return s, func() { s.Apply(&settings, s.Users(), compile(t, readsToReader...)) }
}

// A session from before there were rules stays where it is, and the log says how many do, until it resets its state or changes its user: the rules
// route it then.
func TestRulesReachSessionsThatReset(t *testing.T) {
	s, reload := newUnfollowed(t, nil)
	resets, changes := s.as("app"), s.as("app")
	s.run(resets, []string{"SELECT 1"}, "w SELECT 1")
	s.run(changes, []string{"SELECT 1"}, "w SELECT 1")
	s.ReportUnfollowed()
	s.turns()
	s.wantLogged("sessions from before", 0)

	reload()
	s.ReportUnfollowed()
	s.waitLog(`"sessions":2,"message":"sessions from before`)
	s.run(resets, []string{"SELECT 1"}, "w SELECT 1")
	if _, err := resets.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	if err := changes.ChangeUser("app", "secret", ""); err != nil {
		t.Fatal(err)
	}
	s.run(resets, []string{"SELECT 1", "INSERT 1"}, "r "+globalCharsets, "r SELECT 1", "w "+globalCharsets, "w INSERT 1")
	s.run(changes, []string{"SELECT 1", "INSERT 1"}, "r SELECT 1", "w INSERT 1")
	s.ReportUnfollowed()
	s.turns()
	s.wantLogged("sessions from before", 1)
}

// The schema that such a session has gone to outlives its reset, as it does at a server.
func TestSchemaOfTheUnfollowed(t *testing.T) {
	s, reload := newUnfollowed(t, func(set *setup) {
		writer := set.server.Handler
		set.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if string(payload[1:]) == "SELECT DATABASE()" {
				a.Rows([]string{"DATABASE()"}, []string{"other"})
				return
			}
			writer(cmd, payload, a)
		}
	})
	c := s.as("app")
	if _, err := c.Command(protocol.ComInitDB, []byte("other")...); err != nil {
		t.Fatal(err)
	}
	reload()
	if _, err := c.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	schema := make(chan string, 1)
	s.reader.Change(func(cfg *mysqltest.ServerConfig) {
		reader := cfg.Handler
		cfg.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if string(payload[1:]) == "SELECT 1" {
				schema <- a.Login().Database
			}
			reader(cmd, payload, a)
		}
	})
	s.run(c, []string{"SELECT 1"}, "r "+globalCharsets, "r SELECT 1")
	if got := <-schema; got != "other" {
		t.Errorf("the client is in the schema %q", got)
	}
}

// One that loses its connection while it is asked for the schema has lost all that it had there.
func TestUnfollowedConnectionLostWhileItIsAskedForTheSchema(t *testing.T) {
	s, reload := newUnfollowed(t, func(set *setup) {
		set.server.Queries = map[string]mysqltest.Handler{"SELECT DATABASE()": die}
	})
	c := s.as("app")
	s.run(c, []string{"SELECT 1"}, "w SELECT 1")
	reload()
	_, err := c.Command(protocol.ComResetConnection)
	wantERR(t, err, protocol.ErrCodeNoBackend, "parkway: preparation of the connection to ")
	wantClose(t, c)
}
