package scripting

import "testing"

// JSON is what the language says it is, though it is bounded.
func TestJSON(t *testing.T) {
	for _, test := range []struct{ expression, value string }{
		{"JSON.stringify({a: [1, 'x', null, undefined, () => 1], b: undefined, c: {d: true}})", `{"a":[1,"x",null,null,null],"c":{"d":true}}`},
		{"JSON.stringify(undefined)", "undefined"},
		{"JSON.stringify('x')", `"x"`},
		{"JSON.stringify([new Number(1), new String('x'), new Boolean(true), new Date(0)])", `[1,"x",true,"1970-01-01T00:00:00.000Z"]`},
		{"JSON.stringify({a: 1, b: [{a: 2, c: 3}]}, ['b', 'a', 'b'])", `{"b":[{"a":2}],"a":1}`},
		{"JSON.stringify({1: 2, 3: 4, a: 5}, [new String('a'), 3])", `{"3":4,"a":5}`}, // numbers first, as in any object
		{"JSON.stringify(new Error('x'), ['message'])", `{"message":"x"}`},
		{"JSON.stringify([new Number(1), [2]], ['a'])", "[1,[2]]"},
		{"JSON.stringify({a: 1, b: {a: 2}}, function (k, v) { return k === 'a' ? this.b ? 'x' : v + 1 : v })", `{"a":"x","b":{"a":3}}`},
		{"JSON.stringify({a: [1, {}]}, null, 1)", "{\n \"a\": [\n  1,\n  {}\n ]\n}"},
		{"JSON.stringify({a: {toJSON(k) { return k + JSON.stringify({b: 1}) }}, c: 1})", `{"a":"a{\"b\":1}","c":1}`},
		{"(o => JSON.stringify([o, o, [o]]))({a: 1})", `[{"a":1},{"a":1},[{"a":1}]]`},
		{"(() => { try { JSON.stringify({a: 1n}) } catch (e) { return e.name } })()", "TypeError"},
		{"(() => { const a = []; a.toJSON = () => 'mine'; return JSON.stringify(a) })()", `"mine"`},
		{"JSON.stringify(JSON.parse('{\"a\":[1,{\"b\":null}]}', (k, v) => k === 'b' ? 2 : v))", `{"a":[1,{"b":2}]}`},
		{"JSON.stringify([{length: 2 ** 30}, {length: {m: 1}}])", `[{"length":1073741824},{"length":{"m":1}}]`},
		{"(() => { let n = 0; return JSON.parse({toString: () => String(n++)}) + ',' + n })()", "0,1"},
		{"JSON.stringify.name + JSON.stringify.length", "stringify3"},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) { q.tag(String("+test.expression+")) }")
		if v := w.ask(newQuery("SELECT 1")); len(v.Tags) != 1 || v.Tags[0] != test.value {
			t.Errorf("%s: %q, want %s; %s", test.expression, v.Tags, test.value, w.said())
		}
	}
}
