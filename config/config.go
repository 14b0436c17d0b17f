// Package config turns the TOML file that describes a proxy into a checked, immutable snapshot.
//
// The structs below are the one description of the file: a field's tags give its key, unit, default, limits and
// whether it is a secret, and reading, checking, comparing and printing all work from those tags. What concerns more
// than one key is checked in check.go and its neighbours.
//
// Tags:
//
//	toml     the key
//	unit     a time.Duration field: the unit of the integer in the file (ms, s)
//	default  the value when the key is absent; a field without this tag must be given
//	range    lowest and highest integer allowed in the file, in the unit of the file
//	oneof    the words allowed, separated by spaces
//	secret   never printed
//	restart  a section or key that a running proxy can't take over
package config

import "time"

// Config is one snapshot of the configuration. Load and Parse make it, and from then on nobody changes it: any thread
// may read it without a lock, and a reload replaces it whole.
type Config struct {
	Log                   Log                         `toml:"log"`
	Reactor               Reactor                     `toml:"reactor" restart:"true"`
	Listen                Listen                      `toml:"listen" restart:"true"`
	MySQL                 MySQLVariables              `toml:"mysql_variables"`
	Servers               []MySQLServer               `toml:"mysql_servers"`
	Users                 []MySQLUser                 `toml:"mysql_users"`
	HostgroupAttributes   []MySQLHostgroupAttributes  `toml:"mysql_hostgroup_attributes"`
	ReplicationHostgroups []MySQLReplicationHostgroup `toml:"mysql_replication_hostgroups"`
	QueryRules            []MySQLQueryRule            `toml:"mysql_query_rules"`
	Scripting             Scripting                   `toml:"scripting"`

	warnings []Problem
	script   Problem // without a message: of scripting.file
}

// Warnings lists what is allowed but probably not meant, sorted by line. The caller must not change it.
func (c *Config) Warnings() []Problem { return c.warnings }

// ScriptProblem says where the file is named that err is about: the one of scripting.file, which this package does not read.
func (c *Config) ScriptProblem(err error) error { return Errors{c.scriptProblem(err)} }

func (c *Config) scriptProblem(err error) Problem {
	p := c.script
	p.Message = err.Error()
	return p
}

// Log is the table [log].
type Log struct {
	Level  string `toml:"level" default:"info" oneof:"trace debug info warn error"`
	Format string `toml:"format" default:"console" oneof:"console json" restart:"true"`
	File   string `toml:"file" default:"" restart:"true"` // Empty: standard error.
}

// Reactor is the table [reactor]; it changes only by a restart.
type Reactor struct {
	EventLoops int  `toml:"event_loops" default:"0" range:"0 1024"` // 0: one per usable core.
	Pin        bool `toml:"pin" default:"true"`
	IdleLoops  bool `toml:"idle_loops" default:"true"`
}

// Listen is the table [listen]; it changes only by a restart.
type Listen struct {
	MySQL []string `toml:"mysql" default:"127.0.0.1:6033"` // host:port or unix:/path; at least one.
	HTTP  string   `toml:"http" default:"127.0.0.1:6080"`  // host:port; empty: off.
}

