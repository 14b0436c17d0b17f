package scripting

import (
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"parkway/monitor/elastic"
	"parkway/scripting/hook"
)

// patience is how long a call may wait before the pool grows.
const patience = time.Millisecond

// job is a call that is made on the pool, for a session that waits or for nobody. A session has one at a time, and they are begun in the order in which they
// came: so each session has its turn.
type job struct {
	// Immutable.
	loop     *Loop
	edition  *edition
	hook     hook.Kind
	machine  *machine // that it has to run on; nil: any
	began    int64    // on the watchdog's clock
	deadline int64
	permit   permit
	// body runs the function, on the pool. What it leaves behind is for deliver.
	body func(m *machine) (goja.Value, error)
	// then makes something of the value that the function returned, on the machine; nil: nothing is made of it.
	then func(m *machine, v goja.Value) (goja.Value, error)
	// deliver gives the answer, on the loop, unless the call was cancelled.
	deliver func(why *failure)
	// undo, if it is not nil, takes the place of deliver where nobody waits any more. On the loop.
	undo func()

	given atomic.Bool // up: nobody waits
}

// Cancel is hook.Pending's.
func (j *job) Cancel() { j.given.Store(true) }

// submit begins a job. Otherwise it returns why not: then it is not delivered.
func (l *Loop) submit(j *job) *failure {
	e := l.engine
	j.loop = l
	j.began = e.dog.now()
	j.deadline = j.began + int64(e.limits.Load().slowTimeout)
	var allowed bool
	if j.permit, allowed = j.edition.breaker[j.hook].allows(e.dog.now); !allowed {
		return fail(skipped, "it is left alone for a while")
	}
	if !e.pool.Submit(elastic.Task{Run: j.run, Patience: patience}) {
		return fail(queueFull, "%d calls wait already", e.options.PoolQueue)
	}
	return nil
}

// run is the job on a goroutine of the pool.
func (j *job) run() {
	why := j.call()
	j.loop.post(func() { j.done(why) })
}

func (j *job) call() *failure {
	dog := j.edition.engine.dog
	if j.given.Load() {
		return fail(cancelled, "nobody waits for it any more")
	}
	if dog.now() >= j.deadline {
		return fail(timedOut, "it waited for its turn longer than it may take")
	}
	m := j.machine
	if m == nil {
		var err error
		if m, err = j.edition.take(loadTime); err != nil {
			return &failure{unavailable, err}
		}
		defer j.edition.give(m)
	}
	m.hold()
	defer m.release()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken.Load() {
		return fail(unavailable, "the machine that its function belongs to was stopped")
	}
	if dog.now() >= j.deadline {
		return fail(timedOut, "it waited for its machine longer than it may take")
	}
	v, why := m.await(j.deadline, func() (goja.Value, error) { return j.body(m) })
	if why == nil && j.then != nil {
		_, why = m.runUntil(j.began, j.deadline, func() (goja.Value, error) { return j.then(m, v) })
	}
	return why
}

// done ends the job on its loop.
func (j *job) done(why *failure) {
	l := j.loop
	if j.given.Load() || l.closed {
		why = fail(cancelled, "nobody waits for it any more")
	}
	l.count(j.edition, j.hook, j.permit, why, time.Duration(l.engine.dog.now()-j.began))
	switch {
	case why == nil || why.outcome != cancelled:
		j.deliver(why)
	case j.undo != nil:
		j.undo()
	}
}

// startTimers begins what timer.every has asked for.
func (ed *edition) startTimers() {
	for i, t := range ed.keeper.timers {
		ed.engine.builds.Go(func() { ed.tick(i, t.every) })
	}
}

// tick calls a timer's function again and again, one call at a time. Behind one that took longer than from one call to the next it waits again: others may be waiting
// for the machine.
func (ed *edition) tick(i int, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ed.stop:
			return
		}
		begun, ended := time.Now(), make(chan struct{})
		if !ed.engine.pool.Submit(elastic.Task{Run: func() { defer close(ended); ed.callTimer(i) }, Patience: patience}) {
			continue
		}
		select {
		case <-ended:
		case <-ed.stop:
			return
		}
		if time.Since(begun) > every {
			t.Reset(every)
		}
	}
}

// callTimer calls a timer's function. A machine that was stopped is replaced, also where another timer had it stopped while this one waited for it.
func (ed *edition) callTimer(i int) {
	for m := ed.keeperNow(); m != nil; m = ed.keeperNow() {
		if ed.callTimerOn(m, i) {
			return
		}
	}
}

// callTimerOn is false if the machine, which is held for it, was stopped before its turn came.
func (ed *edition) callTimerOn(m *machine, i int) (called bool) {
	e := ed.engine
	defer m.release()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken.Load() {
		return false
	}
	if i >= len(m.timers) {
		return true
	}
	_, why := m.await(e.dog.now()+int64(e.limits.Load().slowTimeout), func() (goja.Value, error) {
		return m.timers[i].function(goja.Undefined())
	})
	if why != nil {
		e.failures.Warn().Str("timer", m.timers[i].place).Stringer("result", why.outcome).Err(why.err).Msg("a timer of the script failed")
	}
	return true
}

// keeperNow returns the machine of the timers and holds it, a new one if the last one was stopped; nil if there can be none, or the edition is retired:
// what is not held then is not watched any more.
func (ed *edition) keeperNow() *machine {
	ed.mu.Lock()
	defer ed.mu.Unlock()
	select {
	case <-ed.stop:
		return nil
	default:
	}
	if ed.keeper.broken.Load() {
		fresh, err := newMachine(ed, true, loadTime)
		if err != nil {
			ed.engine.failures.Error().Err(err).Msg("the script's timers cannot go on")
			return nil
		}
		ed.keeper.release()
		ed.keeper = fresh
	}
	ed.keeper.hold()
	return ed.keeper
}
