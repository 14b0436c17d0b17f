package scripting

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"golang.org/x/sys/unix"
)

// A call costs the watchdog two atomic stores and no timer: it sleeps by itself, and looks who is at work when it wakes up. A call that
// it sees it wakes up for again, at the call's deadline; one that began after it had looked is seen in time, because it never sleeps
// longer than three quarters of the shortest time that a call may take: each look costs 30 us of CPU, most of it in Go's scheduler. When no call has been
// made for a while it sleeps until one comes.
//
// What counts of a call on an event loop is how long its thread has computed: on a busy machine it may be ready to run for long, and not run. How much of
// that was before the call, the watchdog knows only from its look before: if in doubt it was in the call, unless the look is late, when the thread is taken to
// have computed all the time up to the call.

const (
	// napTicks is after how many looks without a call it sleeps for good.
	napTicks = 200
	// memoryTick is how often it looks at the memory while a call runs that it has seen before, growthTick while that takes memory: a text that doubles
	// is a few steps from nothing to too much.
	memoryTick = time.Millisecond
	growthTick = 200 * time.Microsecond
	// collectPause is for how long it leaves the garbage after it had it collected, to tell whether that is what a call has made; or collectShare times as
	// long as that took.
	collectPause = 10 * time.Millisecond
	collectShare = 4
	// patientTimes is how many times as long as it may compute a call may take in any case.
	patientTimes = 100
)

// watchdog stops calls that take too long or too much memory.
type watchdog struct {
	// Immutable.
	base   time.Time
	budget uint64
	wake   chan struct{}
	done   chan struct{}
	ended  chan struct{}

	awake      atomic.Bool
	collect    atomic.Int64   // when garbage may be collected again
	collecting sync.WaitGroup // while it is
	tick       atomic.Int64   // how long it sleeps at most while calls are made

	// Guarded by mu.
	mu    sync.Mutex
	posts []*post

	// Owned by its goroutine.
	samples []metrics.Sample
	idle    int   // looks without a call
	looked  int64 // when it looked last
}

// post is where one machine is watched.
type post struct {
	dog *watchdog
	rt  *goja.Runtime

	// thread is the id of the only thread that makes the calls; 0: there is none, and what counts is the time that passes.
	thread atomic.Int32

	// deadline is when the call under way has to end, in nanoseconds since base; 0: there is none; stopped: it was. limit, from its beginning to that, is
	// written before.
	deadline atomic.Int64
	limit    atomic.Int64
	reason   outcome // why it was stopped; written before deadline, read after

	gone atomic.Bool // the machine is not used any more

	// Owned by the watchdog's goroutine.
	seen     int64  // the deadline of the call that baseline and computed are of
	baseline uint64 // heap in use when the call was first seen
	computed int64  // what the thread had computed when the call began, at least
	last     int64  // ... at the last look
}

// stopped is the deadline of a call that was stopped.
const stopped = math.MinInt64

func newWatchdog(timeout time.Duration, budget int64) *watchdog {
	w := &watchdog{
		base: time.Now(), budget: uint64(budget),
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
		samples: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}},
	}
	w.setTick(timeout)
	go w.run()
	return w
}

// setTick says what the shortest time is that a call may take.
func (w *watchdog) setTick(timeout time.Duration) {
	w.tick.Store(int64(min(max(timeout*3/4, time.Millisecond), 10*time.Millisecond)))
}

func (w *watchdog) close() {
	close(w.done)
	<-w.ended
	w.collecting.Wait()
}

// now is nanoseconds since base.
func (w *watchdog) now() int64 { return int64(time.Since(w.base)) }

// watch makes the post of a machine.
func (w *watchdog) watch(rt *goja.Runtime) *post {
	p := &post{dog: w, rt: rt}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = append(w.posts, p)
	return p
}

// leave ends the watch over a machine that is not used any more.
func (p *post) leave() { p.gone.Store(true) }

// begin says that a call begins, or goes on, which has begun then and has to end by the deadline; both are nanoseconds since base. For the thread that calls.
func (p *post) begin(began, deadline int64) {
	if limit := deadline - began; p.limit.Load() != limit { // it is the same for most calls, and a store is dearer
		p.limit.Store(limit)
	}
	p.deadline.Store(deadline)
	if w := p.dog; !w.awake.Load() && w.awake.CompareAndSwap(false, true) {
		w.wake <- struct{}{}
	}
}

// end says that the call has ended. It returns ok, or why the call was stopped: then the machine may be interrupted at any time.
func (p *post) end() outcome {
	if p.deadline.Swap(0) == stopped {
		return p.reason
	}
	return ok
}

