// Package elastic is a pool of goroutines that grows with the queue of its
// tasks and shrinks again.
//
// A task says by when it wants to have begun. The pool grows, up to a maximum,
// when the queue is longer than its goroutines can serve by then: by what tasks
// took lately, or because one has waited too long already. In the latter case it
// grows step by step: it may be the process that did not get to run. A goroutine
// that had nothing to do for a while ends, down to a minimum.
//
// A burst of quick tasks is for a few goroutines, one task after the other; the
// others are not woken up as long as that is soon enough.
//
// Tasks have ranks: those of a lower one go first. Those that are likely to take
// long are suspects: they wait behind all others, and never have all goroutines
// where there can be several, so that they don't delay what is quick.
package elastic

import (
	"slices"
	"sync"
	"time"
)

// Task is one piece of work.
type Task struct {
	// Run does the work, on a goroutine of the pool. A panic is the caller's to
	// catch.
	Run func()
	// Patience is by when Run wants to begin, counted from Submit.
	Patience time.Duration
	// Rank says which tasks go first: those of rank 0. It is below Ranks.
	Rank int
	// Suspect says that the task is likely to take long.
	Suspect bool
}

// Ranks is how many ranks there are. Suspects are behind all of them.
const Ranks = 4

const (
	// linger is how long a goroutine stays with nothing to do.
	linger = 10 * time.Second
	// weight is how much a task's duration counts in the average: one part in weight.
	weight = 16
	// outlier is how many times the average a task counts at most, if that is more
	// than unremarkable.
	outlier      = 4
	unremarkable = 10 * time.Millisecond
	// brisk is how many goroutines run tasks that are no suspects, if those do.
	brisk = 16
	// For tasks that are late the pool grows by this many goroutines, or by a quarter,
	// and then no more for a while.
	leastStep = 4
	stepPause = 20 * time.Millisecond
)

// Pool runs tasks. All methods may be called on any thread.
type Pool struct {
	// Immutable.
	capacity int

	// Guarded by mu.
	mu       sync.Mutex
	min, max int
	workers  int
	suspects int              // workers that run a suspect
	idle     []*worker        // the one that has had nothing to do for the shortest time at the end
	tidy     *time.Timer      // fires when the first of idle has lingered long enough; nil: none is set
	queues   [Ranks + 1]queue // of each rank, and of suspects
	quick    time.Duration    // that tasks take on average, but suspects
	slow     time.Duration    // that suspects take
	late     *time.Timer      // fires when the task that waits longest has lost its patience; nil: none is set
	lateAt   time.Time
	step     int       // how many goroutines tasks that are late may have before stepEnd
	stepEnd  time.Time // of the last step
	stood    bool      // the last step was for none, because the process had not run
	closed   bool
	running  sync.WaitGroup
}

// worker is a goroutine.
type worker struct {
	next  chan *waiting // has room for one; closed: end
	since time.Time     // when it became idle; guarded by Pool.mu
}

// waiting is a task with the time at which it should have begun.
type waiting struct {
	Task
	by time.Time
}

// New returns a pool of at least min and at most max goroutines, whose queue has
// room for capacity tasks. 1 <= min <= max.
func New(min, max, capacity int) *Pool {
	p := &Pool{capacity: capacity}
	p.Resize(min, max)
	return p
}

// Stats are the numbers of a moment.
type Stats struct {
	Workers int // goroutines
	Busy    int // of them with a task
	Queue   int // tasks that wait
}

// Stats returns the numbers of now.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Workers: p.workers, Busy: p.workers - len(p.idle), Queue: p.waiting()}
}

// Resize changes the limits. Goroutines above max end with their task.
func (p *Pool) Resize(min, max int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.min, p.max = min, max
	for p.workers < p.min {
		p.spawn(p.take())
	}
	for p.workers > p.max && len(p.idle) > 0 {
		p.dismiss(p.idle[0])
	}
	if p.tidy == nil && p.workers > p.min {
		p.tidyAfter(linger)
	}
	p.grow()
}

