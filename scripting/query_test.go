package scripting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/scripting/hook"
)

// What onQuery may say, one answer at a time.
func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		body string
		is   func(v *hook.Verdict) bool
	}{
		{"", func(v *hook.Verdict) bool { return v == hook.Nothing }},
		{"q.route(20)", func(v *hook.Verdict) bool { return v.Hostgroup == 20 && !v.HasSQL && v.Timeout == hook.Unset }},
		{"q.rewrite('SELECT 2')", func(v *hook.Verdict) bool { return v.HasSQL && v.SQL == "SELECT 2" && v.Hostgroup == hook.Unset }},
		{"q.reject('no')", func(v *hook.Verdict) bool {
			return *v.Reject == hook.Rejection{Code: 1148, State: "42000", Message: "no"}
		}},
		{"q.reject(1234, 'no')", func(v *hook.Verdict) bool {
			return *v.Reject == hook.Rejection{Code: 1234, State: "HY000", Message: "no"}
		}},
		{"q.reject(1234, '45000', 'no')", func(v *hook.Verdict) bool {
			return *v.Reject == hook.Rejection{Code: 1234, State: "45000", Message: "no"}
		}},
		{"q.timeout(1500)", func(v *hook.Verdict) bool { return v.Timeout == 1500*time.Millisecond }},
		{"q.pin()", func(v *hook.Verdict) bool { return v.Pin }},
		{"q.tag('a').tag('b').tag('a')", func(v *hook.Verdict) bool { return slices.Equal(v.Tags, []string{"a", "b"}) }},
		{"q.observe(true)", func(v *hook.Verdict) bool { return v.Result }},
		{"q.reply({affectedRows: 3, insertId: 18446744073709551615n, warnings: 1, info: 'hi'})", func(v *hook.Verdict) bool {
			return v.Reply.Table.Columns == nil && v.Reply.OK == hook.Summary{AffectedRows: 3, InsertID: 1<<64 - 1, Warnings: 1, Info: "hi"}
		}},
		{"q.reply()", func(v *hook.Verdict) bool { return v.Reply.Table.Columns == nil && v.Reply.OK == hook.Summary{} }},
		{"q.before('SELECT 1').after('SELECT 2', r => 0)", func(v *hook.Verdict) bool {
			return len(v.Before) == 1 && v.Before[0].SQL == "SELECT 1" && v.Before[0].Handler == nil && len(v.After) == 1 && v.After[0].Handler != nil
		}},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) {"+test.body+"}")
		if v := w.ask(newQuery("SELECT 1")); !test.is(v) {
			t.Errorf("%s: %+v; log: %s", test.body, v, w.said())
		}
		if w.calls(hook.OnQuery, ok) != 1 {
			t.Errorf("%s: not counted as ok: %s", test.body, w.said())
		}
	}
}

// said is what is in the log by now.
func (w *world) said() string {
	var all []string
	for {
		select {
		case line := <-w.log.c:
			all = append(all, line)
		default:
			return strings.Join(all, "")
		}
	}
}

