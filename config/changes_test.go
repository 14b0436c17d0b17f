package config

import (
	"slices"
	"testing"
)

func TestChanges(t *testing.T) {
	const base = good
	for _, test := range []struct {
		name, old, new string
		applied        []string
		needsRestart   []string
	}{
		{"none", base, "\n# only a comment\n" + base, nil, nil},
		{"a default written out", base, base + "[log]\nlevel = \"info\"\n[listen]\nmysql = [\"127.0.0.1:6033\"]\n", nil, nil},
		{"an empty list written out", base, "mysql_replication_hostgroups = []\n" + base, nil, nil},
		{"variables", base, base + "[log]\nlevel = \"debug\"\n[mysql_variables]\nsession_idle_ms = 1\nmonitor_password = \"x\"\n",
			[]string{"log.level", "mysql_variables.session_idle_ms", "mysql_variables.monitor_password"}, nil},
		{"the log's place", base, base + "[log]\nlevel = \"warn\"\nformat = \"json\"\nfile = \"/var/log/parkway.log\"\n",
			[]string{"log.level"}, []string{"log.format", "log.file"}},
		{"threads and addresses", base, base + "[reactor]\nevent_loops = 3\n[listen]\nmysql = [\":6033\"]\nhttp = \"\"\n",
			nil, []string{"reactor.event_loops", "listen.mysql", "listen.http"}},
		{"lists", base, base + "password = \"p\"\n[[mysql_servers]]\nhostgroup_id = 11\nhostname = \"db2\"\n[reactor]\npin = false\n",
			[]string{"mysql_servers", "mysql_users"}, []string{"reactor.pin"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			old, new := mustParse(t, test.old), mustParse(t, test.new)
			for range 2 { // There and back.
				applied, needsRestart := Changes(old, new)
				if !slices.Equal(applied, test.applied) || !slices.Equal(needsRestart, test.needsRestart) {
					t.Errorf("got %q and %q, want %q and %q", applied, needsRestart, test.applied, test.needsRestart)
				}
				old, new = new, old
			}
		})
	}
}
