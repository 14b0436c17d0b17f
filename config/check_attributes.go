package config

func (r *reader) checkHostgroupAttributes(c *Config) {
	const list = "mysql_hostgroup_attributes"
	served, known := r.servedHostgroups(c)
	first := make(map[int]int) // Hostgroup -> line.
	for i, a := range c.HostgroupAttributes {
		id := r.entry(list, i, "hostgroup_id")
		if !id.bad {
			if line, taken := first[a.HostgroupID]; taken {
				r.problem(id, list+".hostgroup_id", "hostgroup %d is already on line %d", a.HostgroupID, line)
			} else {
				first[a.HostgroupID] = id.line
			}
			if known && !served[a.HostgroupID] {
				r.warn(id, list+".hostgroup_id", "no server is in hostgroup %d", a.HostgroupID)
			}
		}
		if a.ThrottleConnectionsPerSec == 0 {
			r.problem(r.entry(list, i, "throttle_connections_per_sec"), list+".throttle_connections_per_sec", "must not be 0: nothing could connect")
		}
	}
}
