package hostgroup

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// discover runs one round.
func discover(t testing.TB, m *Manager) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	m.Discover(ctx)
}

func TestDiscoverAsksEveryServer(t *testing.T) {
	mysqltest.CheckLeaks(t)
	tcp := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: protocol.Handshake{ServerVersion: "8.0.1"}})
	socket := mysqltest.NewServer(t, mysqltest.ServerConfig{Unix: true, Greeting: protocol.Handshake{ServerVersion: "8.0.2"}})
	named := at(t, tcp.Addr())
	named.Hostname, named.HostgroupID = "localhost", 2
	m, log := newManager(t, at(t, tcp.Addr()), at(t, socket.Addr()), named)
	discover(t, m)
	for i, want := range []string{"8.0.1", "8.0.2", "8.0.1"} {
		if f := m.Table().Servers()[i].Facts(); f == nil || f.Version != want {
			t.Errorf("server %d: %+v, want version %s; log: %s", i, f, want, log)
		}
	}
	accepted := tcp.Accepted()
	discover(t, m)
	if tcp.Accepted() != accepted {
		t.Error("a server that is known was asked again")
	}
}

// A server that answers no pings is the monitor's to watch: its version is asked for when it is back.
func TestDiscoverPassesOverSilentServers(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	m, _ := newManager(t, at(t, s.Addr()))
	for range config.Default().MySQL.MonitorPingMaxFailures {
		m.SeePing(s.Addr(), errSilent)
	}
	discover(t, m)
	if n := s.Accepted(); n != 0 {
		t.Errorf("%d connections", n)
	}
	m.SeePing(s.Addr(), nil)
	discover(t, m)
	if m.Table().Servers()[0].Facts() == nil {
		t.Error("it is not known when it is back")
	}
}

// MariaDB and MySQL servers in one configuration are an error in the log, whichever greets first, and once.
func TestServersOfTwoKinds(t *testing.T) {
	mysqltest.CheckLeaks(t)
	start := func(version string) config.MySQLServer {
		return at(t, mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: protocol.Handshake{ServerVersion: version}}).Addr())
	}
	const complaint = "MariaDB and MySQL servers in one configuration are not supported"
	mysql, more, mariadb := start("8.0.1"), start("9.7.0"), start("5.5.5-10.11.6-MariaDB")
	m, log := newManager(t, mysql, more)
	discover(t, m)
	if strings.Contains(log.String(), complaint) {
		t.Errorf("two versions of one kind: %s", log)
	}
	if err := m.Apply([]config.MySQLServer{mariadb, mysql, more}); err != nil {
		t.Fatal(err)
	}
	discover(t, m)
	discover(t, m)
	if n := strings.Count(log.String(), complaint); n != 1 || !strings.Contains(log.String(), `"other_version":"8.0.1"`) {
		t.Errorf("logged %d times: %s", n, log)
	}
}

func TestProbeSaysWhatIsWrong(t *testing.T) {
	mysqltest.CheckLeaks(t)
	frame := func(p []byte) []byte { return protocol.AppendPacket(nil, p, 0) }
	refusal := protocol.NewERR(protocol.ErrCodeHostBlocked, "Host is blocked")
	for _, test := range []struct {
		name  string
		fault mysqltest.Fault
		want  string
	}{
		{"ERR", mysqltest.Fault{Refusal: refusal}, "Host is blocked"},
		{"old protocol", mysqltest.Fault{Greeting: frame([]byte("\x095.0.1\x00"))}, "protocol version 9"},
		{"HTTP", mysqltest.Fault{Greeting: []byte("HTTP/1.1 400 Bad Request\r\n")}, "it said \\\"HTTP/1.1 400 Bad Request\\\""},
		{"long", mysqltest.Fault{Greeting: append([]byte{0xff, 0xff, 0, 0, 10}, make([]byte, 1<<16)...)}, "65535 bytes are no greeting"},
		{"cut in the header", mysqltest.Fault{Greeting: []byte{1, 0}}, "closed the connection"},
		{"cut in the packet", mysqltest.Fault{Greeting: []byte{40, 0, 0, 0, 10}}, "closed the connection"},
		{"nothing", mysqltest.Fault{Greeting: []byte{}}, "closed the connection"},
		{"an empty packet", mysqltest.Fault{Greeting: frame(nil)}, "malformed handshake: 0 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: test.fault})
			m, log := newManager(t, at(t, server.Addr()))
			discover(t, m)
			if m.Table().Servers()[0].Facts() != nil || m.Greeting() != &unknownServer {
				t.Error("something was learned")
			}
			if !strings.Contains(log.String(), test.want) || !strings.Contains(log.String(), server.Addr()) {
				t.Errorf("log %s, want %q", log, test.want)
			}
		})
	}
}

func TestProbeEndsInTime(t *testing.T) {
	mysqltest.CheckLeaks(t)
	m, log := newManager(t, at(t, silentPort(t)))
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		m.Discover(ctx)
		cancel()
	}
	if n := strings.Count(log.String(), "greeting: no answer in time"); n != 1 { // though it is asked from another port each time
		t.Errorf("logged %d times: %s", n, log)
	}
}

