package scripting

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"parkway/scripting/hook"
)

// stopping is what a call that is stopped may take in a test: the machine may be very busy.
const stopping = 2 * time.Second

// Whatever a function does, its call gets the answer that the configuration says, and the next call finds everything as it was.
func TestHostileFunctions(t *testing.T) {
	for _, test := range []struct {
		name, body string
		outcome    outcome
	}{
		{"endless loop", "while (true) {}", timedOut},
		{"endless loop that catches", "while (true) { try { while (true) {} } catch (e) {} finally { continue } }", timedOut},
		{"endless generator", "function* g() { while (true) yield 1 } for (const x of g()) {}", timedOut},
		{"endless jobs", "(function again() { Promise.resolve().then(again) })()", timedOut},
		{"endless async jobs", "(async () => { for (;;) await 0 })()", timedOut},
		{"endless getter in an exception", "throw Object.create(Error.prototype, {message: {get() { while (true) {} }}, x: {value: 1}})", failed},
		{"endless message", "throw new class extends Error { get message() { while (true) {} } }", timedOut},
		{"endless sort", "[3, 2, 1].sort(() => { while (true) {} })", timedOut},
		{"endless toString", "q.tag({toString() { while (true) {} }})", timedOut},
		{"deep recursion", "(function f() { f() })()", failed},
		{"deep recursion that catches", "(function f() { try { f() } catch (e) { f() } })()", failed},
		{"deep recursion of getters", "const o = {get x() { return this.x }}; o.x", failed},
		{"deep recursion of natives", "const e = new Error; e.message = e; String(e)", failed},
		{"deep recursion of joins", "const a = []; a.join = a.toString; String(a)", failed},
		{"deep recursion of trims", "const o = {toString: ''.trim}; String(o)", failed},
		{"deep recursion of bound natives", "const o = {}; o.valueOf = Math.max.bind(null, o); +o", failed},
		{"deep recursion of a Map", "const m = new Map; m.set(m, m.forEach); m.forEach(m.forEach, m)", failed},
		{"deep recursion of a Promise", "const o = {then: Promise.prototype.catch}; o.then()", failed},
		{"an error about an object whose text is the next error", "const o = {toString: (0).valueOf}; String(o)", failed},
		{"a Map that contains itself", "const m = new Map; m.set(1, m); throw 'a'.replace({[Symbol.replace]: () => m}, '')", failed},
		{"deep recursion of parsers", "JSON.parse('['.repeat(1e6))", failed},
		{"deep arrays", "let a = []; for (let i = 0; i < 10000; i++) a = [a]; String(a)", failed},
		{"a long text", "'x'.repeat(2 ** 30)", failed},
		{"a padded text", "'x'.padEnd(2 ** 30)", failed},
		{"a long array", "new Uint8Array(2 ** 30)", failed},
		{"a long buffer", "new ArrayBuffer(2 ** 40)", failed},
		{"an array of holes", "const a = []; a.length = 2 ** 32 - 1; a.indexOf(1)", failed},
		{"a spread of holes", "const a = []; a.length = 2 ** 32 - 1; [...a]", failed},
		{"arguments of holes", "const a = []; a.length = 2 ** 32 - 1; Math.max(...a)", failed},
		{"a set of holes", "const a = []; a.length = 2 ** 32 - 1; new Set(a)", failed},
		{"a rest of holes", "const a = []; a.length = 2 ** 32 - 1; const [x, ...rest] = a", failed},
		{"holes that are put together", "const a = []; a.length = 2 ** 32 - 1; [].concat(a)", failed},
		{"a text of holes", "const a = []; a.length = 2 ** 32 - 1; JSON.stringify({a: [a]})", failed},
		{"bytes of holes", "new Uint8Array({length: 2 ** 53 - 1})", failed},
		{"bytes from holes", "Uint8Array.from({length: 2 ** 53 - 1})", failed},
		{"a raw text of holes", "String.raw({raw: {length: 2 ** 53 - 1}})", failed},
		{"endless own arguments", "(function () { arguments.length = 2 ** 53 - 1; return [...arguments] })()", timedOut},
		{"a long text that is taken apart", "[...'x'.repeat(2 ** 22)]", failed},
		{"a long text that is split", "'x'.repeat(2 ** 22).split('')", failed},
		{"texts that are joined", "new Array(1000).fill('x'.repeat(2 ** 20)).join()", failed},
		{"texts that are put together", "const s = 'x'.repeat(2 ** 23); s.concat(s, s)", failed},
		{"a long replacement", "'x'.repeat(2 ** 20).replaceAll('x', 'y'.repeat(2 ** 20))", failed},
		{"a long replacement by an expression", "'x'.repeat(2 ** 20).replace(/x/g, 'y'.repeat(2 ** 20))", failed},
		{"a replacement by what is before it", "'x'.repeat(2 ** 16).replace(/x/g, '$`')", failed},
		{"a short replacement", "if ('a'.repeat(2 ** 21).replaceAll('b', 'c'.repeat(1000)).length == 2 ** 21) throw 1", failed},
		{"arrays that share others, flat", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; a.flat(Infinity)", failed},
		{"arrays that share others, as a text", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; String(a)", timedOut},
		{"arrays that share others, in JSON", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; JSON.stringify(a)", timedOut},
		{"objects that share others, in JSON", "let o = {}; for (let i = 0; i < 40; i++) o = {a: o, b: o}; JSON.stringify(o)", timedOut},
		{"objects that share others, listed", "let o = {}; for (let i = 0; i < 40; i++) o = {a: o, b: o}; JSON.stringify(o, ['a', 'b'])", timedOut},
		{"deep objects in JSON", "let o = {}; for (let i = 0; i < 10000; i++) o = {o}; JSON.stringify(o)", failed},
		{"a circle in JSON", "const o = {}; o.o = o; JSON.stringify(o)", failed},
		{"a circle in JSON, listed", "const o = {}; o.o = o; JSON.stringify(o, ['o'])", failed},
		{"a replacement without an end in JSON", "JSON.stringify(1, () => ({a: 1}))", failed},
		{"a long text in JSON", "const s = 'x'.repeat(2 ** 20); JSON.stringify(new Array(20).fill(s))", failed},
		{"an indented text in JSON", "let o = {}; for (let i = 0; i < 900; i++) o = {o, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}; JSON.stringify([o, o, o, o], null, 10)", failed},
		{"many values in JSON", "JSON.parse('[' + '[],'.repeat(2 ** 17) + '[]]')", failed},
		{"properties of many bytes", "Object.keys(new Uint8Array(2 ** 24))", failed},
		{"properties of many bytes that say they are none", "const a = new Uint8Array(2 ** 24); Object.defineProperty(a, 'length', {value: 0}); Object.keys(a)", failed},
		{"properties of many bytes that name columns", "q.reply([new Uint8Array(2 ** 24)])", failed},
		{"properties of many bytes that are labels", "metrics.counter('c', new Uint8Array(2 ** 24))", failed},
		{"properties of a long text", "Object.assign({}, 'x'.repeat(2 ** 20))", failed},
		{"columns without an end", "q.reply({columns: new Array(2 ** 20).fill('a'), rows: []})", failed},
		{"bytes that are joined by a long text", "new Uint8Array(2 ** 20).join('x'.repeat(2 ** 20))", failed},
		{"numbers that are", "new Int16Array(2 ** 20).join('x'.repeat(2 ** 20))", failed},
		{"bytes that say they are none", "const a = new Uint8Array(2 ** 20); Object.defineProperty(a, 'length', {value: 0}); a.join('x'.repeat(2 ** 20))", failed},
		{"nothing that is joined by a long text", "Array.prototype.join.call({length: 2 ** 20}, 'x'.repeat(2 ** 20))", failed},
		{"raw texts that are put together", "String.raw({raw: new Array(2 ** 20).fill('x'.repeat(2 ** 20))})", failed},
		{"a long text that is looked for in an array", "const s = 'x'.repeat(2 ** 20); new Array(2 ** 20).fill(s + 'a').indexOf(s + 'b')", failed},
		{"long texts that are sorted", "const s = 'x'.repeat(2 ** 20); new Array(2 ** 20).fill(s).sort()", failed},
		{"a long regular expression", "new RegExp('a'.repeat(2 ** 20))", failed},
		{"a long regular expression of what says it is one", "new RegExp({[Symbol.match]: true, source: 'a'.repeat(2 ** 20), flags: ''})", failed},
		{"a long regular expression of one that says it is none", "const r = /a/; r[Symbol.match] = false; r.toString = () => 'a'.repeat(2 ** 20); new RegExp(r)", failed},
		{"a long text that becomes a regular expression", "'a'.match('a'.repeat(2 ** 20))", failed},
		{"an object that becomes a long one", "'a'.match({[Symbol.split]() {}, toString() { return 'a'.repeat(2 ** 20) }})", failed},
		{"many bytes that are offloaded", "function f() {} globalThis.f = f; return offload(f, ...new Array(100).fill(new Uint8Array(2 ** 19)))", failed},
		{"an endless array by a text", "Array.prototype.indexOf.call({length: String(2 ** 53 - 1)}, 1)", failed},
		{"an endless array by an object", "Array.prototype.indexOf.call({length: {valueOf() { return 2 ** 53 - 1 }}}, 1)", failed},
		{"a text for parsers that becomes a deep one", "let n = 0; JSON.parse({toString() { return n++ ? '['.repeat(2000) + ']'.repeat(2000) : '0' }}); if (n === 1) throw 1", failed},
		{"an endless array", "Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)", failed},
		{"an endless copy", "Array.from({length: 2 ** 53 - 1})", failed},
		{"endless arguments", "Math.max.apply(null, {length: 2 ** 32})", failed},
		{"a number that is multiplied by itself", "let x = 3n; for (;;) x = x * x", failed},
		{"a number that is multiplied by itself in place", "let x = 3n; for (;;) x *= x", failed},
		{"a number that is multiplied by itself whatever is said", "let x = 3n; for (;;) try { x *= x } catch (e) {}", timedOut},
		{"a property that is multiplied by itself", "const o = {x: 3n}; o.x *= o.x", failed},
		{"a power of a number", "let x = 3n; for (;;) x = x ** x", failed},
		{"a power of a number in place", "let x = 3n; for (;;) x **= x", failed},
		{"a shifted number", "let x = 3n; for (;;) x = x << x", failed},
		{"a number that is shifted the other way", "let x = 3n; for (;;) x = x >> -x", failed},
		{"a number of an object", "const x = {valueOf() { return 2n ** 40n }}; x ** x", failed},
		{"a long text that becomes a number", "BigInt('9'.repeat(2 ** 20))", failed},
		{"an object that becomes a long number", "BigInt({valueOf() { return '9'.repeat(2 ** 20) }})", failed},
		{"a number of many bits", "BigInt.asUintN(2 ** 53 - 1, -1n)", failed},
		{"a number of a long text", "BigInt.asIntN(8, '9'.repeat(2 ** 20))", failed},
		{"a search that finds bytes between characters", "'\u0201'.repeat(2 ** 20).indexOf('\u0102'.repeat(2 ** 18))", failed},
		{"a search backwards that does", "'\u0201'.repeat(2 ** 20).lastIndexOf({toString() { return '\u0102'.repeat(2 ** 18) }})", failed},
		{"a replacement that does", "'\u0201'.repeat(2 ** 20).replace('\u0102'.repeat(2 ** 18), '')", failed},
		{"many replacements", "'a'.repeat(2 ** 21).replaceAll('a', 'b')", failed},
		{"long texts that are compared", "'a'.repeat(2 ** 20).localeCompare('a'.repeat(2 ** 20))", failed},
		{"a length that changes with an iterator", "Array.from({length: 1, get [Symbol.iterator]() { this.length = 2 ** 53 - 1 }})", failed},
		{"a length of bytes that does", "new Uint8Array({length: 1, get [Symbol.iterator]() { this.length = 2 ** 53 - 1 }})", failed},
		{"a length that changes when it is spread", "[].concat({length: 1, get [Symbol.isConcatSpreadable]() { this.length = 2 ** 53 - 1; return true }})", failed},
		{"a regular expression without an end", "for (let i = 0; i < 50; i++) /(?=a)(a+)+$/.test('a'.repeat(40) + 'b')", failed},
		{"a replacement without an end", "for (let i = 0; i < 50; i++) ('a'.repeat(40) + 'b').replace(/(?=a)(a+)+$/, '')", failed},
		{"a search without an end", "for (let i = 0; i < 50; i++) ('a'.repeat(40) + 'b').match(/(?=a)(a+)+$/g)", failed},
		{"a Promise that never settles", "return new Promise(() => {})", unsettled},
		{"a thenable that never settles", "return Promise.resolve({then() {}})", unsettled},
		{"throwing getters", "q.reply([{get a() { throw 1 }}])", failed},
		{"rows of getters", "q.reply(Object.defineProperty([], 0, {get() { throw 1 }}))", failed},
		{"a rejected Promise", "return Promise.reject(new Error('no'))", failed},
		{"a poisoned then", "Object.prototype.then = function () {}; return Promise.resolve({})", unsettled},
	} {
		t.Run(test.name, func(t *testing.T) {
			limit := patient
			if test.outcome == timedOut {
				limit = 20 * time.Millisecond
			}
			w := newWorld(t, Options{Timeout: limit, Reject: true}, `
				function onQuery(q) { if (q.sql === "SELECT 1") { q.route(20); return } q.route(99);`+test.body+` }`)
			w.waitReady()
			begun := time.Now()
			v := w.ask(newQuery("hostile"))
			took := time.Since(begun)
			said := w.said()
			if v.Reject == nil || !strings.Contains(v.Reject.Message, "("+test.outcome.String()+")") {
				t.Errorf("%+v %+v, want %s; %s", v, v.Reject, test.outcome, said)
			}
			if strings.Contains(said, "machine panicked") {
				t.Error(said)
			}
			if test.outcome == timedOut && took > limit+stopping {
				t.Errorf("it took %v", took)
			}
			w.waitReady()
			v = w.ask(newQuery("SELECT 1"))
			for tries := 0; tries < 10 && v.Reject != nil && strings.Contains(v.Reject.Message, "("+timedOut.String()+")"); tries++ {
				w.waitReady() // the machine was too busy for 20 ms
				v = w.ask(newQuery("SELECT 1"))
			}
			if v.Hostgroup != 20 || v.Reject != nil {
				t.Errorf("the next call: %+v, %+v; %s", v, v.Reject, w.said())
			}
		})
	}
}

// Functions of the language call others of an object that are such functions too, if only for an error message. However they do it, there is no circle that goja does
// not see: that would be the end of this process.
func TestCirclesOfNatives(t *testing.T) {
	w := newWorld(t, Options{Reject: true}, `
		const all = new Set
		function find(o) {
			if (Object(o) !== o || all.has(o)) return
			all.add(o)
			for (const k of Reflect.ownKeys(o)) {
				const d = Object.getOwnPropertyDescriptor(o, k)
				find(d.value), find(d.get)
			}
			find(Object.getPrototypeOf(o))
		}
		for (const k of Object.getOwnPropertyNames(globalThis)) if (k !== "all" && k !== "onQuery" && k !== "find") find(globalThis[k])
		for (const o of [[].values(), new Map().keys(), new Set().keys(), "".matchAll(/a/g), (function* () {})(), async () => {}]) find(o)
		const names = ["toString", "valueOf", "toJSON", "toISOString", "join", "then", "next", "flags", "global", "constructor", "message", "length", "0", "name", "size"]
		for (const x of [...all]) for (const k of Reflect.ownKeys(x)) if (typeof k === "symbol" && !names.includes(k)) names.push(k)
		const functions = [...all].filter(f => typeof f === "function")
		function onQuery(q) {
			const f = functions[q.id], attempt = f => { try { f() } catch (e) {} }
			if (!f) return q.route(99)
			for (const property of [{value: f}, {get: f}]) for (const o of [{}, new Map, [1], new Uint8Array(1)]) {
				for (const k of names) attempt(() => Object.defineProperty(o, k, property))
				if (o instanceof Map) attempt(() => Map.prototype.set.call(o, o, f))
				attempt(() => String(o)), attempt(() => +o), attempt(() => f.call(o)), attempt(() => f.call(o, f, o)), attempt(() => o.then())
			}
		}`)
	q := newQuery("SELECT 1")
	for q.id = 0; ; q.id++ {
		w.waitReady()
		if w.ask(q).Hostgroup == 99 { // what else goja makes of it is the call's own business
			break
		}
	}
	if q.id < 300 {
		t.Errorf("only %d functions were found", q.id)
	}
}

// The symbols by which a script would bring about the worst of these circles are not there.
func TestHiddenSymbols(t *testing.T) {
	w := newWorld(t, Options{Reject: true}, `function onQuery(q) {
		if (Symbol.toPrimitive || Symbol.toStringTag || Object.getOwnPropertySymbols(Date.prototype).length) throw 1
		const s = Symbol("s"), keys = Reflect.ownKeys({a: 1, [Symbol.iterator]: 2, [s]: 3})
		if (keys.length !== 3 || keys[1] !== Symbol.iterator || keys[2] !== s || s.constructor !== Symbol) throw 2
		if (Reflect.ownKeys(Promise.prototype).includes(undefined) || String(Promise.resolve()) !== "[object Promise]") throw 3
		if (typeof (new Date(0) + 1) !== "string") throw 4
	}`)
	if v := w.ask(newQuery("SELECT 1")); v.Reject != nil {
		t.Error(v.Reject, w.said())
	}
}

// What stands in the place of a constructor is like it, and does not lead to it.
func TestHiddenConstructors(t *testing.T) {
	w := newWorld(t, Options{Reject: true}, `function onQuery(q) {
		for (const c of [Symbol, BigInt, RegExp, ArrayBuffer]) if (Object.getPrototypeOf(c) !== Function.prototype) throw 1
		if (Object.getPrototypeOf(Float64Array) !== Object.getPrototypeOf(Uint8Array.prototype).constructor) throw 2
		for (const c of [Symbol, BigInt, RegExp, ArrayBuffer, Float64Array]) if (c.prototype.constructor !== c) throw 3
		if (Float64Array.BYTES_PER_ELEMENT !== 8 || Float64Array.of(1, 2).length !== 2 || !ArrayBuffer.isView(new Uint8Array(1))) throw 4
		if (RegExp[Symbol.species] !== RegExp || "a1b".split(/[0-9]/).length !== 2 || BigInt.asIntN(8, 255n) !== -1n) throw 5
	}`)
	if v := w.ask(newQuery("SELECT 1")); v.Reject != nil {
		t.Error(v.Reject, w.said())
	}
}

// waitReady waits until the machine that takes the place of one that was stopped is made.
func (w *world) waitReady() {
	w.t.Helper()
	w.loop.now()
	w.loop.ensure()
	for deadline := time.Now().Add(patient); w.loop.machine == nil || w.loop.building.Load(); w.loop.ensure() {
		if time.Now().After(deadline) {
			w.t.Fatal("no machine was made")
		}
		runtime.Gosched()
	}
}

// Too many calls within one another, again and again, take no machine from others, and leave nothing behind on it.
func TestRecursionKeepsMachine(t *testing.T) {
	for _, async := range []string{"", "async "} {
		w := newWorld(t, Options{Reject: true, PoolMax: 1}, `
			function deeper() { try { deeper() } finally { deep++ } }
			let deep = 0, asked = 0
			`+async+`function onQuery(q) {
				asked++
				if (q.sql === "deep") { Promise.resolve().then(() => { asked = 0 }); deeper() }
				q.tag([asked, deep].join())
			}`)
		w.ask(newQuery("SELECT 1"))
		for range 100 {
			if v := w.ask(newQuery("deep")); v.Reject == nil || !strings.Contains(v.Reject.Message, "(error)") {
				t.Fatalf("%+v; %s", v.Reject, w.said())
			}
		}
		if v := w.ask(newQuery("SELECT 1")); len(v.Tags) != 1 || v.Tags[0] != "102,0" {
			t.Errorf("%sthe next call finds %q; %s", async, v.Tags, w.said())
		}
	}
}

// What a script does to the objects of its language is its own business: what it is shown and what it says go other ways.
func TestPoisonedPrototypes(t *testing.T) {
	w := newWorld(t, Options{}, `
		Object.defineProperty(Object.prototype, "affectedRows", {get() { throw 1 }})
		Object.defineProperty(Object.prototype, "name", {set() { throw 1 }})
		Object.defineProperty(Array.prototype, "0", {set() { throw 1 }})
		Array.prototype[Symbol.iterator] = String.prototype.toString = Function.prototype.call = () => { throw 1 }
		Object.prototype.get = Object.prototype.set = Object.prototype.value = () => { throw 1 }
		Promise = Uint8Array = Error = RangeError = TypeError = undefined
		function onQuery(q) {
			if (q.annotations.name !== "x" || q.params[0] !== 5 || q.attributes.program_name !== "till") throw 1
			try { q.route("x") } catch (e) { q.tag(e.message.slice(0, 5)) }
			q.route(20)
		}`)
	q := newQuery("SELECT 1 /* name=x */")
	q.params = []hook.Value{hook.Int(5)}
	if v := w.ask(q); v.Hostgroup != 20 || len(v.Tags) != 1 || v.Tags[0] != "route" {
		t.Errorf("%+v; %s", v, w.said())
	}
}

// A function that takes too long again and again is left alone for a while, and tried again after that.
func TestBreaker(t *testing.T) {
	w := newWorld(t, Options{Timeout: time.Millisecond}, `
		function onQuery(q) { if (q.sql === "slow") while (true) {} }
		function onConnect() {}`)
	for i := range breakAfter {
		w.waitReady()
		w.ask(newQuery("slow"))
		if got := w.calls(hook.OnQuery, timedOut); got != uint64(i+1) {
			t.Fatalf("%d calls took too long, after %d; %s", got, i+1, w.said())
		}
	}
	w.log.wait(t, "left alone for a while")
	w.ask(newQuery("slow"))
	if w.calls(hook.OnQuery, skipped) != 1 {
		t.Error("the function was called though the breaker is open")
	}
	if now := w.engine.Metrics(); len(now.Open) != 1 || now.Open[0] != "onQuery" {
		t.Errorf("open: %q", now.Open)
	}
	b := &w.engine.current.Load().breaker[hook.OnQuery]
	b.until.Store(w.engine.dog.now()) // the while is over
	w.waitReady()
	w.ask(newQuery("fast"))
	w.log.wait(t, "called again")
	if b.open() {
		t.Error("it is open still")
	}
}

func TestBreakerOpensLongerEachTime(t *testing.T) {
	w := newWorld(t, Options{}, "")
	var now int64
	clock := func() int64 { return now }
	var b breaker
	for range breakAfter {
		b.ended(0, timedOut, clock, &w.engine.log)
	}
	allows := func() bool {
		_, ok := b.allows(clock)
		return ok
	}
	want := openFirst
	for range 8 {
		if until := time.Duration(b.until.Load()) - time.Duration(now); until != want {
			t.Fatalf("open for %v, want %v", until, want)
		}
		if allows() {
			t.Fatal("it allows a call at once")
		}
		now = b.until.Load()
		if !allows() || allows() {
			t.Fatal("it does not allow one call when its time is over")
		}
		b.ended(0, timedOut, clock, &w.engine.log)
		want = min(2*want, openMost)
	}
	now = b.until.Load()
	for _, nothing := range []outcome{cancelled, queueFull, unavailable} { // the trial has told nothing: the next call is one
		p, allowed := b.allows(clock)
		if !allowed || allows() {
			t.Fatalf("before %s: not one call is allowed", nothing)
		}
		b.ended(p, nothing, clock, &w.engine.log)
	}
	p, _ := b.allows(clock)
	b.ended(0, cancelled, clock, &w.engine.log) // a call of before
	if allows() {
		t.Error("a second trial is allowed")
	}
	b.ended(p, ok, clock, &w.engine.log)
	if b.open() || !allows() {
		t.Error("it is open after a call that went well")
	}
}

func BenchmarkMachine(b *testing.B) {
	e := New(Options{})
	defer e.Close()
	load(b, e, `function onQuery(q) { q.route(20) }`)
	for b.Loop() {
		m, err := newMachine(e.current.Load(), false, loadTime)
		if err != nil {
			b.Fatal(err)
		}
		m.release()
	}
}

// forget ends the watch over all calls.
func (w *watchdog) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = nil
}

// A call that takes much memory in each step is stopped also where the watchdog does not get to look.
func TestLargeValues(t *testing.T) {
	for _, body := range []string{
		"const all = []; for (;;) all.push('x'.repeat(2 ** 21))",
		"const all = []; for (;;) all.push(new Uint8Array(2 ** 21))",
		"const all = []; for (;;) all.push(new ArrayBuffer(2 ** 21))",
		"const all = []; for (;;) all.push(new Float64Array(2 ** 18))",
		"const all = [], a = new Uint8Array(2 ** 21); for (;;) all.push(a.slice())",
		"const all = []; for (;;) all.push(new Array(2 ** 17).fill(1))",
		"const all = [], s = 'x'.repeat(2 ** 20); for (;;) all.push(s + s)",
		"const all = [], s = ['x'.repeat(2 ** 21), '']; for (;;) all.push(JSON.stringify(s))",
		"const all = []; for (;;) try { all.push('x'.repeat(2 ** 21)) } catch (e) {}",
	} {
		w := newWorld(t, Options{Timeout: patient, Memory: 2 << 20, Reject: true}, "function onQuery(q) { "+body+" }")
		w.waitReady()
		w.engine.dog.forget()
		w.ask(newQuery("SELECT 1"))
		if w.calls(hook.OnQuery, outOfMemory) != 1 {
			t.Errorf("%s: it was not stopped for that; %s", body, w.said())
		}
	}
}

// Memory that a call holds is bounded. What it takes and lets go of is not counted.
func TestMemoryBudget(t *testing.T) {
	for _, test := range []struct {
		body    string
		outcome outcome
	}{
		{"const all = []; for (;;) all.push(new Array(1000).fill(1))", outOfMemory},
		{"let s = 'x'.repeat(2 ** 20); for (const all = []; ; s += 'x') all.push(s + s)", outOfMemory},
		{"const all = {}; for (let i = 0; ; i++) all['k' + i] = {i}", outOfMemory},
		{"let n = 0; for (let i = 0; i < 3000; i++) n += new Array(1000).fill(i).length", ok},
	} {
		w := newWorld(t, Options{Memory: 8 << 20, SlowTimeout: 60 * time.Second, Reject: true}, "async function onQuery(q) {"+test.body+"}")
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w.ask(newQuery("SELECT 1"))
		runtime.ReadMemStats(&after)
		if w.calls(hook.OnQuery, test.outcome) != 1 {
			t.Errorf("%s: it was not %s; %s", test.body, test.outcome, w.said())
		}
		if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 1<<30 {
			t.Errorf("%s: the heap has grown by %d MiB", test.body, grown>>20)
		}
	}
}