// What a script sees of a statement.
func TestProperties(t *testing.T) {
	q := newQuery("SELECT /* tenant=7 note='a%20b' */ c FROM t WHERE id = 5 AND x = '/* no=1 */'")
	q.command, q.inTransaction = hook.ComStmtExecute, true
	q.params = []hook.Value{
		{}, hook.Int(-5), hook.Uint(1<<64 - 1), hook.Int(1<<53 - 1), hook.Int(1 << 53), hook.Float(0.1), hook.Text("ä"),
		{Kind: hook.KindDecimal, Bytes: []byte("1.50")}, {Kind: hook.KindBytes, Bytes: []byte{0, 255}}, {Kind: hook.KindUnknown},
	}
	for _, test := range []struct{ expression, value string }{
		{"q.sql.length", "77"},
		{"q.command", "COM_STMT_EXECUTE"},
		{"q.prepared", "true"},
		{"q.digest.length", "18"},
		{"q.digestText", "SELECT c FROM t WHERE id=? AND x=?"},
		{"q.user", "app"},
		{"q.schema", "shop"},
		{"q.id", "7"},
		{"q.clientAddr + ' ' + q.clientPort", "192.0.2.1 4711"},
		{"q.inTransaction", "true"},
		{"q.hostgroup", "10"},
		{"q.whole", "true"},
		{"JSON.stringify(q.annotations)", `{"tenant":"7","note":"a b"}`},
		{"JSON.stringify(q.attributes)", `{"program_name":"till"}`},
		{"q.params.map(p => (typeof p)[0]).join('')", "onbnbnssou"},
		{"q.params.slice(1, 5).join()", "-5,18446744073709551615,9007199254740991,9007199254740992"},
		{"q.params.slice(5, 8).join()", "0.1,ä,1.50"},
		{"q.params[8] instanceof Uint8Array && q.params[8].join()", "0,255"},
		{"q.nothing", "undefined"},
		{"'sql' in q && !('other' in q)", "true"},
		{"Object.keys(q).length", "16"},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) { q.tag('is ' + ("+test.expression+")) }")
		v := w.ask(q)
		if len(v.Tags) != 1 || v.Tags[0] != "is "+test.value {
			t.Errorf("%s: %q, want %q; %s", test.expression, v.Tags, test.value, w.said())
		}
	}
}

// What cannot be said is an exception with a place.
func TestMistakes(t *testing.T) {
	prepare, execute := newQuery("SELECT 1"), newQuery("SELECT 1")
	prepare.command, execute.command = hook.ComStmtPrepare, hook.ComStmtExecute
	for _, test := range []struct {
		q          *query
		body, says string
	}{
		{nil, "q.route('x')", "main.js:2:10: RangeError: route takes a whole number from 0 to 2147483647"},
		{nil, "q.route(1.5)", "whole number"},
		{nil, "q.reject()", "reject takes"},
		{nil, "q.reject(99999, 'x')", "error code"},
		{nil, "q.reject(1, 'abc', 'x')", "SQLSTATE"},
		{nil, "q.rewrite(5)", "must be a string"},
		{nil, "q.reply([])", "has to name its columns"},
		{nil, "q.reply([[1], [1, 2]])", "row 1 has 2 values, but there are 1 columns"},
		{nil, "q.reply([{a: Symbol()}])", "Symbol"},
		{nil, "q.reply([{a: NaN}])", "NaN"},
		{nil, "q.reply({columns: [{name: 'a', type: 'POINT'}], rows: []})", "POINT"},
		{nil, "q.reply({columns: [{name: 'a', type: 'BIGINT'}], rows: [['x']]})", "no integer"},
		{nil, "q.tag('')", "tag"},
		{nil, "q.before('x', 5)", "handler must be a function"},
		{nil, "for (let i = 0; i < 9; i++) q.after('x')", "more than 8"},
		{nil, "q.user = 'root'", "main.js:2:5: TypeError: q and conn cannot be changed by setting or deleting"},
		{nil, "delete q.user", "their methods say"},
		{nil, "q.route.call({}, 5)", "route is a method of q"},
		{nil, "sleep(5)", "sleep is for async functions"},
		{nil, "timer.every(1000, () => 0)", "beginning of a script"},
		{nil, "require('fs')", "only files beside the script"},
		{nil, "require('./later.js')", "files are read when the script is loaded"},
		{nil, "eval('1')", "eval is not defined"},
		{nil, "new Function('return 1')", "programs cannot be made of texts"},
		{nil, "(async () => 0).constructor('return 1')", "programs cannot be made of texts"},
		{nil, "null.x", "TypeError: Cannot read property 'x' of"},
		{nil, "throw {toString() { throw 1 }}", "an object was thrown"},
		{nil, "throw new class extends Error { get message() { throw 1 } }", "throws when it is read"},
		{nil, "throw 'a text'", "a text"},
		{nil, "let e = new Error('x'); e.message = e; throw e", ""},
		{prepare, "q.reply([{a: 1}])", "answered when it is executed"},
		{execute, "q.rewrite('x')", "rewrite the COM_STMT_PREPARE"},
	} {
		w := newWorld(t, Options{Reject: true}, "function onQuery(q) {\n  "+test.body+"\n}")
		q := test.q
		if q == nil {
			q = newQuery("SELECT 1")
		}
		v := w.ask(q)
		said := w.said()
		if v.Reject == nil || v.Reject.Message != "parkway: onQuery of the script failed (error)" || !strings.Contains(said, test.says) {
			t.Errorf("%s: %+v, log %s, want %q", test.body, v.Reject, said, test.says)
		}
		if w.calls(hook.OnQuery, failed) != 1 {
			t.Errorf("%s: not counted as an error", test.body)
		}
	}
}

