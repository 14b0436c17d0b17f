package scripting

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/rs/zerolog"

	"parkway/scripting/hook"
)

// What scripts have of the host: this, and nothing else.

// offer defines the globals.
func (m *machine) offer() {
	m.offerConn()
	m.offerAuth()
	m.offerQuery()
	m.offerResult()
	m.offerShared()
	m.offerMetrics()
	m.offerLog()
	m.offerTimer()
	m.offerOffload()
	m.offerWaits()
	m.offerTest()
	must(m.rt.Set("require", m.require("")))
}

// offerLog defines log.
func (m *machine) offerLog() {
	log := &m.edition.engine.scriptLog
	o := m.rt.NewObject()
	for name, level := range map[string]zerolog.Level{
		"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel,
	} {
		m.define(o, name, m.function(name, 2, func(call goja.FunctionCall) goja.Value {
			e := log.WithLevel(level)
			if !e.Enabled() || level < zerolog.GlobalLevel() {
				return goja.Undefined()
			}
			room := 16 * maxLogged
			for _, v := range call.Arguments[min(1, len(call.Arguments)):] {
				room -= m.logFields(e, v, room)
			}
			e.Msg(cut(string(m.bytes(call.Argument(0))), maxLogged))
			return goja.Undefined()
		}))
	}
	m.freeze(o)
	must(m.rt.Set("log", o))
}

// maxLogged bounds a text in the log.
const maxLogged = 4 << 10

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}

// logFields adds the properties of an object to a line of the log, which has room for so many bytes, and returns how many they take.
func (m *machine) logFields(e *zerolog.Event, v goja.Value, room int) (size int) {
	d, size, err := copyOut(m.rt, v, room)
	if err != nil {
		panic(m.rt.NewTypeError("log: %s", err.Error()))
	}
	r, isRecord := d.(*record)
	if !isRecord {
		e.Interface("value", plain(d))
		return size
	}
	for i, k := range r.keys {
		if slices.Contains(reservedFields, k) {
			k += "_"
		}
		e.Interface(k, plain(r.values[i]))
	}
	return size
}

// reservedFields are what a line of the log has anyway: a second one of that name would hide it from readers of JSON.
var reservedFields = []string{zerolog.LevelFieldName, zerolog.TimestampFieldName, zerolog.MessageFieldName, scriptField}

// scriptField is in the lines that scripts write.
const scriptField = "script"

// plain makes of a value what encoding/json writes as one expects.
func plain(d data) any {
	switch d := d.(type) {
	case null:
		return nil
	case goja.String:
		return cut(d.String(), maxLogged)
	case float64:
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return strconv.FormatFloat(d, 'g', -1, 64)
		}
	case list:
		out := make([]any, len(d))
		for i, v := range d {
			out[i] = plain(v)
		}
		return out
	case *record:
		out := make(map[string]any, len(d.keys))
		for i, k := range d.keys {
			out[k] = plain(d.values[i])
		}
		return out
	}
	return d
}

// timer is what timer.every has asked for.
type timer struct {
	every    time.Duration
	function goja.Callable
	place    string // where; file:line:column
}

const maxTimers = 16

// offerTimer defines timer.every. Each machine that is made runs the program; the timers of one of them run.
func (m *machine) offerTimer() {
	o := m.rt.NewObject()
	m.define(o, "every", m.function("every", 2, func(call goja.FunctionCall) goja.Value {
		if !m.loading {
			panic(m.rt.NewTypeError("timer.every is for the beginning of a script, not for its functions"))
		}
		every := time.Duration(m.integer("timer.every", call.Argument(0), 10, 24*3600*1000)) * time.Millisecond
		f, isFunction := goja.AssertFunction(call.Argument(1))
		if !isFunction {
			panic(m.rt.NewTypeError("timer.every needs a function"))
		}
		if len(m.timers) == maxTimers {
			panic(m.rangeError("more than %d timers", maxTimers))
		}
		m.timers = append(m.timers, timer{every, f, at(m.rt.CaptureCallStack(0, nil)).place()})
		return goja.Undefined()
	}))
	m.freeze(o)
	must(m.rt.Set("timer", o))
}

// offloaded is what offload returns where it can't call the function: the call is made on the pool instead.
type offloaded struct {
	name string
	args []data
}

// maxOffloaded bounds what goes along with an offloaded call.
const maxOffloaded = 1 << 20

