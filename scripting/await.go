package scripting

import (
	"context"
	"reflect"
	"time"

	"github.com/dop251/goja"
)

var typePromise = reflect.TypeFor[*goja.Promise]()

// await runs a part of the program that may return a Promise, and goes on with it until that is settled. For a machine of the pool, whose mu is
// held. deadline is on the watchdog's clock.
func (m *machine) await(deadline int64, f func() (goja.Value, error)) (goja.Value, *failure) {
	began := m.post.dog.now()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(deadline-began))
	defer cancel()
	m.call++
	m.awaited, m.ctx = 0, ctx
	defer func() { m.ctx = nil }()
	v, why := m.runUntil(began, deadline, f)
	for why == nil {
		p, isPromise := exported[*goja.Promise](v, typePromise)
		if !isPromise {
			return v, nil
		}
		if p.State() != goja.PromiseStatePending {
			return m.settled(began, deadline, p)
		}
		if m.awaited == 0 {
			return nil, fail(unsettled, "it waits for a Promise that nothing will settle")
		}
		select {
		case done := <-m.mail:
			_, why = m.runUntil(began, deadline, func() (goja.Value, error) { return nil, done() })
		case <-ctx.Done():
			return nil, fail(timedOut, "it waited longer than it may")
		}
	}
	return nil, why
}

// settled is the value of a Promise, or why there is none.
func (m *machine) settled(began, deadline int64, p *goja.Promise) (goja.Value, *failure) {
	if p.State() == goja.PromiseStateFulfilled {
		return p.Result(), nil
	}
	var reason *Error
	_, why := m.runUntil(began, deadline, func() (goja.Value, error) {
		reason = m.located(&rejected{p.Result()})
		return nil, nil
	})
	if why != nil {
		return nil, why
	}
	return nil, &failure{failed, reason}
}

// rejected is a Promise that was rejected.
type rejected struct{ reason goja.Value }

func (r *rejected) Error() string { return "the Promise was rejected" }

// immediate is the value that a function of a loop's machine has returned. A Promise must be settled: nobody waits for it there.
func (m *machine) immediate(began, deadline int64, v goja.Value) (goja.Value, *failure) {
	p, isPromise := exported[*goja.Promise](v, typePromise)
	switch {
	case !isPromise:
		return v, nil
	case p.State() == goja.PromiseStatePending:
		return nil, fail(unsettled, "it returned a Promise that waits: it has to be an async function")
	}
	return m.settled(began, deadline, p)
}
