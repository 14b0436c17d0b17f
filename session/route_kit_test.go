package session_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/session/rules"
)

// split is a world with a writer in hostgroup 1 and a reader in hostgroup 2, whose servers know transactions.
type split struct {
	*world
	reader *mysqltest.Server

	mu   sync.Mutex
	seen []string                     // "w SELECT 1": by whom what was answered
	open map[string]map[uint32]*trans // by server and connection
}

// trans is what a server here knows of a connection.
type trans struct{ manual, open bool }

// rule is a rule that sends what matches to a hostgroup, and is the last.
func rule(id int, match string, hostgroup int, change ...func(*rules.Rule)) rules.Rule {
	r := rules.Any(id)
	r.MatchDigest, r.DestinationHostgroup, r.Apply = match, hostgroup, true
	for _, c := range change {
		c(&r)
	}
	return r
}

func compile(t testing.TB, list ...rules.Rule) *rules.Program {
	t.Helper()
	p, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readsToReader are the rules of the example configuration.
var readsToReader = []rules.Rule{rule(10, "^SELECT.*FOR UPDATE", 1), rule(20, "^SELECT", 2)}

// newSplit starts the world with these rules before the example's.
func newSplit(t testing.TB, change func(*setup), more ...rules.Rule) *split {
	s := &split{open: map[string]map[uint32]*trans{"w": {}, "r": {}}}
	cfg := mysqltest.ServerConfig{Handler: s.handler("r")}
	cfg.Greeting.Capabilities = mysqltest.ServerCapabilities
	mysqltest.CheckLeaks(t)
	s.reader = mysqltest.NewServer(t, cfg)
	s.world = newWorld(t, func(set *setup) {
		set.server.Greeting.Capabilities = mysqltest.ServerCapabilities
		set.server.Handler = s.handler("w")
		second := serverAt(t, s.reader.Addr())
		second.HostgroupID = 2
		set.more = []config.MySQLServer{second}
		loose := user("loose", "secret")
		set.users[0].TransactionPersistent = true
		set.users = append(set.users, loose)
		set.rules = compile(t, append(slices.Clone(more), readsToReader...)...)
		if change != nil {
			change(set)
		}
	})
	return s
}

// multiplexed and dedicated are the two ways to hold connections.
func multiplexed(s *setup) { s.settings.Multiplexing = true }
func dedicated(s *setup)   { s.settings.Multiplexing = false }

// handler is a server that knows whether a transaction is open, reports variables and says in the rows of a SELECT who it is.
func (s *split) handler(name string) mysqltest.Handler {
	return func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		sql := string(payload[1:])
		if cmd == protocol.ComQuery && strings.HasPrefix(sql, "SELECT VARIABLE_NAME") {
			a.Rows([]string{"n"}, []string{"autocommit"}, []string{"time_zone"})
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if cmd == protocol.ComQuery && !strings.Contains(sql, "session_track") {
			s.seen = append(s.seen, name+" "+sql)
		}
		c := s.open[name][a.ConnectionID()]
		if c == nil {
			c = new(trans)
			s.open[name][a.ConnectionID()] = c
		}
		var changes []byte
		report := func(name, value string) {
			change := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte(name), Value: []byte(value)}
			changes = change.Append(changes)
		}
		for assignment := range strings.SplitSeq(strings.TrimPrefix(sql, "SET "), ",") {
			variable, value, _ := strings.Cut(assignment, "=")
			variable = variable[strings.LastIndex(variable, ".")+1:] // the proxy writes @@SESSION.
			switch value = strings.Trim(value, "' "); {
			case !strings.HasPrefix(sql, "SET "):
			case variable == "autocommit":
				c.manual = value == "0" || value == "OFF"
				c.open = c.open && c.manual
				report(variable, map[bool]string{true: "OFF", false: "ON"}[c.manual])
			case variable == "time_zone":
				report(variable, value)
			}
		}
		switch verb, _, _ := strings.Cut(sql, " "); verb {
		case "BEGIN":
			c.open = true
		case "COMMIT", "ROLLBACK":
			c.open = strings.Contains(sql, "TO")
		case "SELECT", "INSERT", "UPDATE":
			c.open = c.open || c.manual
		case "CREATE":
			if strings.Contains(sql, "TEMPORARY") {
				changes = (&protocol.StateChange{Type: protocol.TrackStateChange, Value: []byte("1")}).Append(changes)
			}
		}
		if cmd == protocol.ComInitDB {
			changes = (&protocol.StateChange{Type: protocol.TrackSchema, Value: payload[1:]}).Append(changes)
		}
		if c.manual {
			a.Status &^= protocol.StatusAutocommit
		}
		if c.open {
			a.Status |= protocol.StatusInTrans
		}
		switch {
		case cmd == protocol.ComQuery && (strings.HasPrefix(sql, "SELECT") || strings.HasPrefix(sql, "SHOW")):
			a.Rows([]string{"who"}, []string{name})
		case cmd == protocol.ComStmtPrepare, len(changes) == 0:
			mysqltest.Reply(cmd, payload, a)
		default:
			a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: changes})
		}
	}
}

// texts are what the servers have answered since the last call.
func (s *split) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// as logs a user of the world in.
func (s *split) as(name string) *mysqltest.Client {
	s.t.Helper()
	cfg := s.client()
	cfg.User = name
	return mysqltest.Dial(s.t, cfg)
}

// run runs statements and compares what the servers have answered, lines of want.
func (s *split) run(c *mysqltest.Client, statements []string, want ...string) {
	s.t.Helper()
	s.texts()
	for _, sql := range statements {
		mustQuery(s.t, c, sql)
	}
	if got := s.texts(); !slices.Equal(got, want) {
		s.t.Errorf("%q:\n got %q\nwant %q", statements, got, want)
	}
}