// Submit queues a task. It is false, and the task is not run, when the queue is
// full or the pool is closed.
func (p *Pool) Submit(t Task) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.waiting() >= p.capacity {
		return false
	}
	w := &waiting{t, time.Now().Add(t.Patience)}
	p.queues[t.place()].push(w)
	if len(p.idle) > 0 && (t.Suspect || p.active() < brisk) {
		p.add(t.place())
	}
	p.grow()
	return true
}

// Close ends the pool: what waits is not run. It returns when all tasks that
// run have ended.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.queues = [Ranks + 1]queue{}
	if p.late != nil {
		p.late.Stop()
	}
	if p.tidy != nil {
		p.tidy.Stop()
	}
	for len(p.idle) > 0 {
		p.dismiss(p.idle[0])
	}
	p.mu.Unlock()
	p.running.Wait()
}

// place is the index of the task's queue.
func (t *Task) place() int {
	if t.Suspect {
		return Ranks
	}
	return t.Rank
}

func (p *Pool) waiting() (n int) {
	for i := range p.queues {
		n += p.queues[i].len()
	}
	return n
}

// forSuspects is how many goroutines may run suspects at a time: a quarter of
// the most that there can be is left to the others.
func (p *Pool) forSuspects() int { return max(p.max-max(p.max/4, 1), 1) }

// take removes the task that is next, nil if there is none. mu is held.
func (p *Pool) take() *waiting {
	for i := range Ranks {
		if w := p.queues[i].pop(); w != nil {
			return w
		}
	}
	return p.takeSuspect()
}

// takeSuspect is take for suspects only. mu is held.
func (p *Pool) takeSuspect() *waiting {
	if p.suspects >= p.forSuspects() {
		return nil
	}
	w := p.queues[Ranks].pop()
	if w != nil {
		p.suspects++
	}
	return w
}

// active is how many goroutines run tasks that are no suspects.
func (p *Pool) active() int { return p.workers - len(p.idle) - p.suspects }

// grow gives tasks to as many more goroutines as it takes to begin every task that
// waits in time, as far as max allows. mu is held.
func (p *Pool) grow() {
	now := time.Now()
	for p.more() {
		if place := p.lacking(now); place < 0 || !p.add(place) {
			break
		}
	}
	p.watch(now)
}

// more reports whether another goroutine could run a task.
func (p *Pool) more() bool { return len(p.idle) > 0 || p.workers < p.max }

// add gives the task that is next, or the next suspect if the one of place is that,
// to a goroutine that has none, or to a new one; it is false if none may be run. mu
// is held.
func (p *Pool) add(place int) bool {
	var next *waiting
	if place == Ranks {
		next = p.takeSuspect()
	} else {
		next = p.take()
	}
	if next == nil {
		return false
	}
	if n := len(p.idle); n > 0 {
		idle := p.idle[n-1]
		p.idle = p.idle[:n-1]
		idle.next <- next
	} else {
		p.spawn(next)
	}
	return true
}

// lacking is the place of a task that would begin too late, -1 if there is none. mu
// is held.
func (p *Pool) lacking(now time.Time) (place int) {
	late, begins := -1, now // when what is ahead has begun
	for i := range p.queues {
		q := &p.queues[i]
		if q.len() == 0 || i == Ranks && p.suspects >= p.forSuspects() {
			continue
		}
		if i < Ranks {
			begins = begins.Add(time.Duration(q.len()) * p.quick / time.Duration(max(p.active(), 1)))
		} else {
			begins = begins.Add(time.Duration(q.len()) * p.slow / time.Duration(max(p.suspects, 1)))
		}
		if last := q.last().by; last.After(now) && begins.After(last) {
			return i
		}
		if late < 0 && !q.first().by.After(now) {
			late = i
		}
	}
	if late >= 0 && p.mayStep(now) {
		return late
	}
	return -1
}

