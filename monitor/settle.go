package monitor

import "context"

// Settle waits until every server of a pair of hostgroups has been asked for its
// read_only, whatever came of it, or until ctx is done: then it is known who the
// writers are, if anybody says so. To be called after Apply.
func (m *Monitor) Settle(ctx context.Context) {
	m.mu.Lock()
	paired := m.paired
	m.mu.Unlock()
	for _, s := range paired {
		select {
		case <-s.asked:
		case <-ctx.Done():
			return
		}
	}
}
