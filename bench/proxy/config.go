package proxy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"parkway/bench/servers"
)

// Config is what tests and benches set in a parkway's configuration file. What
// is zero is left out of the file, so that parkway's own default holds.
type Config struct {
	LogLevel  string         // [log] level
	LogFormat string         // [log] format
	Loops     int            // [reactor] event_loops
	NoPin     bool           // [reactor] pin = false
	NoIdle    bool           // [reactor] idle_loops = false
	Listen    []string       // [listen] mysql, beside what Options ask for
	Variables map[string]any // [mysql_variables]: key to an int, a bool or a string
	Servers   []Server
	Users     []User
	Pairs     []Pair
	Extra     string // TOML appended as it is
}

// Server is one of [[mysql_servers]].
type Server struct {
	Hostgroup         int
	Host              string // or the path of a unix socket
	Port              int
	Weight            int
	Status            string
	MaxConnections    int
	MaxReplicationLag int // seconds
}

// User is one of [[mysql_users]].
type User struct {
	Name           string
	Password       string
	Hostgroup      int
	Schema         string
	MaxConnections int
	Disabled       bool // active = false
	Loose          bool // transaction_persistent = false
}

// Pair is one of [[mysql_replication_hostgroups]].
type Pair struct {
	Writer, Reader int
	CheckType      string
}

// The hostgroups of Behind.
const (
	Primaries = 10
	Replicas  = 20
)

// ReadWriteSplit, as Config.Extra, are the rules of the example configuration: reads
// go to Replicas, all else to Primaries.
const ReadWriteSplit = `
[[mysql_query_rules]]
rule_id = 10
match_digest = "^SELECT.*FOR UPDATE"
destination_hostgroup = 10
apply = true

[[mysql_query_rules]]
rule_id = 20
match_digest = "^SELECT"
destination_hostgroup = 20
apply = true
`

// Behind is the configuration of a parkway in front of a cluster: its primary
// in hostgroup 10, its replicas in 20, the user app, whose statements go to the
// primary, and the monitor's account.
func Behind(c *servers.Cluster) Config {
	config := Config{
		Users:     []User{{Name: "app", Password: "app", Hostgroup: Primaries}},
		Variables: map[string]any{"monitor_username": "mon", "monitor_password": "mon"},
	}
	for i, s := range c.Servers {
		hostgroup := Replicas
		if i == 0 {
			hostgroup = Primaries
		}
		config.Servers = append(config.Servers, Server{Hostgroup: hostgroup, Host: s.Host, Port: s.Port})
	}
	return config
}

// toml is the configuration file; mysql and http are where parkway listens.
func (c Config) toml(mysql []string, http string) (string, error) {
	var f file
	f.table("[log]")
	f.text("level", c.LogLevel)
	f.text("format", c.LogFormat)
	f.table("[reactor]")
	f.number("event_loops", c.Loops)
	if c.NoPin {
		f.set("pin", false)
	}
	if c.NoIdle {
		f.set("idle_loops", false)
	}
	f.table("[listen]")
	f.set("mysql", append(slices.Clone(mysql), c.Listen...))
	f.set("http", http)
	f.table("[mysql_variables]")
	for _, key := range slices.Sorted(maps.Keys(c.Variables)) {
		f.set(key, c.Variables[key])
	}
	for _, s := range c.Servers {
		f.table("[[mysql_servers]]")
		f.set("hostgroup_id", s.Hostgroup)
		f.set("hostname", s.Host)
		f.number("port", s.Port)
		f.number("weight", s.Weight)
		f.text("status", s.Status)
		f.number("max_connections", s.MaxConnections)
		f.number("max_replication_lag", s.MaxReplicationLag)
	}
	for _, u := range c.Users {
		f.table("[[mysql_users]]")
		f.set("username", u.Name)
		f.set("password", u.Password)
		f.set("default_hostgroup", u.Hostgroup)
		f.text("default_schema", u.Schema)
		f.number("max_connections", u.MaxConnections)
		if u.Disabled {
			f.set("active", false)
		}
		if u.Loose {
			f.set("transaction_persistent", false)
		}
	}
	for _, p := range c.Pairs {
		f.table("[[mysql_replication_hostgroups]]")
		f.set("writer_hostgroup", p.Writer)
		f.set("reader_hostgroup", p.Reader)
		f.text("check_type", p.CheckType)
	}
	f.lines.WriteString(c.Extra)
	return f.lines.String(), f.err
}

// file collects the lines of a TOML file and the first error.
type file struct {
	lines strings.Builder
	err   error
}

func (f *file) table(header string) { fmt.Fprintf(&f.lines, "\n%s\n", header) }

// number and text leave a zero value out.
func (f *file) number(key string, value int) {
	if value != 0 {
		f.set(key, value)
	}
}

func (f *file) text(key, value string) {
	if value != "" {
		f.set(key, value)
	}
}

func (f *file) set(key string, value any) {
	text, err := literal(value)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", key, err)
	}
	fmt.Fprintf(&f.lines, "%s = %s\n", key, text)
}

// literal writes a value in TOML. Go's quoting is TOML's for text that can be
// printed.
func literal(value any) (string, error) {
	switch v := value.(type) {
	case int, bool:
		return fmt.Sprint(v), nil
	case string:
		return strconv.Quote(v), nil
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]", nil
	default:
		return "", fmt.Errorf("a %T cannot be written", value)
	}
}
