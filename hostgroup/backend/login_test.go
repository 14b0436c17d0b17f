package backend

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// Every plugin over every transport, with and without password and schema, for clients of different capabilities: the
// server lets the proxy in and sees the login that was asked for.
func TestLogin(t *testing.T) {
	for _, plugin := range []string{auth.NativePassword, auth.CachingSHA2Password} {
		for _, unix := range []bool{false, true} {
			for _, password := range []string{"", "secret"} {
				t.Run(fmt.Sprintf("%s/unix=%v/password=%q", plugin, unix, password), func(t *testing.T) {
					testLogins(t, plugin, unix, password)
				})
			}
		}
	}
}

func testLogins(t *testing.T, plugin string, unix bool, password string) {
	l := newLoop(t)
	seen := make(chan protocol.HandshakeResponse, 1)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Unix: unix, Users: map[string]string{"app": password}, Greeting: protocol.Handshake{AuthPlugin: plugin},
		Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			seen <- w.Login()
			w.OK()
		},
	})
	attributes := []protocol.Attribute{{Key: "program_name", Value: "test"}}
	for _, schema := range []string{"", "shop"} {
		for _, caps := range []protocol.Capability{protocol.ClientProtocol41, mysqltest.BaseCapabilities, mysqltest.ServerCapabilities} {
			r := newRecorder(t)
			b := r.connect(l, r.spec(server.Addr(), func(s *Spec) {
				s.Login.Credential = auth.ClearCredential(password)
				s.Login.Schema, s.Login.Capabilities, s.Login.Attributes = schema, caps, attributes
			}))
			command(l, b, protocol.ComPing, "")
			r.answer()
			got := <-seen
			if got.User != "app" || got.Database != schema || got.Charset != 45 || got.AuthPlugin != plugin {
				t.Errorf("schema %q, client %v: the server saw %+v", schema, caps, got)
			}
			if len(got.Attributes) != 1 || got.Attributes[0] != attributes[0] {
				t.Errorf("attributes %v", got.Attributes)
			}
			want := caps&(Class|protocol.ClientSessionTrack) | own | wanted
			if schema != "" {
				want |= protocol.ClientConnectWithDB
			}
			if got.Capabilities != want {
				t.Errorf("schema %q: capabilities %v\nwant %v", schema, got.Capabilities, want)
			}
		}
	}
}

func TestLoginInPieces(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Users: map[string]string{"app": "secret"}, Greeting: protocol.Handshake{AuthPlugin: auth.CachingSHA2Password},
	})
	wire := mysqltest.NewWire(t, mysqltest.WireConfig{Target: server.Addr(), Down: mysqltest.Direction{Piece: 1}})
	r := newRecorder(t)
	b := r.connect(l, r.spec(wire.Addr(), nil))
	command(l, b, protocol.ComQuery, "SELECT 1")
	if got := r.answer(); !strings.Contains(got, "1") {
		t.Errorf("answer %q", got)
	}
}

// The status of the login counts until an answer carries another.
func TestLoginStatus(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Greeting: protocol.Handshake{Status: protocol.StatusAutocommit | protocol.StatusNoBackslashEscapes},
		Handler:  mysqltest.Fail(1064, "no"),
	})
	r := newRecorder(t)
	b := r.connect(l, r.spec(server.Addr(), nil))
	command(l, b, protocol.ComQuery, "x")
	r.answer()
	if got := b.Answer().Status(); got != protocol.StatusAutocommit|protocol.StatusNoBackslashEscapes {
		t.Errorf("status %#x", got)
	}
	if code, failed := b.Answer().Failed(); code != 1064 || !failed {
		t.Errorf("Failed %d, %v", code, failed)
	}
}

