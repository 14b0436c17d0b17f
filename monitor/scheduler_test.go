package monitor

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// asked notes when servers are asked. Any thread.
type asked struct {
	mu    sync.Mutex
	times map[*server][]time.Time
	busy  bool // as if each were being asked already

	missed atomic.Int32 // turns, while busy
}

func (a *asked) fire(s *server, again bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy && !again {
		a.missed.Add(1)
	}
	if !a.busy {
		a.times[s] = append(a.times[s], time.Now())
	}
	return !a.busy
}

// setBusy changes busy.
func (a *asked) setBusy(busy bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = busy
}

// servers is how many were asked.
func (a *asked) servers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.times)
}

// of is how often a server was asked, when nothing moves any more.
func (a *asked) of(s *server) int {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.times[s])
}

// gaps are the longest pause between two questions to a server, and how many servers were asked within the fullest hundredth of the
// interval.
func (a *asked) gaps(every time.Duration, since time.Time) (longest time.Duration, fullest int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	slots := make(map[time.Duration]int)
	for _, times := range a.times {
		for i, t := range times {
			if i > 0 {
				longest = max(longest, t.Sub(times[i-1]))
			}
			if t.After(since) {
				slots[t.Sub(since)/(every/100)]++
			}
		}
	}
	for _, n := range slots {
		fullest = max(fullest, n)
	}
	return longest, fullest
}

func serversFor(n int) (list []*server) {
	for i := range n {
		list = append(list, &server{name: strconv.Itoa(i)})
	}
	return list
}

// A server that is to be asked at once is, but not again and again; its turn stays.
func TestSchedulerHurries(t *testing.T) {
	scheduled(t, func(t *testing.T, s *scheduler, a *asked) {
		servers := serversFor(1)
		want := func(n int) {
			t.Helper()
			if got := a.of(servers[0]); got != n {
				t.Errorf("asked %d times, want %d", got, n)
			}
		}
		s.apply(plan{servers, time.Hour, firstRound})
		time.Sleep(firstRound)
		want(1)
		for range 2 * maxHasty {
			s.hurry("0")
		}
		s.hurry("unknown")
		want(2)
		// A wish that comes a moment after a question is granted, a moment later, and also by a new plan.
		s.hurry("0")
		s.apply(plan{servers, time.Hour, firstRound})
		time.Sleep(hurryPause - time.Nanosecond)
		want(2)
		time.Sleep(time.Nanosecond)
		want(3)
		time.Sleep(time.Hour)
		want(4)
	})
}

// A question that is under way when there is the wish for one may have been answered before: another one follows.
func TestSchedulerHurriesBehindAQuestion(t *testing.T) {
	scheduled(t, func(t *testing.T, s *scheduler, a *asked) {
		servers := serversFor(1)
		s.apply(plan{servers, time.Hour, firstRound})
		time.Sleep(firstRound)
		a.setBusy(true)
		s.hurry("0")
		time.Sleep(10 * hurryPause)
		a.setBusy(false)
		time.Sleep(hurryPause)
		if n := a.of(servers[0]); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A server that is still being asked when it is its turn is asked as soon as that has ended, not a whole interval later.
func TestSchedulerMissesNoTurn(t *testing.T) {
	scheduled(t, func(t *testing.T, s *scheduler, a *asked) {
		servers := serversFor(1)
		const every = 10 * time.Second
		s.apply(plan{servers, every, firstRound})
		time.Sleep(firstRound)
		a.setBusy(true)
		time.Sleep(2 * every)
		a.setBusy(false)
		before := a.of(servers[0])
		time.Sleep(grain)
		if n := a.of(servers[0]); n != before+1 {
			t.Errorf("asked %d times", n-before)
		}
		if missed := a.missed.Load(); missed != 1 {
			t.Errorf("its turn was missed %d times", missed)
		}
		time.Sleep(every)
		if n := a.of(servers[0]); n != before+2 {
			t.Errorf("asked %d times", n-before)
		}
	})
}

// scheduled runs a scheduler in a bubble.
func scheduled(t *testing.T, f func(t *testing.T, s *scheduler, a *asked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := &asked{times: make(map[*server][]time.Time)}
		s := newScheduler(time.Now(), 0.25, a.fire)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.run(ctx) })
		f(t, s, a)
		cancel()
		running.Wait()
	})
}

// 500 servers are all asked within a second at first, then each once in its interval, spread over it.
func TestSchedulerSpreads(t *testing.T) {
	scheduled(t, func(t *testing.T, s *scheduler, a *asked) {
		const every = 10 * time.Second
		begun := time.Now()
		servers := serversFor(500)
		s.apply(plan{servers, every, firstRound})
		time.Sleep(firstRound)
		synctest.Wait()
		if n := a.servers(); n != 500 {
			t.Errorf("%d servers asked within %v", n, firstRound)
		}
		time.Sleep(100*every - firstRound)
		synctest.Wait()
		longest, fullest := a.gaps(every, begun.Add(2*every))
		if longest > every {
			t.Errorf("a pause of %v", longest)
		}
		if fullest > 14 { // of 500, in a hundredth of the time, in which there may be two strokes of the clock: five would be even
			t.Errorf("%d at once", fullest)
		}
		for _, s := range servers {
			if n := a.of(s); n < 100 || n > 104 {
				t.Fatalf("asked %d times in 100 intervals", n)
			}
		}
	})
}

// Schedulers ask at the strokes of one clock, so that the process wakes up once for all of them, however many servers there are.
func TestSchedulersStrikeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var schedulers [2]asked
		for i, every := range []time.Duration{10 * time.Second, 1500 * time.Millisecond} {
			time.Sleep(7 * time.Millisecond)
			schedulers[i].times = make(map[*server][]time.Time)
			s := newScheduler(began, float64(i)/4, schedulers[i].fire)
			go s.run(ctx)
			s.apply(plan{serversFor(500), every, firstRound})
		}
		time.Sleep(30 * time.Second)
		cancel()
		synctest.Wait()
		asked, moments := 0, make(map[time.Time]bool)
		for i := range schedulers {
			for _, times := range schedulers[i].times {
				for _, at := range times {
					asked++
					moments[at] = true
				}
			}
		}
		if asked < 500*(3+20) || len(moments) > int(30*time.Second/grain)+2 { // At the start they may be asked at once.
			t.Errorf("asked %d times, at %d moments", asked, len(moments))
		}
	})
}

// A new plan: servers that stay keep their turn or are asked earlier, those that left are not asked any more.
func TestSchedulerChanges(t *testing.T) {
	scheduled(t, func(t *testing.T, s *scheduler, a *asked) {
		servers := serversFor(3)
		s.apply(plan{servers[:2], time.Hour, firstRound})
		time.Sleep(firstRound)
		if a.of(servers[0]) != 1 || a.of(servers[1]) != 1 {
			t.Error("not each was asked once")
		}
		s.apply(plan{servers[1:], time.Second, firstRound})
		time.Sleep(10*time.Second + time.Millisecond)
		if n := a.of(servers[0]); n != 1 {
			t.Errorf("one that left was asked %d times", n)
		}
		for _, s := range servers[1:] {
			if n := a.of(s); n < 10 || n > 12 {
				t.Errorf("asked %d times in 10 intervals", n)
			}
		}
		s.apply(plan{nil, time.Second, firstRound})
		before := a.of(servers[2])
		time.Sleep(time.Minute)
		if n := a.of(servers[2]); n != before {
			t.Error("asked though nobody is to be")
		}
	})
}
