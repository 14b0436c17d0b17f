package scripting

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/scripting/hook"
)

func TestAsyncAnswers(t *testing.T) {
	for _, test := range []struct{ name, source string }{
		{"async", `async function onQuery(q) { await sleep(1); q.route(20).tag(q.sql + q.user + q.params) }`},
		{"async without a wait", `async function onQuery(q) { q.route(20).tag(q.sql + q.user + q.params) }`},
		{"arrow", `const onQuery = async q => { await null; q.route(20).tag(q.sql + q.user + q.params) }`},
		{"offload", `async function slow(q, n) { await sleep(1); q.route(n.n).tag(q.sql + q.user + q.params) }
			function onQuery(q) { return offload(slow, {n: 20}) }`},
		{"offload of what is not async", `const slow = (q, n) => { q.route(n).tag(q.sql + q.user + q.params) }
			function onQuery(q) { return offload(slow, 20) }`},
		{"offload on the pool", `async function n(x) { await sleep(1); return x }
			async function onQuery(q) { q.route(await offload(n, 20)).tag(q.sql + q.user + q.params) }`},
	} {
		w := newWorld(t, Options{}, test.source)
		q := newQuery("SELECT 1")
		q.params = []hook.Value{hook.Text("p")}
		var s session
		v, pending := w.loop.Query(q, &s)
		if v != nil || pending == nil {
			t.Errorf("%s: answered at once: %+v; %s", test.name, v, w.said())
			continue
		}
		copy(q.sql, "XXXXXXXX")
		copy(q.params[0].Bytes, "X")
		for s.answers == 0 {
			w.turn()
		}
		if s.verdict.Hostgroup != 20 || fmt.Sprint(s.verdict.Tags) != "[SELECT 1appp]" {
			t.Errorf("%s: %+v; %s", test.name, s.verdict, w.said())
		}
	}
}

// A session that is gone is not answered.
func TestCancel(t *testing.T) {
	w := newWorld(t, Options{}, `async function onQuery(q) { q.before("x", () => 0) }`)
	var s session
	_, pending := w.loop.Query(newQuery("SELECT 1"), &s)
	pending.Cancel()
	w.turn()
	if s.answers != 0 || w.calls(hook.OnQuery, cancelled) != 1 {
		t.Errorf("%d answers, %d cancelled", s.answers, w.calls(hook.OnQuery, cancelled))
	}
	pending.Cancel()
}

func TestAsyncFailures(t *testing.T) {
	for _, test := range []struct {
		body, says string
		outcome    outcome
	}{
		{"while (true) {}", "longer than it may", timedOut},
		{"await sleep(600000)", "longer than it may", timedOut},
		{"await new Promise(() => {})", "nothing will settle", unsettled},
		{"await 0; null.x", "main.js:1:63: TypeError", failed},
		{"await sleep(1); throw 'a text'", "a text", failed},
		{"await Promise.all(Array.from({length: 100}, () => sleep(1)))", "more than 64 at once", failed},
	} {
		w := newWorld(t, Options{SlowTimeout: 300 * time.Millisecond, Reject: true}, "async function onQuery(q) {                     "+test.body+"}")
		v := w.ask(newQuery("SELECT 1"))
		if said := w.said(); v.Reject == nil || !strings.Contains(v.Reject.Message, "("+test.outcome.String()+")") || !strings.Contains(said, test.says) {
			t.Errorf("%s: %+v; %s", test.body, v.Reject, said)
		}
	}
}

