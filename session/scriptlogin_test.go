package session_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// authVerdict is what change makes of a verdict that says nothing of a login.
func authVerdict(change func(*hook.AuthVerdict)) *hook.AuthVerdict {
	v := &hook.AuthVerdict{Hostgroup: hook.Unset}
	if change != nil {
		change(v)
	}
	return v
}

// logins is a policy whose onAuth is auth.
func logins(auth func(c hook.Conn, a *hook.Auth) *hook.AuthVerdict) *policy {
	p := newPolicy(nil)
	p.auth = auth
	return p
}

// A script turns clients away before they are greeted, at once or later.
func TestScriptConnect(t *testing.T) {
	for _, waits := range []bool{false, true} {
		t.Run(fmt.Sprint("later ", waits), func(t *testing.T) {
			p := newPolicy(nil)
			verdict := new(hook.ConnectVerdict)
			p.connect = func(c hook.Conn) *hook.ConnectVerdict {
				if c.ClientAddr() != "127.0.0.1" || c.ClientPort() == 0 || c.ID() == 0 || c.User() != "" || c.Schema() != "" {
					t.Errorf("%s:%d, id %d, user %q, schema %q", c.ClientAddr(), c.ClientPort(), c.ID(), c.User(), c.Schema())
				}
				if waits {
					return nil
				}
				return verdict
			}
			w := newWorld(t, scriptedBy(p, tracked))
			connect := func() error {
				told := make(chan error, 1)
				go func() {
					c, err := mysqltest.Connect(w.client())
					if err == nil {
						_, err = c.Query("SELECT 1")
						c.Close()
					}
					told <- err
				}()
				if waits {
					p.next(t).answer(verdict)
				}
				return receive(t, told)
			}
			if err := connect(); err != nil {
				t.Error(err)
			}
			w.on(0, func() {
				verdict = &hook.ConnectVerdict{Reject: &hook.Rejection{Code: 1130, State: "HY000", Message: "go away"}}
			})
			err := connect()
			wantERR(t, err, 1130, "go away")
			w.waitSessions(0)
		})
	}
}

// A client that leaves while the script thinks about it, or is thought about for too long, is gone, and its call given up.
func TestScriptConnectEnds(t *testing.T) {
	p := newPolicy(nil)
	p.connect = func(hook.Conn) *hook.ConnectVerdict { return nil }
	w := newWorld(t, scriptedBy(p, func(s *setup) { s.settings.ConnectTimeoutClient = 50 * time.Millisecond }))
	c, err := mysqltest.Open(w.client())
	if err == nil {
		t.Fatal("the client was greeted")
	}
	wantERR(t, err, protocol.ErrCodeNetReadTimeout, "connect_timeout_client_ms")
	p.wantCancelled(t, p.next(t))
	_ = c
	w.waitSessions(0)
}

