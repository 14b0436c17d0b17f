package grammar

import (
	"fmt"
	"strings"

	"parkway/bench/servers"
)

// variable is a system variable and values to give it, some of them wrong.
type variable struct {
	name   string
	only   servers.Flavor // with bound: the flavor that has it
	bound  bool
	values string // separated by "|"
}

// variables are system variables that a session may set and whose value does
// not depend on anything else. Those that have kinds of statements of their
// own, like autocommit, are missing.
var variables = []variable{
	{name: "sql_mode", values: "''|'ANSI'|'TRADITIONAL'|'STRICT_ALL_TABLES,NO_ZERO_DATE'|'PIPES_AS_CONCAT'|'ANSI_QUOTES'|'NO_BACKSLASH_ESCAPES'|'ALLOW_INVALID_DATES'|CONCAT(@@sql_mode, ',NO_UNSIGNED_SUBTRACTION')|'HIGH_NOT_PRECEDENCE'|'NO_AUTO_VALUE_ON_ZERO'|'nonsense'"},
	{name: "time_zone", values: "'+03:00'|'-11:30'|'SYSTEM'|'+00:00'|'Mars/Olympus'"},
	{name: "timestamp", values: "1000000000|1234567890.5|0|DEFAULT"},
	{name: "wait_timeout", values: "100|2000|30000|'x'"},
	{name: "interactive_timeout", values: "100|4000"},
	{name: "net_read_timeout", values: "40|50"},
	{name: "net_write_timeout", values: "70|80"},
	{name: "lock_wait_timeout", values: "5|7"},
	{name: "innodb_lock_wait_timeout", values: "5|9"},
	{name: "group_concat_max_len", values: "4|10|1000|-1"},
	{name: "div_precision_increment", values: "0|2|9|30|31"},
	{name: "sql_select_limit", values: "1|2|1000|DEFAULT"},
	{name: "max_join_size", values: "1000|18446744073709551615|DEFAULT", bound: true, only: servers.MariaDB},
	// 1000 is less than what MySQL takes some SHOW TABLES for, but not all: it estimates the rows of its dictionary, of which each server has others.
	{name: "max_join_size", values: "10000000|18446744073709551615|DEFAULT", bound: true, only: servers.MySQL},
	{name: "sql_safe_updates", values: "0|1|ON|OFF"},
	{name: "sql_auto_is_null", values: "0|1"},
	{name: "sql_notes", values: "0|1"},
	{name: "sql_warnings", values: "0|1"},
	{name: "sql_big_selects", values: "0|1"},
	{name: "sql_buffer_result", values: "0|1"},
	{name: "sql_quote_show_create", values: "0|1"},
	{name: "sql_log_bin", values: "0"},
	{name: "max_error_count", values: "0|1|64|DEFAULT"},
	{name: "lc_time_names", values: "'de_DE'|'fr_FR'|'ja_JP'|'xx_XX'"},
	{name: "lc_messages", values: "'de_DE'|'fr_FR'|'en_US'"},
	{name: "default_week_format", values: "0|1|3|7"},
	{name: "foreign_key_checks", values: "0|1"},
	{name: "unique_checks", values: "0|1"},
	{name: "low_priority_updates", values: "0|1"},
	{name: "updatable_views_with_limit", values: "0|1"},
	{name: "auto_increment_increment", values: "1|3|10"},
	{name: "auto_increment_offset", values: "1|2"},
	{name: "insert_id", values: "0|500|9000"},
	{name: "last_insert_id", values: "77|123456"},
	{name: "identity", values: "78"},
	{name: "sort_buffer_size", values: "65536|262144|1"},
	{name: "join_buffer_size", values: "131072|65536"},
	{name: "read_buffer_size", values: "65536|131072"},
	{name: "read_rnd_buffer_size", values: "65536|16384"},
	{name: "tmp_table_size", values: "1048576|2097152"},
	{name: "max_heap_table_size", values: "1048576|4194304"},
	{name: "bulk_insert_buffer_size", values: "0|65536"},
	{name: "max_sort_length", values: "64|100"},
	{name: "max_seeks_for_key", values: "100|1000"},
	{name: "max_sp_recursion_depth", values: "0|5"},
	{name: "max_length_for_sort_data", values: "64|4096"},
	{name: "long_query_time", values: "5|60.5"},
	{name: "min_examined_row_limit", values: "0|100"},
	{name: "optimizer_prune_level", values: "0|1"},
	{name: "optimizer_search_depth", values: "0|10|62"},
	{name: "optimizer_switch", values: "'mrr=on'|'index_merge=off'|'mrr=off,mrr_cost_based=off'|'default'|'nonsense=on'"},
	{name: "eq_range_index_dive_limit", values: "0|10"},
	{name: "range_alloc_block_size", values: "4096|8192"},
	{name: "query_alloc_block_size", values: "8192|16384"},
	{name: "query_prealloc_size", values: "24576|32768"},
	{name: "transaction_alloc_block_size", values: "8192|16384"},
	{name: "default_storage_engine", values: "MEMORY|MyISAM|InnoDB|'nothing'", bound: true, only: servers.MariaDB},
	{name: "default_storage_engine", values: "InnoDB|'nothing'", bound: true, only: servers.MySQL}, // see engineOfM
	{name: "completion_type", values: "0|1|'NO_CHAIN'|'CHAIN'"},
	{name: "innodb_table_locks", values: "0|1"},
	{name: "innodb_strict_mode", values: "0|1"},
	{name: "explicit_defaults_for_timestamp", values: "0|1"},
	{name: "big_tables", values: "0|1"},
	{name: "end_markers_in_json", values: "0|1", bound: true, only: servers.MySQL},
	{name: "windowing_use_high_precision", values: "0|1", bound: true, only: servers.MySQL},
	{name: "sql_require_primary_key", values: "0|1", bound: true, only: servers.MySQL},
	{name: "sql_generate_invisible_primary_key", values: "0|1", bound: true, only: servers.MySQL},
	{name: "max_execution_time", values: "100000|0", bound: true, only: servers.MySQL},
	{name: "cte_max_recursion_depth", values: "1|3|1000", bound: true, only: servers.MySQL},
	{name: "information_schema_stats_expiry", values: "0|100", bound: true, only: servers.MySQL},
	{name: "set_operations_buffer_size", values: "16384|32768", bound: true, only: servers.MySQL},
	{name: "print_identified_with_as_hex", values: "0|1", bound: true, only: servers.MySQL},
	{name: "max_statement_time", values: "100|0|60.5", bound: true, only: servers.MariaDB},
	{name: "max_recursive_iterations", values: "1|3|1000", bound: true, only: servers.MariaDB},
	{name: "old_mode", values: "''|'NO_DUP_KEY_WARNINGS_WITH_IGNORE'|'ZERO_DATE_TIME_CAST'|'UTF8_IS_UTF8MB3'", bound: true, only: servers.MariaDB},
	{name: "sql_if_exists", values: "0|1", bound: true, only: servers.MariaDB},
	{name: "idle_transaction_timeout", values: "100|0", bound: true, only: servers.MariaDB},
	{name: "column_compression_threshold", values: "10|100", bound: true, only: servers.MariaDB},
	{name: "in_predicate_conversion_threshold", values: "10|1000", bound: true, only: servers.MariaDB},
	{name: "standard_compliant_cte", values: "0|1", bound: true, only: servers.MariaDB},
	{name: "check_constraint_checks", values: "0|1", bound: true, only: servers.MariaDB},
	{name: "version", values: "'1'"},
}

