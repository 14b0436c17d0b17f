package session_test

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
	"parkway/session/users"
)

// nativeHash is a password as the configuration may have it.
func nativeHash(password string) string {
	inner := sha1.Sum([]byte(password))
	outer := sha1.Sum(inner[:])
	return fmt.Sprintf("*%X", outer)
}

// Every way of a client to log in, against every kind of password and server, over TCP and unix sockets: the client is let
// in, and so is the proxy in its name.
func TestLogins(t *testing.T) {
	for _, plugin := range []string{auth.NativePassword, auth.CachingSHA2Password} {
		for _, stored := range []string{"", "secret", nativeHash("secret")} {
			t.Run(fmt.Sprintf("server %s, password %.6q", plugin, stored), func(t *testing.T) {
				password := "secret"
				if stored == "" {
					password = ""
				}
				w := newWorld(t, func(s *setup) {
					s.server.Greeting.AuthPlugin = plugin
					s.server.Users = map[string]string{"app": password}
					s.users = []config.MySQLUser{user("app", stored)}
				})
				testLogins(t, w, password)
			})
		}
	}
}

func testLogins(t *testing.T, w *world, password string) {
	old := mysqltest.BaseCapabilities &^ (protocol.ClientPluginAuth | protocol.ClientPluginAuthLenencData | protocol.ClientConnectAttrs)
	for _, addr := range []string{w.addr, w.unix} {
		for _, client := range []struct {
			plugin string
			caps   protocol.Capability
		}{
			{"", 0},
			{auth.NativePassword, 0},
			{auth.CachingSHA2Password, 0},
			{auth.NativePassword, mysqltest.ServerCapabilities},
			{auth.CachingSHA2Password, mysqltest.ServerCapabilities &^ protocol.ClientPluginAuthLenencData},
			{auth.NativePassword, old},
		} {
			c, err := mysqltest.Connect(mysqltest.ClientConfig{
				Addr: addr, User: "app", Password: password, Plugin: client.plugin, Capabilities: client.caps, Timeout: patience,
			})
			if err != nil {
				t.Errorf("%s, plugin %q, %v: %v", addr, client.plugin, client.caps, err)
				continue
			}
			if v, err := c.Value("SELECT 1"); v != "1" || err != nil {
				t.Errorf("%s, plugin %q, %v: query: %q, %v", addr, client.plugin, client.caps, v, err)
			}
			c.Close()
		}
	}
}

// What the client negotiated and asked for is what the server is told in its name.
func TestBackendLoginIsTheClients(t *testing.T) {
	seen := make(chan protocol.HandshakeResponse, 1)
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.server.Greeting.Capabilities = mysqltest.ServerCapabilities
		s.server.Handler = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			seen <- a.Login()
			a.OK()
		}
		withSchema := user("schema", "secret")
		withSchema.DefaultSchema = "mine"
		s.users = append(s.users, withSchema)
	})
	for _, test := range []struct {
		user, database, want string
		caps                 protocol.Capability
	}{
		{"app", "", "", mysqltest.BaseCapabilities},
		{"app", "shop", "shop", mysqltest.BaseCapabilities | protocol.ClientDeprecateEOF},
		{"schema", "", "mine", mysqltest.BaseCapabilities | protocol.ClientFoundRows},
		{"schema", "shop", "shop", mysqltest.ServerCapabilities},
	} {
		cfg := w.client()
		cfg.User, cfg.Database, cfg.Capabilities, cfg.Charset = test.user, test.database, test.caps, 8
		c := mysqltest.Dial(t, cfg)
		mustQuery(t, c, "x")
		got := <-seen
		if got.User != test.user || got.Database != test.want || got.Charset != 8 {
			t.Errorf("%+v: the server saw user %q, schema %q, charset %d", test, got.User, got.Database, got.Charset)
		}
		const class = protocol.ClientDeprecateEOF | protocol.ClientFoundRows | protocol.ClientSessionTrack | protocol.ClientMultiStatements
		if got.Capabilities&class != test.caps&class {
			t.Errorf("%+v: the server saw %v", test, got.Capabilities)
		}
		if len(got.Attributes) != 2 || got.Attributes[1].Value != "parkway" {
			t.Errorf("attributes %v", got.Attributes)
		}
	}
}

