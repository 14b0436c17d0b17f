//go:build integration

package stmt

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// telling are statements that show what a server has read a text by when it prepared it.
var telling = []string{
	"SELECT HEX('\u00e4'), COLLATION('x'), \"n\" FROM environment",
	"SELECT WEEK('2008-02-20'), 7/3",
	"SELECT MONTHNAME('2024-03-01')",
	"SELECT GROUP_CONCAT(s) FROM environment",
	"SELECT id, n FROM environment",
	"SELECT * FROM (SELECT id FROM environment) x",
	"SELECT SUM(f) OVER (ORDER BY id ROWS 1 PRECEDING) FROM environment",
	"SELECT TIMESTAMP'2020-01-01 00:00:01+05:00'", // of MySQL
	"EXPLAIN SELECT id FROM environment",
	"SELECT * FROM numbered WHERE id IS NULL",
}

// trials are values to try, where a guess finds none.
var trials = map[string]string{
	"character_set_client": "latin1", "character_set_connection": "latin1", "collation_connection": "latin1_bin", "default_week_format": "3",
	"div_precision_increment": "9", "explain_format": "JSON", "group_concat_max_len": "4", "lc_messages": "'de_DE'", "lc_time_names": "'de_DE'",
	"max_join_size": "100000000", "max_session_mem_used": "1000000000", "optimizer_switch": "'derived_merge=off'", "sql_mode": "'ANSI_QUOTES'",
	"sql_select_limit": "500", "time_zone": "'+03:00'",
}

// trial is a value to try for a variable that has another.
func trial(name, value string) string {
	switch n, err := strconv.ParseUint(value, 10, 64); {
	case trials[name] != "":
		return trials[name]
	case value == "ON":
		return "OFF"
	case err == nil:
		return strconv.FormatUint(n+1, 10)
	}
	return "ON"
}

// Each variable that shows in a statement which was prepared before it was set is one of Environment; on MySQL, each of those shows, but for
// collation_client, which is no variable of the server's.
func TestRealEnvironment(t *testing.T) {
	r := dialReal(t, mysqltest.BaseCapabilities)
	for _, sql := range []string{
		"DROP TABLE IF EXISTS environment, numbered", "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY)",
		"CREATE TABLE environment (id INT PRIMARY KEY, n INT, s VARCHAR(20), f DOUBLE)",
		"INSERT INTO environment VALUES (1, 5, 'one', 1.5), (2, NULL, 'two', 1e20), (3, 7, 'three', 1), (4, 8, 'four', 2)",
	} {
		if _, err := r.Query(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	results, err := r.Query("SHOW SESSION VARIABLES")
	if err != nil {
		t.Fatal(err)
	}
	variables, err := results[0].Text()
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, v := range variables {
		set := "SET @@SESSION." + v[0] + "=" + trial(v[0], v[1])
		before, ok := r.told(t, "", set)
		if !ok {
			continue // no session can set it, or not to this
		}
		if after, _ := r.told(t, set, ""); !slices.Equal(before, after) {
			shown = append(shown, v[0])
		}
	}
	known := Environment(!isMySQL())
	for _, name := range shown {
		if !slices.Contains(known, name) {
			t.Errorf("%s is missing: it decides what a statement is that was prepared under it", name)
		}
	}
	for _, name := range known {
		if isMySQL() && name != "collation_client" && !slices.Contains(shown, name) {
			t.Errorf("%s does not show", name)
		}
	}
	t.Logf("%d variables, shown: %v", len(variables), shown)
}

// told is what the telling statements answer, prepared on a connection that is as new, with one SET before that and one
// behind. It is not ok if the server refuses one.
func (r *realServer) told(t *testing.T, before, behind string) (answers []string, ok bool) {
	t.Helper()
	if _, err := r.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"USE app", "INSERT INTO numbered VALUES ()", before} {
		if _, err := r.Query(sql); sql != "" && err != nil {
			return nil, false
		}
	}
	var prepared []*mysqltest.Statement
	for _, sql := range telling {
		s, _ := r.Prepare(sql) // nil: the text means nothing to the server, now
		prepared = append(prepared, s)
	}
	if _, err := r.Query(behind); behind != "" && err != nil {
		return nil, false
	}
	for _, s := range prepared {
		if s == nil {
			answers = append(answers, "not prepared")
			continue
		}
		head := protocol.Execute{StatementID: s.StatementID, Iterations: 1}
		results, err := r.Command(protocol.ComStmtExecute, head.Append(nil)[1:]...)
		answers = append(answers, fmt.Sprintf("%+v %v", results, err))
	}
	return answers, true
}
