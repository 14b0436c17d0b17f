package session_test

import (
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// ofMariaDB is a world whose server takes the user other too, and pauses for so long when a change of user is refused.
func ofMariaDB(pause time.Duration) func(*setup) {
	return func(s *setup) {
		tracked(s)
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.users = append(s.users, user("other", "word"))
		s.barTime = pause
	}
}

// What MariaDB's clients have that want to be somebody else and may not: their session is reset, but goes on, as the user of before.
func TestRefusedChangeUser(t *testing.T) {
	seen := make(chan protocol.HandshakeResponse, 10)
	w := newWorld(t, func(s *setup) {
		ofMariaDB(time.Millisecond)(s)
		parking(s)
		s.server.Queries = map[string]mysqltest.Handler{"who": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			seen <- a.Login()
			a.OK()
		}}
	})
	cfg := w.client()
	cfg.Database = "shop"
	c := mysqltest.Dial(t, cfg)
	mustQuery(t, c, "SET sql_mode='ANSI'")
	for range 3 {
		wantERR(t, c.ChangeUser("other", "wrong", "elsewhere"), protocol.ErrCodeAccessDenied, "Access denied for user 'other'")
		w.waitParked(1) // which does not make it forget how often it has tried
		mustQuery(t, c, "who")
		if got := <-seen; got.User != "app" {
			t.Errorf("the server saw %+v", got)
		}
	}
	wantERR(t, c.ChangeUser("other", "word", ""), protocol.ErrCodeUnknownCommand, "Unknown command: 3 changes of user were refused")
	mustQuery(t, c, "who")
	if got := <-seen; got.User != "app" {
		t.Errorf("the server saw %+v", got)
	}
	if table := w.Users(); connectionsOf(t, table, "app") != 1 || connectionsOf(t, table, "other") != 0 {
		t.Errorf("app has %d connections, other %d", connectionsOf(t, table, "app"), connectionsOf(t, table, "other"))
	}
}

// The answer to a change of user that is refused comes after a pause, and what the client has sent meanwhile behind that.
func TestRefusedChangeUserTakesItsTime(t *testing.T) {
	const pause = 50 * time.Millisecond
	w := newWorld(t, ofMariaDB(pause))
	c := w.dial()
	begun := time.Now()
	m := protocol.ChangeUser{User: "nobody", AuthData: make([]byte, 20), AuthPlugin: c.Greeting.AuthPlugin}
	if err := c.WriteCommand(protocol.ComChangeUser, m.Append(nil, c.Capabilities)[1:]...); err != nil {
		t.Fatal(err)
	}
	if p, err := c.ReadMessage(); err != nil || p[0] != protocol.AuthSwitchHeader {
		t.Fatalf("%q, %v", p, err)
	}
	if err := c.WriteMessage(make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteRaw(protocol.AppendPacket(nil, []byte{byte(protocol.ComPing)}, 0)); err != nil {
		t.Fatal(err)
	}
	_, err := c.ReadAnswer(protocol.ComQuery)
	wantERR(t, err, protocol.ErrCodeAccessDenied, "Access denied for user 'nobody'")
	if d := time.Since(begun); d < pause {
		t.Errorf("answered after %v", d)
	}
	if p, err := c.ReadRaw(protocol.HeaderLen + 1); err != nil || p[3] != 1 || p[4] != 0 {
		t.Errorf("COM_PING: %q, %v", p, err)
	}
}

// Who leaves meanwhile, or is there when the proxy stops, is not waited for.
func TestRefusedChangeUserEnds(t *testing.T) {
	w := newWorld(t, ofMariaDB(time.Hour))
	gone, told := w.dial(), w.dial()
	outcome := make(chan error)
	for _, c := range []*mysqltest.Client{gone, told} {
		go func() { outcome <- c.ChangeUser("other", "wrong", "") }()
	}
	w.waitLog("change of user refused")
	gone.Close()
	<-outcome
	w.waitSessions(1)
	cut := w.drain(patience)
	wantERR(t, <-outcome, protocol.ErrCodeServerShutdown, "shutdown")
	if n := <-cut; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
}

// A session whose schema only its connection knows ends, as MySQL's do.
func TestRefusedChangeUserOfTheUnfollowed(t *testing.T) {
	w := newWorld(t, func(s *setup) { ofMariaDB(time.Millisecond)(s); unshared(s) })
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	wantERR(t, c.ChangeUser("other", "wrong", ""), protocol.ErrCodeAccessDenied, "Access denied for user 'other'")
	wantClose(t, c)
}