func TestGreeting(t *testing.T) {
	for _, test := range []struct {
		name            string
		greeting        protocol.Handshake
		version         string
		wantVersion     string
		wantPlugin      string
		offered, lacked protocol.Capability
	}{
		{"as the server", protocol.Handshake{ServerVersion: "8.4.0", AuthPlugin: auth.CachingSHA2Password}, "",
			"8.4.0", auth.CachingSHA2Password, protocol.ClientDeprecateEOF | protocol.ClientLocalFiles, protocol.ClientSSL},
		{"unknown plugin, version set", protocol.Handshake{AuthPlugin: "kerberos", Capabilities: mysqltest.ServerCapabilities | protocol.ClientSSL | protocol.ClientCompress}, "9.9",
			"9.9", auth.NativePassword, protocol.ClientSessionTrack, protocol.ClientSSL | protocol.ClientCompress},
		{"old server", protocol.Handshake{Capabilities: mysqltest.BaseCapabilities &^ protocol.ClientLocalFiles}, "",
			"8.0.99-mysqltest", auth.NativePassword, protocol.ClientConnectWithDB, protocol.ClientDeprecateEOF | protocol.ClientLocalFiles},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				s.server.Greeting, s.settings.ServerVersion = test.greeting, test.version
			})
			c, err := mysqltest.Open(w.client())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			g := c.Greeting
			if g.ServerVersion != test.wantVersion || g.AuthPlugin != test.wantPlugin || g.ConnectionID == 0 || g.Charset != 45 {
				t.Errorf("greeting %+v", g)
			}
			if !g.Capabilities.Has(test.offered) || g.Capabilities&test.lacked != 0 {
				t.Errorf("capabilities %v, want %v and not %v", g.Capabilities, test.offered, test.lacked)
			}
		})
	}
}

// A wrong password and an unknown or inactive user read the same, and are counted.
func TestLoginRefused(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		inactive := user("inactive", "secret")
		inactive.Active = false
		s.users = append(s.users, inactive)
	})
	for _, plugin := range []string{auth.NativePassword, auth.CachingSHA2Password} {
		for _, addr := range []string{w.addr, w.unix} {
			for _, test := range []struct{ user, password, using string }{
				{"app", "wrong", "YES"}, {"app", "", "NO"}, {"nobody", "secret", "YES"}, {"nobody", "", "NO"}, {"inactive", "secret", "YES"},
				{strings.Repeat("ä", 20000), "secret", "YES"}, // of which the log has no more than the client
			} {
				host := "127.0.0.1"
				if addr == w.unix {
					host = "localhost"
				}
				_, err := mysqltest.Connect(mysqltest.ClientConfig{Addr: addr, User: test.user, Password: test.password, Plugin: plugin, Timeout: patience})
				wantERR(t, err, protocol.ErrCodeAccessDenied,
					fmt.Sprintf("parkway: Access denied for user '%.128s'@'%s' (using password: %s)", test.user, host, test.using))
			}
		}
	}
	w.waitSessions(0)
	if got := w.metric(`parkway_sessions_total{result="aborted"}`); got != "24" {
		t.Errorf("%s sessions aborted, want 24", got)
	}
	w.waitLog("login refused")
	if strings.Contains(w.log.String(), "wrong") || strings.Contains(w.log.String(), "secret") {
		t.Errorf("a password in the log: %s", w.log)
	}
	if n := len(w.log.String()); n > 1<<16 {
		t.Errorf("%d bytes of log", n)
	}
}

