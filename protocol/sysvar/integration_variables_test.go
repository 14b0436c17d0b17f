//go:build integration

package sysvar

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
)

// values are legal ones other than the default, for variables where a guess (candidates) finds none.
var values = map[string][]string{
	"block_encryption_mode":         {"'aes-256-cbc'"},
	"binlog_row_value_options":      {"'PARTIAL_JSON'"},
	"collation_connection":          {"latin1_bin"},
	"collation_database":            {"latin1_bin"},
	"collation_server":              {"latin1_bin"},
	"debug":                         {"'d,x'"},
	"debug_dbug":                    {"'d,x'"},
	"default_collation_for_utf8mb4": {"utf8mb4_general_ci"},
	"default_master_connection":     {"'m1'"},
	"default_storage_engine":        {"MyISAM"},
	"default_tmp_storage_engine":    {"MyISAM"},
	"enforce_storage_engine":        {"InnoDB"},
	"innodb_tmpdir":                 {"'/tmp'"},
	"lc_messages":                   {"'de_DE'"},
	"lc_time_names":                 {"'de_DE'"},
	"max_join_size":                 {"100000000"},
	"max_session_mem_used":          {"1000000000"},
	"max_statement_time":            {"100"},
	"optimizer_switch":              {"'mrr=on'", "'mrr=off'"},
	"optimizer_trace":               {"'enabled=on'"},
	"optimizer_trace_features":      {"'greedy_search=off'"},
	"optimizer_trace_offset":        {"-2"},
	"sql_mode":                      {"'ANSI'"},
	"sql_select_limit":              {"500"},
	"storage_engine":                {"MyISAM"},
	"system_versioning_asof":        {"'2020-02-03 04:05:06'"},
	"time_zone":                     {"'+03:00'"},
	"wsrep_osu_method":              {"'RSU'"},
}

// candidates are values to try for a variable, as SQL text, given the present one.
func candidates(name, value string) []string {
	if list := values[name]; list != nil {
		return list
	}
	if strings.HasPrefix(name, "character_set_") {
		return []string{"latin1", "koi8r"}
	}
	switch value {
	case "ON":
		return []string{"OFF"}
	case "OFF":
		return []string{"ON"}
	}
	if n, err := strconv.ParseUint(value, 10, 64); err == nil {
		var list []string
		for _, v := range []uint64{n + 1, n + 4096, n / 2 / 4096 * 4096, n / 2, n - 1, 1, 4096, 1 << 20, 20 << 20} {
			list = append(list, strconv.FormatUint(v, 10))
		}
		return list
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		return []string{strconv.FormatFloat(f+0.5, 'f', -1, 64), strconv.FormatFloat(f/2, 'f', -1, 64)}
	}
	return []string{"1", "2", "3", "0"}
}

// noOther are variables of which no legal value but the default is known, or none without a plugin or a cluster.
var noOther = []string{
	"external_table_storage_engine", "external_table_secondary_storage_engine", "innodb_ft_user_stopword_table",
	"query_cache_type", "wsrep_on", "wsrep_gtid_seq_no", "wsrep_trx_fragment_size", "wsrep_trx_fragment_unit", "gtid_seq_no", "gtid_next", "terminology_use_previous",
	"max_seeks_for_key", "analyze_max_length", "internal_tmp_mem_storage_engine",
}

// refused reports whether a session cannot set the variable at all.
func refused(err error) bool {
	var e *protocol.ERR
	// a global variable; a read-only one; one that is read-only for sessions
	return errors.As(err, &e) && (e.Code == 1229 || e.Code == 1238 || e.Code == 1621)
}

// Every variable that a session can set is either copied, so that another connection that gets what the tracker reported has the
// same variables, and goes back to those of a fresh one; or it is in the table of those that aren't copied.
func TestRealVariables(t *testing.T) {
	names, list := trackList(t)
	fresh := tracked(t, list).variables()
	copied, missed := 0, []string{}
	for _, name := range names {
		treatment, _ := TreatmentOf(name)
		if treatment != Copied {
			continue
		}
		done, settable := copyVariable(t, name, list, fresh)
		switch {
		case done:
			copied++
		case settable && !slices.Contains(noOther, name):
			missed = append(missed, name)
		}
	}
	t.Logf("%d variables, %d copied", len(names), copied)
	if len(missed) > 0 {
		t.Errorf("no other value found for %v", missed)
	}
	if copied < 120 {
		t.Errorf("only %d of %d variables were tried", copied, len(names))
	}
}

