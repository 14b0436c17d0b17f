package sysvar

// A variable is copied unless this file says otherwise: its value as the tracker reported it is assigned on the other
// connection, and `= DEFAULT` takes it back. The integration test holds this against every session variable of a real server.

// Treatment is what a change of a variable means for the connection.
type Treatment uint8

// The treatments.
const (
	Copied  Treatment = iota // kept in the session's set and assigned on other connections
	Pinned                   // its value says not enough, or changes without a report: the connection belongs to the session
	Tracker                  // it is what tells of changes: from then on the reports may lack something
	Ignored                  // it tells of a statement, or a session can't set it
)

// special are the variables that are not copied, each with the reason.
var special = map[string]struct {
	treatment Treatment
	reason    string
}{
	"timestamp":                      {Pinned, "after SET timestamp = DEFAULT the tracker reports the value before"},
	"insert_id":                      {Pinned, "the next INSERT uses it up, unreported"},
	"last_insert_id":                 {Pinned, "INSERT changes it, unreported"},
	"identity":                       {Pinned, "another name of last_insert_id"},
	"rand_seed1":                     {Pinned, "RAND() changes it; MySQL reports 0"},
	"rand_seed2":                     {Pinned, "RAND() changes it; MySQL reports 0"},
	"pseudo_thread_id":               {Pinned, "it is the number of the connection"},
	"pseudo_slave_mode":              {Pinned, "BINLOG statements change it"},
	"pseudo_replica_mode":            {Pinned, "BINLOG statements change it"},
	"gtid_next":                      {Pinned, "it is for one transaction, and owns a GTID"},
	"gtid_seq_no":                    {Pinned, "it is for one transaction"},
	"wsrep_gtid_seq_no":              {Pinned, "it is for one transaction"},
	"server_id":                      {Pinned, "it is for the replay of a binary log"},
	"original_commit_timestamp":      {Pinned, "it is for one transaction"},
	"original_server_version":        {Pinned, "it is for the replay of a binary log"},
	"immediate_server_version":       {Pinned, "it is for the replay of a binary log"},
	"skip_parallel_replication":      {Pinned, "it is for the replay of a binary log"},
	"character_set_database":         {Pinned, "USE changes it, unreported"},
	"collation_database":             {Pinned, "USE changes it, unreported"},
	"character_set_collations":       {Pinned, "what SET NAMES does depends on whether it came before or after"},
	"default_collation_for_utf8mb4":  {Pinned, "what SET NAMES does depends on whether it came before or after"},
	"system_versioning_asof":         {Pinned, "it is reported as the time_zone of then shows it, or as DEFAULT, which cannot be assigned as a text"},
	"resultset_metadata":             {Pinned, "it changes the protocol"},
	"profiling":                      {Pinned, "SHOW PROFILES tells of the connection's statements"},
	"optimizer_trace":                {Pinned, "the trace is the connection's"},
	"old":                            {Pinned, "it changes bits of old_mode"},
	"debug":                          {Pinned, "its value is an instruction, '+d,x', that adds to the one before"},
	"debug_dbug":                     {Pinned, "its value is an instruction, '+d,x', that adds to the one before"},
	"debug_sync":                     {Pinned, "its value is an instruction"},
	"sql_log_bin":                    {Pinned, "only a privileged user may assign it, but all may take the default"},
	"sql_log_off":                    {Pinned, "only a privileged user may assign it, but all may take the default"},
	"binlog_format":                  {Pinned, "only a privileged user may assign it, but all may take the default"},
	"binlog_annotate_row_events":     {Pinned, "only a privileged user may assign it, but all may take the default"},
	"binlog_row_image":               {Pinned, "only a privileged user may assign it, but all may take the default"},
	"gtid_domain_id":                 {Pinned, "only a privileged user may assign it, but all may take the default"},
	"skip_replication":               {Pinned, "only a privileged user may assign it, but all may take the default"},
	"session_track_schema":           {Tracker, ""},
	"session_track_state_change":     {Tracker, ""},
	"session_track_system_variables": {Tracker, ""},
	"session_track_transaction_info": {Tracker, ""},
	"session_track_gtids":            {Tracker, ""},
	"statement_id":                   {Ignored, "every statement changes it: each OK packet would report it"},
	"error_count":                    {Ignored, "read-only"},
	"warning_count":                  {Ignored, "read-only"},
	"external_user":                  {Ignored, "read-only"},
	"proxy_user":                     {Ignored, "read-only"},
	"in_transaction":                 {Ignored, "read-only"},
	"last_gtid":                      {Ignored, "read-only"},
	"gtid_owned":                     {Ignored, "read-only"},
	"max_allowed_packet":             {Ignored, "read-only for a session"},
	"net_buffer_length":              {Ignored, "read-only for a session"},
	"max_user_connections":           {Ignored, "read-only for a session"},
}

