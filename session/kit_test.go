package session_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/scripting/hook"
	"parkway/session"
	"parkway/session/rules"
	"parkway/session/users"
)

// serverCapabilities are those of the servers here.
const serverCapabilities = protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth |
	protocol.ClientLongPassword | protocol.ClientTransactions | protocol.ClientDeprecateEOF | protocol.ClientLocalFiles |
	protocol.ClientMultiStatements | protocol.ClientMultiResults | protocol.ClientPSMultiResults

// newServer runs serve for each connection, on a goroutine of its own, and
// closes the connection afterwards.
func newServer(t testing.TB, serve func(net.Conn)) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return l.Addr()
}

// serveCanned is a server that allocates nothing once a client is logged in:
// it lets everybody in, prepares any statement as one with one parameter, and gives
// the same answer to every other command.
func serveCanned(answer []byte, caps protocol.Capability) func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 64<<10)
		if !welcomeWith(c, buf, caps) {
			return
		}
		for {
			n, err := c.Read(buf)
			if err != nil || n > protocol.HeaderLen && protocol.Command(buf[protocol.HeaderLen]) == protocol.ComQuit {
				return
			}
			said := answer
			if n > protocol.HeaderLen && protocol.Command(buf[protocol.HeaderLen]) == protocol.ComStmtPrepare {
				said = preparedAnswer
			}
			if _, err := c.Write(said); err != nil {
				return
			}
		}
	}
}

// preparedAnswer is the answer of serveCanned to COM_STMT_PREPARE: statement 7, with one parameter.
var preparedAnswer = protocol.AppendPacket(
	protocol.AppendPacket(nil, []byte{0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 1),
	(&protocol.ColumnDefinition{Name: "?"}).Append(nil, serverCapabilities), 2)

// greeting is the packet that a server begins with.
func greeting() []byte { return greetingWith(serverCapabilities) }

// greetingWith is greeting of a server with these capabilities.
func greetingWith(caps protocol.Capability) []byte {
	h := protocol.Handshake{
		ServerVersion: "8.0.0-canned", AuthPlugin: auth.NativePassword, Nonce: auth.NewNonce(), Capabilities: caps,
	}
	return protocol.AppendPacket(nil, h.Append(nil), 0)
}

func okPacket(seq byte) []byte {
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	return protocol.AppendPacket(nil, ok.Append(nil, serverCapabilities), seq)
}

// welcome is a server's part of a login, which everybody passes. buf has room
// for the response, which comes in one piece.
func welcome(c net.Conn, buf []byte) (ok bool) { return welcomeWith(c, buf, serverCapabilities) }

// welcomeWith is welcome of a server with these capabilities.
func welcomeWith(c net.Conn, buf []byte, caps protocol.Capability) (ok bool) {
	if _, err := c.Write(greetingWith(caps)); err != nil {
		return false
	}
	if _, err := c.Read(buf); err != nil {
		return false
	}
	_, err := c.Write(okPacket(2))
	return err == nil
}

// answersOne is a server's part of a login and of one command, to which it says OK.
func answersOne(c net.Conn, buf []byte) (ok bool) {
	if !welcome(c, buf) {
		return false
	}
	if _, err := c.Read(buf); err != nil {
		return false
	}
	_, err := c.Write(okPacket(1))
	return err == nil
}

// testProxy is a proxy with one loop in front of one server.
type testProxy struct {
	addr       net.Addr
	session    *session.Proxy
	group      *reactor.Group
	hostgroups *hostgroup.Manager
}

// startProxy starts a proxy for the users app, without a password, and secret,
// with settings that change may alter if it is not
// nil. It is stopped when the test ends.
func startProxy(t testing.TB, server net.Addr, change func(*config.MySQLVariables)) *testProxy {
	t.Helper()
	return startRouted(t, []net.Addr{server}, change, nil)
}

// startRouted is startProxy with a server in hostgroup 1, one in 2 and so on, and rules.
func startRouted(t testing.TB, servers []net.Addr, change func(*config.MySQLVariables), program *rules.Program) *testProxy {
	t.Helper()
	return startScripted(t, servers, change, program, nil)
}

// startScripted is startRouted with a script, if it is not nil.
func startScripted(t testing.TB, servers []net.Addr, change func(*config.MySQLVariables), program *rules.Program, script hook.Hooks) *testProxy {
	t.Helper()
	cfg := config.Default()
	if change != nil {
		change(&cfg.MySQL)
	}
	log := zerolog.Nop()
	var list []config.MySQLServer
	for i, server := range servers {
		tcp := server.(*net.TCPAddr)
		list = append(list, config.MySQLServer{
			HostgroupID: 1 + i, Hostname: tcp.IP.String(), Port: tcp.Port, Weight: 1, Status: "ONLINE", MaxConnections: 100,
		})
	}
	manager, err := hostgroup.NewManager(list, log)
	if err != nil {
		t.Fatal(err)
	}
	manager.Discover(t.Context())
	table, err := users.NewTable([]config.MySQLUser{
		{Username: "app", DefaultHostgroup: 1, MaxConnections: 100, Active: true},
		{Username: "secret", Password: "secret", DefaultHostgroup: 1, MaxConnections: 100, Active: true},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	group, err := reactor.New(reactor.Config{Loops: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	proxy := session.New(session.Config{
		Hostgroups: manager, Settings: &cfg.MySQL, Users: table, Keys: keys, Rules: program, Script: script,
		Metrics: metrics.New(1), Loops: group.Loops(), Log: log,
	})
	if err := group.Listen("127.0.0.1:0", proxy.Accept); err != nil {
		t.Fatal(err)
	}
	if err := group.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(group.Stop)
	return &testProxy{group.Addrs()[0], proxy, group, manager}
}

// errNotSettled is what settled returns when something is left.
var errNotSettled = errors.New("sessions or backend connections are left though all clients are gone")

// settled waits until no session and no backend connection is left.
func (p *testProxy) settled(patience time.Duration) error {
	const poll = 200 * time.Microsecond
	for late := time.Now().Add(patience); time.Now().Before(late); <-time.After(poll) {
		connections := 0
		for _, s := range p.hostgroups.Table().Servers() {
			connections += s.Connections()
		}
		if connections == 0 && p.session.Sessions() == 0 {
			return nil
		}
	}
	return errNotSettled
}

// response is the handshake response of a user without password.
func response() []byte {
	r := protocol.HandshakeResponse{
		User: "app", AuthPlugin: auth.NativePassword,
		Capabilities: serverCapabilities &^ protocol.ClientLongPassword,
	}
	return protocol.AppendPacket(nil, r.Append(nil), 1)
}

// login connects to the proxy and logs in as a user without password.
func login(t testing.TB, proxy net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", proxy.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	readPacket(t, c)
	if _, err := c.Write(response()); err != nil {
		t.Fatal(err)
	}
	if p := readPacket(t, c); p[0] != 0 {
		t.Fatalf("login answered with %q", p)
	}
	return c
}

func readPacket(t testing.TB, c net.Conn) []byte {
	t.Helper()
	header := make([]byte, protocol.HeaderLen)
	if _, err := io.ReadFull(c, header); err != nil {
		t.Fatal(err)
	}
	length, _ := protocol.Header(header)
	payload := make([]byte, length)
	if _, err := io.ReadFull(c, payload); err != nil {
		t.Fatal(err)
	}
	return payload
}
