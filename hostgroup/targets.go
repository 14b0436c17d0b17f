package hostgroup

import (
	"parkway/config"
)

// Target is a server that is to be watched, in however many hostgroups it is.
type Target struct {
	Server   *Server // one of its
	ReadOnly bool    // a pair of hostgroups goes by its read_only
	Lag      bool    // max_replication_lag is set in one of its hostgroups
}

// Targets lists the servers that are to be watched: those of the configuration,
// but for OFFLINE_HARD. Any thread.
func (m *Manager) Targets() []Target {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Target
	at := make(map[string]int)
	for i := range m.configured {
		c := &m.configured[i]
		if c.Status == config.StatusOfflineHard {
			continue
		}
		j, known := at[c.Address()]
		if !known {
			j = len(all)
			at[c.Address()] = j
			all = append(all, Target{Server: m.servers[serverKey{c.HostgroupID, c.Hostname, c.Port}]})
		}
		all[j].ReadOnly = all[j].ReadOnly || pairOf(m.pairs, c.HostgroupID) >= 0
		all[j].Lag = all[j].Lag || c.MaxReplicationLag > 0
	}
	return all
}
