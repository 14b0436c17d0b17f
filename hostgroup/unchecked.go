package hostgroup

import (
	"slices"
	"strings"

	"parkway/config"
)

// Servers whose read_only is not asked any more, because the check was turned off
// or their pair was taken out of the configuration, stay where their last answers
// have put them: after a failover the configuration still calls the old primary the
// writer. That ends for a server when the file lists it in other hostgroups than
// before, and with the process.

// retire is for what a new configuration means for pairs: those that it leaves out
// are kept, unless one of their hostgroups is in another pair now. Servers that
// nobody asks and that are listed elsewhere now are where they are listed. mu is
// held.
func (m *Manager) retire(servers []config.MySQLServer, pairs []config.MySQLReplicationHostgroup) {
	m.retired = slices.DeleteFunc(slices.Concat(m.retired, m.pairs), func(p config.MySQLReplicationHostgroup) bool {
		return pairOf(pairs, p.WriterHostgroup) >= 0 || pairOf(pairs, p.ReaderHostgroup) >= 0
	})
	checked := m.policy.Load().readOnly
	before, after := listed(m.configured), listed(servers)
	for name, w := range m.watched {
		asked := checked && slices.ContainsFunc(after[name], func(id int) bool { return pairOf(pairs, id) >= 0 })
		if !asked && !slices.Equal(before[name], after[name]) {
			w.role = role{}
		}
	}
}

// listed are the hostgroups that each server is configured in, sorted, by its name.
func listed(servers []config.MySQLServer) map[string][]int {
	ids := make(map[string][]int, len(servers))
	for i := range servers {
		c := &servers[i]
		ids[c.Address()] = append(ids[c.Address()], c.HostgroupID)
	}
	for _, list := range ids {
		slices.Sort(list)
	}
	return ids
}

// unchecked are the pairs whose servers are not asked any more. mu is held.
func (m *Manager) unchecked() []config.MySQLReplicationHostgroup {
	if m.policy.Load().readOnly {
		return m.retired
	}
	return slices.Concat(m.pairs, m.retired)
}

// keepRoles takes back that a server is no writer because it does not answer, where
// nobody asks it any more and no other is the writer: it would never be one again.
// mu is held.
func (m *Manager) keepRoles() {
	for _, pair := range m.unchecked() {
		names := m.serversOf(&pair)
		if slices.ContainsFunc(names, func(name string) bool { return m.roleOf(name).writes(&pair) }) {
			continue
		}
		for _, name := range names {
			if w := m.watched[name]; w != nil {
				w.role.lost = false
			}
		}
	}
}

// serversOf are the names of the servers that are configured in a pair. mu is held.
func (m *Manager) serversOf(pair *config.MySQLReplicationHostgroup) (names []string) {
	for i := range m.configured {
		c := &m.configured[i]
		if in := c.HostgroupID == pair.WriterHostgroup || c.HostgroupID == pair.ReaderHostgroup; in && !slices.Contains(names, c.Address()) {
			names = append(names, c.Address())
		}
	}
	return names
}

// reportUnchecked logs, when it has changed, which servers that are not asked any
// more are writers otherwise than configured. mu is held.
func (m *Manager) reportUnchecked() {
	said := make(map[int]string)
	for _, pair := range m.unchecked() {
		var writers, configured []string
		if h := m.Table().groups[pair.WriterHostgroup]; h != nil {
			for i := range h.Members {
				s := &h.Members[i]
				if s.WhyLeft == "" {
					writers = append(writers, s.String())
				}
				if s.configured {
					configured = append(configured, s.String())
				}
			}
		}
		slices.Sort(writers)
		slices.Sort(configured)
		if slices.Equal(writers, configured) {
			continue
		}
		id := pair.WriterHostgroup
		said[id] = strings.Join(writers, " ")
		if before, logged := m.displaced[id]; !logged || before != said[id] {
			m.log.Warn().Int("hostgroup", id).Strs("writers", writers).Strs("configured", configured).
				Msg("read_only is not checked any more: the writers stay those that it has shown, not those that are configured")
		}
	}
	m.displaced = said
}
