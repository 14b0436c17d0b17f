package scripting

import (
	"slices"
	"testing"
)

// Whose q comes back for the next call.
func TestLending(t *testing.T) {
	for _, test := range []struct {
		source string
		lends  bool
	}{
		{`function onQuery(q) {}`, true},
		{`function onQuery(q) { if (q.user === "app" && q.sql.startsWith("SELECT")) q.route(20) }`, true},
		{`function onQuery(q) { if (!q.prepared) return q.route(20).tag("a" + q.user); q.params.map(p => p) }`, true},
		{`function onQuery(q) { q.prepared && q.pin(); q.user ? q.tag("a") : q.tag("b"); kept = q.route(5).sql } let kept`, true},
		{`var onQuery = q => q.route(20)`, true},
		{`var onQuery = (q, other) => { q.observe(false) }`, true},
		{`function f(s) { return s.length } function onQuery(q) { if (f(q.sql) > 5) q.reject("no") }`, true},
		{`function onQuery(q) { q.before("SELECT 1", r => r.rows) }`, true}, // which that call keeps, by its handler
		{`function onQuery() {}`, false},
		{`function onQuery({sql}) {}`, false},
		{`function onQuery(...q) {}`, false},
		{`function onQuery(q) { f(q) } function f() {}`, false},
		{`function onQuery(q) { kept = q } let kept`, false},
		{`function onQuery(q) { kept = q.route(5) } let kept`, false},
		{`function onQuery(q) { kept = q.user && q.route(5) } let kept`, false},
		{`function onQuery(q) { kept = {q} } let kept`, false},
		{`function onQuery(q) { kept = [q.tag("a")] } let kept`, false},
		{`function onQuery(q) { kept = q.valueOf() } let kept`, false},
		{`function onQuery(q) { q.mine } Object.defineProperty(Object.prototype, "mine", {get() { kept = this }}); let kept`, false},
		{`function onQuery(q) { kept = () => q.sql } let kept`, false},
		{`function onQuery(q) { kept = function () { q.route(5) } } let kept`, false},
		{`function onQuery(q) { kept = class { f() { q.route(5) } } } let kept`, false},
		{`function onQuery(q, f = () => q) { kept = f } let kept`, false},
		{`function onQuery(q) { kept = arguments[0] } let kept`, false},
		{`function onQuery(q) { q["route"](5) }`, false},
		{`function onQuery(q) { throw q }`, false},
		{`function* onQuery(q) { yield q.sql }`, false},
		{`async function onQuery(q) { await 0; q.route(5) }`, false},
		{`function other(q) { kept = q } var onQuery = other.bind(null); let kept`, false},
		{`function other(q) { kept = q } other.toString = () => "function (q) {}"; var onQuery = other; let kept`, false},
		{`function other(q) { kept = q } Function.prototype.toString = () => "function (q) {}"; var onQuery = other; let kept`, false},
	} {
		w := newWorld(t, Options{}, test.source)
		w.loop.now()
		if m := w.loop.ensure(); m.lends != test.lends {
			t.Errorf("%s: %v", test.source, m.lends)
		}
	}
}

// One that comes back shows each call what is of it, also behind a call that has thrown, and one that has kept it for a handler.
func TestLentQuery(t *testing.T) {
	w := newWorld(t, Options{}, `function onQuery(q) {
		q.tag("is " + q.sql)
		if (q.sql === "throws") null.x
		if (q.sql === "handles") q.before("SELECT 1", r => 0)
	}`)
	w.loop.now()
	if !w.loop.ensure().lends {
		t.Fatal("it is not lent")
	}
	for _, sql := range []string{"first", "throws", "second", "handles", "third", "fourth"} {
		v := w.ask(newQuery(sql))
		if want := []string{"is " + sql}; sql != "throws" && !slices.Equal(v.Tags, want) {
			t.Errorf("%s: %q", sql, v.Tags)
		}
	}
}
