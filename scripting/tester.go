package scripting

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dop251/goja"

	"parkway/protocol/digest"
	"parkway/scripting/hook"
)

// testTime is how long one test may take.
const testTime = 10 * time.Second

// tester runs the tests of a program: functions that the program gives to test(name, fn). They ask its hooks as sessions do, over an event loop of their
// own, and see what sessions would see.
type tester struct {
	engine  *Engine
	loop    *Loop
	posted  chan func()
	tests   []scriptTest
	answers map[string]mockAnswer // of sql()
	why     error                 // what a function of the program has failed for, last; nil: none has
}

type scriptTest struct {
	name     string
	function goja.Callable
}

// mockAnswer is what sql() brings in a test.
type mockAnswer struct {
	reply *hook.Reply
	err   *hook.Rejection // nil: reply
}

// Query is SQL's, for tests: what mock.sql has named.
func (t *tester) Query(_ context.Context, _ int, statement string, _ int) (*hook.Reply, error) {
	switch a, known := t.answers[statement]; {
	case a.err != nil:
		return nil, a.err
	case known:
		return a.reply, nil
	}
	return nil, fmt.Errorf("no answer for %q: the test names it by mock.sql", statement)
}

// newTester makes an engine for tests and replays, with the program in a file. The goroutine that calls keeps its thread, as that of a loop does,
// until it closes the tester.
func newTester(file string, o Options) (*tester, error) {
	t := &tester{posted: make(chan func(), 1024), answers: make(map[string]mockAnswer)}
	if o.SQL == nil {
		o.SQL = t
	}
	runtime.LockOSThread()
	t.engine = New(o)
	t.loop = newLoop(t.engine, func(f func()) { t.posted <- f })
	t.loop.witness = func(k hook.Kind, why *failure) { t.why = fmt.Errorf("%s failed: %w", k, why.err) }
	t.engine.loops = append(t.engine.loops, t.loop)
	if err := t.engine.Load(file); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *tester) close() {
	t.loop.Close()
	t.engine.Close()
	runtime.UnlockOSThread()
}

// await runs what is posted to the loop until a call is answered.
func (t *tester) await(p hook.Pending, answered *bool) {
	for p != nil && !*answered {
		(<-t.posted)()
	}
}

// Test runs the tests of the program in a file, and of the file beside it whose name ends with _test.js, if there is one: either may be named. It writes a
// line for each to out, and returns how many there were and how many failed. An error is about the program as a whole.
func Test(file string, o Options, out io.Writer) (ran, failed int, err error) {
	if program, isTest := strings.CutSuffix(file, "_test.js"); isTest && isThere(program+".js") {
		file = program + ".js"
	}
	t, err := newTester(file, o)
	if err != nil {
		return 0, 0, err
	}
	defer t.close()
	ed := t.engine.current.Load()
	m, err := buildMachine(ed, true, loadTime, t)
	if err != nil {
		return 0, 0, err
	}
	defer m.release()
	if err := t.loadBeside(m, file); err != nil {
		return 0, 0, err
	}
	for _, test := range t.tests {
		begun := time.Now()
		_, why := m.await(t.engine.dog.now()+int64(testTime), func() (goja.Value, error) { return test.function(goja.Undefined()) })
		ran++
		if why == nil {
			fmt.Fprintf(out, "ok    %s (%v)\n", test.name, time.Since(begun).Round(100*time.Microsecond))
			continue
		}
		failed++
		fmt.Fprintf(out, "FAIL  %s\n      %v\n", test.name, why.err)
		if m.broken.Load() {
			return ran, failed, fmt.Errorf("%s was stopped: the tests behind it were not run", test.name)
		}
	}
	return ran, failed, nil
}

func isThere(file string) bool {
	_, err := os.Stat(file)
	return !os.IsNotExist(err)
}

// loadBeside runs the tests that are in a file of their own.
func (t *tester) loadBeside(m *machine, file string) error {
	beside := strings.TrimSuffix(file, ".js") + "_test.js"
	if !isThere(beside) {
		return nil
	}
	p, err := newProgram(beside)
	if err != nil {
		return err
	}
	defer p.seal()
	_, why := m.run(loadTime, func() (goja.Value, error) { return m.rt.RunProgram(p.main) })
	if why != nil {
		return why.err
	}
	return nil
}