// A script says who a client is at the servers, where its statements go and in which schema it begins.
func TestScriptAuthMaps(t *testing.T) {
	for name, test := range map[string]struct {
		verdict  *hook.AuthVerdict
		user     string // that the server knows
		password string
		schema   string
		server   string // that answers
		refused  uint16
	}{
		"as it is":            {verdict: authVerdict(nil), user: "app", password: "secret", schema: "mine", server: "w"},
		"another user":        {verdict: authVerdict(func(v *hook.AuthVerdict) { v.BackendUser = "loose" }), user: "loose", password: "loose's", schema: "mine", server: "w"},
		"nobody":              {verdict: authVerdict(func(v *hook.AuthVerdict) { v.BackendUser = "nobody" }), refused: protocol.ErrCodeAccessDenied},
		"a password":          {verdict: authVerdict(func(v *hook.AuthVerdict) { v.BackendPassword, v.HasPassword = "other", true }), user: "app", password: "other", schema: "mine", server: "w"},
		"both":                {verdict: authVerdict(func(v *hook.AuthVerdict) { v.BackendUser, v.BackendPassword, v.HasPassword = "vault", "pw", true }), user: "vault", password: "pw", schema: "mine", server: "w"},
		"a hostgroup":         {verdict: authVerdict(func(v *hook.AuthVerdict) { v.Hostgroup = 2 }), user: "app", password: "secret", schema: "mine", server: "r"},
		"a schema":            {verdict: authVerdict(func(v *hook.AuthVerdict) { v.Schema, v.HasSchema = "theirs", true }), user: "app", password: "secret", schema: "theirs", server: "w"},
		"no schema":           {verdict: authVerdict(func(v *hook.AuthVerdict) { v.HasSchema = true }), user: "app", password: "secret", server: "w"},
		"is not let in":       {verdict: authVerdict(func(v *hook.AuthVerdict) { v.Reject = &hook.Rejection{Code: 1045, State: "28000", Message: "no"} }), refused: 1045},
		"zero is hostgroup 0": {verdict: &hook.AuthVerdict{}, user: "app", password: "secret", schema: "mine", server: ""},
	} {
		for _, waits := range []bool{false, true} {
			for _, parks := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/later %v/parked %v", name, waits, parks), func(t *testing.T) {
					p := logins(func(c hook.Conn, a *hook.Auth) *hook.AuthVerdict {
						if a.User != "app" || a.Schema != "mine" || a.Plugin == "" || a.TLS || c.User() != "app" {
							t.Errorf("%+v, %q", a, c.User())
						}
						if waits {
							return nil
						}
						return test.verdict
					})
					s := newSplit(t, scriptedBy(p, multiplexed, func(set *setup) {
						set.users[1].Password = "loose's"
						set.rules = nil
						if parks {
							parking(set)
						}
					}))
					var mu sync.Mutex
					var seen []string
					for name, server := range map[string]*mysqltest.Server{"w": s.server, "r": s.reader} {
						server.Change(func(cfg *mysqltest.ServerConfig) {
							cfg.Users = map[string]string{"app": test.password, "loose": "loose's", "vault": "pw"}
							handler := cfg.Handler
							cfg.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
								if cmd == protocol.ComQuery && string(payload[1:]) == "SELECT 1" {
									mu.Lock()
									login := a.Login()
									seen = append(seen, name+" "+login.User+"/"+login.Database)
									mu.Unlock()
								}
								handler(cmd, payload, a)
							}
						})
					}
					told := make(chan error, 1)
					var c *mysqltest.Client
					go func() {
						cfg := s.client()
						cfg.Database = "mine"
						var err error
						c, err = mysqltest.Connect(cfg)
						told <- err
					}()
					if waits {
						p.next(t).answer(test.verdict)
					}
					err := receive(t, told)
					if test.refused != 0 {
						wantERR(t, err, test.refused, "")
						s.waitSessions(0)
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					if parks {
						s.waitParked(1)
					}
					_, err = c.Query("SELECT 1")
					if test.server == "" {
						wantERR(t, err, protocol.ErrCodeNoBackend, "hostgroup 0")
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					mu.Lock()
					defer mu.Unlock()
					if want := test.server + " " + test.user + "/" + test.schema; !slices.Equal(seen, []string{want}) {
						t.Errorf("%q, want %q", seen, want)
					}
				})
			}
		}
	}
}

