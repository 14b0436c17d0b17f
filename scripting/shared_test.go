package scripting

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What scripts do with shared, one expression at a time.
func TestShared(t *testing.T) {
	for _, test := range []struct{ body, says string }{
		{"return shared.get('a')", "undefined"},
		{"shared.set('a', null); return shared.get('a')", "null"},
		{"shared.set('a', {b: [1, 'x', 2n ** 70n, true, null, 1.5]}); return shared.get('a').b.join()", "1,x,1180591620717411303424,true,,1.5"},
		{"const v = [1]; shared.set('a', v); v.push(2); shared.get('a').push(3); return shared.get('a').length", "1"},
		{"shared.set('a', new Uint8Array([1, 2])); const v = shared.get('a'); v[0] = 9; return [...shared.get('a'), v instanceof Uint8Array].join()", "1,2,true"},
		{"shared.set('a', '\\ud800x'); return shared.get('a').length", "2"},
		{"shared.set('a', JSON.parse('{\"__proto__\": 5}')); return Object.keys(shared.get('a')).join()", "__proto__"},
		{"shared.set('a', 1); shared.set('a', undefined); return shared.get('a')", "undefined"},
		{"shared.set('a', 1); return [shared.delete('a'), shared.delete('a'), shared.get('a')].join()", "true,false,"},
		{"return [shared.incr('a'), shared.incr('a', 5), shared.incr('a', -1)].join()", "1,6,5"},
		{"return [shared.compareAndSet('a', undefined, 1), shared.compareAndSet('a', undefined, 2), shared.compareAndSet('a', 1, {x: [1]}), shared.compareAndSet('a', {x: [1]}, undefined), shared.get('a')].join()", "true,false,true,true,"},
		{"return [shared.expire('a', 5), shared.set('a', 1), shared.expire('a', 5)].join()", "false,,true"},
		{"shared.set('a', () => 1)", "only null"},
		{"shared.set('a', Symbol())", "only null"},
		{"shared.set('a', new Map)", "only null"},
		{"shared.set('a', new Date)", "only null"},
		{"const v = {}; v.v = v; shared.set('a', v)", "contains itself"},
		{"let v = 1; for (let i = 0; i < 40; i++) v = [v]; shared.set('a', v)", "deeper than"},
		{"shared.set('a', 'x'.repeat(2e6))", "larger than"},
		{"shared.set('a', {get x() { throw new Error('mine') }})", "mine"},
		{"shared.set('x'.repeat(300), 1)", "longer than"},
		{"shared.set(5, 1)", "must be a string"},
		{"shared.set('a', 'x'); shared.incr('a')", "not a whole number"},
		{"shared.set('a', 2 ** 53 - 1); shared.incr('a')", "exactly"},
		{"shared.set('a', 1, -5)", "whole number"},
		{"for (let i = 0; ; i++) shared.set('k' + i, 'x'.repeat(1000))", "shared is full: it has 9"},
		{"shared.get = 5; return typeof shared.get", "function"},
	} {
		w := newWorld(t, Options{Shared: 100000}, "function say(q) {"+test.body+"} function onQuery(q) { try { q.tag(String(say(q)).slice(0, 60) || '-') } catch (e) { q.tag(e.message.slice(0, 60)) } }")
		v := w.ask(newQuery("x"))
		if len(v.Tags) != 1 || !strings.Contains(v.Tags[0], test.says) {
			t.Errorf("%s: %q, want %q; %s", test.body, v.Tags, test.says, w.said())
		}
	}
}

