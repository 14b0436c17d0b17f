package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// output is what a program printed, and how it ended.
type output struct {
	stdout, stderr string
	code           int
}

// run runs a program to its end, which must come within patience.
func run(t testing.TB, cmd *exec.Cmd, stdin string) output {
	t.Helper()
	ctx := proxy.Limited(t, 3*patience)
	bounded := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	var out, errs bytes.Buffer
	bounded.Stdin, bounded.Stdout, bounded.Stderr = strings.NewReader(stdin), &out, &errs
	err := bounded.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		t.Fatalf("%s: %v (%v)\n%s", cmd, err, context.Cause(ctx), errs.String())
	}
	return output{out.String(), errs.String(), bounded.ProcessState.ExitCode()}
}

// output writes an output down, line by line.
func (r *transcript) output(what string, o output) {
	r.addf("%s: exit code %d", what, o.code)
	for line := range strings.Lines(o.stdout) {
		r.addf("%s: stdout %q", what, line)
	}
	for line := range strings.Lines(o.stderr) {
		if !strings.Contains(line, "[Warning] Using a password on the command line interface can be insecure") {
			r.addf("%s: stderr %q", what, line)
		}
	}
}

// programs are the names of the flavors' client programs.
var programs = map[servers.Flavor]struct{ client, dump, admin string }{
	servers.MariaDB: {"mariadb", "mariadb-dump", "mariadb-admin"},
	servers.MySQL:   {"mysql", "mysqldump", "mysqladmin"},
}

// login is a user and how the client program reaches the server.
type login struct {
	user, password string
	unix           bool
}

// app is the login of most tests.
var app = login{user: "app", password: "app"}

// program prepares a client program of a flavor, as user app over TCP.
func (s side) program(t testing.TB, f servers.Flavor, name string, args ...string) *exec.Cmd {
	t.Helper()
	return s.programAs(t, app, f, name, args...)
}

func (s side) programAs(t testing.TB, l login, f servers.Flavor, name string, args ...string) *exec.Cmd {
	t.Helper()
	all := []string{"--user=" + l.user, "--password=" + l.password}
	if l.unix {
		all = append(all, "--socket="+s.socket)
	} else {
		all = append(all, "--protocol=tcp", "--host="+s.host, fmt.Sprintf("--port=%d", s.port))
	}
	if f == servers.MySQL {
		// There is no TLS: a password that the server does not remember goes encrypted by its key.
		all = append(all, "--get-server-public-key")
	}
	cmd, err := servers.Command(f, name, append(all, args...)...)
	switch {
	case err == nil:
	case f == currentFlavor(t):
		t.Fatal(err)
	default:
		t.Skipf("%v: make test-mysql installs the programs of both flavors", err)
	}
	return cmd
}

// shell prepares the command line client of the flavor under test.
func (s side) shell(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	f := currentFlavor(t)
	if f == servers.MySQL {
		// MySQL 9 takes commands of the program's own only if told to.
		args = append([]string{"--commands"}, args...)
	}
	return s.program(t, f, programs[f].client, args...)
}
