package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// good is a document without a problem or a warning; tests put their own lines before or after it.
const good = `
[[mysql_servers]]
hostgroup_id = 10
hostname = "db1"
[[mysql_users]]
username = "app"
default_hostgroup = 10
`

func mustParse(t *testing.T, doc string) *Config {
	t.Helper()
	c, err := Parse("t.toml", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseValues(t *testing.T) {
	c := mustParse(t, `
mysql_variables.session_idle_ms = 250
mysql_variables.shun_recovery_time_sec = 7
log = { level = "debug", format = "json" }
reactor.pin = false
[listen]
mysql = ["[::1]:6033", ":3306", "unix:/run/parkway.sock"]
http = ""
[[mysql_servers]]
hostgroup_id = 1
hostname = "/run/mysqld.sock"
max_replication_lag = 3
[[mysql_users]]
username = "app"
password = "*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9"
default_hostgroup = 2
active = false
[[mysql_replication_hostgroups]]
writer_hostgroup = 1
reader_hostgroup = 2
check_type = "read_only|super_read_only"
`)
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"session_idle_ms", c.MySQL.SessionIdle, 250 * time.Millisecond},
		{"shun_recovery_time_sec", c.MySQL.ShunRecoveryTime, 7 * time.Second},
		{"a default beside a dotted key", c.MySQL.WaitTimeout, 8 * time.Hour},
		{"log.level", c.Log.Level, "debug"},
		{"log.format", c.Log.Format, "json"},
		{"reactor.pin", c.Reactor.Pin, false},
		{"reactor.idle_loops", c.Reactor.IdleLoops, true},
		{"listen.mysql", len(c.Listen.MySQL), 3},
		{"listen.http", c.Listen.HTTP, ""},
		{"port of a socket", c.Servers[0].Port, 0},
		{"address of a socket", c.Servers[0].Address(), "/run/mysqld.sock"},
		{"max_replication_lag", c.Servers[0].MaxReplicationLag, 3 * time.Second},
		{"status", c.Servers[0].Status, StatusOnline},
		{"active", c.Users[0].Active, false},
		{"transaction_persistent", c.Users[0].TransactionPersistent, true},
		{"check_type", c.ReplicationHostgroups[0].CheckType, "read_only|super_read_only"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %v, want %v", check.what, check.got, check.want)
		}
	}
}

func TestDefault(t *testing.T) {
	c := Default()
	if got := c.MySQL.ConnectTimeoutClient; got != 10*time.Second {
		t.Errorf("connect_timeout_client_ms: %v", got)
	}
	if got := c.Listen.MySQL; len(got) != 1 || got[0] != "127.0.0.1:6033" {
		t.Errorf("listen.mysql: %v", got)
	}
	if len(c.Servers) != 0 || len(c.Users) != 0 {
		t.Errorf("servers %v, users %v", c.Servers, c.Users)
	}
}

func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		name, doc string
		want      []string
	}{
		{"nothing to warn of", good, nil},
		{"no server, no user, times that do not fit", `[mysql_variables]
monitor_ping_timeout = 20000
connect_timeout_server_ms = 20000
`, []string{
			"t.toml: mysql_servers: no server is configured: clients can log in, but no statement can run",
			"t.toml: mysql_users: no user is configured: no client can log in",
			"t.toml:2: mysql_variables.monitor_ping_timeout: is longer than monitor_ping_interval",
			"t.toml:3: mysql_variables.connect_timeout_server_ms: is longer than connect_timeout_server_max_ms",
		}},
		{"a default that does not fit", good + "[mysql_variables]\nmonitor_threads_max = 1\nmonitor_ping_interval = 500\n", []string{
			"t.toml:10: mysql_variables.monitor_ping_interval: is shorter than monitor_ping_timeout (1000)",
		}},
		{"no limit to fit", good + "[mysql_variables]\nmonitor_connect_interval = 0\n", nil},
		{"keys of the script", good + `[scripting]
timeout_ms = 20
slow_timeout_ms = 15
fetch_hosts = ["permits.internal:8080"]
`, []string{
			"t.toml:10: scripting.slow_timeout_ms: is shorter than timeout_ms",
		}},
		{"passwords that begin like a hash", `[[mysql_servers]]
hostgroup_id = 10
hostname = "db1"
[[mysql_users]]
username = "starred"
password = "*12"
default_hostgroup = 10
[[mysql_users]]
username = "hashed"
password = "*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9"
default_hostgroup = 10
[[mysql_users]]
username = "clear"
password = "12*"
default_hostgroup = 10
`, []string{
			"t.toml:6: mysql_users.password: begins with *, but is no mysql_native_password hash (* and 40 hexadecimal digits): it is taken as clear text",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, w := range mustParse(t, test.doc).Warnings() {
				got = append(got, w.String())
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "none.toml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "read configuration: open ") {
		t.Errorf("a missing file: %v", err)
	}
	path := filepath.Join(dir, "parkway.toml")
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Errorf("a good file: %v", err)
	}
	if err := os.WriteFile(path, []byte("# nothing yet\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load(path)
	var problems Errors
	if !errors.As(err, &problems) || err.Error() != path+": the file is empty: name at least a server and a user" {
		t.Errorf("an empty file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("parkway.example.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(good))
	for _, bad := range badDocuments {
		f.Add([]byte(bad.doc))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		scanLines(data) // Ends whatever it is given.
		c, err := Parse("f", data)
		if err == nil {
			if c == nil {
				t.Fatal("neither a configuration nor an error")
			}
			return
		}
		var problems Errors
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("not a list of problems: %v", err)
		}
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || p.Line > strings.Count(string(data), "\n")+1 {
				t.Fatalf("problem %#v", p)
			}
		}
	})
}
