package sysvar

import "testing"

// What a session has set counts, and beside it what was there before.
func TestOverlay(t *testing.T) {
	in := NewInterner()
	base := State{with(in, "sql_mode=ANSI", "transaction_isolation=SERIALIZABLE"), in.put(in.Empty(), []byte("a"), []byte("1"))}
	for _, test := range []struct {
		name       string
		vars, want *Set
	}{
		{"nothing set", in.Empty(), base.Vars},
		{"another one", with(in, "time_zone=SYSTEM"), with(in, "sql_mode=ANSI", "transaction_isolation=SERIALIZABLE", "time_zone=SYSTEM")},
		{"the same one", with(in, "sql_mode="), with(in, "sql_mode=", "transaction_isolation=SERIALIZABLE")},
		{"another name of it", with(in, "tx_isolation=READ-COMMITTED"), with(in, "sql_mode=ANSI", "tx_isolation=READ-COMMITTED")},
	} {
		if got := in.Overlay(base, State{test.vars, in.Empty()}); got.Vars != test.want || got.UserVars != base.UserVars {
			t.Errorf("%s: %s", test.name, show(got.Vars))
		}
	}
	user := in.put(in.Empty(), []byte("b"), []byte("2"))
	if got := in.Overlay(base, State{in.Empty(), user}).UserVars; got != in.put(base.UserVars, []byte("b"), []byte("2")) {
		t.Errorf("user variables: %s", show(got))
	}
}
