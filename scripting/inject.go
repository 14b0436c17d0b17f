package scripting

import (
	"time"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// handler is the function that is shown the outcome of an injected statement. It belongs to the machine that has named it, and holds it.
type handler struct {
	machine  *machine
	edition  *edition
	function goja.Callable
	q        *queryObject // of the call that has named it
	before   bool         // of q.before: it may change the verdict
	over     bool         // it was called, or will not be; of the loop
}

// end lets go of the machine.
func (h *handler) end() {
	if !h.over {
		h.over = true
		h.machine.release()
	}
}

// Forget is hook.Loop's.
func (l *Loop) Forget(i *hook.Injection) {
	if h, has := i.Handler.(*handler); has {
		h.end()
	}
}

// Injected is hook.Loop's.
func (l *Loop) Injected(i *hook.Injection, outcome *hook.Outcome, w hook.QueryWaiter) (*hook.Verdict, hook.Pending) {
	h, has := i.Handler.(*handler)
	if !has || h.over {
		return hook.Nothing, nil
	}
	o := &queryObject{says: true, chosen: true}
	if !h.before {
		o.says, o.after = false, new([]*hook.Injection)
		o.said = o.after
	}
	run := func(m *machine) (goja.Value, error) {
		q := m.newQuery(o, h.q.query)
		return h.function(goja.Undefined(), m.outcomeOf(outcome), q)
	}
	verdict := func(why *failure) *hook.Verdict {
		h.end()
		if o.m != nil {
			o.close()
		}
		if !h.before {
			if why != nil {
				o.forget()
			}
			if why != nil || len(*o.said) == 0 {
				return hook.Nothing
			}
			v := *hook.Nothing
			v.After = *o.said
			return &v
		}
		if why == nil && o.verdict == nil {
			return hook.Nothing
		}
		return l.verdict(h.edition, o, why)
	}
	if h.machine.pooled {
		return later(l, &job{edition: h.edition, hook: hook.OnQuery, machine: h.machine, body: run, undo: func() { h.end(); o.forget() }},
			verdict, w.QueryAnswered)
	}
	_, why := l.callOn(h.machine, h.edition, hook.OnQuery, run)
	return verdict(why), nil
}

// outcomeOf makes the first argument of a handler.
func (m *machine) outcomeOf(o *hook.Outcome) *goja.Object {
	out := m.answer(&o.Table, &o.OK)
	m.define(out, "truncated", m.rt.ToValue(o.Truncated))
	m.define(out, "error", m.errorOf(o.Err))
	m.define(out, "queryTimeMs", m.milliseconds(o.Time))
	return out
}

// errorOf makes an object of a server's error, null of none.
func (m *machine) errorOf(e *hook.Rejection) goja.Value {
	if e == nil {
		return goja.Null()
	}
	o := m.rt.NewObject()
	m.define(o, "code", m.rt.ToValue(int(e.Code)))
	m.define(o, "sqlState", m.rt.ToValue(e.State))
	m.define(o, "message", m.text([]byte(e.Message)))
	return o
}

func (m *machine) milliseconds(d time.Duration) goja.Value {
	return m.rt.ToValue(float64(d) / float64(time.Millisecond))
}
