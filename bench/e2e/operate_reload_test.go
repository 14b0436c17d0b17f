package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
)

// reload makes a proxy read its configuration, and waits until its log says
// what came of it.
func reload(t *testing.T, p *proxy.Proxy, says string) {
	t.Helper()
	before := strings.Count(p.Log(), says)
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, "the log says "+says, func() bool { return strings.Count(p.Log(), says) > before })
}

const (
	reloaded = "configuration reloaded"
	refused  = "reload refused"
)

func TestReload(t *testing.T) {
	p, s := ownProxy(t, nil)
	old, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	mustQuery(t, old, "SET @mine = 'kept'")
	login := func(user, password string, code uint16) {
		t.Helper()
		c, err := s.connect(t, user, password)
		if codeOf(err) != code || code == 0 && err != nil {
			t.Errorf("login of %s: %v, want %d", user, err, code)
		}
		if err == nil {
			mustQuery(t, c, "DO 1")
		}
	}
	write := func(change func(*proxy.Config)) {
		t.Helper()
		config := shared(t).config()
		change(&config)
		if err := p.WriteConfig(config); err != nil {
			t.Fatal(err)
		}
	}

	login("plain", "plain", 0)
	write(func(c *proxy.Config) {
		c.Users = []proxy.User{
			{Name: "app", Password: "changed", Hostgroup: proxy.Primaries},
			{Name: "hashed", Password: hashedPassword, Hostgroup: proxy.Primaries, Disabled: true},
		}
	})
	reload(t, p, reloaded)
	login("plain", "plain", protocol.ErrCodeAccessDenied)   // is gone
	login("hashed", "hashed", protocol.ErrCodeAccessDenied) // is not active any more
	login("app", "app", protocol.ErrCodeAccessDenied)       // has another password
	if kept, err := old.Value("SELECT @mine"); err != nil || kept != "kept" {
		t.Errorf("a session from before: %q, %v", kept, err)
	}

	write(func(c *proxy.Config) { c.Servers[0].Status = "OFFLINE_SOFT" })
	reload(t, p, reloaded)
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query("DO 1"); err == nil || !strings.Contains(err.Error(), "hostgroup 10") {
		t.Errorf("without a server: %v, want an error that names the hostgroup", err)
	}

	write(func(c *proxy.Config) {})
	reload(t, p, reloaded)
	login("plain", "plain", 0)
	if kept, err := old.Value("SELECT @mine"); err != nil || kept != "kept" {
		t.Errorf("a session from before: %q, %v", kept, err)
	}

	write(func(c *proxy.Config) { c.Servers[0].Status = "OFFLINE_HARD" })
	reload(t, p, reloaded)
	if kept, err := old.Value("SELECT @mine"); err == nil {
		t.Errorf("a session on a server that is OFFLINE_HARD goes on: %q", kept)
	}
}

// What cannot change while the proxy runs is named, and the rest is in force.
func TestReloadNeedsRestart(t *testing.T) {
	p, s := ownProxy(t, nil)
	config := shared(t).config()
	config.Loops = 1
	config.NoPin = true
	config.Listen = []string{"127.0.0.1:1"}
	config.Users = append(config.Users, proxy.User{Name: "late", Password: "late", Hostgroup: proxy.Primaries})
	if err := p.WriteConfig(config); err != nil {
		t.Fatal(err)
	}
	const restart = "only after a restart"
	reload(t, p, restart)
	for line := range strings.Lines(p.Log()) {
		if !strings.Contains(line, restart) {
			continue
		}
		for _, key := range []string{"reactor.event_loops", "reactor.pin", "listen.mysql"} {
			if !strings.Contains(line, key) {
				t.Errorf("%s is not named: %s", key, line)
			}
		}
		if strings.Contains(line, "mysql_users") {
			t.Errorf("users need no restart: %s", line)
		}
	}
	if _, err := s.connect(t, "late", "late"); err != nil {
		t.Errorf("the new user: %v", err)
	}
}

func TestReloadOfABadFile(t *testing.T) {
	p, s := ownProxy(t, nil)
	for _, text := range []string{
		"[mysql_variables]\nno_such_key = 1\n",
		"this is no TOML",
		"",
	} {
		if err := os.WriteFile(p.ConfigFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		reload(t, p, refused)
		c, err := s.connect(t, "plain", "plain")
		if err != nil {
			t.Fatalf("after %q: %v", text, err)
		}
		mustQuery(t, c, "DO 1")
	}
	if err := os.Remove(p.ConfigFile); err != nil {
		t.Fatal(err)
	}
	reload(t, p, refused)
	if _, err := s.connect(t, "app", "app"); err != nil {
		t.Error(err)
	}
}
