package sysvar

import (
	"slices"
	"testing"

	"parkway/protocol"
)

func TestTrackList(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"AUTOCOMMIT", "wsrep_OSU_method", "timestamp"}, "autocommit,wsrep_osu_method,timestamp"},
		{[]string{"statement_id", "warning_count", "session_track_schema", "sql_mode"}, "sql_mode"},
		{[]string{"performance_schema_users_size", "innodb_buffer_pool_size", "innodb_lock_wait_timeout"}, "innodb_lock_wait_timeout"},
		{[]string{"plugin.variable", "a'b", "", "sql_mode"}, "sql_mode"},
	} {
		if got := string(TrackList(test.names)); got != test.want {
			t.Errorf("%v: %s, want %s", test.names, got, test.want)
		}
	}
	const query = "SET @@SESSION.session_track_schema=1,@@SESSION.session_track_state_change=1,@@SESSION.session_track_system_variables='a,b'" +
		",@@SESSION.completion_type=@@SESSION.completion_type"
	if got := string(AppendTrackerQuery(nil, []byte("a,b"))); got != query {
		t.Error(got)
	}
}

// The tables agree with one another.
func TestTables(t *testing.T) {
	for name, v := range special {
		if v.treatment == Copied || v.treatment != Tracker && v.reason == "" {
			t.Errorf("%s: treatment %v, reason %q", name, v.treatment, v.reason)
		}
		if _, both := undo[name]; both || families[name].family != nil {
			t.Errorf("%s is not copied, and yet in another table", name)
		}
	}
	if treatment, reason := TreatmentOf([]byte("sql_mode")); treatment != Copied || reason != "" {
		t.Errorf("sql_mode: %v, %s", treatment, reason)
	}
	if treatment, reason := TreatmentOf("timestamp"); treatment != Pinned || reason == "" {
		t.Errorf("timestamp: %v, %s", treatment, reason)
	}
}

func TestLogin(t *testing.T) {
	in := NewInterner()
	for _, test := range []struct {
		charset byte
		mariaDB bool
		want    string
		ok      bool
	}{
		{45, true, "character_set_client=utf8mb4 character_set_results=utf8mb4 collation_client=utf8mb4_general_ci collation_connection=utf8mb4_general_ci collation_results=utf8mb4_general_ci", true},
		{45, false, "character_set_client=utf8mb4 character_set_results=utf8mb4 collation_client=utf8mb4_general_ci collation_connection=utf8mb4_general_ci collation_results=utf8mb4_general_ci", true},
		{63, true, "character_set_client=binary character_set_results=binary collation_client=binary collation_connection=binary collation_results=binary", true},
		{255, false, "character_set_client=utf8mb4 character_set_results=utf8mb4 collation_client=utf8mb4_0900_ai_ci collation_connection=utf8mb4_0900_ai_ci collation_results=utf8mb4_0900_ai_ci", true},
		{255, true, "", false}, // MariaDB takes its default
		{35, true, "", false},  // ucs2: no client may have it
		{0, false, "", false},
	} {
		s, ok := in.Login(test.charset, test.mariaDB)
		if show(s) != test.want || ok != test.ok {
			t.Errorf("%d: %s, %v", test.charset, show(s), ok)
		}
	}
}

func TestReport(t *testing.T) {
	in := NewInterner()
	for _, test := range []struct {
		name, value, want string
		treatment         Treatment
	}{
		{"wsrep_OSU_method", "RSU", "wsrep_osu_method=RSU", Copied},
		{"timestamp", "5.000000", "", Pinned},
		{"system_versioning_asof", "2020-01-01 00:00:00.000000", "", Pinned},
		{"innodb_tmpdir", `C:\tmp`, "", Pinned},
		{"session_track_schema", "OFF", "", Tracker},
		{"statement_id", "5", "", Ignored},
		{"completion_type", "CHAIN", "completion_type=CHAIN", Copied},
		{"completion_type", "RELEASE", "completion_type=RELEASE", Pinned},
		{"sql_auto_is_null", "OFF", "sql_auto_is_null=OFF", Copied},
		{"sql_auto_is_null", "ON", "sql_auto_is_null=ON", Pinned},
	} {
		s, treatment := in.Report(in.Empty(), []byte(test.name), []byte(test.value))
		if show(s) != test.want || treatment != test.treatment {
			t.Errorf("%s=%s: %s, %v", test.name, test.value, show(s), treatment)
		}
	}
}

// told is s after an OK packet has reported variables.
func told(in *Interner, s *Set, vars []pair) *Set {
	var changes []byte
	for _, v := range vars {
		s, _ = in.Report(s, []byte(v.name), []byte(v.value))
		c := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte(v.name), Value: []byte(v.value)}
		changes = c.Append(changes)
	}
	return in.Complete(s, changes)
}

// What one OK packet reports of a family is the same in whatever order.
func TestComplete(t *testing.T) {
	in := NewInterner()
	before := with(in, "sql_mode=ANSI", "wsrep_causal_reads=ON", "sql_big_selects=ON")
	for _, test := range []struct {
		reported []pair
		want     string
	}{
		{nil, "sql_big_selects=ON sql_mode=ANSI wsrep_causal_reads=ON"},
		{[]pair{{"max_join_size", "100"}}, "max_join_size=100 sql_mode=ANSI wsrep_causal_reads=ON"},
		{[]pair{{"max_join_size", "100"}, {"sql_big_selects", "OFF"}}, "max_join_size=100 sql_big_selects=OFF sql_mode=ANSI wsrep_causal_reads=ON"},
		{[]pair{{"wsrep_sync_wait", "6"}, {"wsrep_causal_reads", "OFF"}, {"sql_mode", ""}}, "sql_big_selects=ON sql_mode= wsrep_causal_reads=OFF wsrep_sync_wait=6"},
		{[]pair{{"character_set_connection", "koi8r"}, {"collation_connection", "koi8r_bin"}},
			"collation_connection=koi8r_bin sql_big_selects=ON sql_mode=ANSI wsrep_causal_reads=ON"},
		{[]pair{{"max_join_size", "100"}, {"sql_big_selects", `\`}}, "max_join_size=100 sql_mode=ANSI wsrep_causal_reads=ON"},
	} {
		for range 2 {
			if got := show(told(in, before, test.reported)); got != test.want {
				t.Errorf("%v: %s, want %s", test.reported, got, test.want)
			}
			slices.Reverse(test.reported)
		}
	}
}

func TestShowsTrackers(t *testing.T) {
	for sql, want := range map[string]bool{
		"SHOW VARIABLES": true,
		"SHOW VARIABLES LIKE 'session_track_schema'":          true,
		"show variables like 'Session\\_track%'":              true,
		"SHOW SESSION VARIABLES LIKE '%track%'":               true,
		"SHOW VARIABLES LIKE ''":                              true, // nothing, which costs little
		"SHOW VARIABLES LIKE \"sql_mode\"":                    true, // not looked at
		"SHOW VARIABLES WHERE Variable_name = 'sql_mode'":     true,
		"SHOW VARIABLES LIKE 'sql_mode'":                      false,
		"SHOW SESSION VARIABLES LIKE 'ndbinfo\\_version'":     false,
		"SHOW VARIABLES LIKE 'session_track_x%' -- like 'a%'": true,
	} {
		if got := ShowsTrackers([]byte(sql)); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
