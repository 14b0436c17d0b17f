package scripting

import (
	"reflect"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"parkway/monitor/metrics"
	"parkway/scripting/hook"
)

// Loop is the program as one event loop has it; it implements hook.Loop.
type Loop struct {
	// Immutable.
	engine *Engine
	post   func(func())
	stats  *metrics.Script

	// witness is told of each call that fails; nil: nobody, outside of tests. Immutable once calls are made.
	witness func(k hook.Kind, why *failure)

	// Owned by the loop.
	edition *edition     // that machine is of
	machine *machine     // nil: it was stopped, and the next one is not ready
	memory  memory       // of onQuery, if it is pure
	asked   *queryObject // of the last call of onQuery, for the next one; nil: that makes one
	thread  int32        // that it runs on; 0: no call was made yet
	closed  bool

	// Any thread.
	ready    atomic.Pointer[machine] // the next machine
	building atomic.Bool
}

func newLoop(e *Engine, post func(func())) *Loop {
	var hooks, results []string
	for k := range hook.Kinds {
		hooks = append(hooks, k.String())
	}
	for o := range outcomes {
		results = append(results, o.String())
	}
	return &Loop{engine: e, post: post, stats: metrics.NewScript(hooks, results)}
}

// Close is hook.Loop's.
func (l *Loop) Close() {
	l.closed = true
	l.discard()
	if m := l.ready.Swap(nil); m != nil {
		m.release()
	}
	l.edition = nil
	l.engine.forgetLoop(l)
}

// prepare makes a machine of an edition that is about to be in force. Any thread but the loop's, under Engine.mu.
func (l *Loop) prepare(ed *edition) error {
	m, err := newMachine(ed, false, loadTime)
	if err != nil {
		return err
	}
	if unused := l.ready.Swap(m); unused != nil {
		unused.release()
	}
	return nil
}

// now returns the edition in force, nil if there is none, and sees to it that the machine is of it if possible.
func (l *Loop) now() *edition {
	ed := l.engine.current.Load()
	if ed != l.edition {
		l.discard()
		l.edition = ed
		l.memory = newMemory()
	}
	return ed
}

// ensure returns the machine of the edition that now returned, nil if it is not ready.
func (l *Loop) ensure() *machine {
	if l.machine != nil {
		return l.machine
	}
	// One of a later edition is for when that is in force, which is about to happen.
	m := l.ready.Load()
	if m != nil && l.edition != nil && m.edition.number <= l.edition.number && l.ready.CompareAndSwap(m, nil) {
		if m.edition == l.edition {
			if l.thread == 0 {
				l.thread = threadID()
			}
			m.post.thread.Store(l.thread)
			l.machine = m
		} else {
			m.release()
		}
	}
	l.build()
	return l.machine
}

// build has a machine made to take the place of this one if it has to be given up; not on the loop.
func (l *Loop) build() {
	ed := l.edition
	if ed == nil || l.ready.Load() != nil || !l.building.CompareAndSwap(false, true) {
		return
	}
	l.engine.builds.Go(func() {
		defer l.building.Store(false)
		m, err := newMachine(ed, false, loadTime)
		if err != nil {
			l.engine.failures.Error().Err(err).Msg("the script cannot be run again for an event loop")
			return
		}
		if !l.ready.CompareAndSwap(nil, m) {
			m.release()
		}
	})
}

// discard gives up the machine.
func (l *Loop) discard() {
	if l.machine != nil {
		l.machine.release()
		l.machine = nil
	}
}

// Defines is hook.Loop's.
func (l *Loop) Defines(k hook.Kind) bool {
	ed := l.engine.current.Load()
	return ed != nil && ed.set.Has(k)
}

// call calls a function on the loop's machine.
func (l *Loop) call(ed *edition, k hook.Kind, f func(m *machine) (goja.Value, error)) (goja.Value, *failure) {
	return l.callOn(l.ensure(), ed, k, f)
}