func TestOnErrorContinue(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20); throw 1 }")
	if v := w.ask(newQuery("SELECT 1")); v != hook.Nothing {
		t.Errorf("%+v", v)
	}
}

// A row says what columns there are, and their types follow from all values.
func TestReplyTypes(t *testing.T) {
	w := newWorld(t, Options{}, `function onQuery(q) { q.reply([
		{i: 1, u: 2n ** 64n - 1n, m: 1, d: 1, s: 1, b: new Uint8Array([1]), n: null, t: true},
		{i: null, u: 2n ** 63n, m: 2n ** 70n, d: 0.5, s: "x", b: null, n: undefined, t: false},
	]) }`)
	table := w.ask(newQuery("SELECT 1")).Reply.Table
	var types []string
	for _, c := range table.Columns {
		types = append(types, fmt.Sprintf("%s:%d", c.Name, c.Type))
	}
	if got := strings.Join(types, " "); got != "i:8 u:8 m:246 d:5 s:253 b:252 n:253 t:8" {
		t.Errorf("columns %s; %s", got, w.said())
	}
	var rows []string
	for i := range table.Rows.Len() {
		for _, v := range table.Rows.Row(i) {
			rows = append(rows, fmt.Sprintf("%d:%s", v.Kind, textForm(v)))
		}
	}
	if got := strings.Join(rows, " "); got != "1:1 2:18446744073709551615 4:1 3:1 5:1 6:\x01 0: 1:1 "+
		"0: 2:9223372036854775808 4:1180591620717411303424 3:0.5 5:x 0: 0: 1:0" {
		t.Errorf("rows %q", got)
	}
}

// Bytes that are no UTF-8 come back as they were.
func TestBytesOfStatements(t *testing.T) {
	w := newWorld(t, Options{}, `function onQuery(q) { q.rewrite(q.sql + "!") }`)
	for _, sql := range []string{"SELECT 'abc'", "SELECT 'äö€😀'", "SELECT '\xff\x00\xfe😀\xe4'", "SELECT '\xed\xb0\x80 \xef\xbf\xbd'"} {
		if v := w.ask(newQuery(sql)); v.SQL != sql+"!" {
			t.Errorf("%q became %q", sql, v.SQL)
		}
	}
}

// q can be read until its call is over, and nothing said any more.
func TestQueryIsOver(t *testing.T) {
	w := newWorld(t, Options{}, `let kept; function onQuery(q) {
		if (!kept) { kept = q; kept.user; return }
		const said = []
		for (const f of [() => kept.sql, () => kept.route(5), () => kept.user]) { try { f(); said.push("went") } catch (e) { said.push(e.name) } }
		q.tag(said.join())
	}`)
	w.ask(newQuery("SELECT 1"))
	if v := w.ask(newQuery("SELECT 1")); !slices.Equal(v.Tags, []string{"TypeError,TypeError,TypeError"}) {
		t.Errorf("%q", v.Tags)
	}
}