// What a client may send in place of a handshake response, and what it reads.
func TestBadHandshake(t *testing.T) {
	const caps = mysqltest.BaseCapabilities
	response := func(change func(*protocol.HandshakeResponse)) []byte {
		r := protocol.HandshakeResponse{Capabilities: caps, User: "app", AuthPlugin: auth.NativePassword}
		change(&r)
		return r.Append(nil)
	}
	ssl := protocol.SSLRequest{Capabilities: caps | protocol.ClientSSL}
	w := newWorld(t, nil)
	for _, test := range []struct {
		name  string
		bytes []byte
		code  uint16
		want  string
	}{
		{"SSL request", packet(1, string(ssl.Append(nil))), protocol.ErrCodeHandshake, "TLS was not offered"},
		{"pre-4.1", packet(1, "\x05\x00\x00\x00\x00app\x00"), protocol.ErrCodeNotSupportedAuth, "does not support the protocol of MySQL 4.1"},
		{"compression", packet(1, string(response(func(r *protocol.HandshakeResponse) { r.Capabilities |= protocol.ClientCompress }))),
			protocol.ErrCodeHandshake, "COMPRESS was not offered"},
		{"zstd", packet(1, string(response(func(r *protocol.HandshakeResponse) { r.Capabilities |= protocol.ClientZstdCompression }))),
			protocol.ErrCodeHandshake, "ZSTD_COMPRESSION_ALGORITHM was not offered"},
		{"cut", packet(1, string(response(func(*protocol.HandshakeResponse) {})[:34])), protocol.ErrCodeHandshake, "malformed answer to the greeting"},
		{"empty", packet(1, ""), protocol.ErrCodeHandshake, "malformed answer to the greeting"},
		{"wrong number", packet(7, "x"), protocol.ErrCodeHandshake, "parkway: Bad handshake: sequence number 7 instead of 1"},
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), protocol.ErrCodeHandshake, "parkway: Bad handshake: sequence number 32 instead of 1"},
		{"too long", append([]byte{0xff, 0xff, 0x7f, 1}, make([]byte, 256<<10)...), protocol.ErrCodeHandshake, "is none of a login"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := mysqltest.Open(w.client())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.WriteRaw(test.bytes); err != nil {
				t.Fatal(err)
			}
			rest, err := c.ExpectEOF()
			if err != nil || len(rest) < protocol.HeaderLen {
				t.Fatalf("%q, %v", rest, err)
			}
			var said protocol.ERR
			if err := said.Decode(rest[protocol.HeaderLen:]); err != nil {
				t.Fatal(err)
			}
			wantERR(t, &said, test.code, test.want)
		})
	}
	w.waitSessions(0)
	mustQuery(t, w.dial(), "SELECT 1") // the others are undisturbed
}

// A login that comes byte by byte, in both directions of the exchange.
func TestLoginInPieces(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.server.Greeting.AuthPlugin = auth.CachingSHA2Password })
	wire := mysqltest.NewWire(t, mysqltest.WireConfig{Target: w.addr, Up: mysqltest.Direction{Piece: 1}})
	cfg := w.client()
	cfg.Addr, cfg.Plugin = wire.Addr(), auth.CachingSHA2Password
	mustQuery(t, mysqltest.Dial(t, cfg), "SELECT 1")
}

// A login that ends at every byte: nothing is left, and nobody else notices.
func TestLoginCutAtEveryByte(t *testing.T) {
	w := newWorld(t, nil)
	r := protocol.HandshakeResponse{Capabilities: mysqltest.BaseCapabilities, User: "app", AuthPlugin: auth.NativePassword}
	whole := packet(1, string(r.Append(nil)))
	for n := range whole {
		c, err := mysqltest.Open(w.client())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WriteRaw(whole[:n]); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	w.waitSessions(0)
	mustQuery(t, w.dial(), "SELECT 1")
}

// Of large logins only so many are kept while they are not whole; one more is refused until others have ended.
func TestLargeHalfLogins(t *testing.T) {
	w := newWorld(t, nil)
	half := packet(1, strings.Repeat("x", 50_000))[:40_000]
	type end struct {
		rest []byte
		err  error
	}
	const most = 200
	ends := make(chan end, most) // of connections, in any order: some may be refused before the test looks
	var all []*mysqltest.Client
	for looking := true; looking; {
		if len(all) == most {
			t.Fatalf("%d are kept", most)
		}
		c, err := mysqltest.Open(w.client())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all = append(all, c)
		if err := c.WriteRaw(half); err != nil {
			t.Fatal(err)
		}
		go func() {
			rest, err := c.ExpectEOF()
			ends <- end{rest, err}
		}()
		w.turns()
		select {
		case first := <-ends:
			if first.err != nil || !strings.Contains(string(first.rest), "large logins at once") {
				t.Errorf("%q, %v", first.rest, first.err)
			}
			looking = false
		default:
		}
	}
	w.dial() // A login as others is not concerned.
	for _, c := range all {
		c.Close()
	}
	w.waitSessions(1)
	cfg := w.client()
	for i := range 100 {
		cfg.Attributes = append(cfg.Attributes, protocol.Attribute{Key: fmt.Sprintf("key %d", i), Value: strings.Repeat("x", 300)})
	}
	mysqltest.Dial(t, cfg)
}

// A client that hangs up when it is asked for another plugin than its own leaves a line in the log.
func TestAbandonedLogin(t *testing.T) {
	w := newWorld(t, nil)
	c, err := mysqltest.Open(w.client())
	if err != nil {
		t.Fatal(err)
	}
	r := protocol.HandshakeResponse{Capabilities: mysqltest.BaseCapabilities, User: "app", AuthPlugin: "kerberos"}
	if err := c.WriteRaw(packet(1, string(r.Append(nil)))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadRaw(1); err != nil {
		t.Fatal(err)
	}
	c.Close()
	w.waitLog("login abandoned")
	w.waitLog("kerberos")
}

// The server turns down what the proxy let in: the client reads it, lives on, and asks again.
func TestBackendRefusesLogin(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.server.Users = map[string]string{"app": "other"} })
	c := w.dial()
	for range 2 {
		_, err := c.Query("SELECT 1")
		wantERR(t, err, protocol.ErrCodeAccessDenied, "parkway: login at "+w.server.Addr())
	}
	if _, err := c.Command(protocol.ComPing); err != nil {
		t.Error(err)
	}
}

