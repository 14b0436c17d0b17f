package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// writeConfig writes a configuration and returns its path.
func writeConfig(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parkway.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// settings are what a test's configuration may want to be different.
type settings struct {
	server string // "host:port" of the backend
	listen string // default: any port
	http   string // default: off
	log    string // the file to log to
	more   string // in [mysql_variables]
	script string // its file
}

// text is the configuration.
func (s settings) text() string {
	host, port, _ := strings.Cut(s.server, ":")
	if host == "" {
		host, port = "127.0.0.1", "1"
	}
	if s.listen == "" {
		s.listen = "127.0.0.1:0"
	}
	return fmt.Sprintf(`
[log]
format = "json"
file = %q
[reactor]
event_loops = 1
pin = false
[listen]
mysql = [%q]
http = %q
[mysql_variables]
%s
[[mysql_servers]]
hostgroup_id = 1
hostname = %q
port = %s
[[mysql_users]]
username = "app"
password = "secret"
default_hostgroup = 1
[scripting]
file = %q
`, s.log, s.listen, s.http, s.more, host, port, s.script)
}

// keepGlobals puts back at the end what a run changes in the process.
func keepGlobals(t testing.TB) {
	procs, level := runtime.GOMAXPROCS(0), zerolog.GlobalLevel()
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		zerolog.SetGlobalLevel(level)
	})
}

func TestCommandLine(t *testing.T) {
	keepGlobals(t)
	good := writeConfig(t, settings{}.text())
	warned := writeConfig(t, settings{more: "connect_timeout_server_ms = 20000"}.text())
	broken := filepath.Join(t.TempDir(), "broken.js")
	if err := os.WriteFile(broken, []byte("function onQuery(q) {\n  q.route(\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	scripted := writeConfig(t, settings{script: broken}.text())
	both := writeConfig(t, settings{script: broken, more: "max_conections = 1"}.text())
	ruled := writeConfig(t, settings{}.text()+"[[mysql_query_rules]]\nrule_id = 7\nmatch_digest = '^SELECT'\ndestination_hostgroup = 1\n")
	unruly := writeConfig(t, settings{}.text()+"[[mysql_query_rules]]\nrule_id = 7\nmatch_digest = '('\n")
	bad := writeConfig(t, "[listen]\nmysql = [\"nowhere\"]\nhtpp = \"\"\n")
	missing := filepath.Join(t.TempDir(), "none.toml")
	for _, test := range []struct {
		args     string
		code     int
		out, err string // parts of what is written
	}{
		{"version", exitOK, "parkway dev ", ""},
		{"--version", exitOK, "parkway dev ", ""},
		{"-version", exitOK, "parkway dev ", ""},
		{"help", exitOK, "usage:", ""},
		{"-h", exitOK, "usage:", ""},
		{"check --help", exitOK, "usage:", ""},
		{"", exitConfig, "", "--config FILE is missing"},
		{"serve", exitConfig, "", "--config FILE is missing"},
		{"check", exitConfig, "", "--config FILE is missing"},
		{"stop --config " + good, exitConfig, "", `unknown command "stop"`},
		{"check --config " + good + " twice", exitConfig, "", `unexpected argument "twice"`},
		{"--nonsense", exitConfig, "", "nonsense"},
		{"version --config " + good, exitConfig, "", "config"},
		{"--version --config " + good, exitConfig, "", "config"},
		{"serve --version", exitConfig, "", "version"},
		{"check --config " + good, exitOK, good + ": ok", ""},
		{"check --config " + warned, exitOK, "warning: ", ""},
		{"check --config " + scripted, exitConfig, "", scripted + ":22: scripting.file: broken.js:3:1: Unexpected token }"},
		{"check --config " + both, exitConfig, "", ":12: mysql_variables.max_conections: unknown key (did you mean max_connections?)\n" + both + ":22: scripting.file: broken.js:3:1: "},
		{"check --config " + ruled, exitOK, ruled + ": ok\nrule 7: match_digest = \"^SELECT\", destination_hostgroup = 1\n", ""},
		{"check --config " + unruly, exitConfig, "", "mysql_query_rules.match_digest: error parsing regexp"},
		{"check --config " + bad, exitConfig, "", ":3: listen.htpp"},
		{"--config " + bad, exitConfig, "", ":2: listen.mysql"},
		{"check --config " + missing, exitConfig, "", "no such file"},
	} {
		t.Run(test.args, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(strings.Fields(test.args), &out, &errs); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, c := range []struct{ got, want string }{{out.String(), test.out}, {errs.String(), test.err}} {
				if !strings.Contains(c.got, c.want) || c.want == "" && c.got != "" {
					t.Errorf("wrote %q, want %q", c.got, c.want)
				}
			}
		})
	}
}