// copyVariable sets a variable on one connection and copies it to another. It is not done if no value could be found.
func copyVariable(t *testing.T, name string, list []byte, fresh map[string]string) (done, settable bool) {
	in := NewInterner()
	start, _ := in.Login(45, mariaDB())
	a := tracked(t, list)
	defer a.Close()
	value := fresh[name]
	if _, shown := fresh[name]; !shown {
		value, _ = a.Value("SELECT @@SESSION." + name)
	}
	for _, candidate := range candidates(name, value) {
		said, err := a.try("SET @@SESSION." + name + "=" + candidate)
		if refused(err) {
			return false, false
		}
		now, _ := a.Value("SELECT @@SESSION." + name)
		if err != nil || now == value || value == "ON" && now == "1" || value == "OFF" && now == "0" {
			continue
		}
		want := start
		for _, v := range said.vars {
			want, _ = in.Report(want, []byte(v.name), []byte(v.value))
		}
		if want == start {
			t.Errorf("%s=%s: the tracker said nothing: %v", name, candidate, said)
			return true, true
		}
		copyTo(t, name, list, State{start, in.Empty()}, State{want, in.Empty()}, a.variables(), fresh)
		return true, true
	}
	return false, true
}

// copyTo brings another connection to want, compares it, and brings it back.
func copyTo(t *testing.T, name string, list []byte, start, want State, there, fresh map[string]string) {
	b := tracked(t, list)
	defer b.Close()
	sql, ok := AppendSync(nil, start, want)
	if !ok {
		t.Errorf("%s: %s cannot be copied", name, show(want.Vars))
		return
	}
	b.must(string(sql))
	if diff := differences(there, b.variables()); diff != nil {
		t.Errorf("%s: after %s: %v", name, sql, diff)
	}
	sql, ok = AppendSync(nil, want, start)
	if !ok {
		t.Errorf("%s: %s cannot be taken back", name, show(want.Vars))
		return
	}
	b.must(string(sql))
	if diff := differences(fresh, b.variables()); diff != nil {
		t.Errorf("%s: after %s: %v", name, sql, diff)
	}
}

// Variables that say the same thing, or change one another, set in any order.
func TestRealFamilies(t *testing.T) {
	names, list := trackList(t)
	fresh := tracked(t, list).variables()
	for _, statements := range [][]string{
		{"SET NAMES latin1"},
		{"SET CHARACTER SET latin1"},
		{"SET NAMES latin1", "SET collation_connection=utf8mb4_bin"},
		{"SET collation_connection=latin1_bin", "SET character_set_connection=latin1"},
		{"SET character_set_results=NULL"},
		{"SET collation_server=latin1_bin", "SET character_set_server=koi8r"},
		{"SET max_join_size=100000000"},
		{"SET max_join_size=100000000", "SET sql_big_selects=1"},
		{"SET sql_big_selects=0", "SET max_join_size=DEFAULT"},
		{"SET max_join_size=DEFAULT, sql_big_selects=0"},
		{"SET sql_big_selects=0, max_join_size=DEFAULT"},
		{"SET log_slow_filter='admin', log_queries_not_using_indexes=1"},
		{"SET log_queries_not_using_indexes=1, log_slow_filter='admin'"},
		{"SET log_slow_disabled_statements='sp', log_slow_admin_statements=0, log_slow_slave_statements=0"},
		{"SET wsrep_sync_wait=6, wsrep_causal_reads=0"},
		{"SET collation_connection=latin1_bin, character_set_connection=koi8r"},
		{"SET character_set_connection=koi8r, collation_connection=latin1_bin"},
		{"SET character_set_server=latin1, collation_server=latin1_bin"},
		{"SET log_slow_filter='admin'", "SET log_queries_not_using_indexes=1"},
		{"SET log_queries_not_using_indexes=1", "SET log_slow_filter='filesort'"},
		{"SET log_slow_disabled_statements='sp'", "SET log_slow_admin_statements=0", "SET log_slow_slave_statements=0"},
		{"SET log_slow_admin_statements=0", "SET log_slow_disabled_statements=''"},
		{"SET long_query_time=5", "SET log_slow_query_time=6"},
		{"SET log_slow_query_time=6", "SET long_query_time=5"},
		{"SET slow_query_log=1", "SET log_slow_query=0"},
		{"SET min_examined_row_limit=5", "SET log_slow_min_examined_row_limit=6"},
		{"SET default_storage_engine=MyISAM", "SET storage_engine=MEMORY"},
		{"SET tmp_table_size=20000000", "SET tmp_memory_table_size=30000000"},
		{"SET alter_algorithm='COPY'", "SET old_alter_table='INPLACE'"},
		{"SET max_delayed_threads=0"},
		{"SET wsrep_sync_wait=6", "SET wsrep_causal_reads=1"},
		{"SET foreign_key_checks=0, unique_checks=0, sql_mode='', time_zone='+05:30', autocommit=0"},
		{"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY"},
	} {
		if !known(names, statements) {
			continue
		}
		in := NewInterner()
		start, _ := in.Login(45, mariaDB())
		forth, back := start, start // where servers report in the order of today, and in the opposite one
		a := tracked(t, list)
		for _, sql := range statements {
			vars := a.must(sql).vars
			forth = told(in, forth, vars)
			slices.Reverse(vars)
			back = told(in, back, vars)
		}
		for _, want := range []*Set{forth, back} {
			copyTo(t, strings.Join(statements, "; "), list, State{start, in.Empty()}, State{want, in.Empty()}, a.variables(), fresh)
		}
	}
}

