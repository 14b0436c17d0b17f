package scripting

import (
	"runtime"
	"strings"
	"testing"
	"weak"
)

// A program does what it did before it was changed.
func TestRevisedPrograms(t *testing.T) {
	for _, test := range []struct{ body, value string }{
		{"let a = 'x', b = 'y'; return a + b", "xy"},
		{"let a = 1, b = 2; return a + b", "3"},
		{"let a = 1n, b = 2n; return a + b", "3"},
		{"let a = {valueOf() { return 1 }, toString() { return 'no' }}, b = 'x'; return a + b", "1x"},
		{"let a = {valueOf() { return 1 }, toString() { return 'x' }}, b = 'y'; return `${a}-${b}`", "x-y"},
		{"let a = ''; for (const x of [1, 'x', null, undefined, true]) a += x; return a", "1xnullundefinedtrue"},
		{"let n = 0; const o = {x: 'a'}, k = () => (n++, 'x'), v = () => 'b'; o[k()] += v(); return o.x + n", "ab1"},
		{"let said = ''; const f = x => (said += x, x); f('a') + f('b') + `${f('c')}${f('d')}`; return said", "abcd"},
		{"const f = (a = q.sql + q.user, {b = a + a} = {}) => b; return f('x')", "xx"},
		{"class A { static x = q.user + q.user; [q.user + '1']() { return q.user + q.user } } return A.x + new A().app1()", "appappappapp"},
		{"const t = (s, ...v) => s.raw.join('|') + v.join(); return t`a${q.user}b${q.schema}`", "a|b|app,shop"},
		{"label: for (var i = 0, s = q.user; i < 2; s += s, i++) continue label; return s", "appappappapp"},
		{"const o = {get [q.user + q.user]() { return 1 }}; return Object.keys(o)[0]", "appapp"},
		{"return (a => a + a)(q.user)", "appapp"},
		{"function* g() { const x = yield q.user + q.user; yield x + x } const i = g(); return i.next().value + i.next('z').value", "appappzz"},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) { q.tag(String((() => {"+test.body+"})())) }")
		if v := w.ask(newQuery("SELECT 1")); len(v.Tags) != 1 || v.Tags[0] != test.value {
			t.Errorf("%s: %q, want %s; %s", test.body, v.Tags, test.value, w.said())
		}
	}
}

// What goes wrong in a changed expression is located where it stands.
func TestRevisedPlaces(t *testing.T) {
	w := newWorld(t, Options{Reject: true}, "function onQuery(q) {\n  const s = Symbol(), a = q.user\n  return a + s\n}")
	w.ask(newQuery("SELECT 1"))
	if said := w.said(); !strings.Contains(said, "main.js:3:10") {
		t.Errorf("%s", said)
	}
}

// Texts that operators make are bounded, and what is made on the way to that.
func TestBoundedOperators(t *testing.T) {
	for _, body := range []string{
		"let s = 'x'; for (;;) s += s",
		"let s = 'x'; for (;;) s = s + s",
		"let s = 'x'; for (;;) s = `${s}${s}`",
		"let s = 'x'; for (;;) s = `${s}-${s}-${s}-${s}-${s}-${s}`",
		"const o = {s: 'x'}; for (;;) o['s'] += o.s",
		"let s = 'x'; const twice = (a, b = a + a) => b; for (;;) s = twice(s)",
		"let s = 'x'; const add = (a, b) => a + b; for (;;) s = [s, s].reduce(add)",
	} {
		w := newWorld(t, Options{Timeout: patient, Memory: 1 << 30, Reject: true}, "function onQuery(q) { "+body+" }")
		w.ask(newQuery("SELECT 1"))
		if said := w.said(); !strings.Contains(said, "RangeError: a text of") {
			t.Errorf("%s: %s", body, said)
		}
	}
}

// A program without async functions and Promise is called without looking for jobs that it has left; one with them finds them done.
func TestJobs(t *testing.T) {
	for _, test := range []struct {
		source string
		jobs   bool
		tags   string
	}{
		{"let n = 0; function onQuery(q) { q.tag('n' + n++ + typeof globalThis['Prom' + 'ise']) }", false, "n1undefined"},
		{"let n = 0; function onQuery(q) { Promise.resolve().then(() => n++); q.tag('n' + n) }", true, "n1"},
		{"let n = 0; const {Promise: P} = globalThis; function onQuery(q) { P.resolve().then(() => n++); q.tag('n' + n) }", true, "n1"},
		{"let n = 0; const more = async () => { await 0; n++ }; function onQuery(q) { more(); q.tag('n' + n) }", true, "n1"},
		{"let n = 0; class A { static async more() { await 0; n++ } }; function onQuery(q) { A.more(); q.tag('n' + n) }", true, "n1"},
	} {
		w := newWorld(t, Options{}, test.source)
		if got := w.engine.current.Load().program.jobs; got != test.jobs {
			t.Errorf("%s: jobs %v", test.source, got)
		}
		w.ask(newQuery("SELECT 1"))
		if v := w.ask(newQuery("SELECT 1")); len(v.Tags) != 1 || v.Tags[0] != test.tags {
			t.Errorf("%s: %q, want %s; %s", test.source, v.Tags, test.tags, w.said())
		}
	}
}

// Exceptions leave nothing of their calls behind.
func TestExceptionsLeaveNothing(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { if (q['sql'] === 'throws') throw 1; q.route(20) }") // it is not lent
	w.ask(newQuery("throws"))
	first := weak.Make(w.loop.machine.latest.object)
	w.ask(newQuery("SELECT 1"))
	w.ask(newQuery("SELECT 1"))
	if runtime.GC(); first.Value() != nil {
		t.Error("q of the call is still there")
	}
	if v := w.ask(newQuery("SELECT 1")); v.Hostgroup != 20 {
		t.Errorf("%+v; %s", v, w.said())
	}
}

// What was behind q of a call is behind that of the next one: not for a script that has kept it, nor where a handler reads it.
func TestQueryIsUsedAgain(t *testing.T) {
	w := newWorld(t, Options{}, `
		const kept = []
		function onQuery(q) {
			for (const k of kept) { try { q.tag(k.sql) } catch (e) { q.tag(e.name) } }
			kept.push(q)
			if (q.sql === "first") q.after("SELECT 2", (r, inner) => { kept.push(inner) })
			if (q.sql === "second") throw 1
		}`)
	first := w.ask(newQuery("first"))
	if len(first.After) != 1 {
		t.Fatalf("%+v; %s", first, w.said())
	}
	w.ask(newQuery("second"))
	if v := w.ask(newQuery("third")); strings.Join(v.Tags, " ") != "first TypeError" {
		t.Errorf("%q; %s", v.Tags, w.said())
	}
	w.loop.Forget(first.After[0])
}
