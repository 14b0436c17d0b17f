// Package elastic is a pool of goroutines that grows with the queue of its
// tasks and shrinks again.
//
// A task says by when it wants to have begun. The pool grows, up to a maximum,
// when the queue is longer than its goroutines can serve by then: by what tasks
// took lately, or because one has waited too long already. A goroutine that had
// nothing to do for a while ends, down to a minimum.
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
	average  time.Duration
	late     *time.Timer // fires when the task that waits longest has lost its patience; nil: none is set
	lateAt   time.Time
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
	if n := len(p.idle); n > 0 {
		if next := p.take(); next != nil {
			idle := p.idle[n-1]
			p.idle = p.idle[:n-1]
			idle.next <- next
		}
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
	if p.suspects >= p.forSuspects() {
		return nil
	}
	w := p.queues[Ranks].pop()
	if w != nil {
		p.suspects++
	}
	return w
}

// grow adds the goroutines that it takes to begin every task that waits in time,
// as far as max allows. mu is held.
func (p *Pool) grow() {
	for p.workers < p.max && p.lacks(time.Now()) {
		next := p.take()
		if next == nil {
			break
		}
		p.spawn(next)
	}
	p.watch()
}

// lacks reports whether a task that waits would begin too late. mu is held.
func (p *Pool) lacks(now time.Time) bool {
	ahead := 0
	for i := range p.queues {
		q := &p.queues[i]
		if i == Ranks && p.suspects >= p.forSuspects() {
			return false
		}
		if q.len() == 0 {
			continue
		}
		ahead += q.len()
		// The last one begins when the others are done; the first one at once, if
		// somebody is free.
		if !q.first().by.After(now) || now.Add(time.Duration(ahead)*p.average/time.Duration(p.workers)).After(q.last().by) {
			return true
		}
	}
	return false
}

// watch sees to it that grow is called when a task has lost its patience. mu is
// held.
func (p *Pool) watch() {
	if p.closed || p.workers >= p.max {
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
	if first.IsZero() || p.late != nil && !p.lateAt.After(first) {
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
	p.average += (took - p.average) / weight
	if t.Suspect {
		p.suspects--
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
