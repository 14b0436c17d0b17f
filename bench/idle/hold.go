package main

import (
	"context"
	"fmt"
	"time"
)

// holding is what clients that keep quiet cost, in one mode.
type holding struct {
	mode            mode
	clients         int
	rss, heap       float64       // bytes a client beyond the empty process
	collected       float64       // the same of resident memory, after a collection
	idleCPU, cpu    time.Duration // while nobody asked anything, as long as the options say: of the empty process, and with the clients
	loginsPerSecond float64       // while they came
	gone, released  time.Duration // from when all left until the proxy had no session, and from then until it had no more than releaseLeft of their memory
	left            int64         // bytes of resident memory above the empty process then
	releasedTooLate bool
	allRSS          int64 // of the process, with them
}

// releaseLeft is how much of what clients took may stay when their memory counts as given back.
const releaseLeft = 0.1

// hold measures each mode once: what keeps quiet is the same all the time.
func hold(ctx context.Context, s *stage) ([]holding, error) {
	var all []holding
	for _, m := range s.options.modes {
		h, err := holdOnce(ctx, s, m)
		if err != nil {
			return nil, fmt.Errorf("idle_loops %s: %w", m, err)
		}
		fmt.Printf("idle_loops %-3s  %s clients: %.0f B resident, %.0f B heap each, %v of CPU in %v (%v empty)\n",
			m, count(h.clients), h.rss, h.heap, h.cpu, s.options.quiet, h.idleCPU)
		all = append(all, h)
	}
	return all, nil
}

func holdOnce(ctx context.Context, s *stage, m mode) (h holding, err error) {
	n := s.options.clients
	t, err := s.begin(ctx, m, n)
	if err != nil {
		return h, err
	}
	defer t.finish(&err)
	h = holding{mode: m, clients: n}
	if h.idleCPU, err = t.quietCPU(ctx); err != nil {
		return h, err
	}
	if t.empty, err = t.footprint(ctx); err != nil {
		return h, err
	}
	arrival, err := t.open(ctx, n)
	if err != nil {
		return h, err
	}
	h.loginsPerSecond = float64(n) / arrival.Took.Seconds()
	if h.cpu, err = t.quietCPU(ctx); err != nil {
		return h, err
	}
	full, err := t.footprint(ctx)
	if err != nil {
		return h, err
	}
	h.allRSS = full.rss
	h.rss, h.collected, h.heap = full.perClient(t.empty, n)
	if err := t.whole(); err != nil {
		return h, err
	}
	return h, h.departure(ctx, t)
}

// departure lets all clients leave, and watches the memory.
func (h *holding) departure(ctx context.Context, t *trial) error {
	var err error
	if h.gone, err = t.leave(ctx); err != nil {
		return err
	}
	begun := time.Now()
	allowed := t.empty.collected + int64(releaseLeft*float64(h.allRSS-t.empty.collected))
	for {
		m, err := t.proxy.Memory()
		if err != nil {
			return err
		}
		h.released, h.left = time.Since(begun), m.RSS-t.empty.collected
		if h.releasedTooLate = m.RSS > allowed; !h.releasedTooLate || h.released > t.options.release {
			return nil
		}
		if err := pause(ctx, pollInterval); err != nil {
			return err
		}
	}
}