func TestGreetedIsToldBeforeTheLogin(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Greeting: protocol.Handshake{ServerVersion: "8.0.7"}, Users: map[string]string{},
	})
	r := newRecorder(t)
	greeted := make(chan string, 1)
	r.dial(l, r.spec(server.Addr(), func(s *Spec) {
		s.Greeted = func(_ *hostgroup.Server, h *protocol.Handshake) { greeted <- h.ServerVersion }
	}))
	if v := <-greeted; v != "8.0.7" {
		t.Errorf("version %q", v)
	}
	if e := r.next("lost"); e.err.Retryable() || e.err.Stage != StageLogin {
		t.Errorf("%v, retryable %v", e.err, e.err.Retryable())
	}
	r.next("closed")
}

// What goes wrong before a connection is logged in: how far it came, whether another attempt makes sense, and what is said.
func TestLoginFailures(t *testing.T) {
	frame := func(p []byte) []byte { return protocol.AppendPacket(nil, p, 0) }
	type setup struct {
		server mysqltest.ServerConfig
		spec   func(*Spec)
	}
	greeting := func(h protocol.Handshake) setup { return setup{server: mysqltest.ServerConfig{Greeting: h}} }
	fault := func(f mysqltest.Fault) setup { return setup{server: mysqltest.ServerConfig{Fault: f}} }
	impatient := func(timeout time.Duration, f mysqltest.Fault) setup {
		return setup{mysqltest.ServerConfig{Fault: f}, func(s *Spec) { s.Timeout = timeout }}
	}
	for _, test := range []struct {
		name      string
		setup     setup
		stage     Stage
		retryable bool
		want      string
	}{
		{"ERR as greeting", fault(mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "Too many connections")}),
			StageGreet, true, "ERROR 1040 (08004): Too many connections"},
		{"host not allowed", fault(mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostNotPrivileged, "Host")}), StageGreet, false, "ERROR 1130"},
		{"hang-up", fault(mysqltest.Fault{Greeting: []byte{}}), StageGreet, true, ": the server has closed the connection"},
		{"HTTP", fault(mysqltest.Fault{Greeting: []byte("HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat(" ", maxLoginPacket))}),
			StageGreet, true, `: the server does not speak MySQL's protocol: it said "HTTP/1.1 400 Bad Request"`},
		{"long greeting", fault(mysqltest.Fault{Greeting: frame(append([]byte{10}, make([]byte, 1<<20)...))}), StageGreet, true, "is none of a login"},
		{"garbage", fault(mysqltest.Fault{Greeting: frame([]byte("\x0agarbage"))}), StageGreet, true, "malformed handshake:"},
		{"empty greeting", fault(mysqltest.Fault{Greeting: frame(nil)}), StageGreet, true, "malformed handshake:"},
		{"silence", impatient(20*time.Millisecond, mysqltest.Fault{Mute: true}), StageGreet, true, "no answer in time"},
		{"no verdict", impatient(time.Second, mysqltest.Fault{NoVerdict: true}), StageLogin, true, "no answer in time"},
		{"wrong password", setup{server: mysqltest.ServerConfig{Users: map[string]string{"app": "other"}}}, StageLogin, false, "ERROR 1045"},
		{"capability", setup{mysqltest.ServerConfig{Greeting: protocol.Handshake{ServerVersion: "5.7.1",
			Capabilities: mysqltest.ServerCapabilities &^ protocol.ClientDeprecateEOF}},
			func(s *Spec) { s.Login.Capabilities = mysqltest.ServerCapabilities }},
			StageLogin, false, "the server (5.7.1) lacks what the client was offered: DEPRECATE_EOF"},
		{"no plugins", greeting(protocol.Handshake{Capabilities: mysqltest.ServerCapabilities &^ protocol.ClientPluginAuth}),
			StageLogin, false, "lacks what the client was offered: PLUGIN_AUTH"},
		{"nothing known of the password", setup{spec: func(s *Spec) { s.Login.Credential = auth.Credential{} }},
			StageLogin, false, "only a password hash is configured"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLoop(t)
			server := mysqltest.NewServer(t, test.setup.server)
			r := newRecorder(t)
			r.dial(l, r.spec(server.Addr(), test.setup.spec))
			e := r.next("lost").err
			r.next("closed")
			if e.Stage != test.stage || e.Retryable() != test.retryable || !strings.Contains(e.Error(), test.want) {
				t.Errorf("stage %d, retryable %v, %v; want %d, %v, %q", e.Stage, e.Retryable(), e, test.stage, test.retryable, test.want)
			}
			if !strings.Contains(e.Error(), server.Addr()) {
				t.Errorf("%v does not name the server", e)
			}
		})
	}
}

