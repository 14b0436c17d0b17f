package digest

import (
	"fmt"
	"strings"
	"testing"
)

func TestAssignments(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want string // "" if it is not all assignments
	}{
		{"SET @a = 1", "user a=1 literal"},
		{"set @a:=-1.5 , @`b c` = 'x', @'d' := _utf8mb4'e'", "user a=-1.5 literal; user b c='x' literal; user d=_utf8mb4'e' literal"},
		{"SET /* x */ @a = (SELECT 1, 2) + @b, @c=NULL -- y", "user a=(SELECT 1, 2) + @b; user c=NULL literal"},
		{"SET @a=b, @c=TRUE, @d=-TRUE, @e='f' 'g', @h=- 'i', @j=X'1F', @k=- 0x1F",
			"user a=b; user c=TRUE literal; user d=-TRUE; user e='f' 'g'; user h=- 'i'; user j=X'1F' literal; user k=- 0x1F literal"},
		{"SET autocommit=0;", "session autocommit=0 literal"},
		{"SET sql_mode=ANSI, time_zone=DEFAULT", "session sql_mode=ANSI literal; session time_zone=DEFAULT literal"},
		{"SET sql_mode=CONCAT(@@sql_mode, ',ANSI')", "session sql_mode=CONCAT(@@sql_mode, ',ANSI')"},
		{"SET GLOBAL a=1, b=2, @@c=3, LOCAL d=4, `e`=5", "global a=1 literal; global b=2 literal; unqualified c=3 literal; session d=4 literal; session e=5 literal"},
		{"SET @@session.a=1, @@persist_only . b=2, @@global.`c`=3", "session a=1 literal; persist_only b=2 literal; global c=3 literal"},
		{"SET hot.key_buffer_size = 1", "session hot.key_buffer_size=1 literal"},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin, @a=1", "session NAMES=utf8mb4 COLLATE utf8mb4_bin; user a=1 literal"},
		{"SET CHARACTER SET utf8", "session CHARACTER SET=utf8 literal"},
		{"SET names 'utf8'", "session names='utf8' literal"},
		{"SET", ""},
		{"SET @a", ""},
		{"SET @a=", ""},
		{"SET @a=1,", ""},
		{"SET @a=1 ; SELECT 1", ""},
		{"SET @a=(1", ""},
		{"SET @=1", ""},
		{"SET @`a``b`=1", ""},
		{"SET @a='x", ""},
		{"SET /*!50000 @a=1 */", ""},
		{"SET TRANSACTION READ ONLY", ""},
		{"SET PASSWORD FOR a@b = 'x'", ""},
		{"SET STATEMENT a=1 FOR SELECT 1", ""},
		{"SET ROLE a", ""},
		{"SET @@other.a=1", ""},
		{"UPDATE t SET a=1", ""},
	} {
		var got []string
		ok := Assignments([]byte(test.sql), 0, func(a Assignment) bool {
			scope := [...]string{"session", "unqualified", "global", "persist", "persist_only"}[a.Scope]
			if a.User {
				scope = "user"
			}
			text := fmt.Sprintf("%s %s=%s", scope, a.Name, a.Value)
			if a.Literal {
				text += " literal"
			}
			got = append(got, text)
			return true
		})
		if ok != (test.want != "") || ok && strings.Join(got, "; ") != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", test.sql, ok, strings.Join(got, "; "), test.want)
		}
	}
}

// Of user variables that are set to literals only, the session knows the values.
func TestLiterals(t *testing.T) {
	for _, test := range []struct {
		sql  string
		o    Options
		want string
	}{
		{"SET @a = 1, @b := 'x''y'", 0, "a=1 b='x''y'"},
		{`SET @a="x"`, 0, `a="x"`},
		{`SET @a="x"`, AnsiQuotes, ""},
		{`SET @a='\'', @b=1`, 0, `a='\'' b=1`},
		{`SET @a='\', @b=1`, NoBackslashEscapes, `a='\' b=1`},
		{"SET @a=NULL", 0, "a=NULL"},
		{"SET @a=1, @b=@a", 0, ""},
		{"SET @a=1, time_zone='UTC'", 0, ""},
		{"SET @a=1+1", 0, ""},
		{"SET @a=b", 0, ""},
		{"SET @a=NOW()", 0, ""},
		{"SET @a=?", 0, ""},
		{"SELECT 1", 0, ""},
	} {
		var got []string
		ok := Assignments([]byte(test.sql), test.o, func(a Assignment) bool {
			got = append(got, string(a.Name)+"="+string(a.Value))
			return a.User && a.Literal
		})
		if ok != (test.want != "") || ok && strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v %q, want %q", test.sql, ok, got, test.want)
		}
	}
}
