package proxy

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

var parkway = NewBinary(AsThis())

func TestMain(m *testing.M) {
	code := m.Run()
	parkway.Close()
	os.Exit(code)
}

// alone is a configuration whose server nobody is.
func alone() Config {
	return Config{
		Loops:     1,
		Servers:   []Server{{Hostgroup: 10, Host: "127.0.0.1", Port: 1}},
		Users:     []User{{Name: "app", Password: "app", Hostgroup: 10}},
		Variables: map[string]any{"monitor_enabled": false},
	}
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	t.Cleanup(cancel)
	return ctx
}

func TestProxyCanBeSeenAndStopped(t *testing.T) {
	p, err := parkway.Start(limited(t), Options{Config: alone(), Unix: true, Env: []string{"PARKWAY_TEST=1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []struct{ network, address string }{{"tcp", p.Addr}, {"unix", p.UnixSocket}} {
		c, err := net.Dial(a.network, a.address)
		if err != nil {
			t.Errorf("connect: %v", err)
			continue
		}
		c.Close()
	}
	if status, err := p.Health(t.Context()); err != nil || status != http.StatusOK {
		t.Errorf("Health() = %d, %v", status, err)
	}
	if cpu, err := p.CPU(); err != nil || cpu < 0 || cpu > time.Minute {
		t.Errorf("CPU() = %v, %v", cpu, err)
	}
	if rss, err := p.RSS(); err != nil || rss < 1<<20 {
		t.Errorf("RSS() = %d, %v, want some MiB", rss, err)
	}
	if n, err := p.Descriptors(); err != nil || n < 5 {
		t.Errorf("Descriptors() = %d, %v, want standard files and listeners", n, err)
	}
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := metrics[`parkway_sessions{state="active"}`]; !ok {
		t.Errorf("no active sessions among the metrics: %v", metrics)
	}
	if env, err := os.ReadFile("/proc/" + itoa(p.PID()) + "/environ"); err != nil || !strings.Contains(string(env), "PARKWAY_TEST=1") {
		t.Errorf("the environment lacks what was added: %v", err)
	}
	if p.Log() == "" {
		t.Error("the log is empty")
	}
	if code, err := p.Stop(); code != 0 || err != nil {
		t.Errorf("Stop() = %d, %v", code, err)
	}
	if _, err := os.Stat(p.ConfigFile); !os.IsNotExist(err) {
		t.Errorf("the configuration is there after Stop: %v", err)
	}
}

func TestStartQuotesTheLog(t *testing.T) {
	config := alone()
	config.Extra = "no_such_key = 1\n"
	_, err := parkway.Start(limited(t), Options{Config: config})
	if err == nil || !strings.Contains(err.Error(), "no_such_key") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("error %v, want exit status 1 and the key", err)
	}
}

func TestExitCodeAndRewrittenConfig(t *testing.T) {
	p := parkway.StartT(t, Options{Config: alone()})
	config := alone()
	config.Variables["max_connections"] = 7
	if err := p.WriteConfig(config); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(p.ConfigFile)
	if err != nil || !strings.Contains(string(text), "max_connections = 7") || !strings.Contains(string(text), p.Addr) {
		t.Errorf("the rewritten file: %v\n%s", err, text)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if code := p.ExitCode(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

func TestExisting(t *testing.T) {
	if _, err := Existing("/nonexistent/parkway").Start(limited(t), Options{Config: alone()}); err == nil {
		t.Error("a program that does not exist was started")
	}
	b := Existing("/bin/false")
	if _, err := b.Start(limited(t), Options{Config: alone()}); err == nil || !strings.Contains(err.Error(), "it ended") {
		t.Errorf("error %v, want one that says that it ended", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
