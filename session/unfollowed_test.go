package session_test

import (
	"testing"

	"parkway/config"
	"parkway/protocol"
)

// A session from before there were rules stays where it is, and the log says how many do, until it resets its state or changes its user: the rules
// route it then.
func TestRulesReachSessionsThatReset(t *testing.T) {
	var settings config.MySQLVariables
	s := newSplit(t, func(set *setup) {
		dedicated(set)
		set.rules = nil
		settings = set.settings
	})
	resets, changes := s.as("app"), s.as("app")
	s.run(resets, []string{"SELECT 1"}, "w SELECT 1")
	s.run(changes, []string{"SELECT 1"}, "w SELECT 1")
	s.ReportUnfollowed()
	s.turns()
	s.wantLogged("sessions from before", 0)

	s.Apply(&settings, s.Users(), compile(t, readsToReader...))
	s.ReportUnfollowed()
	s.waitLog(`"sessions":2,"message":"sessions from before`)
	s.run(resets, []string{"SELECT 1"}, "w SELECT 1")
	if _, err := resets.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	if err := changes.ChangeUser("app", "secret", ""); err != nil {
		t.Fatal(err)
	}
	s.run(resets, []string{"SELECT 1", "INSERT 1"}, "r SELECT 1", "w INSERT 1")
	s.run(changes, []string{"SELECT 1", "INSERT 1"}, "r SELECT 1", "w INSERT 1")
	s.ReportUnfollowed()
	s.turns()
	s.wantLogged("sessions from before", 1)
}
