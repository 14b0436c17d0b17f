package elastic

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test with fake time and a pool, which is closed at the end.
func bubble(t *testing.T, min, max, capacity int, f func(t *testing.T, p *Pool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := New(min, max, capacity)
		defer p.Close()
		f(t, p)
	})
}

// wantStats compares the numbers when nothing moves any more.
func wantStats(t *testing.T, p *Pool, want Stats) {
	t.Helper()
	synctest.Wait()
	if got := p.Stats(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func submit(t *testing.T, p *Pool, n int, task Task) {
	t.Helper()
	for range n {
		if !p.Submit(task) {
			t.Fatal("refused")
		}
	}
}

// Quick tasks are served by the fewest goroutines, however many there are.
func TestQuickTasksNeedNoMore(t *testing.T) {
	bubble(t, 2, 64, 1000, func(t *testing.T, p *Pool) {
		var ran atomic.Int64
		quick := Task{Run: func() { time.Sleep(time.Millisecond); ran.Add(1) }, Patience: time.Second}
		for range 10 {
			submit(t, p, 100, quick)
			time.Sleep(time.Second)
		}
		wantStats(t, p, Stats{Workers: 2})
		if ran.Load() != 1000 {
			t.Errorf("%d tasks ran", ran.Load())
		}
	})
}

// The queue is longer than can be served in time: goroutines are added until it is not, and leave when they have nothing to do.
func TestGrowsWithTheQueueAndShrinks(t *testing.T) {
	bubble(t, 2, 64, 1000, func(t *testing.T, p *Pool) {
		slow := Task{Run: func() { time.Sleep(100 * time.Millisecond) }, Patience: time.Second}
		for range 20 { // The pool learns how long they take.
			submit(t, p, 2, slow)
			time.Sleep(100 * time.Millisecond)
		}
		wantStats(t, p, Stats{Workers: 2})
		begun := time.Now()
		submit(t, p, 200, slow) // 20 s of work, to begin within one
		grown := p.Stats().Workers
		if grown < 12 || grown > 30 {
			t.Errorf("%d workers", grown)
		}
		for p.Stats().Queue > 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(begun); took > 1100*time.Millisecond {
			t.Errorf("the last task began after %v", took)
		}
		time.Sleep(2 * linger)
		wantStats(t, p, Stats{Workers: 2})
	})
}

// Tasks that hang say nothing about how long they take: what waits behind them begins when its patience ends.
func TestHangingTasksDelayOthersNoLonger(t *testing.T) {
	bubble(t, 1, 8, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 3, Task{Run: func() { <-release }, Patience: 300 * time.Millisecond})
		begun := time.Now()
		var after time.Duration
		submit(t, p, 1, Task{Run: func() { after = time.Since(begun) }, Patience: 300 * time.Millisecond})
		time.Sleep(time.Second)
		wantStats(t, p, Stats{Workers: 4, Busy: 3})
		if after != 300*time.Millisecond {
			t.Errorf("begun after %v", after)
		}
		close(release)
	})
}

// Many tasks that hang: the pool grows step by step when they have lost their patience.
func TestGrowsInSteps(t *testing.T) {
	bubble(t, 1, 64, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 60, Task{Run: func() { <-release }, Patience: time.Second})
		time.Sleep(time.Second)
		for _, workers := range []int{5, 9, 13, 17, 21, 26, 32, 40, 50, 60} {
			wantStats(t, p, Stats{Workers: workers, Busy: workers, Queue: 60 - workers})
			time.Sleep(stepPause)
		}
		close(release)
	})
}

// That the whole process stood still is no reason to grow at once, but it is if that goes on.
func TestStandstill(t *testing.T) {
	bubble(t, 1, 8, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 3, Task{Run: func() { <-release }, Patience: time.Second})
		stand := func() { // as if a minute had passed in which the timer could not fire
			p.mu.Lock()
			defer p.mu.Unlock()
			for i := range p.queues {
				for _, w := range p.queues[i].tasks[p.queues[i].head:] {
					w.by = w.by.Add(-time.Minute)
				}
			}
			p.lateAt, p.stepEnd = p.lateAt.Add(-time.Minute), p.stepEnd.Add(-time.Minute)
			p.grow()
		}
		stand()
		wantStats(t, p, Stats{Workers: 1, Busy: 1, Queue: 2})
		stand()
		wantStats(t, p, Stats{Workers: 3, Busy: 3})
		close(release)
	})
}

// A burst of quick tasks is for a few goroutines, however many are idle. One that takes long is no reason for more.
func TestBurst(t *testing.T) {
	bubble(t, 50, 64, 1000, func(t *testing.T, p *Pool) {
		var ran atomic.Int64
		burst := Task{Run: func() { time.Sleep(time.Millisecond); ran.Add(1) }, Patience: 100 * time.Millisecond}
		for range 10 {
			submit(t, p, 100, burst)
			wantStats(t, p, Stats{Workers: 50, Busy: brisk, Queue: 100 - brisk})
			time.Sleep(100 / brisk * time.Millisecond)
			submit(t, p, 1, Task{Run: func() { time.Sleep(time.Second) }})
			time.Sleep(2 * time.Second)
			wantStats(t, p, Stats{Workers: 50})
		}
		if ran.Load() != 1000 {
			t.Errorf("%d ran", ran.Load())
		}
	})
}