// 1,000 sessions in slow calls at once, on 8 machines: each has its turn, in the order in which they came, and none waits longer than it may.
func TestThousandSlowCalls(t *testing.T) {
	const sessions, pool = 1000, 8
	w := newWorld(t, Options{PoolMax: pool, SlowTimeout: 60 * time.Second}, `async function onQuery(q) { await sleep(1); q.route(20) }`)
	var waiting [sessions]session
	for i := range waiting {
		if _, pending := w.loop.Query(newQuery("SELECT 1"), &waiting[i]); pending == nil {
			t.Fatalf("session %d was answered at once; %s", i, w.said())
		}
	}
	for answered := 0; answered < sessions; answered++ {
		w.turn()
		if stats := w.engine.pool.Stats(); stats.Workers > pool {
			t.Fatalf("%d workers", stats.Workers)
		}
		// Who came much earlier has been served: only a goroutine that the busy machine does not let run can hold somebody up.
		if early := answered - sessions/4; early >= 0 && waiting[early].answers != 1 {
			t.Fatalf("after %d answers, session %d waits", answered+1, early)
		}
	}
	for i := range waiting {
		if waiting[i].answers != 1 || waiting[i].verdict.Hostgroup != 20 {
			t.Fatalf("session %d: %+v", i, waiting[i])
		}
	}
	ed := w.engine.current.Load()
	if n := len(ed.idle); n == 0 || n > pool {
		t.Errorf("%d machines", n)
	}
}

// Calls that would come too late are answered when their time is over, and what is too much for the queue at once.
func TestDeadlineAndQueue(t *testing.T) {
	w := newWorld(t, Options{PoolMax: 2, PoolQueue: 20, SlowTimeout: 200 * time.Millisecond, Reject: true}, `async function onQuery(q) { await sleep(150) }`)
	var waiting [40]session
	full := 0
	begun := time.Now()
	for i := range waiting {
		if v, pending := w.loop.Query(newQuery("SELECT 1"), &waiting[i]); pending == nil {
			full++
			if v.Reject == nil || !strings.Contains(v.Reject.Message, "queue_full") {
				t.Fatalf("%+v", v)
			}
		}
	}
	if full < 15 {
		t.Errorf("%d of 40 found the queue full", full)
	}
	for range len(waiting) - full {
		w.turn()
	}
	if took := time.Since(begun); took > 200*time.Millisecond+stopping {
		t.Errorf("the last answer came after %v", took)
	}
	if late := w.calls(hook.OnQuery, timedOut); late == 0 {
		t.Error("none was too late")
	}
}

// statements is an SQL of the test's own.
type statements struct{ asked atomic.Value }

func (s *statements) Query(_ context.Context, hostgroup int, statement string, _ int) (*hook.Reply, error) {
	s.asked.Store(fmt.Sprint(hostgroup, statement))
	if statement == "bad" {
		return nil, &hook.Rejection{Code: 1064, State: "42000", Message: "no"}
	}
	r := &hook.Reply{OK: hook.Summary{AffectedRows: 1, InsertID: 1 << 60}}
	r.Table.Columns = []hook.Column{{Name: "n", Type: 8}, {Name: "s", Type: 253}}
	r.Table.Rows.Reset(2)
	r.Table.Rows.AddRow([]hook.Value{hook.Int(5), hook.Text("five")})
	return r, nil
}

func TestSQL(t *testing.T) {
	var source statements
	w := newWorld(t, Options{SQL: &source}, `async function onQuery(q) {
		const r = await sql(10, "SELECT 5")
		q.tag([r.columns, r.rows[0].n, r.rows[0].s, r.affectedRows, r.insertId].join())
		try { await sql(10, "bad") } catch (e) { q.tag([e instanceof Error, e.code, e.sqlState, e.message].join()) }
	}`)
	if v := w.ask(newQuery("x")); fmt.Sprint(v.Tags) != "[n,s,5,five,1,1152921504606846976 true,1064,42000,no]" {
		t.Errorf("%q; %s", v.Tags, w.said())
	}
}