// There are fewer descriptors than max_connections needs.
func TestMaxClients(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.clients = 1 })
	w.dial()
	_, err := mysqltest.Connect(w.client())
	wantERR(t, err, protocol.ErrCodeTooManyConnections, "parkway: Too many connections (clients that RLIMIT_NOFILE allows = 1)")
	w.waitLog("client refused")
}

func TestMaxConnections(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.settings.MaxConnections = 2 })
	first := w.dial()
	w.dial()
	for range 2 {
		_, err := mysqltest.Connect(w.client())
		wantERR(t, err, protocol.ErrCodeTooManyConnections, "parkway: Too many connections (max_connections = 2)")
	}
	w.waitSessions(2)
	if got := w.metric(`parkway_sessions_total{result="refused"}`); got != "2" {
		t.Errorf("%s refused, want 2", got)
	}
	first.Close()
	w.waitSessions(1)
	w.dial()
}

func TestUserLimit(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.users[0].MaxConnections = 1 })
	first := w.dial()
	_, err := mysqltest.Connect(w.client())
	wantERR(t, err, protocol.ErrCodeUserLimit, "parkway: User 'app' has exceeded")
	// A client that logs in anew as the same user keeps its place.
	if err := first.ChangeUser("app", "secret", ""); err != nil {
		t.Fatal(err)
	}
	if n := connectionsOf(t, w.Users(), "app"); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	first.Close()
	w.waitSessions(0)
	w.dial()
}

func TestChangeUser(t *testing.T) {
	seen := make(chan protocol.HandshakeResponse, 1)
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.users = append(s.users, user("other", "word"))
		s.server.Handler = func(cmd protocol.Command, _ []byte, a *mysqltest.Answer) {
			if cmd == protocol.ComQuery {
				seen <- a.Login()
			}
			a.OK()
		}
	})
	c := w.dial()
	mustQuery(t, c, "x")
	<-seen
	if err := c.ChangeUser("other", "word", "shop"); err != nil {
		t.Fatal(err)
	}
	if got := w.Users(); connectionsOf(t, got, "app") != 0 || connectionsOf(t, got, "other") != 1 {
		t.Errorf("app has %d connections, other %d", connectionsOf(t, got, "app"), connectionsOf(t, got, "other"))
	}
	mustQuery(t, c, "x")
	if got := <-seen; got.User != "other" || got.Database != "shop" {
		t.Errorf("the server saw %+v", got)
	}
	w.server.WaitConnections(t, 1) // the old one is given up
	if w.server.Accepted() != 3 {  // one of them asked for the greeting
		t.Errorf("%d connections were made", w.server.Accepted())
	}
	wantERR(t, c.ChangeUser("other", "wrong", ""), protocol.ErrCodeAccessDenied, "Access denied for user 'other'")
	wantClose(t, c)
	w.waitSessions(0)
	if n := connectionsOf(t, w.Users(), "other"); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func connectionsOf(t *testing.T, table *users.Table, name string) int {
	t.Helper()
	u, ok := table.Find(name)
	if !ok {
		t.Fatalf("no user %s", name)
	}
	return u.Connections()
}