// callOn calls a function on a machine that is used on the loop: its present one, nil if that is not ready, or one before.
func (l *Loop) callOn(m *machine, ed *edition, k hook.Kind, f func(m *machine) (goja.Value, error)) (goja.Value, *failure) {
	dog := l.engine.dog
	began := dog.now()
	var v goja.Value
	var why *failure
	p, allowed := ed.breaker[k].allows(dog.now)
	switch {
	case !allowed:
		why = fail(skipped, "it is left alone for a while")
	case m == nil || m.broken.Load():
		why = fail(unavailable, "its machine was stopped, and the next one is not ready yet")
	default:
		deadline := began + int64(l.engine.limits.Load().timeout)
		if v, why = m.runUntil(began, deadline, func() (goja.Value, error) { return f(m) }); why == nil {
			v, why = m.immediate(began, deadline, v)
		}
		if m.broken.Load() && m == l.machine {
			l.discard()
			l.ensure()
		}
	}
	l.count(ed, k, p, why, time.Duration(dog.now()-began))
	return v, why
}

// count notes how a call ended that the breaker has allowed by p, or not allowed.
func (l *Loop) count(ed *edition, k hook.Kind, p permit, why *failure, took time.Duration) {
	o := ok
	if why != nil {
		o = why.outcome
	}
	l.stats.Call(int(k), int(o))
	if o != skipped && o != queueFull && o != cancelled {
		l.stats.Took(int(k), took)
	}
	ed.breaker[k].ended(p, o, l.engine.dog.now, &l.engine.log)
	if why != nil && o != skipped && o != cancelled {
		if l.witness != nil {
			l.witness(k, why)
		}
		l.engine.failures.Warn().Stringer("hook", k).Stringer("result", o).Err(why.err).Dur("took_ms", took).Msg("the script's function failed")
	}
}

// onError returns the rejection that follows from a failure, nil for none.
func (l *Loop) onError(k hook.Kind, why *failure) *hook.Rejection {
	if why == nil || !l.engine.limits.Load().reject {
		return nil
	}
	return rejection(k, why.outcome)
}

// accepting is the verdict of a script that has nothing against a client.
var accepting = new(hook.ConnectVerdict)

// Connect is hook.Loop's.
func (l *Loop) Connect(c hook.Conn, w hook.ConnectWaiter) (*hook.ConnectVerdict, hook.Pending) {
	ed := l.now()
	if ed == nil || !ed.set.Has(hook.OnConnect) {
		return accepting, nil
	}
	o := &connObject{src: c}
	verdict := func(why *failure) *hook.ConnectVerdict {
		o.src = nil
		switch r := l.onError(hook.OnConnect, why); {
		case r != nil:
			return &hook.ConnectVerdict{Reject: r}
		case why != nil || o.reject == nil:
			return accepting
		}
		return &hook.ConnectVerdict{Reject: o.reject}
	}
	run := func(m *machine, off *offloaded) (goja.Value, error) {
		o.m = m
		if off != nil {
			return m.offloaded(off, m.newConn(o))
		}
		return m.hooks[hook.OnConnect](goja.Undefined(), m.newConn(o))
	}
	var off *offloaded
	if !ed.async[hook.OnConnect] {
		v, why := l.call(ed, hook.OnConnect, func(m *machine) (goja.Value, error) { return run(m, nil) })
		if off = offloadedBy(v); off == nil {
			return verdict(why), nil
		}
	}
	copied := copyConn(c)
	o = &connObject{src: &copied}
	return later(l, &job{edition: ed, hook: hook.OnConnect, body: func(m *machine) (goja.Value, error) { return run(m, off) }},
		verdict, w.ConnectAnswered)
}

// later makes a call on the pool: of its failure or success, verdict makes the answer.
func later[V any](l *Loop, j *job, verdict func(why *failure) V, answered func(V)) (now V, p hook.Pending) {
	j.deliver = func(why *failure) { answered(verdict(why)) }
	if why := l.submit(j); why != nil {
		l.count(j.edition, j.hook, j.permit, why, 0)
		return verdict(why), nil
	}
	return now, j
}

