package sysvar

import (
	"strings"
	"testing"
)

// Numbers get the collation that they were assigned with, whatever the connection has and what the session has by now.
func TestAppendSyncNumbers(t *testing.T) {
	const names = "@@SESSION.character_set_connection='latin1'"
	for _, test := range []struct {
		name       string
		have, want string // system variables
		numbers    string // name=value@collation
		sql        string // "reset" if no assignment can do it
	}{
		{"one collation", "collation_connection=utf8mb4_bin", "collation_connection=utf8mb4_bin", "a=1@utf8mb4_bin", "SET @`a`=1"},
		{"the connection's is another", "collation_connection=utf8mb4_bin", "character_set_connection=latin1", "a=1@latin1", "SET " + names + ",@`a`=1"},
		{"the session's is another by now", "collation_connection=utf8mb4_bin", "character_set_connection=latin1", "a=1@utf8mb4_bin", "SET @`a`=1," + names},
		{"both", "collation_connection=utf8mb4_bin", "character_set_connection=latin1", "a=1@utf8mb4_bin b=2@latin1", "SET @`a`=1," + names + ",@`b`=2"},
		{"neither", "character_set_connection=latin1", "character_set_connection=latin1", "a=1@utf8mb4_bin b=2@latin1",
			"SET @@SESSION.collation_connection='utf8mb4_bin',@`a`=1," + names + ",@`b`=2"},
		{"several", "collation_connection=utf8mb4_bin", "character_set_connection=latin1", "a=1@greek b=2@latin1_bin c=3@utf8mb4_bin d=4@latin1_bin",
			"SET @`c`=3,@@SESSION.character_set_connection='greek',@`a`=1,@@SESSION.collation_connection='latin1_bin',@`b`=2,@`d`=4," + names},
		{"the global one", "", "character_set_connection=latin1", "a=1@", "SET @`a`=1," + names},
		{"the global one, and it is gone", "character_set_connection=latin1", "character_set_connection=latin1", "a=1@",
			"SET @@SESSION.collation_connection=DEFAULT,@`a`=1," + names},
	} {
		in := NewInterner()
		have := State{with(in, strings.Fields(test.have)...), in.Empty()}
		want := State{with(in, strings.Fields(test.want)...), in.Empty()}
		for _, n := range strings.Fields(test.numbers) {
			name, value, _ := strings.Cut(n, "=")
			literal, collation, _ := strings.Cut(value, "@")
			want.UserVars = in.put(want.UserVars, []byte(name), numbered(collation, []byte(literal)))
		}
		sql, ok := AppendSync(nil, have, want)
		got := string(sql)
		if !ok {
			got = "reset"
		}
		if got != test.sql {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.sql)
		}
	}
}

// A connection that has the number with another collation does not have it.
func TestNumberOfAnotherCollation(t *testing.T) {
	in := NewInterner()
	latin1 := with(in, "collation_connection=latin1_bin")
	utf8 := with(in, "collation_connection=utf8mb4_bin")
	set := func(vars *Set) *Set { return in.AssignUserVars(in.Empty(), []byte("SET @a=1"), 0, vars, vars, true) }
	have, want := State{latin1, set(utf8)}, State{latin1, set(latin1)}
	if sql, ok := AppendSync(nil, have, want); string(sql) != "SET @`a`=1" || !ok {
		t.Errorf("%s, %v", sql, ok)
	}
	if d := have.Distance(want); d != 1 {
		t.Errorf("distance %d", d)
	}
}
