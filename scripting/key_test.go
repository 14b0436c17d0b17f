package scripting

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"parkway/scripting/hook"
)

func TestPureIsRemembered(t *testing.T) {
	w := newWorld(t, Options{}, `
		function onQuery(q) { q.route(q.user === "app" ? shared.incr("calls") : 99).tag("t") }
		onQuery.cacheBy = ["digest", "user"]`)
	first := w.ask(newQuery("SELECT 1"))
	again := w.ask(newQuery("SELECT 2"))
	if first.Hostgroup != 1 || again != first {
		t.Errorf("first %+v, again %+v; %s", first, again, w.said())
	}
	other := newQuery("SELECT 3")
	other.user = "b"
	if v := w.ask(other); v.Hostgroup != 99 {
		t.Errorf("another user: %+v", v)
	}
	prepared := newQuery("SELECT 3")
	prepared.command = hook.ComStmtPrepare
	if v := w.ask(prepared); v.Hostgroup != 2 {
		t.Errorf("another command: %+v", v)
	}
	unknown := newQuery("SELECT 4")
	unknown.digest = 0
	w.ask(unknown)
	if v := w.ask(unknown); v.Hostgroup != 4 {
		t.Errorf("a statement without a digest: %+v", v)
	}
	if n := w.calls(hook.OnQuery, remembered); n != 1 {
		t.Errorf("remembered %d times", n)
	}
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	if v := w.ask(newQuery("SELECT 1")); v.Hostgroup != 5 {
		t.Errorf("after the program changed: %+v", v)
	}
}

func TestPureMustNotDependOnMore(t *testing.T) {
	w := newWorld(t, Options{}, `function onQuery(q) { q.route(1); if (q.sql) q.route(2) } onQuery.cacheBy = "digest"`)
	if v := w.ask(newQuery("SELECT 1")); v != hook.Nothing {
		t.Errorf("%+v", v)
	}
	if said := w.said(); !strings.Contains(said, "q.sql is not in onQuery.cacheBy") {
		t.Error(said)
	}
}

func TestBadKeys(t *testing.T) {
	for _, source := range []string{
		`function onQuery() {} onQuery.cacheBy = "user"`, `function onQuery() {} onQuery.cacheBy = ["digest", "sql"]`,
		`async function onQuery() {} onQuery.cacheBy = "digest"`,
	} {
		w := newWorld(t, Options{}, "")
		w.write(w.file, source)
		if err := w.engine.Load(w.file); err == nil || !strings.Contains(err.Error(), "cacheBy") {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	y := newMemory()
	v := new(hook.Verdict)
	for i := range 10 * maxRemembered {
		y.keep(rememberedKey{digest: uint64(i)}, v)
		if y.find(rememberedKey{digest: 0}) == nil {
			t.Fatalf("what is used was forgotten after %d others", i)
		}
	}
	if n := len(y.young) + len(y.old); n > 2*maxRemembered+1 {
		t.Errorf("%d entries", n)
	}
}

func TestPureDoesNotAllocate(t *testing.T) {
	w := newWorld(t, Options{}, `function onQuery(q) { q.route(20) } onQuery.cacheBy = ["digest", "user", "schema", "inTransaction"]`)
	q := newQuery("SELECT 1")
	var s session
	w.loop.Query(q, &s)
	if n := testing.AllocsPerRun(100, func() { w.loop.Query(q, &s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOnQuery(b *testing.B) {
	for _, test := range []struct{ name, source string }{
		{"none", `function onConnect() {}`},
		{"pure", `function onQuery(q) { q.route(20) } onQuery.cacheBy = "digest"`},
		{"empty", `function onQuery(q) {}`},
		{"plain", `function onQuery(q) { if (q.user === "app" && q.sql.startsWith("SELECT")) q.route(20) }`},
		{"regexp", `const select = /^\s*select\b/i; function onQuery(q) { if (select.test(q.sql) && !q.inTransaction) q.route(20).tag("read") }`},
	} {
		b.Run(test.name, func(b *testing.B) {
			runtime.LockOSThread() // as a loop's
			defer runtime.UnlockOSThread()
			e := New(Options{})
			defer e.Close()
			w := e.Loop(func(func()) {})
			load(b, e, test.source)
			q := newQuery("SELECT c FROM sbtest1 WHERE id=12345")
			var s session
			b.ReportAllocs()
			for b.Loop() {
				if w.Defines(hook.OnQuery) {
					w.Query(q, &s)
				}
			}
			for o := range outcomes { // those that are not made cost nothing
				if n := w.(*Loop).stats.Calls(int(hook.OnQuery), int(o)); n > 0 && o != ok && o != remembered {
					b.Errorf("%d calls ended with %s", n, o)
				}
			}
		})
	}
}

func BenchmarkAsync(b *testing.B) {
	posted := make(chan func(), 16)
	e := New(Options{})
	defer e.Close()
	l := e.Loop(func(f func()) { posted <- f })
	load(b, e, `async function onQuery(q) { q.route(20) }`)
	q := newQuery("SELECT c FROM sbtest1 WHERE id=12345")
	var s session
	b.ReportAllocs()
	for b.Loop() {
		if _, pending := l.Query(q, &s); pending != nil {
			(<-posted)()
		}
	}
	if s.verdict.Hostgroup != 20 {
		b.Error(fmt.Sprint(s.verdict))
	}
}
