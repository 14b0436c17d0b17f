package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// configFile writes a configuration whose listeners are given, and appends more.
func configFile(t *testing.T, mysql, http, more string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parkway.toml")
	text := fmt.Sprintf("[listen]\nmysql = [%q]\nhttp = %q\n[[mysql_servers]]\nhostgroup_id = 10\nhostname = \"127.0.0.1\"\nport = 1\n"+
		"[[mysql_users]]\nusername = \"app\"\npassword = \"app\"\ndefault_hostgroup = 10\n%s", mysql, http, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the command line answers, and the exit codes: 0 clean, 1 bad
// configuration, 2 cannot start.
func TestCommandLine(t *testing.T) {
	program, err := parkway.Path(proxy.Limited(t, startLimit))
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, other := ownProxy(t, nil)
	const free = "127.0.0.1:0"
	good := configFile(t, free, "", "")
	bad := configFile(t, free, "", "weight = 1\n[mysql_variables]\nmax_conections = 1\nwait_timeout_ms = -5\n")
	missing := filepath.Join(t.TempDir(), "missing.toml")
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout []string
		stderr []string
	}{
		{"version", []string{"version"}, 0, []string{"parkway ", "go1."}, nil},
		{"help", []string{"--help"}, 0, []string{"usage:"}, nil},
		{"check", []string{"check", "--config", good}, 0, []string{good + ": ok"}, nil},
		{"check names every error", []string{"check", "--config", bad}, 1, nil, []string{
			bad + ":12: mysql_users", "weight", bad + ":14: mysql_variables.max_conections", bad + ":15: mysql_variables.wait_timeout_ms"}},
		{"check without a file", []string{"check", "--config", missing}, 1, nil, []string{missing}},
		{"check of nothing", []string{"check"}, 1, nil, []string{"--config FILE is missing"}},
		{"serve with errors", []string{"serve", "--config", bad}, 1, nil, []string{"max_conections"}},
		{"serve without a file", []string{"--config", missing}, 1, nil, []string{missing}},
		{"no such command", []string{"sing"}, 1, nil, []string{"sing", "usage:"}},
		{"no such option", []string{"--loud"}, 1, nil, []string{"-loud", "usage:"}},
		{"the port is taken", []string{"--config", configFile(t, taken.Addr().String(), "", "")}, 2, nil,
			[]string{taken.Addr().String(), "address already in use"}},
		{"another parkway has the port", []string{"--config", configFile(t, other.address(), "", "")}, 2, nil,
			[]string{other.address(), "address already in use"}},
		{"the port for HTTP is taken", []string{"--config", configFile(t, free, taken.Addr().String(), "")}, 2, nil,
			[]string{taken.Addr().String(), "address already in use"}},
		{"no place for the socket", []string{"--config", configFile(t, "unix:"+filepath.Join(missing, "sock"), "", "")}, 2, nil,
			[]string{"sock", "no such file or directory"}},
		{"no place for the log", []string{"--config", configFile(t, free, "", "[log]\nfile = \"/nonexistent/log\"\n")}, 2, nil,
			[]string{"/nonexistent/log"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := run(t, exec.Command(program, test.args...), "")
			if o.code != test.code {
				t.Errorf("exit code %d, want %d", o.code, test.code)
			}
			for _, want := range test.stdout {
				if !strings.Contains(o.stdout, want) {
					t.Errorf("%q is not in the output", want)
				}
			}
			for _, want := range test.stderr {
				if !strings.Contains(o.stderr, want) {
					t.Errorf("%q is not in the errors", want)
				}
			}
			if t.Failed() {
				t.Logf("output:\n%s\nerrors:\n%s", o.stdout, o.stderr)
			}
		})
	}
}
