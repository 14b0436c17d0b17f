package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A script decides about the clients of a running proxy, and is loaded again when it changes and at a reload; a broken one changes nothing, and
// nothing begins with one.
func TestServeScript(t *testing.T) {
	checkLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	file := filepath.Join(t.TempDir(), "policy.js")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refusing := func(message string) string {
		return `
			function onAuth(conn, auth) { if (auth.user != "app") auth.reject(1045, "who?") }
			async function onQuery(q) { if (q.sql == "SELECT 1") q.reject(1142, "` + message + `") }`
	}
	write(refusing("first"))
	r := startRun(t, settings{server: server.Addr(), script: file})
	r.line("script loaded")
	addr := r.line("serving")["listen"].([]any)[0].(string)
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: addr, User: "app", Password: "secret", Timeout: patience})
	refused := func(want string) {
		t.Helper()
		_, err := c.Query("SELECT 1")
		var said *protocol.ERR
		if !errors.As(err, &said) || said.Code != 1142 || said.Message != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused("first")
	if _, err := c.Query("SELECT 2"); err != nil {
		t.Error(err)
	}
	write(refusing("second"))
	r.line("script loaded")
	refused("second")

	write("function onQuery(q) {")
	r.signal(syscall.SIGHUP)
	if said := r.line("the script stays as it is"); !strings.Contains(said["error"].(string), "policy.js:1") {
		t.Errorf("%v", said)
	}
	r.line("configuration reloaded")
	refused("second")

	if err := os.WriteFile(r.file, []byte(settings{server: server.Addr()}.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	r.signal(syscall.SIGHUP)
	r.line("configuration reloaded")
	if _, err := c.Query("SELECT 1"); err != nil {
		t.Errorf("without a script: %v", err)
	}
	c.Close()
	r.signal(syscall.SIGTERM)
	r.line("stopped")
	r.ended()

	r = startRun(t, settings{server: server.Addr(), script: file})
	if said := r.line("cannot start"); !strings.Contains(said["error"].(string), "policy.js:1") {
		t.Errorf("%v", said)
	}
	if code := r.ended(); code != exitStart {
		t.Errorf("exit code %d", code)
	}
}