// A task with less patience than those before it is noticed.
func TestLessPatience(t *testing.T) {
	bubble(t, 1, 8, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 2, Task{Run: func() { <-release }, Patience: time.Hour})
		submit(t, p, 1, Task{Run: func() {}, Patience: time.Second, Suspect: true})
		time.Sleep(time.Second)
		// It is the one with little patience that gets the new goroutine, which then is free for the other.
		wantStats(t, p, Stats{Workers: 2, Busy: 2})
		close(release)
	})
}

// Suspects never have all goroutines, and wait behind the others.
func TestSuspects(t *testing.T) {
	bubble(t, 1, 8, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 20, Task{Run: func() { <-release }, Suspect: true})
		time.Sleep(time.Hour)
		wantStats(t, p, Stats{Workers: 6, Busy: 6, Queue: 14})
		ran := make(chan struct{})
		submit(t, p, 1, Task{Run: func() { close(ran) }})
		synctest.Wait()
		select {
		case <-ran:
		default:
			t.Error("a task waits behind suspects")
		}
		close(release)
		wantStats(t, p, Stats{Workers: 7})
	})
}

func TestBoundedQueue(t *testing.T) {
	bubble(t, 1, 1, 3, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		var ran atomic.Int64
		task := Task{Run: func() { <-release; ran.Add(1) }}
		submit(t, p, 1, task)
		synctest.Wait()
		submit(t, p, 3, task)
		if p.Submit(task) {
			t.Error("a fifth task was taken")
		}
		wantStats(t, p, Stats{Workers: 1, Busy: 1, Queue: 3})
		close(release)
		wantStats(t, p, Stats{Workers: 1})
		if ran.Load() != 4 {
			t.Errorf("%d tasks ran", ran.Load())
		}
	})
}

func TestResize(t *testing.T) {
	bubble(t, 2, 2, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 6, Task{Run: func() { <-release }})
		wantStats(t, p, Stats{Workers: 2, Busy: 2, Queue: 4})
		p.Resize(3, 5)
		wantStats(t, p, Stats{Workers: 5, Busy: 5, Queue: 1})
		p.Resize(1, 2)
		close(release)
		wantStats(t, p, Stats{Workers: 2})
		p.Resize(1, 1)
		wantStats(t, p, Stats{Workers: 1})
		p.Resize(4, 4)
		wantStats(t, p, Stats{Workers: 4})
		p.Resize(2, 4)
		time.Sleep(2 * linger)
		wantStats(t, p, Stats{Workers: 2})
	})
}

// Close drops what waits, and waits for what runs.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(1, 1, 10)
		var ran atomic.Int64
		task := Task{Run: func() { time.Sleep(time.Second); ran.Add(1) }}
		submit(t, p, 3, task)
		synctest.Wait()
		begun := time.Now()
		p.Close()
		if time.Since(begun) != time.Second || ran.Load() != 1 {
			t.Errorf("closed after %v, %d tasks ran", time.Since(begun), ran.Load())
		}
		if p.Submit(task) {
			t.Error("a closed pool took a task")
		}
		p.Resize(5, 5)
		wantStats(t, p, Stats{})
	})
}

func TestQueueKeepsOrder(t *testing.T) {
	var q queue
	next, want := 0, 0
	push := func() { q.push(&waiting{by: time.Unix(int64(next), 0)}); next++ }
	for range 1000 {
		push()
		push()
		if w := q.pop(); w.by.Unix() != int64(want) {
			t.Fatalf("%d, want %d", w.by.Unix(), want)
		}
		want++
	}
	for ; q.len() > 0; want++ {
		if w := q.pop(); w.by.Unix() != int64(want) {
			t.Fatalf("%d, want %d", w.by.Unix(), want)
		}
	}
	if want != next || q.pop() != nil {
		t.Errorf("%d of %d", want, next)
	}
}

// Of the tasks that wait those of the lowest rank begin first, in the order of their coming; suspects are last.
func TestRanks(t *testing.T) {
	bubble(t, 1, 1, 100, func(t *testing.T, p *Pool) {
		release := make(chan struct{})
		submit(t, p, 1, Task{Run: func() { <-release }})
		var order []int
		task := func(n, rank int, suspect bool) {
			submit(t, p, 1, Task{Run: func() { order = append(order, n) }, Rank: rank, Suspect: suspect})
		}
		task(5, 0, true)
		task(4, Ranks-1, false)
		task(2, 1, false)
		task(3, 1, false)
		task(1, 0, false)
		close(release)
		wantStats(t, p, Stats{Workers: 1})
		if !slices.Equal(order, []int{1, 2, 3, 4, 5}) {
			t.Errorf("%v", order)
		}
	})
}
