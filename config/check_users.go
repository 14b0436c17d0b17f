package config

import "strings"

func (r *reader) checkUsers(c *Config) {
	const list = "mysql_users"
	served, known := r.servedHostgroups(c)
	first := make(map[string]int) // User -> line.
	for i := range c.Users {
		u := &c.Users[i]
		if name := r.entry(list, i, "username"); !name.bad {
			if reason := badUsername(u.Username); reason != "" {
				r.problem(name, list+".username", "%s", reason)
			} else if line, taken := first[u.Username]; taken {
				r.problem(name, list+".username", "user %q is already on line %d", u.Username, line)
			} else {
				first[u.Username] = name.line
			}
		}
		if problem, warning := judgePassword(u.Password); problem != "" {
			r.problem(r.entry(list, i, "password"), list+".password", "%s", problem)
		} else if warning != "" {
			r.warn(r.entry(list, i, "password"), list+".password", "%s", warning)
		}
		if strings.IndexByte(u.DefaultSchema, 0) >= 0 {
			r.problem(r.entry(list, i, "default_schema"), list+".default_schema", "must not hold a NUL byte")
		}
		if hg := r.entry(list, i, "default_hostgroup"); known && !hg.bad && !served[u.DefaultHostgroup] {
			r.problem(hg, list+".default_hostgroup", "no server is in hostgroup %d", u.DefaultHostgroup)
		}
	}
	if n := r.root.key(list); len(c.Users) == 0 && !n.bad {
		r.warn(n, list, "no user is configured: no client can log in")
	}
}

// servedHostgroups returns the hostgroups that have a server, or may be given one by the monitor because the other
// hostgroup of their pair has one. They are not known when one of the hostgroups' numbers could not be read.
func (r *reader) servedHostgroups(c *Config) (served map[int]bool, known bool) {
	const servers, pairs = "mysql_servers", "mysql_replication_hostgroups"
	served, known = make(map[int]bool), !r.root.key(servers).bad && !r.root.key(pairs).bad
	for i, s := range c.Servers {
		served[s.HostgroupID] = true
		known = known && !r.entry(servers, i, "hostgroup_id").bad
	}
	for i, p := range c.ReplicationHostgroups {
		either := served[p.WriterHostgroup] || served[p.ReaderHostgroup]
		served[p.WriterHostgroup], served[p.ReaderHostgroup] = either, either
		known = known && !r.entry(pairs, i, "writer_hostgroup").bad && !r.entry(pairs, i, "reader_hostgroup").bad
	}
	return served, known
}

// maxUsername is MariaDB's limit in characters; MySQL's is 32.
const maxUsername = 128

// badUsername says why no client can log in with such a name; "" if one can.
func badUsername(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case strings.IndexByte(name, 0) >= 0:
		return "must not hold a NUL byte"
	case len([]rune(name)) > maxUsername:
		return "is longer than any server allows (128 characters)"
	}
	return ""
}

// The forms in which servers keep passwords.
const (
	nativeHashDigits  = 40        // mysql_native_password: * and so many hex digits.
	mutilatedDigits   = 16        // After a *, so many mean a hash that lost or gained characters.
	cachingSHA2Prefix = "$A$005$" // caching_sha2_password.
	cachingSHA2Len    = 70
)

// judgePassword says why a password of the users table can't be used, or what about it is probably not meant. A mistake in a hash
// would make it a clear password that nobody knows; so what nearly is a hash is refused. Neither text quotes the password.
func judgePassword(password string) (problem, warning string) {
	switch {
	case strings.IndexByte(password, 0) >= 0:
		return "must not hold a NUL byte", ""
	case len(password) == cachingSHA2Len && strings.HasPrefix(password, cachingSHA2Prefix):
		return "is a caching_sha2_password hash: give the clear text, or the hash of mysql_native_password", ""
	}
	hash, ok := strings.CutPrefix(password, "*")
	if !ok {
		return "", ""
	}
	digits := len(hash) - len(strings.TrimLeft(hash, "0123456789abcdefABCDEF"))
	switch {
	case len(hash) == nativeHashDigits && digits == nativeHashDigits:
		return "", ""
	case len(hash) == nativeHashDigits && digits >= mutilatedDigits, digits == len(hash) && digits >= mutilatedDigits:
		return "begins like a mysql_native_password hash, but is not * and 40 hexadecimal digits", ""
	}
	return "", "begins with *, but is no mysql_native_password hash (* and 40 hexadecimal digits): it is taken as clear text"
}
