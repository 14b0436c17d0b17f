package session_test

import "testing"

// MariaDB reports `SET @@x` only with a scope.
func TestScopeIsNamed(t *testing.T) {
	for _, test := range []struct{ sql, mariaDB string }{
		{"SET @@sql_mode='ANSI'", "SET @@SESSION.sql_mode='ANSI'"},
		{"/* x */ SET  @@`sql_mode` = 'ANSI', @a=1, @@time_zone='+00:00'", "/* x */ SET  @@SESSION.`sql_mode` = 'ANSI', @a=1, @@SESSION.time_zone='+00:00'"},
		{"SET @@session.sql_mode=@@sql_mode, wait_timeout=5, @@global.wait_timeout=6", ""},
		{"SET @@tx_isolation='SERIALIZABLE', @@Tx_Read_Only=1", ""},
		{"SELECT @@sql_mode", ""},
	} {
		for _, version := range []string{"10.11.6-MariaDB", "9.7.0"} {
			want := test.sql
			if version != "9.7.0" && test.mariaDB != "" {
				want = test.mariaDB
			}
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.server.Greeting.ServerVersion = version
			})
			mustQuery(t, w.dial(), test.sql)
			w.expectTexts([]string{want})
		}
	}
}
