package e2e

import (
	"strings"
	"testing"
)

// mysqladmin uses commands that nothing else does.
func TestAdmin(t *testing.T) {
	const (
		without = "DROP DATABASE IF EXISTS admin_made"
		with    = without + "; CREATE DATABASE admin_made"
	)
	f := currentFlavor(t)
	tests := []struct {
		name, before string
		command      []string
		code         int
		prints       string
	}{
		{"ping", without, []string{"ping"}, 0, "alive"},
		{"status", without, []string{"status"}, 0, "Uptime: "},
		{"processlist", without, []string{"processlist"}, 0, "SHOW PROCESSLIST"},
		{"version", without, []string{"version"}, 0, "Threads: "},
		{"variables", without, []string{"variables"}, 0, "max_allowed_packet"},
		{"extended-status", without, []string{"extended-status"}, 0, "Com_select"},
		{"flush-tables", without, []string{"flush-tables"}, 0, ""},
		{"refresh", without, []string{"refresh"}, 0, ""},
		{"create", without, []string{"create", "admin_made"}, 0, ""},
		{"create again", with, []string{"create", "admin_made"}, 1, "database exists"},
		{"drop", with, []string{"--force", "drop", "admin_made"}, 0, "dropped"},
		{"drop again", without, []string{"--force", "drop", "admin_made"}, 1, "doesn't exist"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, s := range sides(t) {
				if err := shared(t).cluster.Exec(0, test.before); err != nil {
					t.Fatal(err)
				}
				o := run(t, s.programAs(t, login{user: "root"}, f, programs[f].admin, test.command...), "")
				said := strings.ToLower(o.stdout + o.stderr)
				if o.code != test.code || !strings.Contains(said, strings.ToLower(test.prints)) {
					t.Errorf("%s: exit code %d, want %d and %q in\n%s", s.name, o.code, test.code, test.prints, said)
				}
			}
		})
	}
}
