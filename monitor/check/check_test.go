package check

import (
	"net"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const patience = 20 * time.Second

var account = Account{User: "monitor", Password: "m"}

// target is a target at addr, closed at the end.
func target(t *testing.T, addr string) *Target {
	t.Helper()
	g := NewTarget("db:1", func() (string, string, bool) { return "tcp", addr, addr != "" })
	t.Cleanup(g.Close)
	return g
}

// server is a scripted server that lets the account in.
func server(t *testing.T, change func(*mysqltest.ServerConfig)) *mysqltest.Server {
	t.Helper()
	cfg := mysqltest.ServerConfig{Users: map[string]string{"monitor": "m"}, Queries: map[string]mysqltest.Handler{}}
	if change != nil {
		change(&cfg)
	}
	return mysqltest.NewServer(t, cfg)
}

// want compares the outcome, and looks for a part of the error.
func want(t *testing.T, r Result, outcome Outcome, err string) {
	t.Helper()
	text := ""
	if r.Err != nil {
		text = r.Err.Error()
	}
	if r.Outcome != outcome || !strings.Contains(text, err) || (outcome == OK) != (r.Err == nil) {
		t.Errorf("%v: %v, %v; want %v, %q", r.Kind, r.Outcome, r.Err, outcome, err)
	}
}

// A connection is used again, one that the server has closed is replaced without a word, and connect has one of its own each time.
func TestConnectionsAreKept(t *testing.T) {
	mysqltest.CheckLeaks(t)
	g := target(t, "")
	s := server(t, nil)
	g.address = func() (string, string, bool) { return "tcp", s.Addr(), true }
	for range 5 {
		want(t, g.Check(Ping, account, patience), OK, "")
	}
	if n := s.Accepted(); n != 1 || g.Idle() != 1 {
		t.Errorf("%d connections, %d idle", n, g.Idle())
	}
	s.KillAll()
	s.WaitConnections(t, 0)
	want(t, g.Check(Ping, account, patience), OK, "")
	if n := s.Accepted(); n != 2 || g.Idle() != 1 {
		t.Errorf("%d connections, %d idle", n, g.Idle())
	}
	want(t, g.Check(Connect, account, patience), OK, "")
	s.WaitConnections(t, 1)
	if n := s.Accepted(); n != 3 || g.Idle() != 1 {
		t.Errorf("%d connections, %d idle", n, g.Idle())
	}
	// Not with another account, or where the server was before its name changed.
	want(t, g.Check(Ping, Account{User: "other"}, patience), Refused, "Access denied")
	if g.Idle() != 0 {
		t.Errorf("%d idle", g.Idle())
	}
	want(t, g.Check(Ping, account, patience), OK, "")
	moved := server(t, nil)
	g.address = func() (string, string, bool) { return "tcp", moved.Addr(), true }
	want(t, g.Check(Ping, account, patience), OK, "")
	s.WaitConnections(t, 0)
	moved.WaitConnections(t, 1)
	g.Purge(time.Hour)
	if g.Idle() != 1 {
		t.Error("purged though it was used")
	}
	g.Purge(0)
	moved.WaitConnections(t, 0)
	g.Close()
	want(t, g.Check(Ping, account, patience), Unreachable, "broken off")
	moved.WaitConnections(t, 0)
}

// Close ends a check that waits for its server.
func TestCloseBreaksOff(t *testing.T) {
	mysqltest.CheckLeaks(t)
	asked := make(chan struct{}, 1)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Handler = func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			asked <- struct{}{}
			w.Stall()
		}
	})
	g := target(t, s.Addr())
	done := make(chan Result)
	go func() { done <- g.Check(Ping, account, time.Hour) }()
	<-asked
	g.Close()
	want(t, <-done, Unreachable, "broken off")
}

// The timeout holds wherever the server falls silent, and what is not there is told from what is slow.
func TestTimeout(t *testing.T) {
	const timeout = 30 * time.Millisecond
	stall := func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() }
	half := func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
		w.Columns("@@global.read_only")
		w.Stall()
	}
	closed := mysqltest.ClosedPort(t)
	for _, test := range []struct {
		name    string
		change  func(*mysqltest.ServerConfig)
		outcome Outcome
		text    string
	}{
		{"mute", func(c *mysqltest.ServerConfig) { c.Fault.Mute = true }, Timeout, "no answer within 30ms"},
		{"no verdict", func(c *mysqltest.ServerConfig) { c.Fault.NoVerdict = true }, Timeout, "no answer within 30ms"},
		{"silent statement", func(c *mysqltest.ServerConfig) { c.Handler = stall }, Timeout, "no answer within 30ms"},
		{"half an answer", func(c *mysqltest.ServerConfig) { c.Handler = half }, Timeout, "no answer within 30ms"},
		{"no greeting", func(c *mysqltest.ServerConfig) { c.Fault.Greeting = []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }, Unreachable, ""},
		{"full", func(c *mysqltest.ServerConfig) {
			c.Fault.Refusal = protocol.NewERR(protocol.ErrCodeTooManyConnections, "Too many connections")
		}, Refused, "Too many connections"},
		{"shutting down", func(c *mysqltest.ServerConfig) {
			c.Fault.Refusal = protocol.NewERR(protocol.ErrCodeServerShutdown, "Server shutdown in progress")
		}, Unreachable, "shutdown"},
		{"refused", nil, Unreachable, "connection refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			mysqltest.CheckLeaks(t)
			addr := closed
			if test.change != nil {
				addr = server(t, test.change).Addr()
			}
			g := target(t, addr)
			within := patience
			if test.outcome == Timeout {
				within = timeout
			}
			r := g.Check(ReadOnly, account, within)
			want(t, r, test.outcome, test.text)
			if test.outcome == Timeout && r.Took < timeout {
				t.Errorf("took %v", r.Took)
			}
			if n := g.Idle(); n != 0 && test.outcome != Refused {
				t.Errorf("%d idle connections", n)
			}
		})
	}
	want(t, target(t, "").Check(Ping, account, timeout), Unreachable, "db:1 does not resolve")
}

