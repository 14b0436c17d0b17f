package sysvar

import (
	"strings"
	"testing"
)

func TestAssignUserVars(t *testing.T) {
	const c = " COLLATE utf8mb4_general_ci"
	for _, test := range []struct {
		sql  string
		want string // "name=value", unknown values as "?", numbers behind N
	}{
		{"SET @a=1", "a=N1"},
		{"set @A := 1 , @`b`= 'x',@'c d'=\"y\"", "a=N1 b=_utf8mb4'x'" + c + " c d=_utf8mb4'y'" + c},
		{"SET @a=5, @a=NULL, @a=NULL, @b=NULL, @b=NULL", "a=N5,@`a`=NULL b=NULL"},
		{"SET @a=NULL, @b=true, @c=-5.25, @d=+.5, @e=0xFF, @f=1e-5", "a=NULL b=Ntrue c=N-5.25 d=N+.5 e=0xFF f=?"},
		{"SET @a='', @b='it', @c='é'", "a=_utf8mb4''" + c + " b=_utf8mb4'it'" + c + " c=_utf8mb4 0xC3A9" + c},
		{"SET @a=1;", "a=N1"},
		{"SET @a=1; SELECT 1", "a=?"},
		{"SET @a=1+1", "a=?"},
		{"SET @a=now(), @b=concat('a', 'b', @c:=3), @d=4", "a=? b=? c=? d=N4"},
		{"SET @a='x' 'y'", "a=?"},
		{"SET @a=_latin1'y'", "a=?"},
		{"SET @a=N'y'", "a=?"},
		{"SET @a=x'41', @b=b'01'", "a=x'41' b=b'01'"},
		{`SET @a='a\nb'`, "a=?"},
		{"SET @a='it''s'", "a=?"},
		{"SET @a='open", "*=?"},
		{"SET @a=/*!50000 1 */ 2", "*=?"},
		{"/* c */ SET -- c\n @a= # c\n 1", "a=N1"},
		{"SET sql_mode='ANSI', @a=1, @@time_zone='+03:00', SESSION wait_timeout=5", "a=N1"},
		{"SET @a=@b", "a=?"},
		{"SET @`a``b`=1", "*=?"},
		{"SET @", "*=?"},
		{"SELECT @a:=@a+1, @b", "a=? b=?"},
		{"SELECT 1, 2 INTO @x, @y", "x=? y=?"},
		{"CALL p(@out)", "out=?"},
		{"SELECT @a:='x' 'y''z'", "*=?"},
		{"SET @a='" + strings.Repeat("x", maxUserVars) + "'", "*=?"},
		{"SET @`*`=1", "*=?"},
		{"SET @a=1, NAMES latin1", "a=N1"},
		{"SET NAMES latin1, @a='x', @b=2", "a=_utf8mb4'x'" + c + " b=L2"},
		{"SET CHARACTER SET latin1, @b=2", "b=L2"},
		{"SET @a=1, @@collation_connection='latin1_bin', @b=2", "a=N1 b=L2"},
		{"SET GLOBAL collation_connection='latin1_bin', @b=2", "b=N2"},
		{"SET character_set_connection=latin1, @a=1, collation_connection=latin1_bin", "a=?"},
	} {
		in := NewInterner()
		vars, _ := in.Login(45, true)
		after := with(in, "collation_connection=latin1_bin")
		got := in.AssignUserVars(in.Empty(), []byte(test.sql), 0, vars, after, true)
		marks := strings.NewReplacer("utf8mb4_general_ci"+numberMark, "N", "latin1_bin"+numberMark, "L", "= ", "=? ")
		if s := marks.Replace(show(got) + " "); s != test.want+" " {
			t.Errorf("%s:\n got %s\nwant %s", test.sql, s, test.want)
		}
		if known := !strings.Contains(test.want, "=?"); UserVarsKnown(got) != known {
			t.Errorf("%s: known: %v", test.sql, !known)
		}
	}
}

// A variable that only the server knows holds the connection until it gets a value that is known.
func TestUserVarKnownAgain(t *testing.T) {
	in := NewInterner()
	vars, _ := in.Login(45, true)
	set := in.Empty()
	for _, step := range []struct {
		sql   string
		ran   bool
		known bool
	}{
		{"SET @n=0", true, true},
		{"SELECT @n:=@n+1 FROM t", true, false},
		{"SET @n=0", true, true},
		{"SET @n=1, @m=(SELECT a FROM t)", false, false},
		{"SET @n=1, @m=2", true, true},
		{"SELECT @n:='no end", true, false},
		{"SET @n=1", true, false},
	} {
		set = in.AssignUserVars(set, []byte(step.sql), 0, vars, vars, step.ran)
		if UserVarsKnown(set) != step.known {
			t.Errorf("after %s: %s", step.sql, show(set))
		}
	}
}