func TestFetch(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a host was asked that is not allowed") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/away" {
			http.Redirect(out, q, elsewhere.URL, http.StatusFound)
			return
		}
		out.Header().Set("X-Seen", q.Header.Get("X-Sent"))
		out.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(out, "%s %s", q.Method, q.URL.Path)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	w := newWorld(t, Options{FetchHosts: []string{host}}, `async function onQuery(q) {
		const base = "http://`+host+`"
		const r = await fetch(base + "/tea", {method: "post", headers: {"X-Sent": "yes"}, body: "x"})
		q.tag([r.status, r.ok, r.body, r.headers["x-seen"]].join())
		for (const url of [base + "/away", "`+elsewhere.URL+`", "file:///etc/passwd"]) { try { await fetch(url) } catch (e) { q.tag("refused " + q.tag.length + url.slice(0, 5) + url.slice(-5)) } }
	}`)
	if v := w.ask(newQuery("x")); len(v.Tags) != 4 || v.Tags[0] != "418,false,POST /tea,yes" {
		t.Errorf("%q; %s", v.Tags, w.said())
	}
	without := newWorld(t, Options{}, `function onQuery(q) { q.tag(typeof fetch + typeof sql) }`)
	if v := without.ask(newQuery("x")); fmt.Sprint(v.Tags) != "[undefinedundefined]" {
		t.Errorf("%q", v.Tags)
	}
}

// noSQL refuses each statement.
type noSQL struct{}

func (noSQL) Query(context.Context, int, string, int) (*hook.Reply, error) {
	return nil, errors.New("no SQL here")
}

func TestTimer(t *testing.T) {
	w := newWorld(t, Options{SlowTimeout: 100 * time.Millisecond, SQL: noSQL{}}, `
		timer.every(10, async () => { await sleep(1); if (shared.incr("n") === 3) log.warn("three") })
		timer.every(10, () => { log.warn("broken"); while (true) {} })
		  timer.every(10, async () => { await sql(10, "SELECT 1") })`)
	w.log.wait(t, "three")
	if line := w.log.wait(t, "no SQL here"); !strings.Contains(line, `"timer":"main.js:4:16"`) || !strings.Contains(line, `"error":"main.js:4:44: `) {
		t.Errorf("a timer that fails: %s", line)
	}
	if err := w.engine.Load(""); err != nil {
		t.Fatal(err)
	}
}

// Every hook but onQuery and onResult, at once and later.
func TestOtherHooks(t *testing.T) {
	for _, async := range []string{"", "async "} {
		w := newWorld(t, Options{}, async+`function onConnect(conn) { if (conn.clientAddr === "192.0.2.1") conn.reject(1040, "08004", "away") }
			`+async+`function onAuth(conn, auth) {
				if (auth.user === "root") auth.reject("not you")
				else auth.become("reader", "secret").route(30).use("s" + auth.schema + auth.plugin + auth.tls + conn.id)
			}
			`+async+`function onDisconnect(conn, stats) { log.info("bye", {user: conn.user, queries: stats.queries, ms: stats.durationMs}) }`)
		c := copyConn(newQuery("x"))
		var s session
		wait := func(pending hook.Pending) {
			for n := s.answers; pending != nil && s.answers == n; {
				w.turn()
			}
		}
		connect, pending := w.loop.Connect(&c, &s)
		if wait(pending); pending != nil {
			connect = s.connect
		}
		if *connect.Reject != (hook.Rejection{Code: 1040, State: "08004", Message: "away"}) {
			t.Errorf("onConnect: %+v", connect.Reject)
		}
		auth, pending := w.loop.Auth(&c, &hook.Auth{User: "app", Plugin: "p", Schema: "x", TLS: true}, &s)
		if wait(pending); pending != nil {
			auth = s.auth
		}
		if want := (hook.AuthVerdict{BackendUser: "reader", BackendPassword: "secret", HasPassword: true, Hostgroup: 30, Schema: "sxptrue7", HasSchema: true}); *auth != want {
			t.Errorf("onAuth: %+v; %s", auth, w.said())
		}
		auth, pending = w.loop.Auth(&c, &hook.Auth{User: "root"}, &s)
		if wait(pending); pending != nil {
			auth = s.auth
		}
		if auth.Reject == nil || *auth.Reject != (hook.Rejection{Code: 1045, State: "28000", Message: "not you"}) {
			t.Errorf("onAuth: %+v", auth.Reject)
		}
		w.loop.Disconnect(&c, &hook.Stats{Duration: 1500 * time.Microsecond, Queries: 3})
		if line := w.log.wait(t, "bye"); !strings.Contains(line, `"user":"app","queries":3,"ms":1.5`) {
			t.Errorf("onDisconnect: %s", line)
		}
	}
}
