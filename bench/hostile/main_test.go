package hostile

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// patience is for what should happen at once.
const patience = 20 * time.Second

var (
	parkway = proxy.NewBinary(proxy.AsThis())
	// sound is the server that nothing happens to.
	sound = servers.NewShared(servers.Options{})
	// victim is killed, frozen and filled up. Every test leaves it running.
	victim = servers.NewShared(servers.Options{Args: []string{
		"--max-connections=" + strconv.Itoa(victimConnections), "--max-allowed-packet=1G",
	}})
)

// victimConnections is max_connections of the victim.
const victimConnections = 20

func TestMain(m *testing.M) {
	code := m.Run()
	sound.Stop()
	victim.Stop()
	third.Stop()
	parkway.Close()
	os.Exit(code)
}

// soundHostgroup is where the statements of the user app go: to the sound
// server.
const soundHostgroup = 10

// behindSound is the configuration of a proxy in front of the sound server.
func behindSound(t testing.TB) proxy.Config {
	s := sound.T(t).Servers[0]
	return proxy.Config{
		Loops:     2,
		Servers:   []proxy.Server{{Hostgroup: soundHostgroup, Host: s.Host, Port: s.Port}},
		Users:     []proxy.User{{Name: "app", Password: "app", Hostgroup: soundHostgroup}},
		Variables: map[string]any{"monitor_enabled": false},
	}
}

// unshared gives each client a connection of its own, for tests of what then ends with it, or waits until it leaves.
func unshared(c proxy.Config) proxy.Config {
	c.Variables["multiplexing"] = false
	return c
}

// addServer adds a server in a hostgroup of its own, for a user of its own who
// has no password, and returns the hostgroup. limit is its max_connections, 0
// the default.
func addServer(t testing.TB, c *proxy.Config, user, addr string, limit int) (hostgroup int) {
	t.Helper()
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	hostgroup = soundHostgroup + len(c.Servers)
	c.Servers = append(c.Servers, proxy.Server{Hostgroup: hostgroup, Host: host, Port: port, MaxConnections: limit})
	c.Users = append(c.Users, proxy.User{Name: user, Hostgroup: hostgroup})
	return hostgroup
}

// addressOf is where a server listens.
func addressOf(s *servers.Server) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// as is the configuration of a client.
func as(user string, p *proxy.Proxy) mysqltest.ClientConfig {
	cfg := mysqltest.ClientConfig{Addr: p.Addr, User: user, Timeout: patience}
	if user == "app" {
		cfg.Password = "app"
	}
	return cfg
}

// await is proxy.Await for what should happen at once.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	proxy.Await(t, patience, what, ok)
}

// expectERR checks an error that a client read: its code, 0 for any, and that
// the proxy says that it is the one who speaks.
func expectERR(t testing.TB, err error, code uint16) {
	t.Helper()
	var said *protocol.ERR
	switch {
	case !errors.As(err, &said):
		t.Errorf("got %v, want an ERR packet", err)
	case code != 0 && said.Code != code:
		t.Errorf("got %v, want code %d", said, code)
	case len(said.Message) < len(speaker) || said.Message[:len(speaker)] != speaker:
		t.Errorf("got %q, want a text that begins with %q", said.Message, speaker)
	}
}

// speaker begins the text of the errors that the proxy makes.
const speaker = "parkway:"

// reset ends a connection as a client that crashed does: with a TCP reset.
func reset(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Error(err)
	}
	c.Close()
}