// A name that doesn't resolve is not known; an address that is known is kept while the look-up fails or still lists it.
func TestResolve(t *testing.T) {
	m, log := newManager(t, configured("parkway.invalid", 3306, nil), configured("localhost", 3306, nil))
	nowhere, local := m.Table().Servers()[0], m.Table().Servers()[1]
	if err := nowhere.resolve(t.Context(), net.DefaultResolver.LookupNetIP); err == nil || !strings.HasPrefix(err.Error(), "resolve parkway.invalid: ") {
		t.Errorf("error %v", err)
	}
	if _, err := nowhere.probe(t.Context()); err == nil {
		t.Error("a server without an address was asked")
	}
	if _, _, ok := nowhere.Address(); ok {
		t.Error("it has an address")
	}
	if err := local.resolve(t.Context(), net.DefaultResolver.LookupNetIP); err != nil {
		t.Fatal(err)
	}
	first := local.address.Load()
	if err := local.resolve(t.Context(), net.DefaultResolver.LookupNetIP); err != nil || local.address.Load() != first {
		t.Errorf("the address changed although the name still has it: %v", err)
	}
	stale := "192.0.2.1"
	local.address.Store(&stale)
	if err := local.resolve(t.Context(), net.DefaultResolver.LookupNetIP); err != nil || *local.address.Load() != *first {
		t.Errorf("address %s after the name moved (%v), want %s", *local.address.Load(), err, *first)
	}
	failing := func(context.Context, string, string) ([]netip.Addr, error) { return nil, errSilent }
	local.address.Store(&stale)
	if err := local.resolve(t.Context(), failing); err == nil || *local.address.Load() != stale {
		t.Errorf("a failed look-up (%v) changed the address to %s", err, *local.address.Load())
	}
	discover(t, m)
	discover(t, m)
	if n := strings.Count(log.String(), "resolve parkway.invalid"); n != 1 {
		t.Errorf("logged %d times: %s", n, log)
	}
}

// The names of configuration values are the same here and there.
func TestStatusesOfConfiguration(t *testing.T) {
	for _, name := range []string{config.StatusOnline, config.StatusOfflineSoft, config.StatusOfflineHard} {
		if _, err := parseStatus(name); err != nil {
			t.Error(err)
		}
	}
}

// A name that has several addresses, in turns, is one server all the same, in all its hostgroups.
func TestNameOfSeveralAddresses(t *testing.T) {
	m, _ := newManager(t, configured("db.example", 3306, nil), configured("db.example", 3306, func(c *config.MySQLServer) { c.HostgroupID = 2 }))
	var asked atomic.Int32
	m.ResolveBy(func(context.Context, string, string) (list []netip.Addr, err error) {
		addrs := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
		if asked.Add(1)%2 == 0 {
			slices.Reverse(addrs)
		}
		return addrs, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // Nobody is to be asked for a version.
	m.Discover(ctx)
	first, _, _ := m.Table().Servers()[0].Address()
	second, _, _ := m.Table().Servers()[1].Address()
	if first == "" || first != second {
		t.Errorf("%q, %q", first, second)
	}
}

// A name that comes to mean another machine is told and logged; further addresses of the same name are not.
func TestNameMoves(t *testing.T) {
	m, log := newManager(t, configured("db.example", 3306, nil))
	answer := []string{"10.0.0.1"}
	m.ResolveBy(func(context.Context, string, string) (list []netip.Addr, err error) {
		for _, a := range answer {
			list = append(list, netip.MustParseAddr(a))
		}
		return list, nil
	})
	tells := 0
	m.OnTransition(func() { tells++ })
	s := m.Table().Servers()[0]
	for _, step := range []struct {
		answer []string
		want   string
		moves  uint32
	}{
		{[]string{"10.0.0.1"}, "10.0.0.1", 0},
		{[]string{"10.0.0.2", "10.0.0.1"}, "10.0.0.1", 0},
		{[]string{"10.0.0.2"}, "10.0.0.2", 1},
		{[]string{"10.0.0.3", "10.0.0.2"}, "10.0.0.2", 1},
	} {
		answer = step.answer
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // Nobody is to be asked for a greeting.
		m.Discover(ctx)
		if host, _, _ := s.Address(); host != step.want || s.Moves() != step.moves || tells != int(step.moves) {
			t.Errorf("%v: %s, %d moves, %d told", step.answer, host, s.Moves(), tells)
		}
	}
	if n := strings.Count(log.String(), "resolves to another address"); n != 1 {
		t.Errorf("logged %d times: %s", n, log)
	}
}

// What is logged once about a server must not have a port of this end in its text, which is another one each time.
func TestErrorsSayTheSameEachTime(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{unserved(&net.DNSError{Err: "read udp 127.0.0.1:4711->127.0.0.53:53: i/o timeout", Name: "db", IsTimeout: true}), "no name server answers"},
		{unserved(&net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}), "lookup db: no such host"},
		{unaddressed(&net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 4711}, Err: os.ErrDeadlineExceeded}), "no answer in time"},
		{unaddressed(&net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 4711}, Err: os.NewSyscallError("read", syscall.ECONNRESET)}),
			"read: connection reset by peer"},
	} {
		if test.err.Error() != test.want {
			t.Errorf("%q, want %q", test.err, test.want)
		}
	}
}
