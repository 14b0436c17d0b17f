package hostgroup

// When a primary dies, replication stops at all its replicas, which is no reason to
// stop reading from them: nobody is ahead of them. So a replica whose replication
// would run, if only its primary could be reached, is judged by the lag that it had,
// while its pair has no writer that answers. Once there is one, old or new, it is
// behind that like any other replica that does not run.

// isOrphan reports whether a member has lost its primary, and the pair has no
// other. mu is held.
func (m *Manager) isOrphan(s *Member, w *seen) bool {
	i := pairOf(m.pairs, s.hostgroup)
	if i < 0 || w.lag == nil || !w.lag.Orphan || !m.policy.Load().readOnly {
		return false
	}
	writers := m.Table().groups[m.pairs[i].WriterHostgroup]
	for i := range writers.Members {
		writer := &writers.Members[i]
		switch {
		case !writer.Writes || writer.Silent() != "":
		case m.watched[writer.String()].heard.After(w.orphaned):
			return false
		default:
			m.unsettled = true // It may be what the replica has lost.
		}
	}
	return true
}

// settle judges again what waited for a server's next answer about its read_only,
// and reports whether a status has changed. mu is held.
func (m *Manager) settle() (changed bool) {
	if !m.unsettled {
		return false
	}
	m.unsettled = false
	m.countWriters(m.Table())
	return m.judgeLags()
}