// TreatmentOf says what a change of the variable means, whose name is in lower case; and why, if it isn't just copied.
func TreatmentOf[T string | []byte](name T) (t Treatment, reason string) {
	v := special[string(name)]
	return v.treatment, v.reason
}

// IsCharacteristic reports whether a variable, whose name is in lower case, is about transactions: a change within one is for those that follow.
func IsCharacteristic[T string | []byte](name T) bool {
	switch string(name) {
	case "transaction_isolation", "tx_isolation", "transaction_read_only", "tx_read_only":
		return true
	}
	return false
}

// undo is how a variable goes back to what a fresh connection has; `= DEFAULT` for those that are not here, and nothing for
// those with "". The character sets of a login are always in a set: without them it is of a session that MySQL has reset, to its global ones.
var undo = map[string]string{
	// MySQL stores these inverted, and `= DEFAULT` leaves OFF as it is.
	"foreign_key_checks": "@@GLOBAL.foreign_key_checks",
	"unique_checks":      "@@GLOBAL.unique_checks",
	// No variables of a server's: they go with their character sets.
	clientCollation:  "",
	resultsCollation: "",
}

// These stand for what character_set_client and character_set_results have besides the character sets that they show: a collation, which is
// seen in the metadata of results, the client's where MariaDB gives it to parameters. A login and SET NAMES ... COLLATE set them; without
// them, it is the character set's default. They are no variables of a server's: see statement.names.
const (
	clientCollation  = "collation_client"
	resultsCollation = "collation_results"
)

// collated are the variables that have such a collation.
var collated = [...]struct{ charset, collation string }{
	{"character_set_client", clientCollation}, {"character_set_results", resultsCollation},
}

// text are variables whose value is a string even when it looks like a number.
var text = map[string]bool{
	"default_master_connection": true, "innodb_tmpdir": true, "innodb_ft_user_stopword_table": true, "time_zone": true,
}

// family is a group of variables that show the same thing. A total member says it all: a report of it makes what is known of the
// other members stale. A partial one changes a part of what the total ones say.
type family struct {
	members []string // in the order in which they have to be assigned: total ones first, of those the one last that says most
	totals  int      // how many are total
}

// says reports whether a member is the total one that says more than others.
func (f *family) says(name string) bool { return f.totals > 1 && f.members[f.totals-1] == name }

// member is a variable's place in its family.
type member struct {
	family *family
	total  bool
}

// families by the names of their members.
var families = membersOf(
	family{[]string{"character_set_connection", "collation_connection"}, 2},
	family{[]string{"character_set_client", clientCollation}, 1},
	family{[]string{"character_set_results", resultsCollation}, 1},
	family{[]string{"character_set_server", "collation_server"}, 2},
	family{[]string{"default_storage_engine", "storage_engine"}, 2},
	family{[]string{"transaction_isolation", "tx_isolation"}, 2},
	family{[]string{"transaction_read_only", "tx_read_only"}, 2},
	family{[]string{"max_delayed_threads", "max_insert_delayed_threads"}, 2},
	family{[]string{"alter_algorithm", "old_alter_table"}, 2},
	family{[]string{"log_slow_query_time", "long_query_time"}, 2},
	family{[]string{"log_slow_query", "slow_query_log"}, 2},
	family{[]string{"log_slow_min_examined_row_limit", "min_examined_row_limit"}, 2},
	family{[]string{"tmp_memory_table_size", "tmp_table_size"}, 2},
	family{[]string{"wsrep_sync_wait", "wsrep_causal_reads"}, 1},
	family{[]string{"log_slow_filter", "log_queries_not_using_indexes"}, 1},
	family{[]string{"log_slow_disabled_statements", "log_slow_admin_statements", "log_slow_slave_statements", "log_slow_replica_statements"}, 1},
	family{[]string{"max_join_size", "sql_big_selects"}, 1},
)

func membersOf(list ...family) map[string]member {
	m := map[string]member{}
	for i := range list {
		f := &list[i]
		for j, name := range f.members {
			m[name] = member{family: f, total: j < f.totals}
		}
	}
	return m
}