// known reports whether the server has the variables that SET statements name.
func known(names, statements []string) bool {
	for _, sql := range statements {
		for _, part := range strings.Split(strings.TrimPrefix(sql, "SET "), ", ") {
			name, _, isVariable := strings.Cut(part, "=")
			if isVariable && !slices.Contains(names, name) {
				return false
			}
		}
	}
	return true
}

// A connection follows another through random changes, from any state to any other.
func TestRealWalk(t *testing.T) {
	names, list := trackList(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var statements []string
	for _, sql := range []string{
		"SET NAMES utf8mb4", "SET NAMES latin1", "SET CHARACTER SET koi8r", "SET character_set_results=NULL", "SET character_set_client=latin1",
		"SET collation_connection=latin1_german1_ci", "SET character_set_connection=utf8mb4", "SET NAMES DEFAULT",
		"SET collation_server=latin1_bin", "SET character_set_server=utf8mb4", "SET character_set_server=DEFAULT",
		"SET max_join_size=100000000", "SET max_join_size=DEFAULT", "SET sql_big_selects=0", "SET sql_big_selects=1",
		"SET log_slow_filter='admin'", "SET log_slow_filter='filesort,not_using_index'", "SET log_slow_filter=DEFAULT",
		"SET log_queries_not_using_indexes=1", "SET log_queries_not_using_indexes=0",
		"SET log_slow_disabled_statements=''", "SET log_slow_disabled_statements=DEFAULT", "SET log_slow_admin_statements=0",
		"SET log_slow_admin_statements=1", "SET log_slow_slave_statements=0", "SET log_slow_slave_statements=1",
		"SET long_query_time=5", "SET log_slow_query_time=6", "SET long_query_time=DEFAULT",
		"SET default_storage_engine=MyISAM", "SET storage_engine=MEMORY", "SET default_storage_engine=DEFAULT",
		"SET tmp_table_size=20000000", "SET tmp_memory_table_size=30000000", "SET tmp_table_size=DEFAULT",
		"SET alter_algorithm='COPY'", "SET old_alter_table='INPLACE'", "SET max_delayed_threads=0", "SET max_insert_delayed_threads=20",
		"SET wsrep_sync_wait=6", "SET wsrep_causal_reads=1", "SET wsrep_causal_reads=0", "SET wsrep_sync_wait=DEFAULT",
		"SET foreign_key_checks=0", "SET foreign_key_checks=1", "SET unique_checks=0", "SET unique_checks=DEFAULT",
		"SET sql_mode='ANSI'", "SET sql_mode=''", "SET sql_mode='NO_BACKSLASH_ESCAPES'", "SET sql_mode=DEFAULT",
		"SET time_zone='+05:30'", "SET time_zone=DEFAULT", "SET autocommit=0", "SET autocommit=1",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE",
		"SET optimizer_switch='mrr=off'", "SET optimizer_switch=DEFAULT", "SET sql_select_limit=1000", "SET sql_select_limit=DEFAULT",
	} {
		if known(names, []string{sql}) {
			statements = append(statements, sql)
		}
	}
	in := NewInterner()
	start, _ := in.Login(45, mariaDB())
	a, b := tracked(t, list), tracked(t, list)
	have, want := State{start, in.Empty()}, State{start, in.Empty()}
	for range 400 {
		var done []string
		for range 1 + r.IntN(4) {
			sql := statements[r.IntN(len(statements))]
			done = append(done, sql)
			said, err := a.try(sql)
			if err != nil {
				continue // a name that the flavor gives another type
			}
			for _, v := range said.vars {
				want.Vars, _ = in.Report(want.Vars, []byte(v.name), []byte(v.value))
			}
		}
		sql, ok := AppendSync(nil, have, want)
		if !ok {
			t.Fatalf("from %s to %s: no way", show(have.Vars), show(want.Vars))
		}
		if len(sql) > 0 {
			b.must(string(sql))
		}
		if diff := differences(a.variables(), b.variables()); diff != nil {
			t.Fatalf("after %q, from %s to %s by %s: %v", done, show(have.Vars), show(want.Vars), sql, diff)
		}
		have = want
		if r.IntN(8) == 0 { // a goes back to where it began
			a.Close()
			a, want.Vars = tracked(t, list), start
		}
	}
}

// The trackers are on after one statement, without a warning, and off after a reset.
func TestRealTrackerQuery(t *testing.T) {
	_, list := trackList(t)
	c := login(t, 45)
	query := string(AppendTrackerQuery(nil, list))
	for range 2 {
		results, err := c.Query(query)
		if err != nil || results[0].OK.Warnings != 0 {
			t.Fatalf("%d bytes: %v, %+v", len(query), err, results)
		}
		if got := c.must("SELECT 1").String(); got != "" {
			t.Errorf("a query reports %s", got)
		}
		if got := c.must("SET wait_timeout=100").String(); got != `wait_timeout="100" state` {
			t.Errorf("a SET reports %s", got)
		}
		if _, err := c.Command(protocol.ComResetConnection); err != nil {
			t.Fatal(err)
		}
		if got := c.must("SET wait_timeout=100").String(); got != "" {
			t.Errorf("after a reset: %s", got)
		}
	}
	var names []string
	for _, row := range c.rows("SHOW SESSION VARIABLES") {
		names = append(names, row[0])
	}
	results, err := c.Query(string(AppendTrackerQuery(nil, TrackList(names))))
	if err != nil || results[0].OK.Warnings != 0 {
		t.Errorf("the list of SHOW SESSION VARIABLES: %v, %+v", err, results)
	}
}

// What a login with each collation sets.
func TestRealLogin(t *testing.T) {
	in := NewInterner()
	server := shared.T(t).Servers[0]
	var collations []struct {
		id   int
		name string
	}
	rows, err := server.DB().Query("SELECT ID, COLLATION_NAME FROM information_schema.COLLATIONS WHERE ID BETWEEN 1 AND 255 AND CHARACTER_SET_NAME NOT IN ('ucs2','utf16','utf16le','utf32','filename')")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			t.Fatal(err)
		}
		collations = append(collations, struct {
			id   int
			name string
		}{id, name})
	}
	if err := rows.Err(); err != nil || len(collations) < 100 {
		t.Fatalf("%d collations, %v", len(collations), err)
	}
	offered := map[int]bool{}
	for _, collation := range collations {
		offered[collation.id] = true
		s, ok := in.Login(byte(collation.id), mariaDB())
		if !ok {
			t.Errorf("collation %d, %s is not known", collation.id, collation.name)
			continue
		}
		c := login(t, byte(collation.id))
		got := c.rows("SELECT @@character_set_client,@@character_set_results,@@collation_connection")[0]
		c.Close()
		for i, name := range []string{"character_set_client", "character_set_results", "collation_connection"} {
			if value, _ := s.Get(name); value != got[i] {
				t.Errorf("collation %d: %s is %s, want %s", collation.id, name, got[i], value)
			}
		}
	}
	for id := range 256 {
		if _, ok := in.Login(byte(id), mariaDB()); ok && !offered[id] {
			t.Errorf("collation %d does not exist", id)
		}
	}
}

