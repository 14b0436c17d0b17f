package scripting

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// What tests see of the answers of hooks.

func (m *machine) outcomeOfConnect(v *hook.ConnectVerdict) goja.Value {
	o := m.rt.NewObject()
	m.define(o, "reject", m.errorOf(v.Reject))
	return o
}

func (m *machine) outcomeOfAuth(v *hook.AuthVerdict) goja.Value {
	o := m.rt.NewObject()
	m.define(o, "reject", m.errorOf(v.Reject))
	m.define(o, "user", m.text([]byte(v.BackendUser)))
	m.define(o, "password", m.optional(v.HasPassword, v.BackendPassword))
	m.define(o, "hostgroup", m.unlessUnset(v.Hostgroup))
	m.define(o, "schema", m.optional(v.HasSchema, v.Schema))
	return o
}

// optional is a text, or undefined.
func (m *machine) optional(has bool, s string) goja.Value {
	if !has {
		return goja.Undefined()
	}
	return m.text([]byte(s))
}

// unlessUnset is a number, or undefined.
func (m *machine) unlessUnset(n int) goja.Value {
	if n == hook.Unset {
		return goja.Undefined()
	}
	return m.rt.ToValue(n)
}

func (m *machine) outcomeOfQuery(v *hook.Verdict, q *queryCopy) goja.Value {
	o := m.rt.NewObject()
	m.define(o, "hostgroup", m.unlessUnset(v.Hostgroup))
	m.define(o, "sql", m.optional(v.HasSQL, v.SQL))
	m.define(o, "reject", m.errorOf(v.Reject))
	m.define(o, "reply", m.replyOf(v.Reply))
	m.define(o, "timeout", m.rt.ToValue(v.Timeout.Milliseconds()))
	if v.Timeout == hook.Unset {
		m.define(o, "timeout", goja.Undefined())
	}
	m.define(o, "pin", m.rt.ToValue(v.Pin))
	m.define(o, "observe", m.rt.ToValue(v.Result))
	tags := make([]any, len(v.Tags))
	for i, t := range v.Tags {
		tags[i] = t
	}
	m.define(o, "tags", m.rt.NewArray(tags...))
	m.define(o, "before", m.injectionsOf(v.Before, q))
	m.define(o, "after", m.injectionsOf(v.After, q))
	return o
}

// injectionsOf shows injected statements: each with its sql, and answer(result), which gives a result to its handler.
func (m *machine) injectionsOf(all []*hook.Injection, q *queryCopy) goja.Value {
	out := make([]any, len(all))
	for i, injection := range all {
		o := m.rt.NewObject()
		m.define(o, "sql", m.text([]byte(injection.SQL)))
		m.define(o, "answer", m.function("answer", 1, func(call goja.FunctionCall) goja.Value {
			r := m.reply(call.Argument(0))
			outcome := &hook.Outcome{Table: r.Table, OK: r.OK}
			if given, isObject := call.Argument(0).(*goja.Object); isObject {
				outcome.Err = m.mockError(given)
			}
			return m.mocked(func() goja.Value { return m.outcomeOfQuery(m.tester.injected(injection, outcome), q) })
		}))
		out[i] = o
	}
	return m.rt.NewArray(out...)
}

// mockError reads a server's error that a test describes; nil: none.
func (m *machine) mockError(o *goja.Object) *hook.Rejection {
	e, isObject := m.member(o, "error").(*goja.Object)
	if !isObject {
		return nil
	}
	r := &hook.Rejection{Code: 1105, State: "HY000"}
	if v := m.member(e, "code"); v != nil {
		r.Code = uint16(m.integer("code", v, 1, 65535))
	}
	if v := m.member(e, "sqlState"); v != nil {
		r.State = v.String()
	}
	if v := m.member(e, "message"); v != nil {
		r.Message = string(m.bytes(v))
	}
	return r
}

func (m *machine) replyOf(r *hook.Reply) goja.Value {
	if r == nil {
		return goja.Undefined()
	}
	return m.answer(&r.Table, &r.OK)
}

// mockResult shows a result to onResult, in batches of at most two rows, and returns what the client would get.
func (m *machine) mockResult(q *queryCopy, v goja.Value) goja.Value {
	given, isObject := v.(*goja.Object)
	if !isObject {
		panic(m.rt.NewTypeError("mock.result takes a statement and its result"))
	}
	r := m.reply(v)
	head := &hook.Result{Columns: r.Table.Columns, OK: r.OK, Err: m.mockError(given), MaxBatch: hook.BatchBytes}
	if head.Err != nil {
		head.Columns = nil
	}
	if v := m.member(given, "queryTimeMs"); v != nil {
		head.Time = time.Duration(v.ToFloat() * float64(time.Millisecond))
	}
	t := m.tester
	var a asked
	verdict, p := t.loop.Result(q, head, &a)
	if t.await(p, &a.done); p != nil {
		verdict = a.result
	}
	o := m.rt.NewObject()
	after := verdict.After
	switch {
	case verdict.Reject != nil:
		m.define(o, "error", m.errorOf(verdict.Reject))
	case verdict.Reply != nil:
		m.define(o, "rows", m.rowsOf(verdict.Reply.Table.Columns, &verdict.Reply.Table.Rows))
		m.define(o, "columns", m.columnsOf(verdict.Reply.Table.Columns))
	case verdict.Stream == nil:
		m.define(o, "rows", m.rowsOf(head.Columns, &r.Table.Rows))
		m.define(o, "columns", m.columnsOf(head.Columns))
		m.define(o, "error", m.errorOf(head.Err))
	default:
		after = append(after, m.mockStream(o, verdict, head, &r.Table.Rows)...)
	}
	m.define(o, "after", m.injectionsOf(after, q))
	return o
}

