package users

import "sync/atomic"

// counter counts the connections of one user name over all tables.
type counter struct {
	current atomic.Int64
}

// enter adds one unless that would exceed limit; 0 is no limit. A refused attempt never makes another one fail.
func (c *counter) enter(limit int64) bool {
	for {
		n := c.current.Load()
		if limit > 0 && n >= limit {
			return false
		}
		if c.current.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (c *counter) leave() { c.current.Add(-1) }