// User variables have the same value, type, character set and collation on another connection, whatever the connection's settings.
func TestRealUserVars(t *testing.T) {
	_, list := trackList(t)
	in := NewInterner()
	start, _ := in.Login(45, mariaDB())
	a, b := tracked(t, list), tracked(t, list)
	b.must("SET NAMES latin1, sql_mode='ANSI,NO_BACKSLASH_ESCAPES'")
	if _, err := a.try("SET @a=1, sql_mode='nothing'"); err == nil || a.answer("SELECT @a") != "NULL" {
		t.Error("a SET that was refused assigned something")
	}
	const sql = "SET @a=1, @B='x', @c=-5.25, @d=NULL, @e=true, @f='größe', @g='', @h=0x4142, @i=\"q\", @j=1e3, @`k k`=X'41', @l=18446744073709551615"
	a.must(sql)
	vars := in.AssignUserVars(in.Empty(), []byte(sql), 0, start, start, true)
	sync, ok := AppendSync(nil, State{start, in.Empty()}, State{start, vars})
	if !ok {
		t.Fatalf("%s cannot be copied", show(vars))
	}
	b.must(string(sync))
	var query []string
	for _, name := range strings.Split("a,b,c,d,e,f,g,h,i,j,k k,l", ",") {
		v := "@`" + name + "`"
		query = append(query, "HEX("+v+"), CHARSET("+v+"), COLLATION("+v+"), "+v+"+0")
	}
	text := "SELECT " + strings.Join(query, ", ")
	want, got := a.rows(text)[0], b.rows(text)[0]
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: %s, want %s", strings.Split(text, ", ")[i], got[i], want[i])
		}
	}
}