// offerOffload defines offload(fn, ...args).
func (m *machine) offerOffload() {
	must(m.rt.Set("offload", m.function("offload", 1, func(call goja.FunctionCall) goja.Value {
		f, isObject := call.Argument(0).(*goja.Object)
		function, isFunction := goja.AssertFunction(call.Argument(0))
		if !isObject || !isFunction {
			panic(m.rt.NewTypeError("offload needs a function"))
		}
		name := f.Get("name").String()
		if global := m.rt.Get(name); global == nil || !global.SameAs(f) {
			panic(m.rt.NewTypeError("offload(%s): it must be a function at the top of the script; what it needs is given as arguments", name))
		}
		args := call.Arguments[1:]
		if m.pooled {
			return m.pass(function(goja.Undefined(), args...))
		}
		o, room := &offloaded{name: name}, maxOffloaded
		for _, a := range args {
			d, size, err := copyOut(m.rt, a, room)
			if err != nil {
				panic(m.rt.NewTypeError("offload: %s", err.Error()))
			}
			room -= size
			o.args = append(o.args, d)
		}
		return m.rt.ToValue(o)
	})))
}

// offerWaits defines what an async function can wait for.
func (m *machine) offerWaits() {
	must(m.rt.Set("sleep", m.function("sleep", 1, func(call goja.FunctionCall) goja.Value {
		d := time.Duration(m.integer("sleep", call.Argument(0), 0, 3600*1000)) * time.Millisecond
		return m.promise("sleep", func(ctx context.Context) func() (goja.Value, error) {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
			}
			return func() (goja.Value, error) { return goja.Undefined(), nil }
		})
	})))
	if m.edition.engine.options.SQL != nil {
		must(m.rt.Set("sql", m.function("sql", 2, m.sql)))
	}
	if len(m.edition.engine.options.FetchHosts) > 0 {
		must(m.rt.Set("fetch", m.function("fetch", 2, m.fetch)))
	}
}

// promise begins something that takes its time, on a goroutine of its own: work does it, and returns what makes the result, which is run on the machine
// again.
func (m *machine) promise(what string, work func(ctx context.Context) func() (goja.Value, error)) goja.Value {
	if !m.pooled || m.loading || m.ctx == nil {
		panic(m.rt.NewTypeError("%s is for async functions and offload", what))
	}
	if m.awaited == maxAwaited {
		panic(m.rangeError("%s: more than %d at once", what, maxAwaited))
	}
	p, resolve, reject := m.rt.NewPromise()
	unkept, err := m.rt.New(m.errors.plain) // here, so that it names the place of the call
	must(err)
	m.awaited++
	ctx, number := m.ctx, m.call
	go func() {
		finish := work(ctx)
		done := func() error {
			if number != m.call {
				return nil
			}
			m.awaited--
			v, err := finish()
			if err != nil {
				return reject(m.waitError(unkept, what, err))
			}
			return resolve(v)
		}
		select {
		case m.mail <- done:
		case <-ctx.Done():
		}
	}()
	return m.rt.ToValue(p)
}

