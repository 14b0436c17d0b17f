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
	// wasteBytes is what must have been allocated since memory was given back last, or wasteClients how many clients must have left: as much
	// may be to be had.
	wasteBytes   = 8 << 20
	wasteClients = 1000
)

// memory watches what is allocated, and who leaves.
type memory struct {
	clients func() int // how many there are
	most    int        // there were, since memory was given back last
	sample  [1]metrics.Sample
	last    uint64 // bytes allocated in all, when looked at last
	given   uint64 // the same when memory was given back last
}

func newMemory(clients func() int) *memory {
	return &memory{clients: clients, sample: [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}}
}

// look gives memory back if the process was quiet since the last call, and reports whether it did.
func (m *memory) look() (gave bool) {
	metrics.Read(m.sample[:])
	before, clients := m.last, m.clients()
	m.last = m.sample[0].Value.Uint64()
	m.most = max(m.most, clients)
	if m.last-before >= quietBytes || m.last-m.given < wasteBytes && m.most-clients < wasteClients {
		return false
	}
	m.given, m.most = m.last, clients
	debug.FreeOSMemory()
	return true
}

// returnMemory gives memory back, when there is some, until ctx is done.
func returnMemory(ctx context.Context, clients func() int) {
	tick := time.NewTicker(memoryPeriod)
	defer tick.Stop()
	m := newMemory(clients)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.look()
		}
	}
}
