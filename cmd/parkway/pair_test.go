package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"parkway/protocol/mysqltest"
)

// The primary of the configuration is one no more when the proxy starts: its first client is served by the one that is.
func TestStartAfterFailover(t *testing.T) {
	checkLeaks(t)
	server := func(readOnly string) *mysqltest.Server {
		return mysqltest.NewServer(t, mysqltest.ServerConfig{
			Users: map[string]string{"app": "secret", "monitor": "m"},
			Queries: map[string]mysqltest.Handler{
				"SELECT @@global.read_only, @@global.super_read_only": mysqltest.Rows([]string{"a", "b"}, []string{readOnly, readOnly}),
				"WHO": mysqltest.Rows([]string{"read_only"}, []string{readOnly}),
			},
		})
	}
	old, promoted := server("1"), server("0")
	_, port, _ := strings.Cut(promoted.Addr(), ":")
	r := startRun(t, settings{server: old.Addr(), more: fmt.Sprintf(`
monitor_password = "m"
monitor_read_only_timeout = 20000
[[mysql_replication_hostgroups]]
writer_hostgroup = 1
reader_hostgroup = 2
[[mysql_servers]]
hostgroup_id = 2
hostname = "127.0.0.1"
port = %s`, port)})
	addr := r.line("serving")["listen"].([]any)[0].(string)
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: addr, User: "app", Password: "secret", Timeout: patience})
	if readOnly, err := c.Value("WHO"); readOnly != "0" || err != nil {
		t.Errorf("%q, %v", readOnly, err)
	}
	c.Close()
	r.signal(syscall.SIGTERM)
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