// COM_CHANGE_USER is a login too, and begins anew.
func TestScriptAuthChangeUser(t *testing.T) {
	p := logins(func(c hook.Conn, a *hook.Auth) *hook.AuthVerdict {
		switch a.Schema {
		case "later":
			return nil
		case "reader":
			return authVerdict(func(v *hook.AuthVerdict) { v.Hostgroup = 2 })
		}
		return authVerdict(nil)
	})
	s := newSplit(t, scriptedBy(p, multiplexed, func(set *setup) { set.rules = nil }))
	c := s.dial()
	s.run(c, []string{"INSERT 1"}, "w INSERT 1")
	if err := c.ChangeUser("loose", "secret", "reader"); err != nil {
		t.Fatal(err)
	}
	s.run(c, []string{"INSERT 2"}, "r INSERT 2")
	told := make(chan error, 1)
	go func() { told <- c.ChangeUser("app", "secret", "later") }()
	waiting := p.next(t)
	s.reader.KillAll() // which is of no interest now
	waiting.answer(authVerdict(nil))
	if err := receive(t, told); err != nil {
		t.Fatal(err)
	}
	s.run(c, []string{"INSERT 3"}, "w INSERT 3")
	go func() { told <- c.ChangeUser("app", "secret", "later") }()
	p.next(t).answer(authVerdict(func(v *hook.AuthVerdict) { v.Reject = &hook.Rejection{Code: 1045, State: "28000", Message: "not now"} }))
	wantERR(t, receive(t, told), 1045, "not now")
	wantClose(t, c)
	s.waitSessions(0)
}

// A client that leaves while the script thinks about its login leaves nothing.
func TestScriptAuthEnds(t *testing.T) {
	p := logins(func(hook.Conn, *hook.Auth) *hook.AuthVerdict { return nil })
	w := newWorld(t, scriptedBy(p, func(s *setup) { s.settings.ConnectTimeoutClient = 100 * time.Millisecond }))
	_, err := mysqltest.Connect(w.client())
	wantERR(t, err, protocol.ErrCodeNetReadTimeout, "connect_timeout_client_ms")
	p.wantCancelled(t, p.next(t))
	w.waitSessions(0)
}

// A script is told who has left, also of those that were parked, but not of those that never came in.
func TestScriptDisconnect(t *testing.T) {
	for _, parks := range []bool{false, true} {
		for _, quits := range []bool{false, true} {
			t.Run(fmt.Sprintf("parked %v/quits %v", parks, quits), func(t *testing.T) {
				type left struct {
					about string
					stats hook.Stats
				}
				gone := make(chan left, 10)
				p := newPolicy(nil)
				p.disconnect = func(c hook.Conn, s *hook.Stats) {
					about := fmt.Sprintf("%s@%s %s", c.User(), c.ClientAddr(), c.Schema())
					c.Attributes(func(name, value string) { about += " " + name + "=" + value })
					if c.ID() == 0 || c.ClientPort() == 0 {
						t.Errorf("id %d, port %d", c.ID(), c.ClientPort())
					}
					gone <- left{about, *s}
				}
				w := newWorld(t, scriptedBy(p, tracked, func(s *setup) {
					if parks {
						parking(s)
					}
				}))
				cfg := w.client()
				cfg.Password = "wrong"
				if _, err := mysqltest.Connect(cfg); err == nil {
					t.Fatal("a wrong password was let in")
				}
				cfg = w.client()
				cfg.Database, cfg.Attributes = "mine", []protocol.Attribute{{Key: "program", Value: "test"}}
				c := mysqltest.Dial(t, cfg)
				for range 3 {
					mustQuery(t, c, "SELECT 1")
					if parks {
						w.waitParked(1)
					}
				}
				if quits {
					if err := c.WriteCommand(protocol.ComQuit); err != nil {
						t.Fatal(err)
					}
				}
				c.Close()
				l := receive(t, gone)
				if l.about != "app@127.0.0.1 mine program=test" && l.about != "app@127.0.0.1 mine _client_name=test program=test" {
					t.Errorf("%q has left", l.about)
				}
				if s := l.stats; s.Queries != 3 || s.Aborted == quits || s.Duration <= 0 || s.BytesIn < 60 || s.BytesOut < 100 {
					t.Errorf("%+v", s)
				}
				w.waitSessions(0)
				select {
				case l := <-gone:
					t.Errorf("%q has left too", l.about)
				default:
				}
			})
		}
	}
}