func TestSharedExpires(t *testing.T) {
	s := newStore(10000)
	now := time.Unix(1, 0)
	set := func(key string, lives time.Duration) {
		t.Helper()
		if err := s.update(key, now, func(data) (change, error) { return change{int64(1), perValue, lives}, nil }); err != nil {
			t.Fatal(err)
		}
	}
	set("a", time.Second)
	set("b", forever)
	set("a", asOld)
	if s.get("a", now) == nil || s.get("a", now.Add(time.Second)) != nil || s.get("b", now.Add(time.Hour)) == nil {
		t.Error("what has a second to live is not there for a second")
	}
	for i := range 50 {
		set(fmt.Sprint("k", i), time.Second)
	}
	before := s.bytes()
	now = now.Add(time.Minute)
	for range 50 {
		set("b", forever)
	}
	if after := s.bytes(); after >= before/4 {
		t.Errorf("%d bytes of %d are left of what has expired", after, before)
	}
	set("c", forever)
	if !s.expire("c", now, time.Second) || s.get("c", now.Add(time.Minute)) != nil || s.expire("c", now.Add(time.Minute), 0) {
		t.Error("expire")
	}
	if err := s.update("b", now, func(data) (change, error) { return change{}, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestSharedByMany(t *testing.T) {
	w := newWorld(t, Options{PoolMax: 8}, `async function onQuery(q) { for (let i = 0; i < 100; i++) { shared.incr("n"); let v; do v = shared.get("m"); while (!shared.compareAndSet("m", v, (v ?? 0) + 1)) } }`)
	var waiting [20]session
	for i := range waiting {
		w.loop.Query(newQuery("x"), &waiting[i])
	}
	var others sync.WaitGroup
	others.Go(func() {
		for range 1000 {
			w.engine.Metrics()
		}
	})
	for range waiting {
		w.turn()
	}
	others.Wait()
	now := time.Now()
	if n, m := w.engine.shared.get("n", now), w.engine.shared.get("m", now); n != int64(2000) || m != int64(2000) {
		t.Errorf("%v and %v; %s", n, m, w.said())
	}
}

// What a script counts is exported, within bounds.
func TestOwnMetrics(t *testing.T) {
	w := newWorld(t, Options{}, `
		const c = metrics.counter("seen", {kind: "a"}), g = metrics.gauge("level")
		function onQuery(q) {
			c.inc(); c.inc(2); g.set(5); g.inc(); g.dec(3)
			for (let i = 0; i < 200; i++) metrics.counter("many", {i: "v" + i}).inc()
			for (const f of [() => c.inc(-1), () => metrics.counter("Bad-Name"), () => metrics.gauge("seen"), () => metrics.counter("seen", {other: "x"}), () => g.set(NaN),
				() => metrics.counter("x", {a: "y".repeat(100)}), () => { for (let i = 0; i < 300; i++) metrics.counter("n" + i) }]) {
				try { f(); log.error("went: " + f) } catch (e) {}
			}
		}`)
	w.ask(newQuery("x"))
	if said := w.said(); said != "" {
		t.Error(said)
	}
	values := make(map[string]float64)
	many := 0
	for _, m := range w.engine.Metrics().Own {
		values[m.Name+strings.Join(m.Values, ",")] = m.Value
		if m.Name == "many" {
			many++
		}
	}
	if values["seena"] != 3 || values["level"] != 3 || many != maxSeries+1 || values["manyother"] != 100 {
		t.Errorf("%v", values)
	}
}

// Another version of a script may count in another way; a refused one changes nothing of what is counted.
func TestMetricsOfEditions(t *testing.T) {
	w := newWorld(t, Options{}, `
		const a = metrics.counter("a", {x: "1"}), b = metrics.counter("b")
		function onQuery(q) { a.inc(); b.inc() }`)
	want := func(form string, counted ...string) {
		t.Helper()
		w.ask(newQuery("x"))
		var got []string
		for _, m := range w.engine.Metrics().Own {
			got = append(got, fmt.Sprint(m.Name, m.Gauge, m.Labels, m.Values, m.Value))
		}
		slices.Sort(got)
		if !slices.Equal(got, counted) {
			t.Errorf("%s: %q, want %q; %s", form, got, counted, w.said())
		}
	}
	want("as it began", "afalse [x] [1] 1", "bfalse [] [] 1")
	w.write(w.file, `metrics.counter("a", {y: "1"}).inc(); metrics.gauge("b"); null.x`)
	if w.engine.Load(w.file) == nil {
		t.Fatal("not refused")
	}
	want("a refused one behind it", "afalse [x] [1] 2", "bfalse [] [] 2")
	w.write(w.file, `
		const a = metrics.counter("a", {y: "2"})
		function onQuery(q) { a.inc(); metrics.gauge("b", {z: "3"}).set(7); try { metrics.counter("a", {x: "1"}) } catch (e) { metrics.counter("c").inc() } }`)
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	want("with other labels", "afalse [y] [2] 1", "btrue [z] [3] 7", "cfalse [] [] 1")
	w.write(w.file, `const a = metrics.counter("a", {y: "2"}); function onQuery(q) { a.inc() }`)
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	want("with the same ones", "afalse [y] [2] 2", "btrue [z] [3] 7", "cfalse [] [] 1")
}
