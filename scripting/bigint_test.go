package scripting

import (
	"strings"
	"testing"
)

// The functions in the place of operators do what those do.
func TestSteps(t *testing.T) {
	for _, test := range []struct{ body, value string }{
		{"return 2n ** 64n", "18446744073709551616"},
		{"return [6n * 7n, 1n << 70n, -9n >> 1n, 3n >> -2n, 8n << -1n].join()", "42,1180591620717411303424,-5,12,4"},
		{"return (1n << 65535n).toString(16).length + (2n ** 65535n).toString(16).length", "32768"},
		{"return [0n ** 0n, 1n ** (2n ** 60n), (-1n) ** (2n ** 60n + 1n), 0n * 2n ** 65000n].join()", "1,1,-1,0"},
		{"let x = 6n; x *= 7n; x <<= 2n; x **= 2n; x >>= 3n; return x", "3528"},
		{"let a = '5', b = '4'; return [a * b, a ** b, a << b, a >> b].join()", "20,625,80,0"},
		{"let a = 7, b = 2; a *= b; a **= b; a <<= b; a >>= b; return a", "196"},
		{"const o = {a: 7, b: [2]}; o.a *= o.b; o['a'] <<= o.b; o.b[0] **= o.b; return [o.a, o.b].join()", "56,4"},
		{"let a = -0, b = 5; return [Object.is(a * b, -0), a ** b, undefined * b, null * b].join()", "true,0,NaN,0"},
		{`const said = [], a = {valueOf() { said.push("a"); return 3 }}, b = {valueOf() { said.push("b"); return 4n - 2n }}
			try { a * b } catch (e) { said.push(e.name) }
			return said.join()`, "a,b,TypeError"},
		{"let n = 0; const o = () => { n++; return {a: 2} }, by = 3; o().a *= by; return n", "1"},
		{"const f = (a, b) => a * b, g = b => b ** b; return f(3, 4) + g(2)", "16"},
		{"return [BigInt(5), BigInt('0x10'), BigInt(true), BigInt(new Date(7)), BigInt.asUintN(8, 257n), BigInt.asIntN(8, '255')].join()", "5,16,1,7,1,-1"},
		{"return BigInt.name + BigInt.length + (Object(5n) instanceof BigInt) + (5n).constructor(6)", "BigInt1true6"},
	} {
		w := newWorld(t, Options{}, "function f() { "+test.body+" } function onQuery(q) { q.tag('is ' + f()) }")
		if v := w.ask(newQuery("SELECT 1")); len(v.Tags) != 1 || v.Tags[0] != "is "+test.value {
			t.Errorf("%s: %q, want %s; %s", test.body, v.Tags, test.value, w.said())
		}
	}
}

// A literal is bounded too.
func TestLongLiteral(t *testing.T) {
	w := newWorld(t, Options{}, "")
	w.write(w.file, "let x =\n  "+strings.Repeat("9", maxDigits)+"n")
	if err := w.engine.Load(w.file); err == nil || !strings.Contains(err.Error(), "main.js:2:3: a BigInt of more than 65536 bits") {
		t.Error(err)
	}
}