// A kept connection whose server falls silent costs one timeout, not two.
func TestKeptConnectionFallsSilent(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, nil)
	g := target(t, s.Addr())
	want(t, g.Check(Ping, account, patience), OK, "")
	s.Change(func(c *mysqltest.ServerConfig) {
		c.Handler = func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() }
	})
	want(t, g.Check(Ping, account, 30*time.Millisecond), Timeout, "no answer")
	if n := s.Accepted(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// What a server sends that the driver panics at is an error.
func TestGarbage(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Handler = func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Packet([]byte{1}); w.Packet([]byte{0xfe}) }
	})
	g := target(t, s.Addr())
	for _, k := range []Kind{ReadOnly, ReplicationLag} {
		if r := g.Check(k, account, 100*time.Millisecond); r.Outcome != Unreachable && r.Outcome != Timeout {
			t.Errorf("%v: %+v", k, r)
		}
	}
}

// What a server doesn't know is asked once.
func TestCapabilities(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Queries[bothSwitches] = mysqltest.Fail(errUnknownVariable, "Unknown system variable 'super_read_only'")
		c.Queries[oneSwitch] = mysqltest.Rows([]string{"@@global.read_only"}, []string{"1"})
		c.Queries[statusStatements[0]] = mysqltest.Fail(protocol.ErrCodeParse, "You have an error")
		c.Queries[statusStatements[1]] = mysqltest.Fail(protocol.ErrCodeParse, "You have an error")
		c.Queries[statusStatements[2]] = mysqltest.Rows([]string{"Seconds_Behind_Master"}, []string{"7"})
	})
	g := target(t, s.Addr())
	for range 3 {
		r := g.Check(ReadOnly, account, patience)
		want(t, r, OK, "")
		if r.Switch != (Switches{ReadOnly: true}) {
			t.Errorf("%+v", r.Switch)
		}
		r = g.Check(ReplicationLag, account, patience)
		want(t, r, OK, "")
		if r.Lag != (Lag{Replica: true, Behind: 7 * time.Second}) {
			t.Errorf("%+v", r.Lag)
		}
	}
	asked := make(map[string]int)
	for _, c := range s.Commands() {
		asked[string(c.Payload[1:])]++
	}
	for text, n := range map[string]int{bothSwitches: 1, oneSwitch: 3, statusStatements[0]: 1, statusStatements[1]: 1, statusStatements[2]: 3} {
		if asked[text] != n {
			t.Errorf("%s: asked %d times, want %d", text, asked[text], n)
		}
	}
	// The server is replaced by a newer one.
	s.Change(func(c *mysqltest.ServerConfig) {
		c.Queries[statusStatements[2]] = c.Queries[statusStatements[1]]
		c.Queries[statusStatements[1]] = mysqltest.Rows([]string{"Seconds_Behind_Source"}, []string{"1"})
	})
	r := g.Check(ReplicationLag, account, patience)
	want(t, r, OK, "")
	s.Change(func(c *mysqltest.ServerConfig) { clear(c.Queries) })
	want(t, g.Check(ReadOnly, account, patience), OK, "")
	want(t, g.Check(ReplicationLag, account, patience), Unreachable, "")
}

func TestFix(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Queries[statusStatements[0]] = mysqltest.Fail(errPrivilege,
			"Access denied; you need (at least one of) the SUPER, SLAVE MONITOR privilege(s) for this operation")
	})
	g := target(t, s.Addr())
	r := g.Check(ReplicationLag, account, patience)
	want(t, r, Refused, "SLAVE MONITOR")
	if r.Fix != "GRANT SLAVE MONITOR ON *.* TO 'monitor'@'%'" || !r.Answered() {
		t.Errorf("%q", r.Fix)
	}
	r = g.Check(Connect, Account{User: "nobody"}, patience)
	want(t, r, Refused, "Access denied")
	if !strings.HasPrefix(r.Fix, "CREATE USER 'nobody'@'%' IDENTIFIED BY") {
		t.Errorf("%q", r.Fix)
	}
	for message, want := range map[string]string{
		"Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s) for this operation": "REPLICATION CLIENT",
		"Access denied; you need (at least one of) the SUPER privilege(s) for this operation":                     "SUPER",
		"Access denied": "",
	} {
		if got := privilege(message); got != want {
			t.Errorf("%s: %q, want %q", message, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for value, want := range map[string]bool{"0": false, "1": true, "OFF": false, "off": false, "ON": true, "NO_LOCK_NO_ADMIN": true} {
		if isOn(&value) != want {
			t.Errorf("%q: %v", value, !want)
		}
	}
	if isOn(nil) {
		t.Error("NULL is on")
	}
	for _, bad := range []table{{}, {Columns: []string{"a"}}, {Columns: []string{"a", "b", "c"}, Rows: [][]*string{{nil, nil, nil}}}} {
		if _, err := switches(&bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	text := "many"
	for _, bad := range []table{{Columns: []string{"Host"}}, {Columns: behindColumns[:1], Rows: [][]*string{{&text}}}} {
		if _, err := lagOf(&bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	if !isTimeout(&net.DNSError{IsTimeout: true}) {
		t.Error("a timeout is none")
	}
}
