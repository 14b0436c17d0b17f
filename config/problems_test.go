package config

import (
	"strings"
	"testing"
)

// badDocuments are documents and the exact text of every problem they have.
var badDocuments = []struct {
	name, doc string
	want      []string
}{
	{"nothing", "", []string{"t.toml: the file is empty: name at least a server and a user"}},
	{"not TOML", "[log]\nlevel = debug\n", []string{
		"t.toml:2: log.level: not valid TOML: expected a value (a string is written in quotes, a truth value is true or false)"}},
	{"twice", "[log]\nlevel = \"info\"\nlevel = \"info\"\n", []string{
		"t.toml:3: log.level: not valid TOML: Key 'log.level' has already been defined."}},
	{"a bracket is missing", "[log]\nlevel = \"info\"\n[[mysql_servers]\nhostgroup_id = 1\n", []string{
		"t.toml:3: not valid TOML: expected end of table array name delimiter ']', but got '\\n' instead"}},
	{"both brackets are missing", "[log]\nlevel = \"info\"\n[[mysql_servers\nhostgroup_id = 1\n", []string{
		"t.toml:3: not valid TOML: expected '.' or ']' to end table name, but got '\\n' instead"}},
	{"no end", "\ufeff\n[log", []string{"t.toml:2: not valid TOML: expected '.' or ']' to end table name, but got '\\x00' instead"}},
	{"a key alone", "[log]\nlevel\nformat = \"json\"\n", []string{"t.toml:2: log: not valid TOML: expected '.' or '=', but got '\\n' instead"}},
	{"a string without its end", "[log]\nlevel = \"info\nformat = \"json\"\n", []string{"t.toml:2: log.level: not valid TOML: strings cannot contain newlines"}},
	{"an array without its end", "[listen]\nmysql = [\n  1\n  2\n]\n", []string{"t.toml:4: listen.mysql: not valid TOML: expected a comma (',') or array terminator (']'), but got '2'"}},
	{"password without quotes", "[[mysql_users]]\npassword = hunter2\n", []string{
		"t.toml:2: mysql_users.password: not valid TOML: a password is a string in quotes, on one line"}},
	{"unknown keys of all sorts", `# comment
log.levl = "info"
"strange key" = 1
comment = """
[mysql_variables]
max_connections = 1
""" # the above is text
[mysql_variables]
max_conections = 5
'free_connections_pct' = 10
Multiplexing = true
[[mysql_servers]]
hostgroup_id = 10
hostname = "a"
[[mysql_servers]] # second
hostgroup_id = 10
hostname = "b"
prot = 3306
[mysql_servers.tls]
on = true
[[mysql_users]]
username = "app"
default_hostgroup = 10
[proxy]
x = 1
`, []string{
		"t.toml:2: log.levl: unknown key (did you mean level?)",
		"t.toml:3: strange key: unknown key",
		"t.toml:4: comment: unknown key",
		"t.toml:9: mysql_variables.max_conections: unknown key (did you mean max_connections?)",
		"t.toml:11: mysql_variables.Multiplexing: unknown key (did you mean multiplexing?)",
		"t.toml:18: mysql_servers.prot: unknown key (did you mean port?)",
		"t.toml:19: mysql_servers.tls: unknown key",
		"t.toml:24: proxy: unknown key",
	}},
	{"inline tables and arrays over lines", `mysql_users = [
  # the first
  { username = "a", default_hostgroup = 1 },
  { username = "b", default_hostgroup = 1, colour = "red" }, { username = "a",
    default_hostgroup = 2 },
]
mysql_servers = [{ hostgroup_id = 1, hostname = "}[#\"," , port = 70000 }]
listen.mysql = [
  "127.0.0.1:6033", # first
  '''localhost''', "127.0.0.1:6033"
]
`, []string{
		"t.toml:4: mysql_users.colour: unknown key",
		"t.toml:4: mysql_users.username: user \"a\" is already on line 3",
		"t.toml:5: mysql_users.default_hostgroup: no server is in hostgroup 2",
		"t.toml:7: mysql_servers.port: must be from 0 to 65535, not 70000",
		"t.toml:7: mysql_servers.hostname: \"}[#\\\",\": not an IP address, and a host name has letters, digits, hyphens and dots only",
		"t.toml:10: listen.mysql: \"localhost\" is not an address to listen on: write host:port or unix:/path",
		"t.toml:10: listen.mysql: \"127.0.0.1:6033\" is already listened on on line 9",
	}},
	{"wrong types", good + `[log]
level = 1
file = ["a"]
[reactor]
pin = "yes"
event_loops = 1.5
[mysql_variables]
monitor_password = 1234
max_connections = "10"
wait_timeout_ms = 1979-05-27
multiplexing = 1
[listen]
mysql = "127.0.0.1:6033"
http = { port = 80 }
[scripting]
file = false
`, []string{
		"t.toml:9: log.level: must be a string, not an integer",
		"t.toml:10: log.file: must be a string, not an array",
		"t.toml:12: reactor.pin: must be true or false, not a string",
		"t.toml:13: reactor.event_loops: must be an integer, not a float",
		"t.toml:15: mysql_variables.monitor_password: must be a string, not an integer",
		"t.toml:16: mysql_variables.max_connections: must be an integer, not a string",
		"t.toml:17: mysql_variables.wait_timeout_ms: must be an integer, not a date or time",
		"t.toml:18: mysql_variables.multiplexing: must be true or false, not an integer",
		"t.toml:20: listen.mysql: must be an array of strings, not a string",
		"t.toml:21: listen.http: must be a string, not a table",
		"t.toml:23: scripting.file: must be a string, not a truth value",
	}},
	{"wrong kinds of tables", `log = "debug"
mysql_servers = [{ hostgroup_id = 1, hostname = "a" }, 7]
[[reactor]]
event_loops = 1
[mysql_users]
username = "app"
`, []string{
		"t.toml:1: log: must be a table, written [log], not a string",
		"t.toml:2: mysql_servers: must be a list of tables, each written [[mysql_servers]], not an array",
		"t.toml:3: reactor: must be a table, written [reactor], not an array",
		"t.toml:5: mysql_users: must be a list of tables, each written [[mysql_users]], not a table",
	}},
	{"ranges and words", good + `[log]
level = "warning"
format = "xml"
[reactor]
event_loops = 1025
[mysql_variables]
free_connections_pct = 101
session_idle_ms = -1
connect_timeout_client_ms = 0
max_allowed_packet = 9223372036854775807
monitor_threads_min = 10
monitor_threads_max = 9
monitor_ping_interval = 99
server_version = "8.0\u00e9"
default_charset = "utf16"
monitor_username = ""
[scripting]
on_error = "panic"
pool_min = 9
`, []string{
		"t.toml:9: log.level: must be one of trace, debug, info, warn, error, not \"warning\" (did you mean warn?)",
		"t.toml:10: log.format: must be one of console, json, not \"xml\"",
		"t.toml:12: reactor.event_loops: must be from 0 to 1024, not 1025",
		"t.toml:14: mysql_variables.free_connections_pct: must be from 0 to 100, not 101",
		"t.toml:15: mysql_variables.session_idle_ms: must be from 0 to 31536000000, not -1",
		"t.toml:16: mysql_variables.connect_timeout_client_ms: must be from 1 to 31536000000, not 0",
		"t.toml:17: mysql_variables.max_allowed_packet: must be from 1024 to 1073741824, not 9223372036854775807",
		"t.toml:18: mysql_variables.monitor_threads_min: must not be above monitor_threads_max (9)",
		"t.toml:20: mysql_variables.monitor_ping_interval: must be 0 (off) or at least 100, not 99",
		"t.toml:21: mysql_variables.server_version: must be printable ASCII of at most 255 characters: clients are told it in the greeting",
		"t.toml:22: mysql_variables.default_charset: \"utf16\" is not a character set or collation that clients can use",
		"t.toml:23: mysql_variables.monitor_username: must not be empty while monitor_enabled is true",
		"t.toml:25: scripting.on_error: must be one of continue, reject, not \"panic\"",
		"t.toml:26: scripting.pool_min: must not be above pool_max (8)",
	}},
	{"addresses to listen on", good + `[listen]
mysql = [
  "127.0.0.1:99999",
  "127.0.0.1:mysql",
  "127.0.0.1:06033",
  "10.0.0.256:6033",
  "*:6033",
  "unix:run/x.sock",
  "unix:/run/x.sock",
  "unix:/run/x.sock",
  "127.0.0.1:0",
  "127.0.0.1:0",
]
http = "unix:/run/http.sock"
`, []string{
		"t.toml:10: listen.mysql: \"127.0.0.1:99999\" is not an address to listen on: the port must be from 0 to 65535, not \"99999\"",
		"t.toml:11: listen.mysql: \"127.0.0.1:mysql\" is not an address to listen on: the port must be from 0 to 65535, not \"mysql\"",
		"t.toml:12: listen.mysql: \"127.0.0.1:06033\" is not an address to listen on: the port must be written without leading zeros",
		"t.toml:13: listen.mysql: \"10.0.0.256:6033\" is not an address to listen on: not an IP address",
		"t.toml:14: listen.mysql: \"*:6033\" is not an address to listen on: not an IP address, and a host name has letters, digits, hyphens and dots only",
		"t.toml:15: listen.mysql: \"unix:run/x.sock\" is not an address to listen on: the path of a socket must begin with /",
		"t.toml:17: listen.mysql: \"unix:/run/x.sock\" is already listened on on line 16",
		"t.toml:21: listen.http: \"unix:/run/http.sock\" is not an address to listen on: a unix socket is not possible here",
	}},
	{"listening nowhere, and twice on one address", good + "[listen]\nmysql = []\n", []string{
		"t.toml:9: listen.mysql: must name at least one address"}},
	{"http on a default address", good + "[listen]\nhttp = \"127.0.0.1:6033\"\n", []string{
		"t.toml:9: listen.http: \"127.0.0.1:6033\" is already listened on on line 8"}},
	{"servers", `
[[mysql_servers]]
[[mysql_servers]]
hostgroup_id = 1
hostname = ""
[[mysql_servers]]
hostgroup_id = -1
hostname = "db 1"
weight = -1
status = "online"
[[mysql_servers]]
hostgroup_id = 1
hostname = "/run/mysqld.sock"
port = 3306
[[mysql_servers]]
hostgroup_id = 1
hostname = "db1"
port = 0
[[mysql_servers]]
hostgroup_id = 1
hostname = "db1"
[[mysql_servers]]
hostgroup_id = 2
hostname = "db1"
[[mysql_servers]]
hostgroup_id = 1
hostname = "DB1"
port = 3306
[[mysql_servers]]
hostgroup_id = 1
hostname = "db1:3306"
[[mysql_servers]]
hostgroup_id = 1
hostname = "[::1]"
max_connections = 0
max_replication_lag = -1
[[mysql_servers]]
hostgroup_id = 1
hostname = ""
port = 70000
`, []string{
		"t.toml:2: mysql_servers.hostgroup_id: missing: this key must be given",
		"t.toml:2: mysql_servers.hostname: missing: this key must be given",
		"t.toml:5: mysql_servers.hostname: must not be empty",
		"t.toml:7: mysql_servers.hostgroup_id: must be from 0 to 2147483647, not -1",
		"t.toml:8: mysql_servers.hostname: \"db 1\": not an IP address, and a host name has letters, digits, hyphens and dots only",
		"t.toml:9: mysql_servers.weight: must be from 0 to 10000000, not -1",
		"t.toml:10: mysql_servers.status: must be one of ONLINE, OFFLINE_SOFT, OFFLINE_HARD, not \"online\" (did you mean ONLINE?)",
		"t.toml:14: mysql_servers.port: must be 0 or left out: /run/mysqld.sock is a unix socket",
		"t.toml:18: mysql_servers.port: must not be 0: \"db1\" is not a unix socket, whose path begins with /",
		"t.toml:27: mysql_servers.hostname: DB1:3306 is already in hostgroup 1, on line 21",
		"t.toml:31: mysql_servers.hostname: \"db1:3306\": not an IPv6 address; a port does not belong here",
		"t.toml:34: mysql_servers.hostname: \"[::1]\": an IPv6 address is written without brackets",
		"t.toml:35: mysql_servers.max_connections: must be from 1 to 1000000, not 0",
		"t.toml:36: mysql_servers.max_replication_lag: must be from 0 to 31536000, not -1",
		"t.toml:39: mysql_servers.hostname: must not be empty",
		"t.toml:40: mysql_servers.port: must be from 0 to 65535, not 70000",
	}},
	{"users", good + `
[[mysql_users]]
username = "app"
default_hostgroup = 11
[[mysql_users]]
username = ""
password = "*0123456789ABCDEF0123"
default_hostgroup = 20
[[mysql_users]]
username = "short"
password = "*short"
default_hostgroup = 20
[[mysql_users]]
username = "mangled"
password = "*6BB4837EB74329105EE4568DDA7DC67ED2CA2ADX"
[[mysql_users]]
username = "nul\u0000"
default_schema = "\u0000"
password = "\u0000"
default_hostgroup = 10
[[mysql_users]]
username = "sha2"
password = '$A$005$012345678901234567890123456789012345678901234567890123456789012'
default_hostgroup = 10
[[mysql_replication_hostgroups]]
writer_hostgroup = 10
reader_hostgroup = 20
`, []string{
		"t.toml:10: mysql_users.username: user \"app\" is already on line 6",
		"t.toml:11: mysql_users.default_hostgroup: no server is in hostgroup 11",
		"t.toml:13: mysql_users.username: must not be empty",
		"t.toml:14: mysql_users.password: begins like a mysql_native_password hash, but is not * and 40 hexadecimal digits",
		"t.toml:20: mysql_users.default_hostgroup: missing: this key must be given",
		"t.toml:22: mysql_users.password: begins like a mysql_native_password hash, but is not * and 40 hexadecimal digits",
		"t.toml:24: mysql_users.username: must not hold a NUL byte",
		"t.toml:25: mysql_users.default_schema: must not hold a NUL byte",
		"t.toml:26: mysql_users.password: must not hold a NUL byte",
		"t.toml:30: mysql_users.password: is a caching_sha2_password hash: give the clear text, or the hash of mysql_native_password",
	}},
	{"a long name", good + "[[mysql_users]]\nusername = \"" + strings.Repeat("x", 129) + "\"\ndefault_hostgroup = 10\n", []string{
		"t.toml:9: mysql_users.username: is longer than any server allows (128 characters)"}},
	{"replication hostgroups", good + `[[mysql_replication_hostgroups]]
writer_hostgroup = 10
reader_hostgroup = 10
[[mysql_replication_hostgroups]]
writer_hostgroup = 10
reader_hostgroup = 20
[[mysql_replication_hostgroups]]
writer_hostgroup = 30
reader_hostgroup = 20
check_type = "readonly"
[[mysql_replication_hostgroups]]
writer_hostgroup = "x"
`, []string{
		"t.toml:10: mysql_replication_hostgroups.reader_hostgroup: must not be the writer_hostgroup (10)",
		"t.toml:16: mysql_replication_hostgroups.reader_hostgroup: hostgroup 20 is already in the pair of line 13",
		"t.toml:17: mysql_replication_hostgroups.check_type: must be one of read_only, super_read_only, read_only|super_read_only, not \"readonly\" (did you mean read_only?)",
		"t.toml:18: mysql_replication_hostgroups.reader_hostgroup: missing: this key must be given",
		"t.toml:19: mysql_replication_hostgroups.writer_hostgroup: must be an integer, not a string",
	}},
	{"hostgroup attributes", good + `[[mysql_hostgroup_attributes]]
hostgroup_id = 10
throttle_connections_per_sec = 0
[[mysql_hostgroup_attributes]]
hostgroup_id = 10
init_connect = "SET @a=1"
connection_warming = 2
[[mysql_hostgroup_attributes]]
free_connections_pct = 101
`, []string{
		"t.toml:10: mysql_hostgroup_attributes.throttle_connections_per_sec: must not be 0: nothing could connect",
		"t.toml:12: mysql_hostgroup_attributes.hostgroup_id: hostgroup 10 is already on line 9",
		"t.toml:14: mysql_hostgroup_attributes.connection_warming: must be from -1 to 1, not 2",
		"t.toml:15: mysql_hostgroup_attributes.hostgroup_id: missing: this key must be given",
		"t.toml:16: mysql_hostgroup_attributes.free_connections_pct: must be from -1 to 100, not 101",
	}},
	{"what follows from a problem is no problem", `[mysql_variables]
monitor_threads_min = 100
monitor_threads_max = "100"
[scripting]
pool_max = 0
pool_min = 20
[[mysql_servers]]
hostgroup_id = "ten"
hostname = "db1"
[[mysql_users]]
username = "app"
default_hostgroup = 10
`, []string{
		"t.toml:3: mysql_variables.monitor_threads_max: must be an integer, not a string",
		"t.toml:5: scripting.pool_max: must be from 1 to 1024, not 0",
		"t.toml:8: mysql_servers.hostgroup_id: must be an integer, not a string",
	}},
	{"line ends of other systems", "\xef\xbb\xbf[log]\r\nlevel = \"info\"\r\n\r\nfrmat = 1\r\n" + good, []string{
		"t.toml:4: log.frmat: unknown key (did you mean format?)"}},
}

func TestProblems(t *testing.T) {
	for _, test := range badDocuments {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("t.toml", []byte(test.doc))
			if err == nil {
				t.Fatal("no problem found")
			}
			if want := strings.Join(test.want, "\n"); err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
		})
	}
}