// MySQLVariables is the table [mysql_variables].
type MySQLVariables struct {
	// Clients.
	SessionIdle          time.Duration `toml:"session_idle_ms" unit:"ms" default:"1000" range:"0 31536000000"`
	MaxConnections       int           `toml:"max_connections" default:"100000" range:"1 10000000"`
	WaitTimeout          time.Duration `toml:"wait_timeout_ms" unit:"ms" default:"28800000" range:"1 31536000000"`
	ConnectTimeoutClient time.Duration `toml:"connect_timeout_client_ms" unit:"ms" default:"10000" range:"1 31536000000"`
	MaxAllowedPacket     int64         `toml:"max_allowed_packet" default:"67108864" range:"1024 1073741824"`
	ServerVersion        string        `toml:"server_version" default:""` // Empty: as the first backend says.
	DefaultCharset       string        `toml:"default_charset" default:"utf8mb4"`

	// Statements.
	DefaultQueryTimeout   time.Duration `toml:"default_query_timeout_ms" unit:"ms" default:"86400000" range:"0 31536000000"`
	QueryRetriesOnFailure int           `toml:"query_retries_on_failure" default:"1" range:"0 1000"`
	Multiplexing          bool          `toml:"multiplexing" default:"true"`
	MaxStmtsPerConnection int           `toml:"max_stmts_per_connection" default:"100" range:"1 65535"`
	MaxStmtsCache         int           `toml:"max_stmts_cache" default:"10000" range:"1 10000000" restart:"true"`
	// While others wait, a connection is kept so long for a client that may ask for the warnings of its last statement.
	ConnectionDelayMultiplex time.Duration `toml:"connection_delay_multiplex_ms" unit:"ms" default:"20" range:"0 300000"`

	// Backend connections.
	ConnectTimeoutServer        time.Duration `toml:"connect_timeout_server_ms" unit:"ms" default:"3000" range:"1 31536000000"`
	ConnectTimeoutServerMax     time.Duration `toml:"connect_timeout_server_max_ms" unit:"ms" default:"10000" range:"1 31536000000"`
	MaxWaitingClients           int           `toml:"max_waiting_clients" default:"100000" range:"0 10000000"` // For one hostgroup; 0: no limit.
	ConnectRetriesOnFailure     int           `toml:"connect_retries_on_failure" default:"10" range:"0 1000"`
	PingIntervalServer          time.Duration `toml:"ping_interval_server_msec" unit:"ms" default:"10000" range:"0 31536000000"`
	PingTimeoutServer           time.Duration `toml:"ping_timeout_server_ms" unit:"ms" default:"200" range:"1 31536000000"`
	ConnectionMaxAge            time.Duration `toml:"connection_max_age_ms" unit:"ms" default:"0" range:"0 31536000000"`
	FreeConnectionsPct          int           `toml:"free_connections_pct" default:"10" range:"0 100"`
	ConnectionResetAfterQueries int           `toml:"connection_reset_after_queries" default:"0" range:"0 2147483647"`
	ConnectionWarming           bool          `toml:"connection_warming" default:"false"`
	ThrottleConnectionsPerSec   int           `toml:"throttle_connections_per_sec_to_hostgroup" default:"1000000" range:"1 100000000"`
	InitConnect                 string        `toml:"init_connect" default:""`
	ShunOnFailures              int           `toml:"shun_on_failures" default:"5" range:"0 10000000"`
	ShunRecoveryTime            time.Duration `toml:"shun_recovery_time_sec" unit:"s" default:"10" range:"0 31536000"`

	// The process.
	ShutdownTimeout time.Duration `toml:"shutdown_timeout_ms" unit:"ms" default:"30000" range:"0 31536000000"`

	// The monitor.
	MonitorEnabled                 bool          `toml:"monitor_enabled" default:"true"`
	MonitorUsername                string        `toml:"monitor_username" default:"monitor"`
	MonitorPassword                string        `toml:"monitor_password" default:"" secret:"true" json:"-"`
	MonitorConnectInterval         time.Duration `toml:"monitor_connect_interval" unit:"ms" default:"60000" range:"0 31536000000"`
	MonitorConnectTimeout          time.Duration `toml:"monitor_connect_timeout" unit:"ms" default:"600" range:"1 31536000000"`
	MonitorPingInterval            time.Duration `toml:"monitor_ping_interval" unit:"ms" default:"10000" range:"0 31536000000"`
	MonitorPingTimeout             time.Duration `toml:"monitor_ping_timeout" unit:"ms" default:"1000" range:"1 31536000000"`
	MonitorPingMaxFailures         int           `toml:"monitor_ping_max_failures" default:"3" range:"1 1000000"`
	MonitorReadOnlyInterval        time.Duration `toml:"monitor_read_only_interval" unit:"ms" default:"1500" range:"0 31536000000"`
	MonitorReadOnlyTimeout         time.Duration `toml:"monitor_read_only_timeout" unit:"ms" default:"500" range:"1 31536000000"`
	MonitorReadOnlyMaxTimeoutCount int           `toml:"monitor_read_only_max_timeout_count" default:"3" range:"1 1000000"`
	MonitorReplicationLagInterval  time.Duration `toml:"monitor_replication_lag_interval" unit:"ms" default:"10000" range:"0 31536000000"`
	MonitorReplicationLagTimeout   time.Duration `toml:"monitor_replication_lag_timeout" unit:"ms" default:"1000" range:"1 31536000000"`
	MonitorSlaveLagWhenNull        time.Duration `toml:"monitor_slave_lag_when_null" unit:"s" default:"60" range:"0 31536000"`
	MonitorWriterIsAlsoReader      bool          `toml:"monitor_writer_is_also_reader" default:"true"`
	MonitorThreadsMin              int           `toml:"monitor_threads_min" default:"2" range:"1 1024"`
	MonitorThreadsMax              int           `toml:"monitor_threads_max" default:"64" range:"1 1024"`
}

// The words of MySQLServer.Status: what the configuration wants of a server. What is observed of it (shunned, lagging)
// is the hostgroup manager's.
const (
	StatusOnline      = "ONLINE"
	StatusOfflineSoft = "OFFLINE_SOFT" // Serves what it has, gets nothing new.
	StatusOfflineHard = "OFFLINE_HARD" // Its connections are closed.
)

