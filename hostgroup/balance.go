package hostgroup

// Idle connections are used before new ones are opened, so that a server that
// comes back, or is new, would get nothing while the others have enough of them.

// slack is how far a server's connections may be off its share by chance: one
// part in slack of the share, and one.
const slack = 4

// Surplus returns the server that has clearly more connections than its share of
// the weights, and how many more, while another has clearly too few and room for
// more. nil: the connections are spread as they should be. Any thread.
func (h *Hostgroup) Surplus() (server *Server, surplus int) {
	now := h.clock()
	weights, connections := 0, 0
	for i := range h.Members {
		if m := &h.Members[i]; m.inUse() {
			weights += m.weight(now)
			connections += m.Connections()
		}
	}
	if weights == 0 {
		return nil, 0 // What is in use may change from one look to the next.
	}
	lacking := false
	for i := range h.Members {
		m := &h.Members[i]
		if !m.inUse() {
			continue
		}
		n := m.Connections()
		share := connections * m.weight(now) / weights
		switch off := share/slack + 1; {
		case n > share+off && n-share > surplus:
			server, surplus = m.Server, n-share
		case n < share-off && n < m.limit(now):
			lacking = true
		}
	}
	if !lacking {
		return nil, 0
	}
	return server, surplus
}
