package monitor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parkway/monitor/check"
	"parkway/monitor/elastic"
)

// 500 servers, one in twenty of them silent, at the default intervals: there are as many workers as the silent ones keep busy and a burst of the
// others needs, and as many all the time.
func TestWorkersAreSteady(t *testing.T) {
	kinds := [check.NumKinds]struct{ every, timeout time.Duration }{
		check.Connect: {time.Minute, 600 * time.Millisecond}, check.Ping: {10 * time.Second, time.Second},
		check.ReadOnly: {1500 * time.Millisecond, 500 * time.Millisecond}, check.ReplicationLag: {10 * time.Second, time.Second},
	}
	const (
		silents   = 25
		beginning = 10 * time.Second // when all are asked at once
	)
	synctest.Test(t, func(t *testing.T) {
		pool := elastic.New(2, 64, maxQueue)
		defer pool.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		servers, silent := serversFor(20*silents), make(map[*server]bool)
		for i := range silents {
			silent[servers[20*i+13]] = true
		}
		var late atomic.Int64
		began := time.Now()
		for k, kind := range kinds {
			s := newScheduler(began, float64(k)/check.NumKinds, func(s *server, _ bool) bool {
				due := time.Now()
				took := 300 * time.Microsecond
				if silent[s] {
					took = kind.timeout
				}
				return pool.Submit(elastic.Task{Run: func() {
					if time.Since(due) > grain && time.Since(began) > beginning {
						late.Add(1)
					}
					time.Sleep(took)
				}, Patience: min(kind.every/eagerness, longestWait), Suspect: silent[s]})
			})
			go s.run(ctx)
			s.apply(plan{servers, kind.every, firstRound})
		}
		time.Sleep(beginning + 2*kinds[check.Ping].every)
		least, most := pool.Stats().Workers, 0
		for range 120 {
			time.Sleep(time.Second / 2)
			n := pool.Stats().Workers
			least, most = min(least, n), max(most, n)
		}
		synctest.Wait()
		if least < 14 || most > 40 || most > least+2 || late.Load() > 0 {
			t.Errorf("%d to %d workers, %d checks came late", least, most, late.Load())
		}
	})
}