// Query is hook.Loop's.
func (l *Loop) Query(q hook.Query, w hook.QueryWaiter) (*hook.Verdict, hook.Pending) {
	ed := l.now()
	switch {
	case ed == nil:
		return hook.Nothing, nil
	case !ed.set.Has(hook.OnQuery):
		return ed.silence(), nil
	}
	pure := ed.key != 0 && q.Digest() != 0
	var key rememberedKey
	if pure {
		key = ed.key.of(q)
		if v := l.memory.find(key); v != nil {
			l.stats.Call(int(hook.OnQuery), int(remembered))
			l.tag(v)
			return v, nil
		}
	}
	if ed.async[hook.OnQuery] {
		return l.queryLater(ed, copyQuery(q), nil, w)
	}
	o := l.query()
	if pure {
		o.pure = ed.key
	}
	v, why := l.call(ed, hook.OnQuery, func(m *machine) (goja.Value, error) {
		return m.ask(hook.OnQuery, m.lendQuery(o, q))
	})
	off := offloadedBy(v)
	if off != nil {
		o.forget()
	}
	l.keep(o)
	if off != nil {
		return l.queryLater(ed, copyQuery(q), off, w)
	}
	verdict := l.verdict(ed, o, why)
	if pure && why == nil {
		if verdict == o.own {
			o.own = nil // it is not for the next call
		}
		l.memory.keep(key, verdict)
	}
	return verdict, nil
}

// query returns what is to be behind q for a call on the loop.
func (l *Loop) query() *queryObject {
	o := l.asked
	if o == nil {
		o = new(queryObject)
	}
	l.asked = nil
	*o = queryObject{says: true, own: o.own}
	return o
}

// keep ends what a script may read and say of q, and keeps what was behind that for the next call, which is the only one to change it; not where handlers
// will read it.
func (l *Loop) keep(o *queryObject) {
	if o.m == nil { // it was not called
		l.asked = o
		return
	}
	o.close()
	if !o.handles {
		o.detach()
		l.asked = o
	}
}

// queryLater asks onQuery on the pool, or the function that it has handed the question to.
func (l *Loop) queryLater(ed *edition, q *queryCopy, off *offloaded, w hook.QueryWaiter) (*hook.Verdict, hook.Pending) {
	o := &queryObject{says: true}
	j := &job{edition: ed, hook: hook.OnQuery, body: func(m *machine) (goja.Value, error) {
		object := m.newQuery(o, q)
		if off != nil {
			return m.offloaded(off, object)
		}
		return m.hooks[hook.OnQuery](goja.Undefined(), object)
	}}
	j.undo = o.forget
	return later(l, j, func(why *failure) *hook.Verdict {
		return l.verdict(ed, o, why)
	}, w.QueryAnswered)
}

// verdict is what a call of onQuery, or of a handler, has said.
func (l *Loop) verdict(ed *edition, o *queryObject, why *failure) *hook.Verdict {
	if why != nil {
		o.forget()
	}
	if r := l.onError(hook.OnQuery, why); r != nil {
		v := *hook.Nothing
		v.Reject = r
		return &v
	}
	if why != nil || o.verdict == nil {
		return ed.silence()
	}
	l.tag(o.verdict)
	return o.verdict
}

// tag counts a statement under the script's words.
func (l *Loop) tag(v *hook.Verdict) {
	for _, t := range v.Tags {
		l.stats.Tag(t)
	}
}

// typeOffloaded is what offload returns on a loop.
var typeOffloaded = reflect.TypeFor[*offloaded]()

// offloadedBy is what a function has handed on to the pool, by returning it; nil: nothing.
func offloadedBy(v goja.Value) *offloaded {
	off, _ := exported[*offloaded](v, typeOffloaded)
	return off
}

// offloaded calls a function of the program by its name.
func (m *machine) offloaded(off *offloaded, args ...goja.Value) (goja.Value, error) {
	f, isFunction := goja.AssertFunction(m.rt.Get(off.name))
	if !isFunction {
		return nil, m.edition.misfit(off.name + " is not a function where it was offloaded to")
	}
	for _, a := range off.args {
		args = append(args, m.copyIn(a))
	}
	return f(goja.Undefined(), args...)
}

// misfit is an Error about the program as a whole.
func (ed *edition) misfit(text string) *Error { return &Error{File: ed.program.name, Message: text} }