// mockStream is mockResult for who wants to see the rows.
func (m *machine) mockStream(o *goja.Object, verdict *hook.ResultVerdict, head *hook.Result, rows *hook.Batch) []*hook.Injection {
	const some = 2
	t := m.tester
	columns := verdict.Columns
	if columns == nil {
		columns = head.Columns
	}
	var sent hook.Batch
	sent.Reset(len(columns))
	m.define(o, "columns", m.columnsOf(columns))
	var problem *hook.Rejection
	stopped := false
	for i := 0; i < rows.Len() && problem == nil && !stopped; i += some {
		batch := new(hook.Batch)
		batch.Reset(rows.Columns())
		for j := i; j < min(i+some, rows.Len()); j++ {
			batch.AddRow(rows.Row(j))
		}
		var a asked
		v, p := verdict.Stream.Rows(batch, &a)
		if t.await(p, &a.done); p != nil {
			v = a.rows
		}
		if v.Same {
			v = &hook.RowsVerdict{Rows: batch, Stop: v.Stop}
		}
		if v.Rows != nil {
			for j := range v.Rows.Len() {
				sent.AddRow(v.Rows.Row(j))
			}
		}
		problem, stopped = v.Reject, v.Stop
	}
	var after []*hook.Injection
	if problem != nil || stopped {
		verdict.Stream.Abort()
	} else {
		var a asked
		v, p := verdict.Stream.End(&hook.End{Rows: uint64(rows.Len()), OK: head.OK, Time: head.Time}, &a)
		if t.await(p, &a.done); p != nil {
			v = a.end
		}
		if v.Rows != nil {
			for j := range v.Rows.Len() {
				sent.AddRow(v.Rows.Row(j))
			}
		}
		problem, after = v.Reject, v.After
	}
	m.define(o, "rows", m.rowsOf(columns, &sent))
	m.define(o, "error", m.errorOf(problem))
	return after
}

// rowsOf makes an array of objects.
func (m *machine) rowsOf(columns []hook.Column, rows *hook.Batch) goja.Value {
	out := make([]any, rows.Len())
	for i := range out {
		row := m.rt.NewObject()
		for j, v := range rows.Row(i) {
			m.define(row, columns[j].Name, m.value(v))
		}
		out[i] = row
	}
	return m.rt.NewArray(out...)
}

// offerAssert defines assert(condition, message), assert.equal, assert.deepEqual, assert.match, assert.throws.
func (m *machine) offerAssert() {
	unequal := func(call goja.FunctionCall, at int, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if v := call.Argument(at); !goja.IsUndefined(v) {
			text = v.String() + ": " + text
		}
		e, err := m.rt.New(m.errors.plain, m.rt.ToValue(text))
		must(err)
		panic(e)
	}
	assert := m.function("assert", 2, func(call goja.FunctionCall) goja.Value {
		if !call.Argument(0).ToBoolean() {
			unequal(call, 1, "the condition is not met")
		}
		return goja.Undefined()
	})
	m.define(assert, "equal", m.function("equal", 3, func(call goja.FunctionCall) goja.Value {
		if got, want := call.Argument(0), call.Argument(1); !got.StrictEquals(want) {
			unequal(call, 2, "got %s, want %s", m.shown(got), m.shown(want))
		}
		return goja.Undefined()
	}))
	m.define(assert, "deepEqual", m.function("deepEqual", 3, func(call goja.FunctionCall) goja.Value {
		got, want := call.Argument(0), call.Argument(1)
		a, _, errA := copyOut(m.rt, got, maxReply)
		b, _, errB := copyOut(m.rt, want, maxReply)
		if errA != nil || errB != nil {
			panic(m.rt.NewTypeError("assert.deepEqual: %v", errors.Join(errA, errB)))
		}
		if !same(a, b) {
			unequal(call, 2, "got %s, want %s", m.shown(got), m.shown(want))
		}
		return goja.Undefined()
	}))
	m.define(assert, "match", m.function("match", 3, func(call goja.FunctionCall) goja.Value {
		form, isObject := call.Argument(1).(*goja.Object)
		if !isObject {
			panic(m.rt.NewTypeError("assert.match takes a text and a regular expression"))
		}
		matches, _ := goja.AssertFunction(form.Get("test"))
		if v := m.pass(matches(form, call.Argument(0))); !v.ToBoolean() {
			unequal(call, 2, "%s does not match %s", m.shown(call.Argument(0)), form)
		}
		return goja.Undefined()
	}))
	m.define(assert, "throws", m.function("throws", 2, func(call goja.FunctionCall) goja.Value {
		f, isFunction := goja.AssertFunction(call.Argument(0))
		if !isFunction {
			panic(m.rt.NewTypeError("assert.throws takes a function"))
		}
		if _, err := f(goja.Undefined()); err == nil {
			unequal(call, 1, "nothing was thrown")
		} else if _, thrown := err.(*goja.Exception); !thrown {
			panic(err)
		}
		return goja.Undefined()
	}))
	must(m.rt.Set("assert", assert))
}

// shown is a value as a failed assertion shows it.
func (m *machine) shown(v goja.Value) string {
	d, _, err := copyOut(m.rt, v, maxReply)
	if err != nil {
		return v.String()
	}
	if d == nil {
		return "undefined"
	}
	text, err := json.Marshal(plain(d))
	if err != nil {
		return v.String()
	}
	return cut(string(text), maxLogged)
}