// waitError completes the Error that a Promise is rejected with. That of a server has code and sqlState.
func (m *machine) waitError(e *goja.Object, what string, err error) goja.Value {
	var said *hook.Rejection
	message := []byte(what + ": " + err.Error())
	if errors.As(err, &said) {
		message = []byte(said.Message)
	}
	must(e.DefineDataProperty("message", m.text(message), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	if said != nil {
		m.define(e, "code", m.rt.ToValue(int(said.Code)))
		m.define(e, "sqlState", m.rt.ToValue(said.State))
	}
	return e
}

// maxAwaited bounds how many things one call may wait for at a time.
const maxAwaited = 64

// maxQueried bounds the result of sql(), in bytes.
const maxQueried = 4 << 20

// sql is sql(hostgroup, text).
func (m *machine) sql(call goja.FunctionCall) goja.Value {
	hostgroup := int(m.integer("sql", call.Argument(0), 0, 1<<31-1))
	statement := m.statement("sql", call.Argument(1))
	source := m.edition.engine.options.SQL
	return m.promise("sql", func(ctx context.Context) func() (goja.Value, error) {
		r, err := source.Query(ctx, hostgroup, statement, maxQueried)
		m.edition.engine.queried.count(ctx, err)
		return func() (goja.Value, error) {
			if err != nil {
				return nil, err
			}
			return m.answer(&r.Table, &r.OK), nil
		}
	})
}

// queried counts what came of sql(). Any thread.
type queried struct{ ok, failed, cancelled atomic.Uint64 }

func (q *queried) count(ctx context.Context, err error) {
	switch {
	case err == nil:
		q.ok.Add(1)
	case ctx.Err() != nil:
		q.cancelled.Add(1)
	default:
		q.failed.Add(1)
	}
}

// now is how many there were of each, by the label of the metric.
func (q *queried) now() map[string]uint64 {
	return map[string]uint64{ok.String(): q.ok.Load(), failed.String(): q.failed.Load(), cancelled.String(): q.cancelled.Load()}
}

// answer makes an object of a whole answer: columns, rows, affectedRows, insertId, warnings, info.
func (m *machine) answer(t *hook.Table, ok *hook.Summary) *goja.Object {
	o := m.rt.NewObject()
	names := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	m.define(o, "columns", m.rt.NewArray(names...))
	rows := make([]any, t.Rows.Len())
	for i := range rows {
		row := m.rt.NewObject()
		for j, v := range t.Rows.Row(i) {
			m.define(row, t.Columns[j].Name, m.value(v))
		}
		rows[i] = row
	}
	m.define(o, "rows", m.rt.NewArray(rows...))
	m.defineSummary(o, ok)
	return o
}

func (m *machine) defineSummary(o *goja.Object, s *hook.Summary) {
	m.define(o, "affectedRows", m.value(hook.Uint(s.AffectedRows)))
	m.define(o, "insertId", m.value(hook.Uint(s.InsertID)))
	m.define(o, "warnings", m.rt.ToValue(int(s.Warnings)))
	m.define(o, "info", m.text([]byte(s.Info)))
}

const (
	maxFetched   = 1 << 20 // bytes of a body, either way
	maxRedirects = 3
)

// request is what fetch was asked for.
type request struct {
	url, method, body string
	headers           [][2]string
}

// fetch is fetch(url, {method, headers, body}).
func (m *machine) fetch(call goja.FunctionCall) goja.Value {
	r := request{url: call.Argument(0).String(), method: http.MethodGet}
	if o, isObject := call.Argument(1).(*goja.Object); isObject {
		if v := m.member(o, "method"); v != nil {
			r.method = strings.ToUpper(v.String())
		}
		if v := m.member(o, "body"); v != nil {
			r.body = string(m.bytes(v))
		}
		if headers, isObject := m.member(o, "headers").(*goja.Object); isObject {
			for _, k := range headers.Keys() {
				r.headers = append(r.headers, [2]string{k, headers.Get(k).String()})
			}
		}
	}
	hosts := m.edition.engine.options.FetchHosts
	if err := allowed(r.url, hosts); err != nil {
		panic(m.rt.NewTypeError("fetch: %s", err.Error()))
	}
	client := m.edition.engine.http
	return m.promise("fetch", func(ctx context.Context) func() (goja.Value, error) {
		status, header, body, err := r.do(ctx, client)
		return func() (goja.Value, error) {
			if err != nil {
				return nil, err
			}
			o, headers := m.rt.NewObject(), m.rt.NewObject()
			for k := range header {
				m.define(headers, strings.ToLower(k), m.rt.ToValue(header.Get(k)))
			}
			m.define(o, "status", m.rt.ToValue(status))
			m.define(o, "ok", m.rt.ToValue(status >= 200 && status < 300))
			m.define(o, "headers", headers)
			m.define(o, "body", m.text(body))
			return o, nil
		}
	})
}

// allowed says why a script may not ask a URL.
func allowed(raw string, hosts []string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return err
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("only http and https")
	case !slices.Contains(hosts, u.Host) && !slices.Contains(hosts, u.Hostname()):
		return errors.New("the configuration does not allow the host " + u.Host)
	}
	return nil
}

// newHTTP makes the client of fetch, which goes to no other host either when it is sent there.
func newHTTP(hosts []string) *http.Client {
	return &http.Client{CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		return allowed(next.URL.String(), hosts)
	}}
}

func (r *request) do(ctx context.Context, client *http.Client) (status int, header http.Header, body []byte, err error) {
	if len(r.body) > maxFetched {
		return 0, nil, nil, errors.New("the body is too large")
	}
	q, err := http.NewRequestWithContext(ctx, r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return 0, nil, nil, err
	}
	for _, h := range r.headers {
		q.Header.Set(h[0], h[1])
	}
	answer, err := client.Do(q)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxFetched+1))
	if err == nil && len(body) > maxFetched {
		err = errors.New("the answer is too large")
	}
	return answer.StatusCode, answer.Header, body, err
}
