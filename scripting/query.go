package scripting

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"parkway/protocol/digest"
	"parkway/scripting/hook"
)

// queryObject is what is behind `q` of onQuery and onResult.
type queryObject struct {
	connObject
	query   hook.Query         // nil: the call is over
	verdict *hook.Verdict      // what was said, in onQuery; nil: nothing
	own     *hook.Verdict      // what verdict points to then; nil: not made yet
	says    bool               // it may say something: it is q of onQuery, or of a handler of before()
	chosen  bool               // ... of such a handler: the connection is chosen
	after   *[]*hook.Injection // where q.after goes to, if it is not q of onQuery
	said    *[]*hook.Injection // after, also when that is closed
	pure    key                // only what this names can be read; 0: all
	params  goja.Value
	notes   goja.Value
	text    goja.Value // the statement
	as      scriptQuery
	handles bool // a handler was named, which may read q later
	named   []*handler
}

// queryHandle is `q` as the script has it, and may keep it: when the call is over, what was behind it may be behind that of another call.
type queryHandle struct {
	*queryObject
}

// scriptQuery is `q` with what is behind it.
type scriptQuery struct {
	object *goja.Object
	handle *queryHandle
}

// newQuery makes `q`.
func (m *machine) newQuery(q *queryObject, src hook.Query) *goja.Object {
	handle := new(queryHandle)
	o := m.rt.NewDynamicObject(handle)
	must(o.SetPrototype(m.queries))
	return m.show(q, src, scriptQuery{o, handle})
}

// lendQuery makes `q` of one that has come back, or newly.
func (m *machine) lendQuery(q *queryObject, src hook.Query) *goja.Object {
	if m.lent.object == nil {
		return m.newQuery(q, src)
	}
	as := m.lent
	m.lent = scriptQuery{}
	return m.show(q, src, as)
}

// show puts q behind an object.
func (m *machine) show(q *queryObject, src hook.Query, as scriptQuery) *goja.Object {
	q.m, q.src, q.query, q.as = m, src, src, as
	as.handle.queryObject = q
	m.latest = as
	return as.object
}

// handleOf returns what is behind a q.
func (m *machine) handleOf(v goja.Value) (*queryHandle, bool) {
	if o, isObject := v.(*goja.Object); isObject && o == m.latest.object {
		return m.latest.handle, true
	}
	return exported[*queryHandle](v, typeQuery)
}

// detach leaves to a script that has kept `q` one whose call is over. One that nobody can have kept comes back.
func (q *queryObject) detach() {
	q.as.handle.queryObject = &q.m.over
	if q.m.lends {
		q.m.lent = q.as
	}
}

// forget ends the handlers that were named, for a call of which nothing is taken.
func (q *queryObject) forget() {
	for _, h := range q.named {
		h.end()
	}
	q.named = nil
}

// close ends what a script may read and say. What handlers read, is copied.
func (q *queryObject) close() {
	q.says, q.after = false, nil
	if q.handles {
		if _, copied := q.query.(*queryCopy); !copied {
			c := copyQuery(q.query)
			q.src, q.query = c, c
		}
		return
	}
	q.src, q.query = nil, nil
}

func (q *queryObject) Get(name string) goja.Value {
	if q.query == nil {
		return q.m.late(name)
	}
	if q.pure != 0 {
		q.confine(name)
	}
	rt := q.m.rt
	switch name {
	case "sql":
		if q.text == nil {
			q.text = q.m.text(q.query.SQL())
		}
		return q.text
	case "whole":
		return rt.ToValue(q.query.Whole())
	case "command":
		return q.m.word(q.query.Command().String())
	case "prepared":
		return rt.ToValue(q.query.Command() != hook.ComQuery)
	case "digest":
		h := q.query.Digest()
		if h == 0 {
			return rt.ToValue("")
		}
		return rt.ToValue(string(digest.AppendHash(nil, h)))
	case "digestText":
		return q.m.text(q.query.AppendDigestText(nil))
	case "hostgroup":
		return rt.ToValue(q.query.Hostgroup())
	case "inTransaction":
		return rt.ToValue(q.query.InTransaction())
	case "params":
		if q.params == nil {
			q.params = q.m.paramsOf(q.query.Params())
		}
		return q.params
	case "annotations":
		if q.notes == nil {
			q.notes = q.m.annotationsOf(q.query.SQL())
		}
		return q.notes
	}
	return q.property(name)
}

var queryProperties = append(slices.Clone(connProperties), "sql", "whole", "command", "prepared", "digest", "digestText", "hostgroup", "inTransaction",
	"params", "annotations")

func (q *queryObject) Has(name string) bool { return slices.Contains(queryProperties, name) }
func (q *queryObject) Keys() []string       { return queryProperties }

// confine throws if a pure function reads what its verdict would depend on.
func (q *queryObject) confine(name string) {
	switch name {
	case "user":
		if q.pure&byUser != 0 {
			return
		}
	case "schema":
		if q.pure&bySchema != 0 {
			return
		}
	case "inTransaction":
		if q.pure&byTransaction != 0 {
			return
		}
	case "command", "prepared", "digest", "digestText":
		return
	default:
		if !slices.Contains(queryProperties, name) {
			return
		}
	}
	panic(q.m.rt.NewTypeError("q.%s is not in onQuery.cacheBy, so the answer must not depend on it", name))
}

func (m *machine) paramsOf(params []hook.Value) goja.Value {
	out := make([]any, len(params))
	for i, p := range params {
		out[i] = m.value(p)
	}
	return m.rt.NewArray(out...)
}

func (m *machine) annotationsOf(sql []byte) goja.Value {
	o := m.rt.NewObject()
	annotations(sql, func(key, value string) { m.define(o, key, m.text([]byte(value))) })
	return o
}

