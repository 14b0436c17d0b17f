package reactor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestTimerHeap compares the heap with a plain list through random operations.
func TestTimerHeap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var h timerHeap
	timers := make([]*Timer, 50)
	for i := range timers {
		timers[i] = &Timer{at: unarmed}
	}
	armed := map[*Timer]bool{}
	earliest := func() *Timer {
		var first *Timer
		for t := range armed {
			if first == nil || t.when < first.when || t.when == first.when && t.seq < first.seq {
				first = t
			}
		}
		return first
	}
	for step := range 20_000 {
		tm := timers[rnd.IntN(len(timers))]
		switch rnd.IntN(3) {
		case 0:
			h.remove(tm)
			delete(armed, tm)
		case 1:
			h.set(tm, int64(rnd.IntN(40)))
			armed[tm] = true
		case 2:
			want := earliest()
			got := h.expire(1000, h.mark())
			if got != want {
				t.Fatalf("step %d: expired %+v, want %+v", step, got, want)
			}
			delete(armed, got)
		}
		if len(h.heap) != len(armed) {
			t.Fatalf("step %d: %d in the heap, %d armed", step, len(h.heap), len(armed))
		}
		for i, tm := range h.heap {
			if tm.at != i || !tm.Armed() {
				t.Fatalf("step %d: timer in place %d believes to be in %d", step, i, tm.at)
			}
		}
	}
}

func TestTimersFireInOrder(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	var order []string
	done := make(chan struct{})
	on(l, func() {
		add := func(name string, d time.Duration) *Timer {
			tm := l.NewTimer(func() { order = append(order, name) })
			tm.Reset(d)
			return tm
		}
		add("3ms", 3*time.Millisecond)
		add("1ms", time.Millisecond)
		add("1ms again", time.Millisecond)
		add("stopped", 2*time.Millisecond).Stop()
		add("moved back", time.Hour).Reset(4 * time.Millisecond)
		add("moved forth", time.Microsecond).Reset(2 * time.Millisecond)
		add("past", -time.Second)
		add("far", time.Hour)
		l.NewTimer(func() { close(done) }).Reset(5 * time.Millisecond)
	})
	get(t, done)
	want := []string{"past", "1ms", "1ms again", "moved forth", "3ms", "moved back"}
	on(l, func() {
		if !slices.Equal(order, want) {
			t.Errorf("fired %q, want %q", order, want)
		}
	})
}

func TestTimerIsNotEarly(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	took := make(chan time.Duration, 1)
	on(l, func() {
		begin, at := time.Now(), l.Now()
		const d = 3 * time.Millisecond
		l.NewTimer(func() {
			if l.Now() < at+int64(d) {
				t.Errorf("fired %v after Now", time.Duration(l.Now()-at))
			}
			took <- time.Since(begin)
		}).Reset(d)
	})
	get(t, took)
}

func TestTimerRearmsItself(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	done := make(chan int64, 1)
	turns := map[int64]bool{}
	on(l, func() {
		var tm *Timer
		tm = l.NewTimer(func() {
			if tm.Armed() {
				t.Error("armed inside its function")
			}
			turns[l.Now()] = true
			if len(turns) == 5 {
				done <- 0
				return
			}
			tm.Reset(0)
		})
		tm.Reset(0)
	})
	get(t, done) // Each time in another turn: otherwise it would starve everything else.
}

// Timers that are due together fire over several turns, in which others have their say, and none of which waits.
func TestTimersFireInBatches(t *testing.T) {
	l := manualLoop(t)
	l.turnOnce()
	const all = 3*maxTimers + 1
	fired := 0
	for range all {
		l.NewTimer(func() { fired++ }).Reset(0)
	}
	for left := all; left > 0; left -= maxTimers {
		before := fired
		l.turnOnce()
		if got := fired - before; got != min(left, maxTimers) {
			t.Fatalf("%d timers fired in one turn, want %d", got, min(left, maxTimers))
		}
		if want := left > maxTimers; l.pending != want {
			t.Fatalf("with %d timers due, the next turn waits: %v", left-maxTimers, want)
		}
	}
}

// A timeout that is armed and stopped with every query must not cost system calls.
func TestAlarmIsLazy(t *testing.T) {
	l := manualLoop(t)
	l.turnOnce()
	far := l.NewTimer(func() {})
	far.Reset(time.Hour)
	l.setAlarm()
	set := l.alarm.set
	far.Stop()
	l.setAlarm()
	far.Reset(2 * time.Hour)
	l.setAlarm()
	if l.alarm.set != set {
		t.Error("the alarm was set again for a later time")
	}
	far.Reset(time.Minute)
	l.setAlarm()
	if l.alarm.set >= set {
		t.Error("the alarm was not set for an earlier time")
	}
}

func TestTimerNoAllocation(t *testing.T) {
	l := manualLoop(t)
	a, b := l.NewTimer(func() {}), l.NewTimer(func() {})
	a.Reset(time.Hour)
	b.Reset(time.Hour)
	if n := testing.AllocsPerRun(100, func() {
		a.Stop()
		b.Reset(time.Minute)
		a.Reset(time.Hour)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
