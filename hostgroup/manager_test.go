package hostgroup

import (
	"context"
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

func TestApplyKeepsWhatIsObserved(t *testing.T) {
	m, _ := newManager(t, configured("10.0.0.1", 3306, nil), configured("10.0.0.2", 3306, nil))
	before := m.Table().Servers()
	before[0].Take(10)
	m.Learn(before[0], &protocol.Handshake{ServerVersion: "8.0.1", Capabilities: protocol.ClientProtocol41})

	next := []config.MySQLServer{
		configured("10.0.0.3", 3306, nil),
		configured("10.0.0.1", 3306, func(c *config.MySQLServer) { c.Weight, c.MaxConnections, c.Status = 9, 1, "OFFLINE_SOFT" }),
		configured("10.0.0.1", 3306, func(c *config.MySQLServer) { c.HostgroupID = 2 }),
	}
	if err := m.Apply(next); err != nil {
		t.Fatal(err)
	}
	after := m.Table().Servers()
	if len(after) != 3 || after[1] != before[0] || after[2] == before[0] {
		t.Fatalf("servers after Apply: %v", after)
	}
	if after[1].Connections() != 1 || after[1].Facts().Version != "8.0.1" {
		t.Errorf("what was observed is lost: %d connections, facts %+v", after[1].Connections(), after[1].Facts())
	}
	kept := m.Table().Hostgroup(1).Members[1]
	if kept.Weight != 9 || kept.MaxConnections != 1 || kept.Wanted != OfflineSoft {
		t.Errorf("the configured side is old: %+v", kept)
	}
	if n := len(m.Table().Members()); n != 3 {
		t.Errorf("%d members, want 3", n)
	}
	if m.Table().Hostgroup(3) != nil {
		t.Error("a hostgroup that nobody configured")
	}
	if m.Greeting().Version != "8.0.1" {
		t.Errorf("greeting %+v", m.Greeting())
	}
}

func TestApplyRefusesBadStatus(t *testing.T) {
	m, _ := newManager(t, configured("10.0.0.1", 3306, nil))
	table := m.Table()
	bad := configured("10.0.0.2", 3306, func(c *config.MySQLServer) { c.Status = "SLEEPING" })
	if err := m.Apply([]config.MySQLServer{bad}); err == nil || m.Table() != table {
		t.Errorf("error %v, table replaced: %v", err, m.Table() != table)
	}
	if _, err := NewManager([]config.MySQLServer{bad}, m.log); err == nil {
		t.Error("NewManager accepted it")
	}
}

func TestGreetingOf(t *testing.T) {
	const a, b, c = protocol.ClientProtocol41, protocol.ClientDeprecateEOF, protocol.ClientQueryAttributes
	known := func(version string, caps protocol.Capability) *Server {
		s := new(Server)
		s.facts.Store(&Facts{Version: version, Capabilities: caps, AuthPlugin: "plugin of " + version, MariaDB: version == "1"})
		return s
	}
	for _, test := range []struct {
		name    string
		servers []*Server
		want    Greeting
	}{
		{"none", nil, unknownServer},
		{"none known", []*Server{new(Server), new(Server)}, unknownServer},
		{"one", []*Server{known("1", a|b)}, Greeting{"1", a | b, "plugin of 1", true}},
		{"the first known speaks, all are heard", []*Server{new(Server), known("2", a|b|c), known("1", a|c)}, Greeting{"2", a | c, "plugin of 2", false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := *greetingOf(test.servers); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLearn(t *testing.T) {
	m, log := newManager(t, configured("10.0.0.1", 3306, nil), configured("10.0.0.2", 3306, nil))
	first, second := m.Table().Servers()[0], m.Table().Servers()[1]
	said := &protocol.Handshake{ServerVersion: "8.0.1", Capabilities: protocol.ClientProtocol41 | protocol.ClientDeprecateEOF,
		Charset: 8, AuthPlugin: "mysql_native_password", ConnectionID: 1}
	m.Learn(first, said)
	if f := first.Facts(); *f != (Facts{"8.0.1", said.Capabilities, 8, "mysql_native_password", true}) {
		t.Errorf("facts %+v", f)
	}
	if g := m.Greeting(); g.Version != "8.0.1" || g.Capabilities != said.Capabilities {
		t.Errorf("greeting %+v", g)
	}
	lines := log.Len()
	again := *said
	again.ConnectionID = 2
	m.Learn(first, &again)
	if log.Len() != lines {
		t.Errorf("what was known is logged again: %s", log)
	}
	if strings.Contains(log.String(), "lacks capabilities") {
		t.Errorf("the first server that is known lacks nothing: %s", log)
	}
	m.Learn(second, &protocol.Handshake{ServerVersion: "5.7.1", Capabilities: protocol.ClientProtocol41})
	if g := m.Greeting(); g.Version != "8.0.1" || g.Capabilities != protocol.ClientProtocol41 {
		t.Errorf("greeting of both %+v", g)
	}
	if !strings.Contains(log.String(), "DEPRECATE_EOF") {
		t.Errorf("the log does not say what is lost: %s", log)
	}
}

// A failure is logged once, again when it changes, and forgotten with the server.
func TestDiscoverLogsAFailureOnce(t *testing.T) {
	mysqltest.CheckLeaks(t)
	c := at(t, mysqltest.ClosedPort(t))
	m, log := newManager(t, c)
	logged := func() int { return strings.Count(log.String(), "cannot be asked") }
	discover(t, m)
	discover(t, m)
	if logged() != 1 || !strings.Contains(log.String(), "connection refused") {
		t.Fatalf("two rounds logged %d times: %s", logged(), log)
	}
	s := m.Table().Servers()[0]
	m.report(s, context.DeadlineExceeded)
	m.report(s, nil)
	m.report(s, context.DeadlineExceeded)
	if logged() != 3 {
		t.Errorf("another failure, and one after a success: %d lines, want 3", logged())
	}
	if err := m.Apply(nil); err != nil {
		t.Fatal(err)
	}
	m.report(s, context.Canceled)
	if len(m.failures) != 0 || logged() != 3 {
		t.Errorf("a server that left is remembered: %v, %d lines", m.failures, logged())
	}
}

// Run asks a new server at once, not when the next round is due, and ends with its context.
func TestRun(t *testing.T) {
	mysqltest.CheckLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	m, log := newManager(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(ctx, time.Second)
	}()
	m.Meet(ctx)
	if err := m.Apply([]config.MySQLServer{at(t, server.Addr())}); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(resolveInterval / 2); m.Table().Servers()[0].Facts() == nil; <-time.After(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("a new server is not asked")
		}
	}
	cancel()
	<-done
	if log := log.String(); strings.Contains(log, "have not answered") {
		t.Errorf("all have answered: %s", log)
	}
}

// Who waits for the first round waits no longer than it wants to, and the round goes on.
func TestMeet(t *testing.T) {
	mysqltest.CheckLeaks(t)
	known, silent := mysqltest.NewServer(t, mysqltest.ServerConfig{}), silentPort(t)
	m, log := newManager(t, at(t, known.Addr()), at(t, silent))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(ctx, time.Hour)
	}()
	for greeted := false; !greeted; {
		m.mu.Lock() // until the line about it is written
		greeted = m.Table().Servers()[0].Facts() != nil
		m.mu.Unlock()
	}
	soon, stop := context.WithTimeout(ctx, time.Millisecond)
	defer stop()
	m.Meet(soon)
	if text := log.String(); !strings.Contains(text, `"servers":["`+silent+`"]`) || strings.Contains(text, "cannot be asked") {
		t.Errorf("log %s, want a line about %s alone, which is still asked", text, silent)
	}
	cancel()
	<-done
}