// isStopped reports whether the call under way was stopped, for what cannot be interrupted.
func (p *post) isStopped() bool { return p.deadline.Load() == stopped }

// stop stops the call that has this deadline, if it is still under way.
func (p *post) stop(deadline int64, why outcome, text string) {
	p.reason = why
	if p.deadline.CompareAndSwap(deadline, stopped) {
		p.rt.Interrupt(text)
	}
}

func (w *watchdog) run() {
	defer close(w.ended)
	for {
		next, active := w.look()
		if active {
			w.idle = 0
		} else if w.idle++; w.idle > napTicks {
			if !w.sleep() {
				return
			}
			continue
		}
		// A timer of Go's is exact to a millisecond. A thread that sleeps by itself is more exact, but keeps awake Go's monitor, which looks every
		// 20 us then: 3 us of CPU for each of 20,000 calls a second.
		if next < memoryTick {
			pause := unix.NsecToTimespec(int64(next))
			_ = unix.Nanosleep(&pause, nil) // when a signal ends it, there is one look more
		} else {
			time.Sleep(next)
		}
		select {
		case <-w.done:
			return
		default:
		}
	}
}

// sleep waits until a call begins. It is false when the watchdog ends.
func (w *watchdog) sleep() bool {
	w.idle = 0
	w.awake.Store(false)
	if _, active := w.look(); active && w.awake.CompareAndSwap(false, true) {
		return true
	}
	select {
	case <-w.wake:
		return true
	case <-w.done:
		return false
	}
}

// look stops what has to be stopped, and says when to look again.
func (w *watchdog) look() (next time.Duration, active bool) {
	now, previous := w.now(), w.looked
	w.looked = now
	next = time.Duration(w.tick.Load())
	late := now-previous > 2*int64(next)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = slices.DeleteFunc(w.posts, func(p *post) bool { return p.gone.Load() })
	var longest *post // of those that take memory
	for _, p := range w.posts {
		computed, exact := threadTime(p.thread.Load())
		before := p.last
		p.last = computed
		d := p.deadline.Load()
		if d == 0 || d == stopped {
			continue
		}
		active = true
		limit := p.limit.Load()
		began := d - limit
		if p.seen != d {
			p.seen, p.baseline = d, w.heap()
			known := computed - before // before the call, too
			if late {
				known -= began - previous
			}
			p.computed = computed - min(max(known, 0), now-began)
		} else if longest == nil || p.seen < longest.seen {
			longest = p
		}
		left := d - now
		if exact {
			left = min(limit-(computed-p.computed), patientTimes*limit-(now-began))
		}
		if left <= 0 {
			p.stop(d, timedOut, "it took longer than it may")
			continue
		}
		next = min(next, time.Duration(left), memoryTick)
	}
	if longest != nil && w.weigh(longest) {
		next = min(next, growthTick)
	}
	return max(next, 50*time.Microsecond), active
}

// weigh stops a call if more memory is in use than when it began, and more than it may have, and this is not garbage. Who took the memory is not known:
// of several calls at work, it was the one that has been for longest. It reports whether memory is being taken.
func (w *watchdog) weigh(p *post) (growing bool) {
	heap := w.heap()
	grown := heap - min(heap, p.baseline)
	if grown <= w.budget {
		return grown > w.budget/4
	}
	live, goal := w.live()
	if live <= p.baseline+w.budget && (grown <= 4*w.budget || heap <= goal) { // as far as to its goal, the collector lets the heap grow by itself
		w.beginCollect()
		return true
	}
	p.stop(p.seen, outOfMemory, fmt.Sprintf("it held more memory than %d MiB", w.budget>>20))
	return true
}

// beginCollect has the garbage collected, so that live tells, beside the watchdog: a call that takes memory in large pieces holds up the collector for as long as each
// takes, and it must not get to the next piece but one meanwhile.
func (w *watchdog) beginCollect() {
	began := w.now()
	if began < w.collect.Load() {
		return
	}
	w.collect.Store(math.MaxInt64)
	w.collecting.Go(func() {
		runtime.GC()
		ended := w.now()
		w.collect.Store(ended + max(int64(collectPause), collectShare*(ended-began)))
	})
}

// live is how many bytes the last garbage collection has left, and goal how many there are to be at the end of the next.
func (w *watchdog) live() (live, goal uint64) {
	metrics.Read(w.samples[:2])
	return w.samples[0].Value.Uint64(), w.samples[1].Value.Uint64()
}

// heap is how many bytes of the heap are in use, garbage that was not collected yet included.
func (w *watchdog) heap() uint64 {
	metrics.Read(w.samples[2:])
	return w.samples[2].Value.Uint64()
}
