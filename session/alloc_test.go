package session_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/session"
	"parkway/session/users"
)

// cannedServer is a server that allocates nothing once a client is logged in:
// it lets everybody in and gives the same answer to every command.
func cannedServer(t testing.TB, answer []byte) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveCanned(c, answer)
		}
	}()
	return l.Addr()
}

func serveCanned(c net.Conn, answer []byte) {
	defer c.Close()
	h := protocol.Handshake{
		ServerVersion: "8.0.0-canned", AuthPlugin: auth.NativePassword, Nonce: auth.NewNonce(),
		Capabilities: protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth |
			protocol.ClientLongPassword | protocol.ClientTransactions | protocol.ClientDeprecateEOF,
	}
	if _, err := c.Write(protocol.AppendPacket(nil, h.Append(nil), 0)); err != nil {
		return
	}
	buf := make([]byte, 64<<10)
	if _, err := c.Read(buf); err != nil {
		return
	}
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	if _, err := c.Write(protocol.AppendPacket(nil, ok.Append(nil, h.Capabilities), 2)); err != nil {
		return
	}
	for {
		n, err := c.Read(buf)
		if err != nil || n > protocol.HeaderLen && protocol.Command(buf[protocol.HeaderLen]) == protocol.ComQuit {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// startProxy runs a proxy with one loop in front of one server and returns its
// address.
func startProxy(t testing.TB, server net.Addr) net.Addr {
	t.Helper()
	cfg := config.Default()
	log := zerolog.Nop()
	tcp := server.(*net.TCPAddr)
	manager, err := hostgroup.NewManager([]config.MySQLServer{{
		HostgroupID: 1, Hostname: tcp.IP.String(), Port: tcp.Port, Weight: 1, Status: "ONLINE", MaxConnections: 100,
	}}, log)
	if err != nil {
		t.Fatal(err)
	}
	manager.Discover(t.Context())
	table, err := users.NewTable([]config.MySQLUser{{
		Username: "app", DefaultHostgroup: 1, MaxConnections: 100, Active: true,
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	group, err := reactor.New(reactor.Config{Loops: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	proxy := session.New(session.Config{
		Hostgroups: manager, Settings: &cfg.MySQL, Users: table, Metrics: metrics.New(1), Loops: group.Loops(), Log: log,
	})
	if err := group.Listen("127.0.0.1:0", proxy.Accept); err != nil {
		t.Fatal(err)
	}
	if err := group.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(group.Stop)
	return group.Addrs()[0]
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
	r := protocol.HandshakeResponse{
		User: "app", AuthPlugin: auth.NativePassword,
		Capabilities: protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth |
			protocol.ClientTransactions | protocol.ClientDeprecateEOF,
	}
	if _, err := c.Write(protocol.AppendPacket(nil, r.Append(nil), 1)); err != nil {
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

// pointSelect is the answer to a query for one row of one column.
func pointSelect() []byte {
	caps := protocol.ClientDeprecateEOF
	column := protocol.ColumnDefinition{Name: "c", OrgName: "c", Table: "sbtest1", OrgTable: "sbtest1", Schema: "sbtest"}
	end := protocol.OK{Header: 0xfe, Status: protocol.StatusAutocommit}
	b := protocol.AppendPacket(nil, []byte{1}, 1)
	b = protocol.AppendPacket(b, column.Append(nil, caps), 2)
	b = protocol.AppendPacket(b, protocol.AppendTextRow(nil, make([]byte, 120)), 3)
	return protocol.AppendPacket(b, end.Append(nil, caps), 4)
}

// steadyCommands are the commands that must cost no allocation.
var steadyCommands = map[string][]byte{
	"COM_QUERY":        append([]byte{byte(protocol.ComQuery)}, "SELECT c FROM sbtest1 WHERE id=5024"...),
	"COM_STMT_EXECUTE": {byte(protocol.ComStmtExecute), 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 0, 0},
}

// exchanger returns a function that runs one command through a fresh proxy.
func exchanger(tb testing.TB, command []byte) func() {
	answer := pointSelect()
	c := login(tb, startProxy(tb, cannedServer(tb, answer)))
	request := protocol.AppendPacket(nil, command, 0)
	got := make([]byte, len(answer))
	return func() {
		if _, err := c.Write(request); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.ReadFull(c, got); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestNoAllocationPerCommand(t *testing.T) {
	for name, command := range steadyCommands {
		t.Run(name, func(t *testing.T) {
			exchange := exchanger(t, command)
			for range 100 {
				exchange()
			}
			if n := testing.AllocsPerRun(2000, exchange); n != 0 {
				t.Errorf("%v allocations per command", n)
			}
		})
	}
}

func BenchmarkCommand(b *testing.B) {
	for name, command := range steadyCommands {
		b.Run(name, func(b *testing.B) {
			exchange := exchanger(b, command)
			exchange()
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
