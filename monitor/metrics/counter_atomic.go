//go:build !(amd64 || arm64) || race

package metrics

import "sync/atomic"

// Counter is a number that one goroutine writes and any may read. This build stores atomically; counter_plain.go says
// where that can be spared.
type Counter struct{ v atomic.Uint64 }

// Add adds n (a negative one in two's complement). Single writer only.
func (c *Counter) Add(n uint64) { c.v.Store(c.v.Load() + n) }

// Load returns the value, or one that was it a moment ago. Any thread.
func (c *Counter) Load() uint64 { return c.v.Load() }
