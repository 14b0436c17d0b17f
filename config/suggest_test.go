package config

import "testing"

func TestSuggest(t *testing.T) {
	keys := []string{"log", "level", "port", "hostname", "hostgroup_id", "wait_timeout_ms", "monitor_ping_interval", "monitor_ping_timeout", "mysql_variables"}
	for _, test := range []struct{ word, want string }{
		{"LEVEL", "level"},
		{"levl", "level"},
		{"prot", "port"},
		{"lg", "log"},
		{"host", "hostname"},
		{"hostgroup", "hostgroup_id"},
		{"wait_timeout", "wait_timeout_ms"},
		{"wiat_timout_ms", "wait_timeout_ms"},
		{"monitor_ping_timeout_ms", "monitor_ping_timeout"},
		{"mysql-variables", "mysql_variables"},
		{"foo", ""},
		{"x", ""},
		{"", ""},
		{"lag", "log"},
		{"lap", ""},
		{"monitor", ""},
		{"monitor_lag_interval", ""},
		{"admin_variables", ""},
	} {
		want := test.want
		if want != "" {
			want = " (did you mean " + want + "?)"
		}
		if got := suggest(test.word, keys); got != want {
			t.Errorf("%q: %q, want %q", test.word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"abc", "acb", 1}, {"abc", "xbc", 1}, {"abcd", "badc", 2}, {"foo", "log", 2}, {"kitten", "sitting", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.b, test.a, got, test.want)
		}
	}
}
