package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// footprint is the memory of a proxy at one moment, in bytes.
type footprint struct {
	rss       int64 // as it is, without a collection before
	collected int64 // resident after a collection
	heap      int64 // live objects, after a collection
}

// footprint measures the memory. It makes the proxy collect its garbage.
func (t *trial) footprint(ctx context.Context) (footprint, error) {
	var f footprint
	resident := func(into *int64) error {
		m, err := t.proxy.Memory()
		*into = m.RSS
		return err
	}
	if err := resident(&f.rss); err != nil {
		return f, err
	}
	text, err := t.proxy.Get(ctx, "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return f, err
	}
	if f.heap, err = heapAlloc(text); err != nil {
		return f, err
	}
	return f, resident(&f.collected)
}

var heapLine = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)

// heapAlloc finds runtime.MemStats.HeapAlloc in a heap profile's text.
func heapAlloc(profile []byte) (int64, error) {
	groups := heapLine.FindSubmatch(profile)
	if groups == nil {
		return 0, fmt.Errorf("the heap profile has no line %q", heapLine)
	}
	return strconv.ParseInt(string(groups[1]), 10, 64)
}

// cpuOver is the CPU time that the proxy uses while f runs.
func (t *trial) cpuOver(f func() error) (time.Duration, error) {
	before, err := t.proxy.CPU()
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := t.proxy.CPU()
	return after - before, err
}

// perClient is the growth since before, in bytes for each of n clients.
func (f footprint) perClient(before footprint, n int) (rss, collected, heap float64) {
	share := func(after, before int64) float64 { return float64(after-before) / float64(n) }
	return share(f.rss, before.rss), share(f.collected, before.collected), share(f.heap, before.heap)
}
