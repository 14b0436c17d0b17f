package hostgroup

import (
	"math"
	"time"
)

// A server that answers "Too many connections" is well: others use it too, or
// its max_connections is lower than ours. It is not asked for more connections
// than it had room for; what it may be asked for grows again with time, slowly
// at first, since its room is found by trying only.

// budget is how many connections a server was seen to have room for. Immutable.
type budget struct {
	limit    int       // connections that were open when it refused one
	since    time.Time // when that was; zero: it never did
	refusals int       // in a row, as far as they are a step or more apart
}

// Steps in which a budget grows: by 1, then 2, then 4 connections. Each refusal
// that follows another doubles the step.
const (
	firstStep   = 100 * time.Millisecond
	longestStep = 1600 * time.Millisecond
	// maxGrowth is after how many steps there is no limit any more.
	maxGrowth = 20
)

func (b budget) step() time.Duration {
	step := firstStep
	for i := 1; i < b.refusals && step < longestStep; i++ {
		step *= 2
	}
	return step
}

// refused is the budget after the server refused a connection while it had
// have others.
func (b budget) refused(now time.Time, have int) budget {
	if b.refusals == 0 || now.Sub(b.since) >= b.step() {
		b.refusals++
	}
	b.limit, b.since = max(have, 0), now
	return b
}

// admitted is the budget after the server let somebody in: it grows from what it
// has come to, in the shortest steps again. That takes nothing away, and gives
// nothing at once: those who wait are let in one after the other.
func (b budget) admitted(now time.Time) budget {
	n, more := b.allowed(now)
	if more == 0 {
		return budget{}
	}
	return budget{limit: n, since: now}
}

// allowed returns how many connections the server may have, and when it may
// have more; 0: there is no limit.
func (b budget) allowed(now time.Time) (n int, more time.Duration) {
	if b.since.IsZero() {
		return math.MaxInt, 0
	}
	step, passed := b.step(), now.Sub(b.since)
	steps := passed / step
	if steps >= maxGrowth {
		return math.MaxInt, 0
	}
	return b.limit + 1<<steps - 1, step - passed%step
}
