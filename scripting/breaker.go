package scripting

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/scripting/hook"
)

const (
	// breakAfter is after how many dear failures in a row a function is left alone.
	breakAfter = 5
	// openFirst and openMost are for how long, the first time and at most.
	openFirst = time.Second
	openMost  = 30 * time.Second
)

// breaker leaves a function of the program alone for a while that takes too long, or too much memory, again and again. An exception is no reason: it
// costs little, and a client that brings one about on purpose would get rid of the script for all others. Any thread.
type breaker struct {
	name hook.Kind // immutable

	until    atomic.Int64 // when the next call is tried, on the watchdog's clock; 0: closed
	failures atomic.Int32 // in a row

	mu    sync.Mutex
	pause time.Duration // of the last opening; guarded by mu
}

// allows reports whether a call may be made. Of an open one whose time is over, one caller gets true, and closes it if its call goes well.
func (b *breaker) allows(clock func() int64) bool {
	until := b.until.Load()
	if until == 0 {
		return true
	}
	now := clock()
	return now >= until && b.until.CompareAndSwap(until, now+int64(openMost))
}

// ended says how a call ended.
func (b *breaker) ended(o outcome, clock func() int64, log *zerolog.Logger) {
	switch {
	case o.dear():
		if b.failures.Add(1) >= breakAfter {
			b.trip(o, clock(), log)
		}
	case (o == ok || o == failed) && b.failures.Load() != 0:
		b.reset(log)
	}
}

// trip opens it, or keeps it open after a trial that failed.
func (b *breaker) trip(o outcome, now int64, log *zerolog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until := b.until.Load()
	if until > now && until <= now+int64(b.pause) {
		return // opened meanwhile: this call had begun before
	}
	b.pause = min(max(2*b.pause, openFirst), openMost)
	b.until.Store(now + int64(b.pause))
	log.Error().Stringer("hook", b.name).Stringer("because", o).Dur("for_ms", b.pause).Msg("the script's function is left alone for a while")
}

// reset closes it.
func (b *breaker) reset(log *zerolog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.Store(0)
	b.pause = 0
	if b.until.Swap(0) != 0 {
		log.Info().Stringer("hook", b.name).Msg("the script's function is called again")
	}
}

// open reports whether calls are skipped.
func (b *breaker) open() bool { return b.until.Load() != 0 }