// A backend connection that is lost while its client logs in anew is not missed.
func TestChangeUserOutlivesTheBackend(t *testing.T) {
	w := newWorld(t, unshared)
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	m := protocol.ChangeUser{User: "app", Charset: 45, AuthPlugin: auth.NativePassword}
	if err := c.WriteCommand(protocol.ComChangeUser, m.Append(nil, c.Capabilities)[1:]...); err != nil {
		t.Fatal(err)
	}
	p, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	w.server.KillAll()
	w.waitLog("backend connection lost")
	var request protocol.AuthSwitchRequest
	if err := request.Decode(p); err != nil {
		t.Fatal(err)
	}
	exchange := auth.NewClient(auth.ClientConfig{Plugin: request.Plugin, Nonce: request.Data, Credential: auth.ClearCredential("secret")})
	data, _, err := exchange.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WriteMessage(data); err != nil {
		t.Fatal(err)
	}
	if p, err = c.ReadMessage(); err != nil || p[0] != 0 {
		t.Fatalf("%q, %v", p, err)
	}
	mustQuery(t, c, "SELECT 1")
}

func TestMalformedChangeUser(t *testing.T) {
	w := newWorld(t, nil)
	c := w.dial()
	_, err := c.Command(protocol.ComChangeUser, 'x')
	wantERR(t, err, protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet: COM_CHANGE_USER: 2 bytes")
	_, err = c.Command(protocol.ComChangeUser, make([]byte, 100_000)...)
	wantERR(t, err, protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet: COM_CHANGE_USER: it is too long")
	mustQuery(t, c, "SELECT 1")
}

// encryptedPassword brings a login by caching_sha2_password to the point where the client sends its password, encrypted
// because the proxy knows only a hash, and returns that packet.
func encryptedPassword(t *testing.T, w *world, name string) (c *mysqltest.Client, packet []byte) {
	t.Helper()
	c, err := mysqltest.Open(w.client())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	exchange := auth.NewClient(auth.ClientConfig{
		Plugin: auth.CachingSHA2Password, Nonce: c.Greeting.Nonce[:], Credential: auth.ClearCredential("secret"),
	})
	out, _, err := exchange.Step(nil)
	r := protocol.HandshakeResponse{
		Capabilities: mysqltest.BaseCapabilities, User: name, AuthPlugin: auth.CachingSHA2Password, AuthData: out,
		// MySQL's own client from version 9 on, which can't do without.
		Attributes: []protocol.Attribute{{Key: "_client_name", Value: "libmysql"}, {Key: "_client_version", Value: "9.0.0"}},
	}
	c.Capabilities = r.Capabilities
	out = r.Append(nil)
	for range 3 { // the response, the request for the key, the password
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 256 {
			return c, protocol.AppendPacket(nil, out, c.NextSeq())
		}
		if err := c.WriteMessage(out); err != nil {
			t.Fatal(err)
		}
		in, err := c.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if out, _, err = exchange.Step(in); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the proxy did not ask for the password")
	return nil, nil
}

// hashed is a world of users whose password is known as a hash only. Each is good for one login that is asked for its password:
// the proxy remembers it.
func hashed(s *setup) {
	for _, name := range []string{"a", "b", "c", "d"} {
		s.users = append(s.users, user(name, nativeHash("secret")))
	}
}

// What a client sends while its password is decrypted waits for its turn.
func TestCommandsWaitForDecryption(t *testing.T) {
	w := newWorld(t, hashed)
	c, password := encryptedPassword(t, w, "a")
	if err := c.WriteRaw(append(password, packet(0, "\x0e")...)); err != nil {
		t.Fatal(err)
	}
	in, err := c.ReadRaw(4096)
	for err == nil && len(in) < 2*11 {
		var more []byte
		more, err = c.ReadRaw(4096)
		in = append(in, more...)
	}
	want := append(protocol.AppendPacket(nil, []byte("\x00\x00\x00\x02\x00\x00\x00"), 6), okPacket(1)...)
	if err != nil || string(in) != string(want) {
		t.Errorf("got %q (%v), want %q", in, err, want)
	}
}

// A client that leaves while its password is decrypted leaves nothing behind.
func TestLeaveWhileVerifying(t *testing.T) {
	w := newWorld(t, hashed)
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		c, password := encryptedPassword(t, w, name)
		if err := c.WriteRaw(password); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	w.waitSessions(0)
	for _, name := range names {
		if n := connectionsOf(t, w.Users(), name); n != 0 {
			t.Errorf("user %s has %d connections", name, n)
		}
	}
}