// MySQLServer is one [[mysql_servers]]: a server in a hostgroup. The triple HostgroupID, Hostname, Port is unique.
type MySQLServer struct {
	HostgroupID       int           `toml:"hostgroup_id" range:"0 2147483647"`
	Hostname          string        `toml:"hostname"`                            // DNS name, IP, or absolute path of a socket.
	Port              int           `toml:"port" default:"3306" range:"0 65535"` // 0 with a socket, and only then.
	Weight            int           `toml:"weight" default:"1" range:"0 10000000"`
	Status            string        `toml:"status" default:"ONLINE" oneof:"ONLINE OFFLINE_SOFT OFFLINE_HARD"`
	MaxConnections    int           `toml:"max_connections" default:"1000" range:"1 1000000"`
	MaxReplicationLag time.Duration `toml:"max_replication_lag" unit:"s" default:"0" range:"0 31536000"` // 0: not checked.
	Comment           string        `toml:"comment" default:""`
}

// MySQLUser is one [[mysql_users]]: who may log in. Username is unique.
type MySQLUser struct {
	Username              string `toml:"username"`
	Password              string `toml:"password" default:"" secret:"true" json:"-"` // Clear text, or * and 40 hex digits.
	DefaultHostgroup      int    `toml:"default_hostgroup" range:"0 2147483647"`
	DefaultSchema         string `toml:"default_schema" default:""`
	MaxConnections        int    `toml:"max_connections" default:"10000" range:"0 10000000"` // 0: no limit.
	TransactionPersistent bool   `toml:"transaction_persistent" default:"true"`
	Active                bool   `toml:"active" default:"true"`
}

// MySQLHostgroupAttributes is one [[mysql_hostgroup_attributes]]: what holds for the connections of one hostgroup in place of what
// [mysql_variables] says. HostgroupID is unique.
type MySQLHostgroupAttributes struct {
	HostgroupID               int    `toml:"hostgroup_id" range:"0 2147483647"`
	InitConnect               string `toml:"init_connect" default:""`                                        // Empty: as in [mysql_variables].
	ConnectionWarming         int    `toml:"connection_warming" default:"-1" range:"-1 1"`                   // -1: as in [mysql_variables].
	FreeConnectionsPct        int    `toml:"free_connections_pct" default:"-1" range:"-1 100"`               // -1: as in [mysql_variables].
	ThrottleConnectionsPerSec int    `toml:"throttle_connections_per_sec" default:"-1" range:"-1 100000000"` // -1: as in [mysql_variables].
	Comment                   string `toml:"comment" default:""`
}

// The words of MySQLReplicationHostgroup.CheckType: which variable of a server says that it is no writer.
const (
	CheckReadOnly      = "read_only"
	CheckSuperReadOnly = "super_read_only"
	CheckEither        = "read_only|super_read_only"
)

// MySQLReplicationHostgroup is one [[mysql_replication_hostgroups]]: a pair of hostgroups between which the monitor
// moves servers as their read_only says. A hostgroup is in at most one pair.
type MySQLReplicationHostgroup struct {
	WriterHostgroup int    `toml:"writer_hostgroup" range:"0 2147483647"`
	ReaderHostgroup int    `toml:"reader_hostgroup" range:"0 2147483647"`
	CheckType       string `toml:"check_type" default:"read_only" oneof:"read_only super_read_only read_only|super_read_only"`
}

// Scripting is the table [scripting].
type Scripting struct {
	File        string        `toml:"file" default:""` // Empty: off.
	Timeout     time.Duration `toml:"timeout_ms" unit:"ms" default:"10" range:"1 31536000000"`
	SlowTimeout time.Duration `toml:"slow_timeout_ms" unit:"ms" default:"1000" range:"1 31536000000"`
	OnError     string        `toml:"on_error" default:"continue" oneof:"continue reject"`
	PoolMin     int           `toml:"pool_min" default:"1" range:"1 1024"`
	PoolMax     int           `toml:"pool_max" default:"8" range:"1 1024"`
	PoolQueue   int           `toml:"pool_queue" default:"10000" range:"1 10000000" restart:"true"`
	MemoryMB    int           `toml:"memory_mb" default:"64" range:"1 1048576" restart:"true"` // For one call.
	SharedMB    int           `toml:"shared_mb" default:"64" range:"1 1048576" restart:"true"`
	FetchHosts  []string      `toml:"fetch_hosts" default:"" restart:"true"` // host or host:port; empty: no fetch.

	// Who sql() is at the servers: nobody if empty. Without a password: as [[mysql_users]] says.
	SQLUsername    string `toml:"sql_username" default:""`
	SQLPassword    string `toml:"sql_password" default:"" secret:"true" json:"-"`
	SQLConnections int    `toml:"sql_connections" default:"16" range:"1 65536" restart:"true"` // Statements at once.
}

// The words of Scripting.OnError: what becomes of what a script's function has failed for.
const (
	OnErrorContinue = "continue" // It goes on as if there were no such function.
	OnErrorReject   = "reject"
)
