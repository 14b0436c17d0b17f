package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A herd of clients that has come, woken up or left leaves memory behind that the runtime keeps for the next: it collects garbage when
// more is allocated, which a proxy that is quiet does not do, and otherwise every two minutes. So a quiet process is looked at, and what
// it does not need goes back to the operating system.

const (
	memoryPeriod = 5 * time.Second
	// quietBytes is what may be allocated in a period that counts as quiet.
	quietBytes = 1 << 20
	// wasteBytes is what must have been allocated since memory was given back last: as much may be to be had.
	wasteBytes = 8 << 20
)

// memory watches what is allocated.
type memory struct {
	sample [1]metrics.Sample
	last   uint64 // bytes allocated in all, when looked at last
	given  uint64 // the same when memory was given back last
}

func newMemory() *memory {
	return &memory{sample: [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}}
}

// look gives memory back if the process was quiet since the last call, and reports whether it did.
func (m *memory) look() (gave bool) {
	metrics.Read(m.sample[:])
	before := m.last
	m.last = m.sample[0].Value.Uint64()
	if m.last-before >= quietBytes || m.last-m.given < wasteBytes {
		return false
	}
	m.given = m.last
	debug.FreeOSMemory()
	return true
}

// returnMemory gives memory back, when there is some, until ctx is done.
func returnMemory(ctx context.Context) {
	tick := time.NewTicker(memoryPeriod)
	defer tick.Stop()
	m := newMemory()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.look()
		}
	}
}