// ownVariables are the variables that the client's server has.
func (c *client) ownVariables() []variable {
	var list []variable
	for _, v := range variables {
		if !v.bound || v.only == c.flavor {
			list = append(list, v)
		}
	}
	return list
}

// effects are statements whose answer depends on session variables.
var effects = []string{
	"SELECT 1/3, 2/7",
	"SELECT GROUP_CONCAT(n ORDER BY n) FROM t",
	"SELECT 'a' || 'b'",
	"SELECT \"n\" FROM t ORDER BY id LIMIT 1",
	"SELECT 'a\\nb', LENGTH('\\\\')",
	"SELECT WEEK('2024-01-07'), WEEK('2023-01-01')",
	"SELECT DATE_FORMAT('2024-03-05', '%M %W')",
	"SELECT FROM_UNIXTIME(86400)",
	"SELECT CAST('2024-02-31' AS DATE), CAST('0000-00-00' AS DATE)",
	"SELECT id, n FROM t ORDER BY id",
	"SELECT COLLATION('x'), CHARSET('x'), HEX('\u00e4'), LENGTH('\u00e4')",
	"SELECT '\u00e4\u20ac' AS \u00e4",
	"SHOW CREATE TABLE t",
	"SELECT IF(@@timestamp < 1500000000, NOW(), 'now')",
	"SELECT CAST(1 AS UNSIGNED) - 2",
	"SELECT NOT 1 BETWEEN -5 AND 5",
	lastInserted,
	"UPDATE t SET s = 'all'",
	"SELECT 1 FROM",
	"INSERT INTO t (n, s) VALUES (NULL, REPEAT('long', 20))",
	"WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 9) SELECT COUNT(*) FROM r",
	"SELECT s FROM t ORDER BY s, id",
}

