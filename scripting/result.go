package scripting

import (
	"reflect"
	"slices"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// resultObject is `result` of onResult. In onResult a script says what it wants to see of the rows, which come later: see stream.
type resultObject struct {
	m       *machine
	head    hook.Result // a copy
	names   []string
	byName  map[string]int
	columns goja.Value

	saying  bool // onResult has not ended
	running bool // one of the functions below runs
	verdict hook.ResultVerdict
	after   []*hook.Injection

	// What was asked for.
	each    goja.Callable // of each row
	batches goja.Callable // of some rows
	end     goja.Callable
	dropped []int // columns
	added   []addedColumn
	stop    bool
	held    bool // the machine is, for the stream
}

type addedColumn struct {
	column hook.Column
	value  goja.Callable
}

func newResult(h *hook.Result) *resultObject {
	r := &resultObject{head: *h, byName: make(map[string]int, len(h.Columns)), saying: true}
	r.head.Columns = slices.Clone(h.Columns)
	for i := range h.Columns {
		name := h.Columns[i].Name
		if _, twice := r.byName[name]; !twice {
			r.byName[name] = i
			r.names = append(r.names, name)
		}
	}
	return r
}

func (r *resultObject) Get(name string) goja.Value {
	m := r.m
	switch name {
	case "number":
		return m.rt.ToValue(r.head.Number)
	case "columns":
		if r.columns == nil {
			r.columns = m.columnsOf(r.head.Columns)
		}
		return r.columns
	case "error":
		return m.errorOf(r.head.Err)
	case "affectedRows":
		return m.value(hook.Uint(r.head.OK.AffectedRows))
	case "insertId":
		return m.value(hook.Uint(r.head.OK.InsertID))
	case "warnings":
		return m.rt.ToValue(int(r.head.OK.Warnings))
	case "info":
		return m.text([]byte(r.head.OK.Info))
	case "queryTimeMs":
		return m.milliseconds(r.head.Time)
	}
	return nil
}

var resultProperties = []string{"number", "columns", "error", "affectedRows", "insertId", "warnings", "info", "queryTimeMs"}

func (r *resultObject) Set(name string, _ goja.Value) bool { return r.m.readOnly("result", name) }
func (r *resultObject) Has(name string) bool               { return slices.Contains(resultProperties, name) }
func (r *resultObject) Delete(name string) bool            { return r.m.readOnly("result", name) }
func (r *resultObject) Keys() []string                     { return resultProperties }

func (m *machine) columnsOf(columns []hook.Column) goja.Value {
	out := make([]any, len(columns))
	for i := range columns {
		c, o := &columns[i], m.rt.NewObject()
		for name, text := range map[string]string{"name": c.Name, "orgName": c.OrgName, "table": c.Table, "orgTable": c.OrgTable, "schema": c.Schema} {
			m.define(o, name, m.text([]byte(text)))
		}
		for name, n := range map[string]int64{
			"type": int64(c.Type), "flags": int64(c.Flags), "charset": int64(c.Charset), "length": int64(c.Length), "decimals": int64(c.Decimals),
		} {
			m.define(o, name, m.rt.ToValue(n))
		}
		out[i] = o
	}
	return m.rt.NewArray(out...)
}

var typeResult = reflect.TypeFor[*resultObject]()

func (m *machine) newResult(r *resultObject) *goja.Object {
	r.m = m
	o := m.rt.NewDynamicObject(r)
	must(o.SetPrototype(m.results))
	return o
}

// offerResult defines the methods of result.
func (m *machine) offerResult() {
	m.offerRow()
	m.results = m.rt.NewObject()
	begun := func(call goja.FunctionCall, what string) *resultObject {
		r, isResult := exported[*resultObject](call.This, typeResult)
		if !isResult || !r.saying {
			panic(m.rt.NewTypeError("%s is a method of result, until onResult has ended", what))
		}
		return r
	}
	function := func(what string, v goja.Value) goja.Callable {
		f, isFunction := goja.AssertFunction(v)
		if !isFunction || isAsync(v) {
			panic(m.rt.NewTypeError("%s takes a function that is not async", what))
		}
		return f
	}
	m.method(m.results, "map", 1, func(call goja.FunctionCall) {
		begun(call, "map").each = function("map", call.Argument(0))
	})
	m.method(m.results, "batches", 1, func(call goja.FunctionCall) {
		begun(call, "batches").batches = function("batches", call.Argument(0))
	})
	m.method(m.results, "end", 1, func(call goja.FunctionCall) {
		begun(call, "end").end = function("end", call.Argument(0))
	})
	m.method(m.results, "dropColumn", 1, func(call goja.FunctionCall) {
		r := begun(call, "dropColumn")
		name := call.Argument(0).String()
		i := r.find(name)
		if i < 0 {
			panic(m.rt.NewTypeError("the result has no column %q", name))
		}
		if !slices.Contains(r.dropped, i) {
			r.dropped = append(r.dropped, i)
		}
	})
	m.method(m.results, "addColumn", 2, func(call goja.FunctionCall) {
		r := begun(call, "addColumn")
		if r.head.Columns == nil {
			panic(m.rt.NewTypeError("addColumn: the answer has no rows"))
		}
		c, typed := m.column(call.Argument(0))
		if !typed {
			name := c.Name
			c = columnTypes["VARCHAR"]
			c.Name, c.OrgName = name, name
		}
		r.added = append(r.added, addedColumn{c, function("addColumn", call.Argument(1))})
	})
	m.method(m.results, "reply", 1, func(call goja.FunctionCall) {
		r := begun(call, "reply")
		r.verdict.Reply, r.verdict.Reject = m.reply(call.Argument(0)), nil
	})
	m.method(m.results, "reject", 2, func(call goja.FunctionCall) {
		r := begun(call, "reject")
		r.verdict.Reject, r.verdict.Reply = m.rejection(call.Arguments), nil
	})
	m.method(m.results, "stop", 0, func(call goja.FunctionCall) {
		r, isResult := exported[*resultObject](call.This, typeResult)
		if !isResult || !r.running {
			panic(m.rt.NewTypeError("stop is for the functions that are given rows"))
		}
		r.stop = true
	})
	m.freeze(m.results)
}

// reshapes reports whether the columns are not those that came.
func (r *resultObject) reshapes() bool { return len(r.dropped)+len(r.added) > 0 }

// streams reports whether the script wants to see the rows, or their end.
func (r *resultObject) streams() bool { return r.head.Columns != nil && (r.seesRows() || r.end != nil) }

// seesRows reports whether the rows need the script.
func (r *resultObject) seesRows() bool { return r.each != nil || r.batches != nil || r.reshapes() }

// layout are the columns that the client gets; nil: those that came.
func (r *resultObject) layout() []hook.Column {
	if !r.reshapes() {
		return nil
	}
	out := []hook.Column{}
	for i, c := range r.head.Columns {
		if !slices.Contains(r.dropped, i) {
			out = append(out, c)
		}
	}
	for _, a := range r.added {
		out = append(out, a.column)
	}
	return out
}

// abandon lets go of what a call has left of which nothing is taken.
func (r *resultObject) abandon(o *queryObject) {
	o.forget()
	if r.held {
		r.m.release()
	}
}

// Result is hook.Loop's.
func (l *Loop) Result(q hook.Query, head *hook.Result, w hook.ResultWaiter) (*hook.ResultVerdict, hook.Pending) {
	ed := l.now()
	if ed == nil || !ed.set.Has(hook.OnResult) {
		return new(hook.ResultVerdict), nil
	}
	o, r := &queryObject{}, newResult(head)
	o.after = &r.after
	run := func(m *machine, q hook.Query, off *offloaded) (goja.Value, error) {
		query, result := m.newQuery(o, q), m.newResult(r)
		if off != nil {
			return m.offloaded(off, query, result)
		}
		return m.hooks[hook.OnResult](goja.Undefined(), query, result)
	}
	finish := func(why *failure) *hook.ResultVerdict { return l.resultVerdict(ed, o, r, why) }
	var off *offloaded
	if !ed.async[hook.OnResult] {
		v, why := l.call(ed, hook.OnResult, func(m *machine) (goja.Value, error) { return run(m, q, nil) })
		if off = offloadedBy(v); off == nil {
			return finish(why), nil
		}
	}
	o, r = &queryObject{}, newResult(head)
	o.after = &r.after
	copied := copyQuery(q)
	j := &job{edition: ed, hook: hook.OnResult, body: func(m *machine) (goja.Value, error) { return run(m, copied, off) }}
	j.then = func(m *machine, _ goja.Value) (goja.Value, error) {
		if r.streams() {
			m.hold() // before anybody else may have it thrown away
			r.held = true
		}
		return nil, nil
	}
	j.undo = func() { r.abandon(o) }
	return later(l, j, finish, w.ResultAnswered)
}

// resultVerdict is what a call of onResult has said.
func (l *Loop) resultVerdict(ed *edition, o *queryObject, r *resultObject, why *failure) *hook.ResultVerdict {
	r.saying = false
	if r.m != nil && r.streams() {
		o.handles = true // its functions may read q
	}
	if o.m != nil {
		o.close()
	}
	if why != nil {
		r.abandon(o)
		return &hook.ResultVerdict{Reject: l.onError(hook.OnResult, why)}
	}
	v := &r.verdict
	v.After = r.after
	if v.Reply != nil || v.Reject != nil || !r.streams() {
		if r.held {
			r.m.release()
		}
		return v
	}
	if !r.held {
		r.m.hold()
	}
	v.Columns, v.EndOnly = r.layout(), !r.seesRows()
	v.Stream = &stream{loop: l, edition: ed, r: r, q: o}
	return v
}
