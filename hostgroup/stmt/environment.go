package stmt

import "slices"

// Charsets are the variables that MariaDB reads the texts of a prepared statement's parameters by, from when it is told their types. With
// collation_client, the collation that a client's character set may have, they are part of every Environment.
var Charsets = []string{"character_set_client", "character_set_connection", "collation_client", "collation_connection"}

// What a server reads a text by when it prepares it, and does not look at again when it executes it: one that prepares
// the text later, on another connection, must see the same, and one that has prepared it under other values gives other
// results. Each was measured (TestRealEnvironment), also on servers of other variables: what group_concat_max_len cuts
// off, and how lc_time_names calls months.
var (
	environmentMariaDB = slices.Concat(Charsets, []string{
		"default_week_format", "div_precision_increment", "old_mode", "optimizer_switch", "sql_auto_is_null", "sql_mode",
	})
	environmentMySQL = slices.Concat(Charsets, []string{
		"default_week_format", "div_precision_increment", "explain_format", "group_concat_max_len", "lc_time_names", "optimizer_switch",
		"sql_auto_is_null", "sql_buffer_result", "sql_mode", "time_zone", "windowing_use_high_precision",
	})
)

// Environment returns the names of the session variables that Context.Environment is made of, which nobody may change.
func Environment(mariaDB bool) []string {
	if mariaDB {
		return environmentMariaDB
	}
	return environmentMySQL
}

// DerivedBy are those of MySQL's that have no part in how an execution runs, only in what was derived before: the client's character set
// has, for example, and sql_mode.
var DerivedBy = []string{
	"character_set_connection", "collation_connection", "default_week_format", "div_precision_increment", "explain_format",
	"group_concat_max_len", "sql_buffer_result", "windowing_use_high_precision",
}