func TestDeclareUserVars(t *testing.T) {
	in := NewInterner()
	vars, _ := in.Login(45, true)
	set := in.AssignUserVars(in.Empty(), []byte("SET @a=1"), 0, vars, vars, true)
	for _, test := range []struct{ sql, mysql, mariaDB string }{ // unknown values are empty
		{"SET @A=?, @b=?", "a=N1 b=", "a= b="},
		{"SELECT @a:=?", "a=N1", "a="},
		{"SELECT @c:=@d", "a=N1 c= d=", "a=N1 c= d="},
		{"SET @`b``c`=?", "*=", "*="},
		{"SET @b='open", "*=", "*="},
	} {
		for mariaDB, want := range map[bool]string{false: test.mysql, true: test.mariaDB} {
			got := show(in.DeclareUserVars(set, []byte(test.sql), mariaDB))
			if got = strings.ReplaceAll(got, "utf8mb4_general_ci"+numberMark, "N"); got != want {
				t.Errorf("%s, MariaDB %v: %s, want %s", test.sql, mariaDB, got, want)
			}
		}
	}
}

func TestPrepareUserVars(t *testing.T) {
	in := NewInterner()
	vars, _ := in.Login(45, true)
	set := in.AssignUserVars(in.Empty(), []byte("SET @a=1"), 0, vars, vars, true)
	for sql, known := range map[string]bool{
		"PREPARE s FROM 'SELECT ?'":   true,
		"PREPARE s FROM 'SET @a = ?'": false,
		"PREPARE s FROM @a":           false,
	} {
		if got := in.PrepareUserVars(set, []byte(sql)); UserVarsKnown(got) != known || known && got != set {
			t.Errorf("%s: %s", sql, show(got))
		}
	}
}

// The bytes of a literal are known in the client's character set, its meaning in the connection's.
func TestLiteralCharset(t *testing.T) {
	for _, test := range []struct{ vars, text, want string }{
		{"character_set_client=latin1 character_set_connection=latin1", "x", "_latin1'x'"},
		{"character_set_client=latin1 character_set_connection=latin1", "\xe9", "_latin1 0xE9"},
		{"character_set_client=latin1 character_set_connection=utf8mb4", "x", "_utf8mb4'x'"},
		{"character_set_client=latin1 collation_connection=utf8mb4_bin", "\xe9", ""},
		{"character_set_client=gbk character_set_connection=gbk", "x", ""},
		{"character_set_client=utf8mb4 character_set_connection=ucs2", "x", ""},
		{"character_set_client=binary collation_connection=binary", "x", "_binary'x' COLLATE binary"},
		{"", "x", ""},
	} {
		in := NewInterner()
		got, ok := appendText(nil, []byte(test.text), with(in, strings.Fields(test.vars)...))
		if ok != (test.want != "") || ok && string(got) != test.want {
			t.Errorf("%s, %q: %s, %v", test.vars, test.text, got, ok)
		}
	}
}

func FuzzAssignUserVars(f *testing.F) {
	for _, sql := range []string{"SET @a=1, @b='x'", "SELECT @a:=1", "SET @`a", "set @a=/*", "SET @a=(1,(2)),@b=-3;"} {
		f.Add([]byte(sql))
	}
	f.Fuzz(func(t *testing.T, sql []byte) {
		in := NewInterner()
		vars, _ := in.Login(45, true)
		got := in.AssignUserVars(in.Empty(), sql, 0, vars, vars, true)
		if UserVarsKnown(got) {
			// What is known must be text that the lexer understands the same way.
			sync, ok := AppendSync(nil, State{vars, in.Empty()}, State{vars, got})
			if !ok {
				t.Fatalf("%q: %s cannot be copied", sql, show(got))
			}
			if got.Len() > 0 {
				l := lexer{sync}
				for tok := l.next(); tok.kind != tokenEnd; tok = l.next() {
					if tok.kind == tokenBad || tok.is(';') {
						t.Fatalf("%q gives %q", sql, sync)
					}
				}
			}
		}
		NamesCollation(sql, 0)
		var o Objects
		o.note(sql, objectFlags, "s")
	})
}
