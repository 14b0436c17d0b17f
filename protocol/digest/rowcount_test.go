package digest

import "testing"

func TestAppendRowCount(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"SELECT ROW_COUNT()", "SELECT 7 AS `ROW_COUNT()`"},
		{"select row_count ( ) , 1", "select 7 AS `row_count ( )` , 1"},
		{"SELECT DISTINCT ROW_COUNT() FROM t", "SELECT DISTINCT 7 AS `ROW_COUNT()` FROM t"},
		{"SELECT ROW_COUNT() AS n", "SELECT 7 AS n"},
		{"SELECT (SELECT ROW_COUNT()), ROW_COUNT()", "SELECT (SELECT 7 AS `ROW_COUNT()`) AS `(SELECT ROW_COUNT())`, 7 AS `ROW_COUNT()`"},
		{"INSERT INTO log VALUES (ROW_COUNT(), ROW_COUNT())", "INSERT INTO log VALUES (7, 7)"},
		{"SELECT ROW_COUNT(); SELECT ROW_COUNT()", "SELECT 7 AS `ROW_COUNT()`; SELECT ROW_COUNT()"},
		{"SELECT d.ROW_COUNT(), 'ROW_COUNT()', row_count, ROW_COUNT(1), @row_count, @@pseudo_thread_id", ""},
		{"CREATE VIEW v AS SELECT ROW_COUNT()", ""},
	} {
		want := test.want
		if want == "" {
			want = test.sql
		}
		if got := string(AppendRowCount(nil, []byte(test.sql), 0, "7")); got != want {
			t.Errorf("%s: %s, want %s", test.sql, got, want)
		}
	}
}
