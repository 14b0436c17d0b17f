package reactor

import "time"

// Timer calls a function on its loop once, some time after Reset. It is made by Loop.NewTimer, costs no allocation
// afterwards and no system call unless it becomes the earliest. All methods: loop only.
type Timer struct {
	// Immutable.
	loop *Loop
	fn   func()

	// Owned by the loop.
	when int64 // Loop.Now of the call.
	seq  uint64
	at   int // Index in the heap; unarmed if it isn't in it.
}

const unarmed = -1

// maxTimers is the most timers that fire in one turn; what else is due fires in the next, which does not wait. Thousands fall due together where
// thousands of clients have been quiet since the same moment, and each may be parked: some 4 us.
const maxTimers = 64

// NewTimer returns a timer that is not armed. Loop only, or before the loop starts.
func (l *Loop) NewTimer(fn func()) *Timer {
	l.CheckOwner()
	return &Timer{loop: l, fn: fn, at: unarmed}
}

// Reset arms the timer to fire d after Loop.Now, whether it was armed or not. A d of zero or less fires in this turn or the
// next.
func (t *Timer) Reset(d time.Duration) {
	t.loop.CheckOwner()
	t.loop.timers.set(t, t.loop.now+int64(d))
}

// Stop disarms the timer: its function is not called any more. Stopping an unarmed timer does nothing.
func (t *Timer) Stop() {
	t.loop.CheckOwner()
	t.loop.timers.remove(t)
}

// Armed says whether the function is still to be called. Inside the function it is false.
func (t *Timer) Armed() bool { return t.at != unarmed }

// timerHeap is a binary heap ordered by time, then by the order of arming, in which each timer knows its place: moving
// or removing one costs O(log n).
type timerHeap struct {
	heap []*Timer
	seq  uint64
}

// next returns when the earliest timer fires.
func (h *timerHeap) next() (when int64, ok bool) {
	if len(h.heap) == 0 {
		return 0, false
	}
	return h.heap[0].when, true
}

// expire removes and returns the earliest timer if it is due at now and was armed before the call that returned mark.
func (h *timerHeap) expire(now int64, mark uint64) *Timer {
	if len(h.heap) == 0 || h.heap[0].when > now || h.heap[0].seq > mark {
		return nil
	}
	t := h.heap[0]
	h.remove(t)
	return t
}

// mark tells timers armed up to now from those armed later.
func (h *timerHeap) mark() uint64 { return h.seq }

func (h *timerHeap) set(t *Timer, when int64) {
	h.seq++
	t.when, t.seq = when, h.seq
	if t.at == unarmed {
		t.at = len(h.heap)
		h.heap = append(h.heap, t)
		h.up(t.at)
		return
	}
	h.fix(t.at)
}

func (h *timerHeap) remove(t *Timer) {
	i := t.at
	if i == unarmed {
		return
	}
	last := len(h.heap) - 1
	h.swap(i, last)
	h.heap[last] = nil
	h.heap = h.heap[:last]
	t.at = unarmed
	if i < last {
		h.fix(i)
	}
}

// fix restores the order around place i, whose timer changed.
func (h *timerHeap) fix(i int) {
	if !h.down(i) {
		h.up(i)
	}
}

func (h *timerHeap) less(i, j int) bool {
	a, b := h.heap[i], h.heap[j]
	if a.when != b.when {
		return a.when < b.when
	}
	return a.seq < b.seq
}

func (h *timerHeap) swap(i, j int) {
	h.heap[i], h.heap[j] = h.heap[j], h.heap[i]
	h.heap[i].at, h.heap[j].at = i, j
}

func (h *timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

// down reports whether it moved anything.
func (h *timerHeap) down(i int) bool {
	start := i
	for {
		child := 2*i + 1
		if child >= len(h.heap) {
			break
		}
		if right := child + 1; right < len(h.heap) && h.less(right, child) {
			child = right
		}
		if !h.less(child, i) {
			break
		}
		h.swap(i, child)
		i = child
	}
	return i > start
}