// setVariable sets one or several system variables and asks for them, at once
// or later, or for what they do.
func setVariable(c *client) {
	switch {
	case c.chance(55):
		c.assign()
	case c.chance(50):
		c.askVariables()
	default:
		effect := pick(c, effects)
		if effect == lastInserted {
			// It was inserted after sql_auto_is_null was set, not before: a proxy that only keeps the connection from then on may have left that of
			// the INSERT (ARCHITECTURE.md). Programs that look for their rows so say it at the beginning.
			c.query("INSERT INTO t (s) VALUES ('last')")
		}
		c.query("%s", effect)
	}
}

// lastInserted finds the row that was inserted last, where sql_auto_is_null says so.
const lastInserted = "SELECT * FROM t WHERE id IS NULL"

// assign adds a SET with one to three variables.
func (c *client) assign() {
	c.environment++
	var parts []string
	for range pick(c, []int{1, 1, 1, 2, 3}) {
		v := pick(c, c.ownVariables())
		value := pick(c, strings.Split(v.values, "|"))
		if c.chance(10) {
			value = "DEFAULT"
		}
		scope := c.one("", "", "SESSION ", "LOCAL ", "@@", "@@session.", "@@local.")
		parts = append(parts, scope+v.name+c.one(" = ", "=", " := ")+value)
		c.touched = append(c.touched, v.name)
	}
	if c.chance(10) {
		parts = append(parts, fmt.Sprintf("@u%d = %d", c.number(4), c.number(100)))
	}
	c.query("%s %s", c.one("SET", "SET", "set", "/* hello */ SET"), strings.Join(parts, ", "))
	if c.chance(30) {
		c.askVariables()
	}
}

// askVariables asks for the values of variables that were set before, mostly.
func (c *client) askVariables() {
	name := func() string {
		if len(c.touched) > 0 && c.chance(85) {
			return pick(c, c.touched)
		}
		return pick(c, c.ownVariables()).name
	}
	a, b := known(name()), known(name())
	switch c.number(4) {
	case 0:
		c.query("SELECT @@%s", a)
	case 1:
		c.query("SELECT @@session.%s, @@%s", a, b)
	case 2:
		c.query("SHOW VARIABLES LIKE '%s'", a)
	case 3:
		c.query("SHOW SESSION VARIABLES WHERE Variable_name IN ('%s', '%s')", a, b)
	}
}

// known replaces a variable whose value depends on the time.
func known(name string) string {
	if name == "timestamp" {
		return "time_zone"
	}
	return name
}
