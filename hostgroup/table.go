package hostgroup

import (
	"fmt"
	"strings"
)

// Member is a server as configured in its hostgroup.
type Member struct {
	*Server
	Weight         int
	Status         Status
	MaxConnections int
}

// Hostgroup is a set of servers that can stand in for each other. Immutable.
type Hostgroup struct {
	ID      int
	Members []Member
}

// Table is one immutable view of all hostgroups.
type Table struct {
	groups  map[int]*Hostgroup
	servers []*Server // as configured
}

// Hostgroup returns the hostgroup with that id, nil if there is none.
func (t *Table) Hostgroup(id int) *Hostgroup { return t.groups[id] }

// Servers lists every server in the order of the configuration.
func (t *Table) Servers() []*Server { return t.servers }

// StatusOf returns the configured status of a server; one that was removed is
// OFFLINE_HARD.
func (t *Table) StatusOf(s *Server) Status {
	if h := t.groups[s.hostgroup]; h != nil {
		for i := range h.Members {
			if m := &h.Members[i]; m.Server == s {
				return m.Status
			}
		}
	}
	return OfflineHard
}

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

// Refusal says why a hostgroup offered no server, counted by cause.
type Refusal struct {
	Hostgroup  int
	Unknown    bool // no such hostgroup
	Full       int  // at max_connections
	Offline    int  // OFFLINE_SOFT or OFFLINE_HARD, or of weight 0
	Unresolved int  // name not resolved
	Excluded   int  // tried already
}

// String is the reason as a client reads it.
func (r Refusal) String() string {
	if r.Unknown {
		return fmt.Sprintf("hostgroup %d has no servers", r.Hostgroup)
	}
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{r.Full, "at max_connections"},
		{r.Offline, "offline"},
		{r.Unresolved, "with a name that does not resolve"},
		{r.Excluded, "failed to connect"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("no server of hostgroup %d became free", r.Hostgroup)
	}
	return fmt.Sprintf("no server of hostgroup %d can be used: %s", r.Hostgroup, strings.Join(parts, ", "))
}

// Wait reports whether the refusal may pass by itself: a server is only full.
func (r Refusal) Wait() bool { return r.Full > 0 }

// Choose picks a server for a new connection and reserves it in its budget
// (Server.Take; the caller owes a Give): weighted random among the ONLINE
// servers below their limit for which excluded is false. random is a uniformly
// distributed number. Without a server, ok is false and the refusal says why.
// Any thread.
func (h *Hostgroup) Choose(random uint64, excluded func(*Server) bool) (m *Member, why Refusal, ok bool) {
	// A server whose last place another thread takes between the look and the
	// reservation drops out of the next look, so that this ends.
	for {
		why, total := h.survey(excluded)
		if total == 0 {
			return nil, why, false
		}
		if m := h.pick(int(random%uint64(total)), excluded); m != nil && m.Take(m.MaxConnections) {
			return m, why, true
		}
	}
}

// Refusal says why Choose would find no server. Any thread.
func (h *Hostgroup) Refusal(excluded func(*Server) bool) Refusal {
	why, _ := h.survey(excluded)
	return why
}

// survey counts why members can't be used and adds up the weights of the others.
func (h *Hostgroup) survey(excluded func(*Server) bool) (why Refusal, total int) {
	why.Hostgroup = h.ID
	for i := range h.Members {
		if m := &h.Members[i]; m.usable(excluded, &why) {
			total += m.Weight
		}
	}
	return why, total
}

// pick returns the usable member in whose share of the weights n falls.
func (h *Hostgroup) pick(n int, excluded func(*Server) bool) *Member {
	var ignored Refusal
	for i := range h.Members {
		if m := &h.Members[i]; m.usable(excluded, &ignored) {
			if n -= m.Weight; n < 0 {
				return m
			}
		}
	}
	return nil
}

// usable reports whether a new connection may go to the member; if not, the
// cause is counted in why.
func (m *Member) usable(excluded func(*Server) bool, why *Refusal) bool {
	switch _, _, resolved := m.Address(); {
	case m.Status != Online || m.Weight == 0:
		why.Offline++
	case !resolved:
		why.Unresolved++
	case excluded(m.Server):
		why.Excluded++
	case m.Connections() >= m.MaxConnections:
		why.Full++
	default:
		return true
	}
	return false
}