// offerTest defines test: a function that does nothing where the program decides about real clients.
func (m *machine) offerTest() {
	t := m.tester
	must(m.rt.Set("test", m.function("test", 2, func(call goja.FunctionCall) goja.Value {
		if t != nil {
			f, isFunction := goja.AssertFunction(call.Argument(1))
			if !isFunction {
				panic(m.rt.NewTypeError("test takes a name and a function"))
			}
			t.tests = append(t.tests, scriptTest{call.Argument(0).String(), f})
		}
		return goja.Undefined()
	})))
	if t == nil {
		return
	}
	m.offerAssert()
	mock := m.rt.NewObject()
	m.define(mock, "sql", m.function("sql", 2, func(call goja.FunctionCall) goja.Value {
		a := mockAnswer{reply: m.reply(call.Argument(1))}
		if given, isObject := call.Argument(1).(*goja.Object); isObject {
			a.err = m.mockError(given)
		}
		t.answers[m.statement("mock.sql", call.Argument(0))] = a
		return goja.Undefined()
	}))
	asks := func(name string, length int, ask func(q *queryCopy, call goja.FunctionCall) goja.Value) {
		m.define(mock, name, m.function(name, length, func(call goja.FunctionCall) goja.Value {
			return m.mocked(func() goja.Value { return ask(m.clientOf(call.Argument(0)), call) })
		}))
	}
	asks("connect", 1, func(q *queryCopy, _ goja.FunctionCall) goja.Value { return m.outcomeOfConnect(t.connect(q)) })
	asks("auth", 1, func(q *queryCopy, _ goja.FunctionCall) goja.Value { return m.outcomeOfAuth(t.auth(q)) })
	asks("query", 1, func(q *queryCopy, _ goja.FunctionCall) goja.Value { return m.outcomeOfQuery(t.query(q), q) })
	asks("result", 2, func(q *queryCopy, call goja.FunctionCall) goja.Value { return m.mockResult(q, call.Argument(1)) })
	asks("disconnect", 2, func(q *queryCopy, call goja.FunctionCall) goja.Value {
		s := hook.Stats{Duration: time.Second, Queries: 1}
		if o, isObject := call.Argument(1).(*goja.Object); isObject {
			if v := m.member(o, "queries"); v != nil {
				s.Queries = uint64(v.ToInteger())
			}
			if v := m.member(o, "durationMs"); v != nil {
				s.Duration = time.Duration(v.ToFloat() * float64(time.Millisecond))
			}
		}
		t.disconnect(q, &s)
		return goja.Undefined()
	})
	must(m.rt.Set("mock", mock))
}

// mocked asks functions of the program, and throws what they have failed for.
func (m *machine) mocked(ask func() goja.Value) goja.Value {
	t := m.tester
	t.why = nil
	v := ask()
	if t.why != nil {
		e, err := m.rt.New(m.errors.plain, m.rt.ToValue(t.why.Error()))
		must(err)
		panic(e)
	}
	return v
}

// recorded is a command as a test or a recording describes it. The keys are those of q, with words parted by _ in recordings.
type recorded struct {
	SQL           string            `json:"sql"`
	Command       string            `json:"command"`
	ID            uint32            `json:"id"`
	User          string            `json:"user"`
	Schema        string            `json:"schema"`
	ClientAddr    string            `json:"client_addr"`
	ClientPort    int               `json:"client_port"`
	Hostgroup     int               `json:"hostgroup"`
	InTransaction bool              `json:"in_transaction"`
	Attributes    map[string]string `json:"attributes"`
	Params        []any             `json:"params"`
}

// query makes a hook.Query of a recording.
func (r *recorded) query() (*queryCopy, error) {
	q := &queryCopy{
		clientCopy: clientCopy{id: max(r.ID, 1), addr: r.ClientAddr, port: r.ClientPort, user: r.User, schema: r.Schema},
		sql:        []byte(r.SQL), whole: true, hostgroup: r.Hostgroup, inTransaction: r.InTransaction,
	}
	if q.addr == "" {
		q.addr = "127.0.0.1"
	}
	for name, value := range r.Attributes {
		q.attributes = append(q.attributes, [2]string{name, value})
	}
	q.digest = digest.Scan(q.sql, 0).Hash
	q.digestText = digest.AppendText(nil, q.sql, 0)
	switch r.Command {
	case "", "COM_QUERY":
	case "COM_STMT_PREPARE":
		q.command = hook.ComStmtPrepare
	case "COM_STMT_EXECUTE":
		q.command = hook.ComStmtExecute
	default:
		return nil, fmt.Errorf("scripts are not asked about %s", r.Command)
	}
	for _, p := range r.Params {
		switch p := p.(type) {
		case nil:
			q.params = append(q.params, hook.Value{})
		case bool:
			v := hook.Int(0)
			if p {
				v = hook.Int(1)
			}
			q.params = append(q.params, v)
		case json.Number:
			if n, err := p.Int64(); err == nil {
				q.params = append(q.params, hook.Int(n))
				continue
			}
			x, err := p.Float64()
			if err != nil {
				return nil, err
			}
			q.params = append(q.params, hook.Float(x))
		case string:
			q.params = append(q.params, hook.Text(p))
		default:
			return nil, fmt.Errorf("a parameter cannot be %T", p)
		}
	}
	return q, nil
}

