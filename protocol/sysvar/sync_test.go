package sysvar

import "testing"

func TestAppendSync(t *testing.T) {
	for _, test := range []struct {
		name       string
		have, want []string
		sql        string // "reset" if no assignment can do it
		distance   int
	}{
		{"nothing to do", []string{"sql_mode=ANSI"}, []string{"sql_mode=ANSI"}, "", 0},
		{"a new value", nil, []string{"sql_mode=ANSI"}, "SET @@SESSION.sql_mode='ANSI'", 1},
		{"another value", []string{"wait_timeout=5"}, []string{"wait_timeout=7"}, "SET @@SESSION.wait_timeout=7", 1},
		{"back", []string{"wait_timeout=5"}, nil, "SET @@SESSION.wait_timeout=DEFAULT", 1},
		{"back where DEFAULT doesn't work", []string{"foreign_key_checks=OFF"}, nil, "SET @@SESSION.foreign_key_checks=@@GLOBAL.foreign_key_checks", 1},
		{"several", []string{"a=1", "b=2", "c=3"}, []string{"b=5", "c=3", "d=x"}, "SET @@SESSION.a=DEFAULT,@@SESSION.b=5,@@SESSION.d='x'", 3},
		{"an empty text", nil, []string{"sql_mode="}, "SET @@SESSION.sql_mode=''", 1},
		{"NULL", nil, []string{"character_set_results="}, "SET @@SESSION.character_set_results=NULL", 1},
		{"numbers", nil, []string{"a=-1", "b=10.500000", "c=18446744073709551615", "d=1.", "e=-", "f=1.2.3"},
			"SET @@SESSION.a=-1,@@SESSION.b=10.500000,@@SESSION.c=18446744073709551615,@@SESSION.d='1.',@@SESSION.e='-',@@SESSION.f='1.2.3'", 6},
		{"a text that looks like a number", nil, []string{"default_master_connection=1"}, "SET @@SESSION.default_master_connection='1'", 1},
		{"a quote", nil, []string{"a=it's"}, "SET @@SESSION.a='it''s'", 1},
		{"what cannot be quoted for sure", nil, []string{`a=C:\tmp`}, "reset", 1},
		{"what a login sets", []string{"character_set_client=utf8mb4", "collation_connection=utf8mb4_bin"}, []string{"character_set_client=latin1", "character_set_connection=latin1"},
			"SET @@SESSION.character_set_client='latin1',@@SESSION.character_set_connection='latin1'", 3},
		{"the global character sets, as a reset leaves them on MySQL",
			[]string{"character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin", "collation_connection=utf8mb4_bin"}, nil,
			"SET @@SESSION.character_set_client=DEFAULT,@@SESSION.character_set_results=DEFAULT,@@SESSION.collation_connection=DEFAULT", 5},
		{"the collation of results", []string{"character_set_client=latin1", "character_set_results=latin1", "collation_connection=latin1_bin"},
			[]string{"character_set_client=latin1", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin", "collation_connection=utf8mb4_general_ci"},
			"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin',@@SESSION.character_set_client='latin1',@@SESSION.collation_connection='utf8mb4_general_ci'", 3},
		{"the collations are those of the login",
			[]string{"character_set_client=utf8mb4", "character_set_results=utf8mb4", "collation_connection=utf8mb4_bin"},
			[]string{"character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin", "collation_connection=utf8mb4_bin"},
			"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", 2},
		{"the collation of the client's character set comes with it",
			[]string{"character_set_client=utf8mb3", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin", "collation_connection=utf8mb4_bin"},
			[]string{"character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin", "collation_connection=utf8mb4_bin"},
			"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", 2},
		{"results have another character set since",
			[]string{"character_set_client=utf8mb4", "collation_client=utf8mb4_general_ci", "character_set_results=utf8mb4", "collation_results=utf8mb4_general_ci"},
			[]string{"character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=latin1", "collation_connection=utf8mb4_bin"},
			"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin',@@SESSION.character_set_results='latin1'", 4},
		{"the client has the default collation again", []string{"character_set_client=utf8mb4", "collation_client=utf8mb4_bin", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin"},
			[]string{"character_set_client=utf8mb4", "character_set_results=utf8mb4", "collation_results=utf8mb4_bin"},
			"SET @@SESSION.character_set_client='utf8mb4'", 1},
		{"results have the default collation", []string{"character_set_results=utf8mb4", "collation_results=utf8mb4_bin"}, []string{"character_set_results=utf8mb4"},
			"SET @@SESSION.character_set_results='utf8mb4'", 1},
		{"two names of one variable", []string{"long_query_time=1.000000"}, []string{"log_slow_query_time=1.000000"}, "SET @@SESSION.log_slow_query_time=1.000000", 2},
		{"two names, back", []string{"long_query_time=1.000000"}, nil, "SET @@SESSION.long_query_time=DEFAULT", 1},
		{"a part follows the whole", nil, []string{"log_slow_filter=admin", "log_queries_not_using_indexes=ON"},
			"SET @@SESSION.log_slow_filter='admin',@@SESSION.log_queries_not_using_indexes='ON'", 2},
		{"a part is assigned again after the whole", []string{"log_slow_filter=admin", "log_queries_not_using_indexes=ON"}, []string{"log_slow_filter=filesort", "log_queries_not_using_indexes=ON"},
			"SET @@SESSION.log_slow_filter='filesort',@@SESSION.log_queries_not_using_indexes='ON'", 1},
		{"the whole undoes the part", []string{"log_slow_filter=admin", "log_queries_not_using_indexes=ON"}, []string{"log_slow_filter=admin"},
			"SET @@SESSION.log_slow_filter='admin'", 1},
		{"a part alone, back", []string{"sql_big_selects=OFF"}, nil, "SET @@SESSION.sql_big_selects=DEFAULT", 1},
	} {
		in := NewInterner()
		none := in.Empty()
		have, want := raw(in, test.have...), raw(in, test.want...)
		sql, ok := AppendSync([]byte("x"), State{have, none}, State{want, none})
		got := string(sql[1:])
		if !ok {
			got = "reset"
			if string(sql) != "x" {
				t.Errorf("%s: %q was left", test.name, sql)
			}
		}
		if got != test.sql {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.sql)
		}
		if d := Distance(have, want); d != test.distance {
			t.Errorf("%s: distance %d, want %d", test.name, d, test.distance)
		}
	}
}

// raw is with, without regard to families.
func raw(in *Interner, pairs ...string) *Set {
	s := in.Empty()
	for _, p := range pairs {
		one := with(in, p)
		one.Each(func(name, value string) { s = in.put(s, []byte(name), []byte(value)) })
	}
	return s
}

// A report of a variable makes what is known of its family stale.
func TestFamilies(t *testing.T) {
	for _, test := range []struct{ reports, want string }{
		{"character_set_connection=latin1", "character_set_connection=latin1"},
		{"log_slow_filter=admin", "log_slow_filter=admin"},
	} {
		in := NewInterner()
		s := with(in, "collation_connection=utf8mb4_bin", "log_queries_not_using_indexes=ON", "log_slow_filter=filesort", "log_queries_not_using_indexes=ON")
		got := with(in, test.reports)
		got.Each(func(name, value string) { s = in.With(s, []byte(name), []byte(value)) })
		for _, other := range families[got.pairs[0].name].family.members {
			if _, ok := s.Get(other); ok && other != got.pairs[0].name {
				t.Errorf("%s: %s", test.reports, show(s))
			}
		}
	}
	in := NewInterner()
	if s := with(in, "log_slow_filter=admin", "log_queries_not_using_indexes=ON"); s.Len() != 2 {
		t.Errorf("a part removed the whole: %s", show(s))
	}
}

func TestAppendSyncUserVars(t *testing.T) {
	in := NewInterner()
	vars, _ := in.Login(45, true)
	user := func(sql string) *Set { return in.AssignUserVars(in.Empty(), []byte(sql), 0, vars, vars, true) }
	want := State{in.With(vars, []byte("sql_mode"), []byte("ANSI")), user("SET @a=1, @b='x'")}
	have := State{vars, user("SET @b='y'")}
	sql, ok := AppendSync(nil, have, want)
	const text = "SET @@SESSION.sql_mode='ANSI',@`a`=1,@`b`=_utf8mb4'x' COLLATE utf8mb4_general_ci"
	if string(sql) != text || !ok {
		t.Errorf("got %s, %v", sql, ok)
	}
	if d := have.Distance(want); d != 3 {
		t.Errorf("distance %d", d)
	}
	more := State{vars, user("SET @b='x', @c=NULL")}
	if sql, ok := AppendSync(nil, more, want); ok {
		t.Errorf("a variable that nobody wants: %s", sql)
	}
	if d := more.Distance(want); d != 2+resetDistance {
		t.Errorf("distance %d to what takes a reset", d)
	}
	if _, ok := AppendSync(nil, have, State{vars, user("SET @a=now()")}); ok {
		t.Error("an unknown value was copied")
	}
}

func BenchmarkAppendSync(b *testing.B) {
	in := NewInterner()
	have, want := with(in, "sql_mode=ANSI", "time_zone=+03:00", "wait_timeout=5"), with(in, "sql_mode=ANSI", "time_zone=SYSTEM")
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = AppendSync(buf[:0], State{have, in.Empty()}, State{want, in.Empty()})
	}
}
