package pool

import "parkway/config"

// attributes are the settings of one hostgroup: [[mysql_hostgroup_attributes]],
// and [mysql_variables] for what is not set there.
type attributes struct {
	initConnect string
	warming     bool
	throttle    int // new connections a second
	freePct     int // of a server's max_connections
}

// Configure puts [[mysql_hostgroup_attributes]] in force. New connections heed
// them; idle ones that were opened with another init_connect are closed by
// Wake. Any thread.
func (s *Set) Configure(list []config.MySQLHostgroupAttributes) {
	byID := make(map[int]config.MySQLHostgroupAttributes, len(list))
	for _, a := range list {
		byID[a.HostgroupID] = a
	}
	s.configured.Store(&byID)
}

func (p *Pool) attributes(hostgroup int) attributes {
	set := p.cfg.Settings()
	a := attributes{
		initConnect: set.InitConnect,
		warming:     set.ConnectionWarming,
		throttle:    set.ThrottleConnectionsPerSec,
		freePct:     set.FreeConnectionsPct,
	}
	own, ok := (*p.set.configured.Load())[hostgroup]
	if !ok {
		return a
	}
	if own.InitConnect != "" {
		a.initConnect = own.InitConnect
	}
	if own.ConnectionWarming >= 0 {
		a.warming = own.ConnectionWarming > 0
	}
	if own.ThrottleConnectionsPerSec >= 0 {
		a.throttle = own.ThrottleConnectionsPerSec
	}
	if own.FreeConnectionsPct >= 0 {
		a.freePct = own.FreeConnectionsPct
	}
	return a
}
