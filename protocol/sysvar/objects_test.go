package sysvar

import (
	"testing"

	"parkway/protocol/digest"
)

// Each case is a session's statements; the last column says what holds no longer after the last of them.
func TestObjects(t *testing.T) {
	for _, test := range []struct {
		name       string
		statements []string
		gone       Pins
	}{
		{"made", []string{"CREATE TEMPORARY TABLE t (a int)"}, 0},
		{"made and dropped", []string{"CREATE TEMPORARY TABLE t (a int)", "DROP TEMPORARY TABLE t"}, TempTable},
		{"dropped like any table", []string{"CREATE TEMPORARY TABLE IF NOT EXISTS `t` SELECT 1", "drop table if exists s.t, u"}, TempTable},
		{"one of two dropped", []string{"CREATE TEMPORARY TABLE t (a int)", "CREATE OR REPLACE TEMPORARY TABLE u LIKE v", "DROP TABLE t"}, 0},
		{"both dropped", []string{"CREATE TEMPORARY TABLE t (a int)", "CREATE TEMPORARY TABLE x.u LIKE v", "DROP TABLE t, `x`.u"}, TempTable},
		{"made twice with IF NOT EXISTS", []string{"CREATE TEMPORARY TABLE IF NOT EXISTS t (a int)", "CREATE TEMPORARY TABLE IF NOT EXISTS t (a int)", "DROP TABLE t"}, TempTable},
		{"a table of another schema", []string{"CREATE TEMPORARY TABLE t (a int)", "DROP TABLE x.t"}, 0},
		{"a name that differs by case", []string{"CREATE TEMPORARY TABLE T (a int)", "CREATE TEMPORARY TABLE t (a int)", "DROP TABLE t"}, 0},
		{"renamed", []string{"CREATE TEMPORARY TABLE t (a int)", "ALTER TABLE t RENAME u", "DROP TABLE t"}, 0},
		{"a table that is not temporary", []string{"DROP TABLE t"}, TempTable},
		{"a sequence", []string{"CREATE TEMPORARY SEQUENCE t", "DROP TABLE t"}, 0},
		{"in an executable comment", []string{"CREATE /*!50000 TEMPORARY */ TABLE t (a int)", "DROP TABLE t"}, 0},
		{"several at once", []string{"CREATE TEMPORARY TABLE t (a int); DROP TABLE t"}, 0},

		{"prepared", []string{"PREPARE s FROM 'SELECT 1'"}, 0},
		{"deallocated", []string{"PREPARE s FROM 'SELECT 1'", "DEALLOCATE PREPARE s"}, PreparedText},
		{"dropped", []string{"PREPARE s FROM 'SELECT 1'", "PREPARE s FROM \"SELECT ?\"", "DROP PREPARE `s`"}, PreparedText},
		{"deallocated, which may have made variables", []string{"PREPARE s FROM 'SET @a = ?'", "DEALLOCATE PREPARE s"}, 0},
		{"deallocated, of an unknown text", []string{"PREPARE s FROM @x", "DEALLOCATE PREPARE s"}, 0},
		{"another deallocated", []string{"PREPARE s FROM 'SELECT 1'", "PREPARE u FROM 'SELECT 1'", "DEALLOCATE PREPARE s"}, 0},

		{"handler", []string{"HANDLER t OPEN", "HANDLER t READ FIRST"}, 0},
		{"handler closed", []string{"HANDLER x.t OPEN", "HANDLER t CLOSE"}, Handler},
		{"handler with alias", []string{"HANDLER t OPEN AS h", "HANDLER t CLOSE"}, 0},
		{"handler with alias closed", []string{"HANDLER t OPEN h", "HANDLER h CLOSE"}, Handler},

		{"lock", []string{"SELECT GET_LOCK('a', 10)"}, 0},
		{"lock released", []string{"SELECT GET_LOCK('a', -1) AS l", "DO RELEASE_LOCK('a')"}, GetLock},
		{"lock taken twice", []string{"SELECT GET_LOCK('a', 1)", "SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')"}, 0},
		{"lock taken and released twice", []string{"SELECT GET_LOCK('a', 1)", "SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')", "SELECT RELEASE_LOCK('a')"}, GetLock},
		{"another lock released", []string{"SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('b')"}, 0},
		{"locks per row", []string{"SELECT GET_LOCK('a', 1) FROM t", "SELECT RELEASE_LOCK('a')"}, 0},
		{"a lock whose name is an expression", []string{"SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT RELEASE_LOCK('ab')"}, 0},
		{"two in one statement", []string{"SELECT GET_LOCK('a', 1), GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')"}, 0},
		{"all released", []string{"SELECT GET_LOCK(x, 1) FROM t", "SELECT RELEASE_ALL_LOCKS()"}, GetLock},
	} {
		var o Objects
		var gone Pins
		for _, sql := range test.statements {
			info := digest.Scan([]byte(sql), 0)
			if !o.Wants(info.Verb, info.Flags) {
				t.Errorf("%s: %s is not wanted", test.name, sql)
			}
			gone = o.Note([]byte(sql), info.Verb, info.Flags, "s", false)
		}
		if gone != test.gone {
			t.Errorf("%s: gone: %v, want %v", test.name, gone, test.gone)
		}
	}
}

func TestObjectsFailedAndMany(t *testing.T) {
	var o Objects
	note := func(sql string, failed bool) Pins {
		info := digest.Scan([]byte(sql), 0)
		return o.Note([]byte(sql), info.Verb, info.Flags, "s", failed)
	}
	note("SELECT GET_LOCK('a', 1)", true)
	if gone := note("SELECT RELEASE_LOCK('a')", false); gone != 0 {
		t.Errorf("after a failure: %v", gone)
	}
	note("CREATE TEMPORARY TABLE u (a int)", true)
	note("CREATE TEMPORARY TABLE t (a int)", false)
	if gone := note("DROP TABLE t", true); gone != 0 {
		t.Errorf("a failed DROP: %v", gone)
	}
	if gone := note("DROP TABLE t", false); gone != TempTable {
		t.Errorf("a DROP: %v", gone)
	}
	for range maxObjects + 1 {
		note("SELECT GET_LOCK('b', 1)", false)
	}
	if len(o.locks.list) > maxObjects {
		t.Errorf("%d names", len(o.locks.list))
	}
	var none *Objects
	if none.Wants(digest.VerbAlter, 0) || none.Wants(digest.VerbSelect, 0) || !none.Wants(digest.VerbCreate, digest.CreateTemporary) {
		t.Error("Wants of nothing")
	}
}