// mayStep reports whether a task that is late may have another goroutine now, and
// counts it. If watch's timer is late, too, it is the process that did not get to
// run: then those who are there come first, but once only. mu is held.
func (p *Pool) mayStep(now time.Time) bool {
	if !now.Before(p.stepEnd) {
		p.step, p.stepEnd = max(leastStep, p.workers/4), now.Add(stepPause)
		if p.stood = !p.stood && p.late != nil && now.Sub(p.lateAt) > stepPause; p.stood {
			p.step = 0
		}
	}
	if p.step == 0 {
		return false
	}
	p.step--
	return true
}

// watch sees to it that grow is called when a task has lost its patience. mu is
// held.
func (p *Pool) watch(now time.Time) {
	if p.closed || !p.more() {
		return
	}
	var first time.Time
	for i := range p.queues {
		if i == Ranks && p.suspects >= p.forSuspects() {
			continue
		}
		if q := &p.queues[i]; q.len() > 0 && (first.IsZero() || q.first().by.Before(first)) {
			first = q.first().by
		}
	}
	if first.IsZero() {
		return
	}
	if !first.After(now) {
		first = p.stepEnd
	}
	if p.late != nil && !p.lateAt.After(first) {
		return
	}
	if p.late != nil {
		p.late.Stop()
	}
	p.lateAt = first
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(first), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.late == timer {
			p.late = nil
			p.grow()
		}
	})
	p.late = timer
}

// spawn adds a goroutine, whose first task is next if that is not nil. mu is
// held.
func (p *Pool) spawn(next *waiting) {
	w := &worker{next: make(chan *waiting, 1)}
	p.workers++
	if next != nil {
		w.next <- next
	} else {
		p.rest(w)
	}
	p.running.Go(func() { p.work(w) })
}

// dismiss ends an idle goroutine. mu is held.
func (p *Pool) dismiss(w *worker) {
	p.idle = slices.DeleteFunc(p.idle, func(o *worker) bool { return o == w })
	p.workers--
	close(w.next)
}

// work is a goroutine of the pool.
func (p *Pool) work(w *worker) {
	for task := range w.next {
		for task != nil {
			begun := time.Now()
			task.Run()
			task = p.ended(w, task, time.Since(begun))
		}
	}
}

// ended takes note of a task that took so long, and returns the next one; nil if
// there is none: then w is idle, or to end.
func (p *Pool) ended(w *worker, t *waiting, took time.Duration) *waiting {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Suspect {
		p.suspects--
		p.slow = average(p.slow, took)
	} else {
		p.quick = average(p.quick, took)
	}
	if p.closed || p.workers > p.max {
		p.workers--
		close(w.next)
		return nil
	}
	next := p.take()
	if next == nil {
		p.rest(w)
	}
	p.grow()
	return next
}

// average is one that was, with a task that took so long. One that took very long
// says little of the next ones, several of them do.
func average(was, took time.Duration) time.Duration {
	return was + (min(took, max(outlier*was, unremarkable))-was)/weight
}

// rest makes a goroutine idle. mu is held.
func (p *Pool) rest(w *worker) {
	w.since = time.Now()
	p.idle = append(p.idle, w)
	if p.tidy == nil && p.workers > p.min {
		p.tidyAfter(linger)
	}
}

// tidyAfter ends goroutines after a while that have had nothing to do for long,
// and can be spared. mu is held.
func (p *Pool) tidyAfter(d time.Duration) {
	p.tidy = time.AfterFunc(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tidy = nil
		for !p.closed && p.workers > p.min && len(p.idle) > 0 {
			left := linger - time.Since(p.idle[0].since)
			if left > 0 {
				p.tidyAfter(left)
				return
			}
			p.dismiss(p.idle[0])
		}
	})
}