var typeQuery = reflect.TypeFor[*queryHandle]()

// say returns what is behind q, and its verdict, for a method that says something.
func (m *machine) say(call goja.FunctionCall, what string) (*queryObject, *hook.Verdict) {
	q, isQuery := m.handleOf(call.This)
	switch {
	case !isQuery:
		panic(m.rt.NewTypeError("%s is a method of q", what))
	case !q.says:
		panic(m.rt.NewTypeError("%s can be said only in onQuery and in the handler of q.before, until it has ended", what))
	}
	if q.verdict == nil {
		if q.own == nil {
			q.own = new(hook.Verdict)
		}
		*q.own = *q.m.edition.silence()
		q.verdict = q.own
	}
	return q.queryObject, q.verdict
}

// offerQuery defines the methods of q.
func (m *machine) offerQuery() {
	m.queries = m.rt.NewObject()
	m.method(m.queries, "route", 1, func(call goja.FunctionCall) {
		q, v := m.say(call, "route")
		if q.chosen {
			panic(m.rt.NewTypeError("route: the connection is chosen, a statement before was sent on it"))
		}
		v.Hostgroup = int(m.integer("route", call.Argument(0), 0, math.MaxInt32))
	})
	m.method(m.queries, "rewrite", 1, func(call goja.FunctionCall) {
		q, v := m.say(call, "rewrite")
		if q.query.Command() == hook.ComStmtExecute {
			panic(m.rt.NewTypeError("rewrite: an execution runs what was prepared; rewrite the COM_STMT_PREPARE"))
		}
		v.SQL, v.HasSQL = m.statement("rewrite", call.Argument(0)), true
	})
	m.method(m.queries, "reject", 2, func(call goja.FunctionCall) {
		_, v := m.say(call, "reject")
		v.Reject, v.Reply = m.rejection(call.Arguments), nil
	})
	m.method(m.queries, "reply", 1, func(call goja.FunctionCall) {
		q, v := m.say(call, "reply")
		if q.query.Command() == hook.ComStmtPrepare {
			panic(m.rt.NewTypeError("reply: a prepared statement is answered when it is executed"))
		}
		v.Reply, v.Reject = m.reply(call.Argument(0)), nil
	})
	m.method(m.queries, "timeout", 1, func(call goja.FunctionCall) {
		_, v := m.say(call, "timeout")
		v.Timeout = time.Duration(m.integer("timeout", call.Argument(0), 0, 365*24*3600*1000)) * time.Millisecond
	})
	m.method(m.queries, "pin", 0, func(call goja.FunctionCall) {
		_, v := m.say(call, "pin")
		v.Pin = true
	})
	m.method(m.queries, "observe", 1, func(call goja.FunctionCall) {
		_, v := m.say(call, "observe")
		v.Result = call.Argument(0).ToBoolean()
	})
	m.method(m.queries, "tag", 1, func(call goja.FunctionCall) {
		_, v := m.say(call, "tag")
		tag := call.Argument(0).String()
		if tag == "" || len(tag) > maxLabel {
			panic(m.rangeError("tag: a tag has from 1 to %d characters", maxLabel))
		}
		if len(v.Tags) == maxTags {
			panic(m.rangeError("tag: more than %d for one statement", maxTags))
		}
		if !slices.Contains(v.Tags, tag) {
			v.Tags = append(slices.Clip(v.Tags), tag)
		}
	})
	m.method(m.queries, "before", 2, func(call goja.FunctionCall) {
		q, v := m.say(call, "before")
		q.inject(&v.Before, call)
	})
	m.method(m.queries, "after", 2, func(call goja.FunctionCall) {
		if q, isQuery := m.handleOf(call.This); isQuery && q.after != nil {
			q.inject(q.after, call)
			return
		}
		q, v := m.say(call, "after")
		q.inject(&v.After, call)
	})
	m.freeze(m.queries)
}

const (
	maxTags       = 8
	maxInjections = 8
)

// inject adds a statement.
func (q *queryObject) inject(to *[]*hook.Injection, call goja.FunctionCall) {
	if len(*to) == maxInjections {
		panic(q.m.rangeError("more than %d statements before or after one", maxInjections))
	}
	i := &hook.Injection{SQL: q.m.statement("before and after", call.Argument(0))}
	if f := call.Argument(1); !goja.IsUndefined(f) {
		function, isFunction := goja.AssertFunction(f)
		if !isFunction {
			panic(q.m.rt.NewTypeError("before and after: the handler must be a function"))
		}
		if isAsync(f) && !q.m.pooled {
			panic(q.m.rt.NewTypeError("before and after: an async handler is for an async function"))
		}
		if q.pure != 0 {
			panic(q.m.rt.NewTypeError("before and after: what is remembered for onQuery.cacheBy can have no handler"))
		}
		h := &handler{machine: q.m, edition: q.m.edition, function: function, q: q, before: q.verdict != nil && to == &q.verdict.Before}
		i.Handler = h
		q.handles = true
		q.named = append(q.named, h)
		q.m.hold()
	}
	*to = append(*to, i)
}

// statement reads the text of a statement.
func (m *machine) statement(what string, v goja.Value) string {
	if _, isText := v.(goja.String); !isText {
		panic(m.rt.NewTypeError("%s: a statement must be a string", what))
	}
	return string(m.bytes(v))
}

// integer reads a whole number.
func (m *machine) integer(what string, v goja.Value, lowest, highest int64) int64 {
	n := v.ToInteger()
	if !goja.IsNumber(v) || v.ToFloat() != float64(n) || n < lowest || n > highest {
		panic(m.rangeError("%s takes a whole number from %s to %s", what, strconv.FormatInt(lowest, 10), strconv.FormatInt(highest, 10)))
	}
	return n
}
