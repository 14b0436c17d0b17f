package hostgroup

import (
	"time"
)

// Member is a server as configured in its hostgroup.
type Member struct {
	*Server
	Weight         int
	Wanted         Status // what the configuration says: see Status
	WhyLeft        string // why it does not belong in the hostgroup any more, or not now; "": it does
	placed         string // what its read_only is, of a server of a pair that has told it
	configured     bool   // in this hostgroup
	MaxConnections int
	MaxLag         time.Duration // max_replication_lag; 0: no limit
	Writes         bool          // it is a writer of its pair, by its own word: MaxLag is no limit for it
}

// Status returns what the member may be used for, by what is configured and
// what was seen of it, and why it is not ONLINE. Any thread.
func (m *Member) Status() (status Status, why string) {
	return effective(m.Wanted, m.WhyLeft, m.health.Load())
}

// inUse reports whether new connections go to the member.
func (m *Member) inUse() bool {
	status, _ := m.Status()
	_, _, resolved := m.Address()
	return status == Online && m.Weight > 0 && resolved
}

// Hostgroup is a set of servers that can stand in for each other. Immutable.
type Hostgroup struct {
	ID      int
	Members []Member
	paired  bool // with another, and the monitor moves servers between them
	writers bool // it is the writers' hostgroup of the pair
	clock   func() time.Time
}

// Writers reports whether it is the writers' hostgroup of a pair, and the monitor
// moves servers between the two.
func (h *Hostgroup) Writers() bool { return h.writers }

// Table is one immutable view of all hostgroups.
type Table struct {
	groups  map[int]*Hostgroup
	servers []*Server // as configured
	members map[*Server]*Member
	named   map[string][]*Member // by Server.String
}

// Hostgroup returns the hostgroup with that id, nil if there is none.
func (t *Table) Hostgroup(id int) *Hostgroup { return t.groups[id] }

// Servers lists every server in the order of the configuration.
func (t *Table) Servers() []*Server { return t.servers }

// StatusOf returns the status of a server; one that was removed is
// OFFLINE_HARD. Any thread.
func (t *Table) StatusOf(s *Server) Status {
	status, _ := t.Status(s)
	return status
}

// Status is StatusOf with the reason. Any thread.
func (t *Table) Status(s *Server) (status Status, why string) {
	if m := t.member(s); m != nil {
		return m.Status()
	}
	return OfflineHard, "it is not configured any more"
}

// member returns the member that is s, nil if there is none.
func (t *Table) member(s *Server) *Member { return t.members[s] }

// Named lists a server wherever it is a member, by its name (Server.String), in
// no order. Not to be changed. Any thread.
func (t *Table) Named(name string) []*Member { return t.named[name] }

// Members lists every member of every hostgroup, in no order.
func (t *Table) Members() []*Member {
	var all []*Member
	for _, h := range t.groups {
		for i := range h.Members {
			all = append(all, &h.Members[i])
		}
	}
	return all
}

// Choose picks a server for a new connection and reserves it in its budget
// (Server.Take; the caller owes a Give): weighted random among the ONLINE
// servers below their limit for which excluded is false. random is a uniformly
// distributed number. Without a server, ok is false and the refusal says why.
// Any thread.
func (h *Hostgroup) Choose(random uint64, excluded func(*Server) bool) (m *Member, why Refusal, ok bool) {
	// A server whose last place another thread takes between the look and the
	// reservation drops out of the next look, so that this ends.
	for now := h.clock(); ; {
		why, total := h.survey(now, excluded)
		if total == 0 {
			return nil, why, false
		}
		if m := h.pick(int(random%uint64(total)), now, excluded); m != nil && m.Take(m.limit(now)) {
			return m, why, true
		}
	}
}

// Reserve takes a connection of the budget of m, one of the members (Server.Take;
// the caller owes a Give), if it has fewer than most and has room. Any thread.
func (h *Hostgroup) Reserve(m *Member, most int) bool { return m.Take(min(most, m.limit(h.clock()))) }

// Usable reports whether Choose would find a server. Any thread.
func (h *Hostgroup) Usable(excluded func(*Server) bool) bool {
	_, total := h.survey(h.clock(), excluded)
	return total > 0
}

// Refusal says why Choose would find no server. Any thread.
func (h *Hostgroup) Refusal(excluded func(*Server) bool) Refusal {
	why, _ := h.survey(h.clock(), excluded)
	return why
}

// survey counts why members can't be used and adds up the weights of the others.
func (h *Hostgroup) survey(now time.Time, excluded func(*Server) bool) (why Refusal, total int) {
	why.Hostgroup, why.Awaited = h.ID, h.paired
	for i := range h.Members {
		if m := &h.Members[i]; m.usable(now, excluded, &why) {
			total += m.weight(now)
		}
	}
	return why, total
}

// pick returns the usable member in whose share of the weights n falls.
func (h *Hostgroup) pick(n int, now time.Time, excluded func(*Server) bool) *Member {
	var ignored Refusal
	for i := range h.Members {
		if m := &h.Members[i]; m.usable(now, excluded, &ignored) {
			if n -= m.weight(now); n < 0 {
				return m
			}
		}
	}
	return nil
}

// usable reports whether a new connection may go to the member; if not, the
// cause is counted in why.
func (m *Member) usable(now time.Time, excluded func(*Server) bool, why *Refusal) bool {
	_, _, resolved := m.Address()
	seen := m.health.Load()
	switch status, _ := effective(m.Wanted, m.WhyLeft, seen); {
	case status == Shunned:
		why.Shunned++
		why.Awaited = why.Awaited || seen.silent != ""
		why.remember(seen)
	case status == ShunnedReplicationLag:
		why.Lagging++
		why.Awaited = true
	case m.WhyLeft != "" && m.Wanted == Online:
		why.Left++
	case status != Online || m.Weight == 0:
		why.Offline++
	case !resolved:
		why.Unresolved++
	case excluded(m.Server):
		why.Excluded++
	case m.Connections() >= m.MaxConnections:
		why.Full++
	default:
		return m.hasRoom(now, seen, why)
	}
	return false
}

// hasRoom reports whether the server is not known to have no room for another
// connection.
func (m *Member) hasRoom(now time.Time, seen *health, why *Refusal) bool {
	if seen == nil {
		return true
	}
	n, more := seen.budget.allowed(now)
	if m.Connections() < n {
		return true
	}
	why.crowded(seen, more)
	return false
}

// limit is how many connections the member may have now.
func (m *Member) limit(now time.Time) int {
	if seen := m.health.Load(); seen != nil {
		n, _ := seen.budget.allowed(now)
		return min(n, m.MaxConnections)
	}
	return m.MaxConnections
}

// weight is the member's weight in units of 1/fullShare.
func (m *Member) weight(now time.Time) int {
	if seen := m.health.Load(); seen != nil {
		return m.Weight * seen.share(now)
	}
	return m.Weight * fullShare
}
