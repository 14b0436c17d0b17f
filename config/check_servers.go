package config

import "strings"

func (r *reader) checkServers(servers []MySQLServer) {
	const list = "mysql_servers"
	type identity struct {
		hostgroup int
		host      string
		port      int
	}
	first := make(map[identity]int) // Server -> line of its hostname.
	for i := range servers {
		s := &servers[i]
		host, port := r.entry(list, i, "hostname"), r.entry(list, i, "port")
		if host.bad {
			continue
		}
		if strings.HasPrefix(s.Hostname, "/") {
			if !port.given {
				s.Port = 0
			}
			if reason := badSocketPath(s.Hostname); reason != "" {
				r.problem(host, list+".hostname", "%s", reason)
			}
			if s.Port != 0 {
				r.problem(port, list+".port", "must be 0 or left out: %s is a unix socket", s.Hostname)
			}
		} else {
			if s.Hostname == "" {
				r.problem(host, list+".hostname", "must not be empty")
			} else if reason := badHost(s.Hostname); reason != "" {
				r.problem(host, list+".hostname", "%q: %s", s.Hostname, reason)
			}
			if s.Port == 0 {
				r.problem(port, list+".port", "must not be 0: %q is not a unix socket, whose path begins with /", s.Hostname)
			}
		}
		if host.bad || port.bad || r.entry(list, i, "hostgroup_id").bad {
			continue
		}
		id := identity{s.HostgroupID, strings.ToLower(s.Hostname), s.Port}
		if line, taken := first[id]; taken {
			r.problem(host, list+".hostname", "%s is already in hostgroup %d, on line %d", s.Address(), s.HostgroupID, line)
			continue
		}
		first[id] = host.line
	}
	if n := r.root.key(list); len(servers) == 0 && !n.bad {
		r.warn(n, list, "no server is configured: clients can log in, but no statement can run")
	}
}