// Made texts, numbers have the same collation on another connection as where they were assigned, though that changed in between, in one statement
// even.
func TestRealNumbers(t *testing.T) {
	_, list := trackList(t)
	in := NewInterner()
	a, b := tracked(t, list), tracked(t, list)
	start, _ := in.Login(45, mariaDB())
	have := State{start, in.Empty()}
	for _, step := range []struct{ sql, variable, value string }{
		{"SET @a=1, @n=5", "", ""},
		{"SET @n=NULL", "", ""},
		{"SET @b=2.5, character_set_connection=latin1, @c=1e3, @s='x'", "character_set_connection", "latin1"},
		{"SET @d=true, @e=-1, @h=0x41", "", ""},
		{"SET collation_connection=utf8mb4_unicode_ci, @f=1", "collation_connection", "utf8mb4_unicode_ci"},
		{"SET @g=1, collation_connection=utf8mb4_bin", "collation_connection", "utf8mb4_bin"},
	} {
		a.must(step.sql)
		vars := have.Vars
		if step.variable != "" {
			vars = in.With(vars, []byte(step.variable), []byte(step.value))
		}
		have.UserVars = in.AssignUserVars(have.UserVars, []byte(step.sql), 0, have.Vars, vars, true)
		have.Vars = vars
	}
	sync, ok := AppendSync(nil, State{start, in.Empty()}, have)
	if !ok {
		t.Fatalf("%s cannot be copied", show(have.UserVars))
	}
	b.must(string(sync))
	const text = "SELECT COLLATION(CONCAT(@a)), COLLATION(CONCAT(@n)), COLLATION(CONCAT(@b)), COLLATION(CONCAT(@c)), COLLATION(@s), COLLATION(CONCAT(@d)), " +
		"COLLATION(CONCAT(@e)), COLLATION(CONCAT(@h)), COLLATION(CONCAT(@f)), COLLATION(CONCAT(@g)), @@collation_connection"
	want, got := a.answer(text), b.answer(text)
	if got != want {
		t.Errorf("after %s:\n got %s\nwant %s", sync, got, want)
	}
	const numbers = "utf8mb4_general_ci utf8mb4_general_ci utf8mb4_general_ci latin1_swedish_ci utf8mb4_general_ci latin1_swedish_ci " +
		"latin1_swedish_ci binary utf8mb4_unicode_ci utf8mb4_unicode_ci utf8mb4_bin"
	if !mariaDB() && want != numbers {
		t.Errorf("MySQL: %s, want %s", want, numbers)
	}
}
