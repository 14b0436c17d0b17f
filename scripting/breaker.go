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

// permit is what a call was allowed by, and what ended is told: 0, or the trial of an open breaker, which ends that.
type permit int64

// allows reports whether a call may be made. Of an open one whose time is over, one caller gets true, and closes it if its call goes well.
func (b *breaker) allows(clock func() int64) (p permit, ok bool) {
	until := b.until.Load()
	if until == 0 {
		return 0, true
	}
	now := clock()
	trial := now + int64(openMost)
	if now < until || !b.until.CompareAndSwap(until, trial) {
		return 0, false
	}
	return permit(trial), true
}

// ended says how a call ended that was allowed. A trial that tells nothing, because nobody waited for it any more, say, leaves it to the next.
func (b *breaker) ended(p permit, o outcome, clock func() int64, log *zerolog.Logger) {
	switch {
	case o.dear():
		if b.failures.Add(1) >= breakAfter {
			b.trip(o, clock(), log)
		}
	case (o == ok || o == failed) && b.failures.Load() != 0:
		b.reset(log)
	case p != 0 && o != ok && o != failed:
		b.until.CompareAndSwap(int64(p), clock())
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
