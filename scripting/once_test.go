package scripting

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"
)

// What is another thing when it is read again gets past no bound: each of these would take minutes, or all memory.
func TestChangingMinds(t *testing.T) {
	for _, test := range []struct{ name, body string }{
		{"a length by a getter", "let n = 0; Array.prototype.indexOf.call({get length() { return n++ ? 2 ** 53 - 1 : 0 }}, 1)"},
		{"a length by an inherited getter", "let n = 0; class C { get length() { return n++ ? 2 ** 53 - 1 : 0 } } Array.prototype.includes.call(new C, 1)"},
		{"a length by a getter of bytes", "let n = 0; Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'length', {get() { return n++ ? 2 ** 53 - 1 : 0 }}); [].indexOf.call(new Uint8Array(1), 1)"},
		{"a number of times", "let n = 0; 'x'.repeat({valueOf() { return n++ ? 2 ** 31 : 2 ** 30 }})"},
		{"a width", "'x'.padEnd({valueOf() { return 2 ** 31 }})"},
		{"a text that is repeated", "String.prototype.repeat.call({toString() { return 'x'.repeat(2 ** 20) }}, 1000)"},
		{"texts that are put together", "const t = 'x'.repeat(2 ** 20); ''.concat(...new Array(200).fill({toString() { return t }}))"},
		{"a replacement", "'x'.repeat(2 ** 20).replaceAll('x', {toString() { return 'y'.repeat(2 ** 12) }})"},
		{"a replacement of what is made a text", "'x'.repeat(2 ** 20).replaceAll({toString() { return 'x' }}, {toString() { return 'y'.repeat(2 ** 12) }})"},
		{"a buffer", "new ArrayBuffer({valueOf() { return 2 ** 33 }})"},
		{"a buffer by a text", "new ArrayBuffer('8589934592')"},
		{"a buffer with more", "new ArrayBuffer(2 ** 33, 1)"},
		{"bytes by a text", "new Uint8Array('8589934592')"},
		{"bytes with more", "new Uint8Array(2 ** 33, 1)"},
		{"an array that a function returns", "[1].flatMap(() => { const a = []; a.length = 2 ** 32 - 1; return a })"},
		{"what says that it is an array", "[].concat({length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true})"},
		{"a raw text", "let n = 0; String.raw({get raw() { return {get length() { return n++ ? 2 ** 53 - 1 : 0 }} }})"},
		{"a text that is normalized", "'e\\u0301'.repeat(2 ** 20).normalize('NFC')"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Options{Reject: true}, "function onQuery(q) { "+test.body+" }")
			begun := time.Now()
			v := w.ask(newQuery("SELECT 1"))
			if v.Reject == nil || v.Reject.Message != "parkway: onQuery of the script failed (error)" || time.Since(begun) > stopping {
				t.Errorf("%+v after %v; %s", v.Reject, time.Since(begun), w.said())
			}
		})
	}
}

// What is asked once is what the method gets, and all else is as it was.
func TestAskedOnce(t *testing.T) {
	for _, test := range []struct{ expression, value string }{
		{"(n => 'x'.repeat({valueOf() { return ++n }}) + n)(0)", "x1"},
		{"(n => 'x'.padStart({valueOf() { return 2 + n++ }}, '-') + n)(0)", "-x1"},
		{"(n => String.prototype.concat.call({toString() { return 'a' + n++ }}, {toString() { return 'b' + n++ }}) + n)(0)", "a0b12"},
		{"(n => 'xyx'.replaceAll('x', {toString() { return 'a' + n++ }}))(0)", "a0ya0"},
		{"'xyx'.replace(/x/g, (m, at) => m + at)", "x0yx2"},
		{"'xyx'.replace({[Symbol.replace]: (s, by) => typeof by}, {})", "object"},
		{"'x' + 'y'.concat()", "xy"},
		{"(n => String.raw({get raw() { n++; return ['a', 'b'] }}, 5) + n)(0)", "a5b1"},
		{"String.raw`a${1}b`", "a1b"},
		{"JSON.stringify([1, [2, [3, [4]]], , 5].flat())", "[1,2,[3,[4]],5]"},
		{"JSON.stringify([1, [2, [3, [4]]]].flat(Infinity))", "[1,2,3,4]"},
		{"new (class extends Array {})(3).fill([1]).flat().constructor.name.length", "0"},
		{"[1, 2].flatMap(function (x, i, all) { return [this.y, x, i, all.length] }, {y: 9}).join()", "9,1,0,2,9,2,1,2"},
		{"(n => [1, 2].join({toString() { return '-' + n++ }}))(0)", "1-02"},
		{"[1].concat([2], 3, {length: 1, 0: 4, [Symbol.isConcatSpreadable]: true}).join()", "1,2,3,4"},
		{"new Uint8Array('3').length + new Uint8Array([1, 2]).length + new Uint8Array(new ArrayBuffer(8), 2, 4).length", "9"},
		{"new ArrayBuffer({valueOf: () => 5}).byteLength", "5"},
		{"Array.prototype.indexOf.call(new Uint8Array([5, 6]), 6) + Array.prototype.map.call('ab', x => x).join()", "1a,b"},
		{"(function () { return Array.prototype.slice.call(arguments, 1).join() })(1, 2, 3)", "2,3"},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) { q.tag('is ' + ("+test.expression+")) }")
		if v := w.ask(newQuery("SELECT 1")); !slices.Equal(v.Tags, []string{"is " + test.value}) {
			t.Errorf("%s: %q, want %q; %s", test.expression, v.Tags, test.value, w.said())
		}
	}
}

// A program that does not name Promise cannot come by it: the jobs that it would leave nobody runs.
func TestPromiseBySpelling(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20) }")
	for source, says := range map[string]string{
		"const P = globalThis['Prom' + 'ise']; function onQuery(q) { P.resolve().then(() => 0) }":                               "",
		"const P = globalThis['Prom' + 'ise'].resolve(); function onQuery(q) { P.then(() => 0) }":                               "Cannot read property 'resolve'",
		"const own = Object.getOwnPropertyNames(globalThis); function onQuery(q) { if (own.includes('Prom' + 'ise')) throw 1 }": "",
	} {
		w.write(w.file, source)
		err := w.engine.Load(w.file)
		if says != "" {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", source, err)
		}
		w.waitReady()
		w.ask(newQuery("SELECT 1"))
		if said := w.said(); strings.Contains(source, "const P") != strings.Contains(said, "Cannot read property 'resolve'") || strings.Contains(said, "thrown: 1") {
			t.Errorf("%s: %s", source, said)
		}
	}
}

// A metric does not keep the program that counts it.
func TestMetricsKeepNoProgram(t *testing.T) {
	w := newWorld(t, Options{}, "metrics.counter('a').inc(); function onQuery(q) { q.route(20) }")
	first := weak.Make(w.engine.current.Load())
	w.write(w.file, "function onQuery(q) { q.route(30) }")
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	if v := w.ask(newQuery("SELECT 1")); v.Hostgroup != 30 {
		t.Errorf("%+v", v)
	}
	for deadline := time.Now().Add(patient); first.Value() != nil; runtime.Gosched() { // the watchdog lets go when it looks next
		w.ask(newQuery("SELECT 1"))
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatal("the program before is still there")
		}
	}
}