// clientOf reads the description of a client or command in a test: a statement, or an object with the properties of q.
func (m *machine) clientOf(v goja.Value) *queryCopy {
	var r recorded
	var params []hook.Value
	o, isObject := v.(*goja.Object)
	switch {
	case isObject:
		text := func(name string) string {
			if v := m.member(o, name); v != nil {
				return string(m.bytes(v))
			}
			return ""
		}
		number := func(name string) int {
			if v := m.member(o, name); v != nil {
				return int(v.ToInteger())
			}
			return 0
		}
		r = recorded{
			SQL: text("sql"), Command: text("command"), User: text("user"), Schema: text("schema"), ClientAddr: text("clientAddr"),
			ID: uint32(number("id")), ClientPort: number("clientPort"), Hostgroup: number("hostgroup"),
		}
		if v := m.member(o, "inTransaction"); v != nil {
			r.InTransaction = v.ToBoolean()
		}
		if a, isObject := m.member(o, "attributes").(*goja.Object); isObject {
			r.Attributes = make(map[string]string)
			for _, k := range a.Keys() {
				r.Attributes[k] = a.Get(k).String()
			}
		}
		if list, isObject := m.member(o, "params").(*goja.Object); isObject {
			for i := range m.length(list) {
				w, err := wireValue(list.Get(fmt.Sprint(i)))
				if err != nil {
					panic(m.rt.NewTypeError(err.Error()))
				}
				params = append(params, w)
			}
		}
	default:
		r.SQL = m.statement("a mock", v)
	}
	q, err := r.query()
	if err != nil {
		panic(m.rt.NewTypeError(err.Error()))
	}
	q.params = params
	return q
}

// asked waits for the answers of hooks, as a session.
type asked struct {
	done    bool
	connect *hook.ConnectVerdict
	auth    *hook.AuthVerdict
	verdict *hook.Verdict
	result  *hook.ResultVerdict
	rows    *hook.RowsVerdict
	end     *hook.EndVerdict
}

func (a *asked) ConnectAnswered(v *hook.ConnectVerdict) { a.connect, a.done = v, true }
func (a *asked) AuthAnswered(v *hook.AuthVerdict)       { a.auth, a.done = v, true }
func (a *asked) QueryAnswered(v *hook.Verdict)          { a.verdict, a.done = v, true }
func (a *asked) ResultAnswered(v *hook.ResultVerdict)   { a.result, a.done = v, true }
func (a *asked) RowsAnswered(v *hook.RowsVerdict)       { a.rows, a.done = v, true }
func (a *asked) EndAnswered(v *hook.EndVerdict)         { a.end, a.done = v, true }

func (t *tester) connect(q *queryCopy) *hook.ConnectVerdict {
	var a asked
	v, p := t.loop.Connect(q, &a)
	if t.await(p, &a.done); p != nil {
		return a.connect
	}
	return v
}

func (t *tester) auth(q *queryCopy) *hook.AuthVerdict {
	var a asked
	v, p := t.loop.Auth(q, &hook.Auth{User: q.user, Schema: q.schema, Plugin: "mysql_native_password"}, &a)
	if t.await(p, &a.done); p != nil {
		return a.auth
	}
	return v
}

// disconnect waits for the end of the call too, which no session does.
func (t *tester) disconnect(q *queryCopy, s *hook.Stats) {
	ended := false
	t.loop.disconnect(q, s, func() { ended = true })
	for !ended {
		(<-t.posted)()
	}
}

func (t *tester) query(q *queryCopy) *hook.Verdict {
	var a asked
	v, p := t.loop.Query(q, &a)
	if t.await(p, &a.done); p != nil {
		return a.verdict
	}
	return v
}

func (t *tester) injected(i *hook.Injection, o *hook.Outcome) *hook.Verdict {
	var a asked
	v, p := t.loop.Injected(i, o, &a)
	if t.await(p, &a.done); p != nil {
		return a.verdict
	}
	return v
}