func TestDialFailures(t *testing.T) {
	l := newLoop(t)
	r := newRecorder(t)
	addr := mysqltest.ClosedPort(t)
	b := r.dial(l, r.spec(addr, nil))
	if e := r.next("lost").err; e.Stage != StageConnect || !e.Retryable() || e.Error() != "connect to "+addr+": connection refused" {
		t.Errorf("stage %d, %v", e.Stage, e)
	}
	r.next("closed")
	on(l, b.Quit)
	r.none()

	spec := r.spec("db.invalid", nil)
	on(l, func() {
		if _, err := Dial(l, spec, r); err == nil || !strings.Contains(err.Error(), "db.invalid:3306 is not resolved") {
			t.Errorf("dial without an address: %v", err)
		}
	})
	r.none()
}

// Dialogues that a well-behaved server does not begin with every client.
func TestAuthDialogues(t *testing.T) {
	request := func(plugin string, data []byte) []byte {
		p := protocol.AuthSwitchRequest{Plugin: plugin, Data: data}
		return p.Append(nil)
	}
	nonce := auth.NewNonce()
	challenge := append(nonce[:], 0)
	var final *loginError
	for _, test := range []struct {
		name    string
		packets [][]byte // payloads of the server, each after a packet of the client's
		more    []byte   // sent together with the last of them
		want    string   // "" = logged in
		final   bool
	}{
		{"switch to caching_sha2_password", [][]byte{request(auth.CachingSHA2Password, challenge), {1, 3}}, okPacket(5), "", false},
		{"switch to ed25519", [][]byte{request(auth.ClientEd25519, make([]byte, 32)), {0, 0, 0, 2, 0, 0, 0}}, nil, "", false},
		{"unknown plugin", [][]byte{request("kerberos", nil)}, nil, "authentication plugin 'kerberos' is not supported", true},
		{"clear text over TCP", [][]byte{request(auth.ClearPassword, nil)}, nil, "authentication plugin 'mysql_clear_password' cannot be used", true},
		{"endless switches", repeat(request(auth.NativePassword, challenge), 9), nil, "switches plugins without end", true},
		{"empty packet", [][]byte{{}}, nil, "an empty packet is none of a login", false},
		{"short OK", [][]byte{{0}}, nil, "malformed OK packet", false},
		{"short ERR", [][]byte{{0xff, 1}}, nil, "malformed ERR packet", false},
		{"second factor", [][]byte{{2, 'x', 0}}, nil, "multi-factor", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLoop(t)
			addr := rawServer(t, func(c net.Conn) {
				if greet(c, auth.NativePassword) != nil {
					return
				}
				for i, p := range test.packets {
					out := protocol.AppendPacket(nil, p, byte(2+2*i))
					if i == len(test.packets)-1 {
						out = append(out, test.more...)
					}
					if _, err := c.Write(out); err != nil {
						return
					}
					if _, err := readPacket(c); err != nil {
						return
					}
				}
			})
			r := newRecorder(t)
			r.dial(l, r.spec(addr, nil))
			if test.want == "" {
				r.next("ready")
				return
			}
			e := r.next("lost").err
			if !strings.Contains(e.Error(), test.want) || errors.As(e, &final) != test.final {
				t.Errorf("%v (final %v), want %q", e, errors.As(e, &final), test.want)
			}
		})
	}
}

func repeat(p []byte, n int) (list [][]byte) {
	for range n {
		list = append(list, p)
	}
	return list
}
