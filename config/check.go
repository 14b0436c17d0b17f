package config

import (
	"strings"
	"time"
)

// check looks at what concerns more than the type and range of one key: form of addresses and names, uniqueness, and
// whether the parts fit each other.
func (r *reader) check(c *Config) {
	r.checkListen(&c.Listen)
	r.checkVariables(&c.MySQL)
	r.checkServers(c.Servers)
	r.checkReplicationHostgroups(c.ReplicationHostgroups)
	r.checkUsers(c)
	r.checkHostgroupAttributes(c)
	r.checkQueryRules(c)
	r.checkScripting(&c.Scripting)
}

// at returns the node of a key in a section.
func (r *reader) at(section, key string) *node { return r.root.key(section).key(key) }

// entry returns the node of a key in the i-th table of a list.
func (r *reader) entry(list string, i int, key string) *node {
	return r.root.key(list).elem(i).key(key)
}

func (r *reader) checkVariables(v *MySQLVariables) {
	const section = "mysql_variables"
	if !printableASCII(v.ServerVersion) || len(v.ServerVersion) > 255 {
		r.problem(r.at(section, "server_version"), section+".server_version",
			"must be printable ASCII of at most 255 characters: clients are told it in the greeting")
	}
	if _, ok := CharsetID(v.DefaultCharset); !ok {
		r.problem(r.at(section, "default_charset"), section+".default_charset",
			"%q is not a character set or collation that clients can use", v.DefaultCharset)
	}
	r.checkMonitorThreads(v)
	for _, interval := range []struct {
		key   string
		every time.Duration
	}{
		{"monitor_connect_interval", v.MonitorConnectInterval}, {"monitor_ping_interval", v.MonitorPingInterval},
		{"monitor_read_only_interval", v.MonitorReadOnlyInterval}, {"monitor_replication_lag_interval", v.MonitorReplicationLagInterval},
	} {
		if interval.every > 0 && interval.every < shortestInterval {
			r.problem(r.at(section, interval.key), section+"."+interval.key, "must be 0 (off) or at least %d, not %d",
				shortestInterval.Milliseconds(), interval.every.Milliseconds())
		}
	}
	if v.MonitorEnabled && v.MonitorUsername == "" {
		r.problem(r.at(section, "monitor_username"), section+".monitor_username",
			"must not be empty while monitor_enabled is true")
	}
	r.warnLonger("connect_timeout_server_ms", v.ConnectTimeoutServer, "connect_timeout_server_max_ms", v.ConnectTimeoutServerMax)
	r.warnLonger("monitor_connect_timeout", v.MonitorConnectTimeout, "monitor_connect_interval", v.MonitorConnectInterval)
	r.warnLonger("monitor_ping_timeout", v.MonitorPingTimeout, "monitor_ping_interval", v.MonitorPingInterval)
	r.warnLonger("monitor_read_only_timeout", v.MonitorReadOnlyTimeout, "monitor_read_only_interval", v.MonitorReadOnlyInterval)
	r.warnLonger("monitor_replication_lag_timeout", v.MonitorReplicationLagTimeout,
		"monitor_replication_lag_interval", v.MonitorReplicationLagInterval)
}

// shortestInterval bounds how often servers are asked.
const shortestInterval = 100 * time.Millisecond

// checkMonitorThreads makes the default of monitor_threads_min or monitor_threads_max fit the other, if only that is in the file.
func (r *reader) checkMonitorThreads(v *MySQLVariables) {
	const section = "mysql_variables"
	least, most := r.at(section, "monitor_threads_min"), r.at(section, "monitor_threads_max")
	switch {
	case most.bad || v.MonitorThreadsMin <= v.MonitorThreadsMax:
	case !least.given:
		v.MonitorThreadsMin = v.MonitorThreadsMax
	case !most.given:
		v.MonitorThreadsMax = v.MonitorThreadsMin
	default:
		r.problem(least, section+".monitor_threads_min", "must not be above monitor_threads_max (%d)", v.MonitorThreadsMax)
	}
}

// warnLonger warns when a time of [mysql_variables] is longer than the one that should contain it; a limit of 0 is off. It
// does so where the file has one of them.
func (r *reader) warnLonger(key string, d time.Duration, limitKey string, limit time.Duration) {
	const section = "mysql_variables"
	if limit == 0 || d <= limit {
		return
	}
	if n := r.at(section, key); n.given {
		r.warn(n, section+"."+key, "is longer than %s", limitKey)
		return
	}
	r.warn(r.at(section, limitKey), section+"."+limitKey, "is shorter than %s (%d)", key, d.Milliseconds())
}

func (r *reader) checkReplicationHostgroups(pairs []MySQLReplicationHostgroup) {
	const list = "mysql_replication_hostgroups"
	first := make(map[int]int) // Hostgroup -> line of the pair that it is in.
	for i, p := range pairs {
		writer, reader := r.entry(list, i, "writer_hostgroup"), r.entry(list, i, "reader_hostgroup")
		if writer.bad || reader.bad {
			continue
		}
		if p.WriterHostgroup == p.ReaderHostgroup {
			r.problem(reader, list+".reader_hostgroup", "must not be the writer_hostgroup (%d)", p.WriterHostgroup)
			continue
		}
		for _, side := range []struct {
			at  *node
			key string
			id  int
		}{{writer, "writer_hostgroup", p.WriterHostgroup}, {reader, "reader_hostgroup", p.ReaderHostgroup}} {
			if line, taken := first[side.id]; taken {
				r.problem(side.at, list+"."+side.key, "hostgroup %d is already in the pair of line %d", side.id, line)
				continue
			}
			first[side.id] = side.at.line
		}
	}
}

func (r *reader) checkScripting(s *Scripting) {
	if !r.at("scripting", "pool_max").bad && s.PoolMin > s.PoolMax {
		r.problem(r.at("scripting", "pool_min"), "scripting.pool_min", "must not be above pool_max (%d)", s.PoolMax)
	}
	for _, h := range s.FetchHosts {
		if h == "" || strings.ContainsAny(h, "/ *@") {
			r.problem(r.at("scripting", "fetch_hosts"), "scripting.fetch_hosts", "%q is neither a host nor host:port", h)
		}
	}
	if s.SlowTimeout < s.Timeout {
		r.warn(r.at("scripting", "slow_timeout_ms"), "scripting.slow_timeout_ms", "is shorter than timeout_ms")
	}
}

// printableASCII reports whether s has nothing but the characters from space to tilde.
func printableASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}
