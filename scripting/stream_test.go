package scripting

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parkway/scripting/hook"
)

// table is a result of two columns.
func table(rows ...[]hook.Value) (*hook.Result, *hook.Batch) {
	var b hook.Batch
	b.Reset(2)
	for _, r := range rows {
		b.AddRow(r)
	}
	return &hook.Result{Columns: []hook.Column{
		{Name: "id", Type: typeLongLong, Charset: 63}, {Name: "mail", Type: 253, Charset: 45},
	}, Time: 1500 * time.Microsecond}, &b
}

// shown is what a client gets of a result, as text.
func (w *world) shown(head *hook.Result, batches []*hook.Batch, end *hook.End) string {
	w.t.Helper()
	var s session
	wait := func(pending hook.Pending) bool {
		for n := s.answers; pending != nil && s.answers == n; {
			w.turn()
		}
		return pending != nil
	}
	v, pending := w.loop.Result(newQuery("SELECT"), head, &s)
	if wait(pending) {
		v = s.result
	}
	switch {
	case v.Reject != nil:
		return "reject " + v.Reject.Message
	case v.Reply != nil:
		return "reply " + text(&v.Reply.Table.Rows)
	case v.Stream == nil:
		return "pass"
	}
	var out strings.Builder
	for _, c := range v.Columns {
		out.WriteString(c.Name + " ")
	}
	for _, b := range batches {
		rows, pending := v.Stream.Rows(b, &s)
		if wait(pending) {
			rows = s.rows
		}
		switch {
		case rows.Same:
			out.WriteString("same ")
		case rows.Rows != nil:
			out.WriteString(text(rows.Rows))
		}
		if rows.Reject != nil {
			v.Stream.Abort()
			return out.String() + "error " + rows.Reject.Message
		}
		if rows.Stop {
			v.Stream.Abort()
			return out.String() + "stop"
		}
	}
	e, pending := v.Stream.End(end, &s)
	if wait(pending) {
		e = s.end
	}
	if e.Rows != nil {
		out.WriteString(text(e.Rows))
	}
	if e.Reject != nil {
		out.WriteString("error " + e.Reject.Message)
	}
	for _, i := range e.After {
		out.WriteString("after " + i.SQL)
	}
	return out.String()
}

func text(b *hook.Batch) string {
	var out strings.Builder
	for i := range b.Len() {
		out.WriteString("(")
		for j, v := range b.Row(i) {
			if j > 0 {
				out.WriteString(",")
			}
			if v.Kind == hook.KindNull {
				out.WriteString("NULL")
			} else {
				out.Write(textForm(v))
			}
		}
		out.WriteString(")")
	}
	return out.String()
}

// What a script makes of a result of three rows in two batches, at once and on the pool.
func TestResults(t *testing.T) {
	for _, test := range []struct{ body, gets string }{
		{"", "pass"},
		{"result.end(() => 0)", "same same "},
		{"result.map(row => {})", "same same "},
		{"result.map(row => row)", "same same "},
		{"result.map(row => { row.mail = '***' })", "(1,***)(2,***)(3,***)"},
		{"result.map(row => { if (row.id === 2) row[1] = null })", "(1,a@x)(2,NULL)same "},
		{"result.map(row => row.id !== 2)", "(1,a@x)same "},
		{"result.map(row => row.id === 3 ? null : row)", "same "},
		{"result.map(row => ({id: row.id * 10, mail: row.mail + '!'}))", "(10,a@x!)(20,b@x!)(30,c@x!)"},
		{"result.map(row => [row[0], 5])", "(1,5)(2,5)(3,5)"},
		{"result.batches(rows => { for (const row of rows) if (row.id == 1) row.drop() })", "(2,b@x)same "},
		{"result.batches(rows => [...rows, {id: 0, mail: rows.length}])", "(1,a@x)(2,b@x)(0,2)(3,c@x)(0,1)"},
		{"result.batches(rows => rows.reverse())", "(2,b@x)(1,a@x)same "},
		{"result.dropColumn('mail')", "id (1)(2)(3)"},
		{"result.addColumn('len', row => row.mail.length)", "id mail len (1,a@x,3)(2,b@x,3)(3,c@x,3)"},
		{"result.dropColumn(0).addColumn({name: 'n', type: 'BIGINT'}, row => row.id + 1)", "mail n (a@x,2)(b@x,3)(c@x,4)"},
		{"result.map(row => { result.stop() })", "(1,a@x)stop"},
		{"result.map(row => { if (row.id === 2) result.stop() })", "same stop"},
		{"result.batches(rows => { result.stop() })", "same stop"},
		{"result.map(row => row.id = 0)", "(0,a@x)(0,b@x)(0,c@x)"},
		{"result.map(row => row.mail = '')", "(1,)(2,)(3,)"},
		{"result.map(row => [1])", "same same "},
		{"result.map(row => Promise.resolve(row))", "same same "},
		{"result.map(row => new Date(0))", "same same "},
		{"result.map(row => new Uint8Array(2))", "same same "},
		{"result.end(s => [[s.rows, s.affectedRows + ' ' + s.warnings + ' ' + s.more]])", "same same (3,0 2 false)"},
		{"result.end((s, q) => { q.after('EXPLAIN ' + q.sql) })", "same same after EXPLAIN SELECT"},
		{"result.reply([[5]])", "reply (5)"},
		{"result.reject('no')", "reject no"},
		{"result.reject(result.columns.map(c => c.name + c.type).join() + result.queryTimeMs + result.number)", "reject id8,mail2531.50"},
		{"result.map(row => { throw 1 })", "same same "},
		{"result.map(row => { row.id = 'x' })", "same same "},
		{"result.map(row => { row.other = 1 })", "same same "},
		{"result.map(row => { delete row.mail })", "same same "},
		{"result.rows = []", "pass"},
		{"result.dropColumn('mail').map(row => { throw 1 })", "id error parkway: onResult of the script failed (error)"},
		{"throw 1", "pass"},
		{"result.map(5)", "pass"},
		{"result.dropColumn('other')", "pass"},
		{"let kept; result.map(row => { if (kept) kept.id; kept = row })", "same same "},
		{"let kept; result.map(row => { if (kept) kept.id; kept = row; return {id: 1, mail: 2} })", "(1,2)(1,2)same "},
	} {
		for _, async := range []string{"", "async "} {
			w := newWorld(t, Options{}, async+"function onResult(q, result) {"+test.body+"}")
			head, one := table([]hook.Value{hook.Int(1), hook.Text("a@x")}, []hook.Value{hook.Int(2), hook.Text("b@x")})
			_, two := table([]hook.Value{hook.Int(3), hook.Text("c@x")})
			got := w.shown(head, []*hook.Batch{one, two}, &hook.End{Rows: 3, OK: hook.Summary{Warnings: 2}})
			if said := w.said(); got != test.gets || strings.Contains(said, "panic") {
				t.Errorf("%s%s: %q, want %q; %s", async, test.body, got, test.gets, said)
			}
			if holders := w.machineHolders(); holders != 1 {
				t.Errorf("%s%s: the machine has %d holders", async, test.body, holders)
			}
		}
	}
}

// machineHolders is how many hold the machine that was used.
func (w *world) machineHolders() int32 {
	ed := w.engine.current.Load()
	ed.mu.Lock()
	defer ed.mu.Unlock()
	if w.loop.machine != nil {
		return w.loop.machine.holders.Load()
	}
	if len(ed.idle) == 0 {
		return 1
	}
	return ed.idle[0].holders.Load()
}

// An answer without rows has all at once.
func TestResultWithoutRows(t *testing.T) {
	w := newWorld(t, Options{}, `function onResult(q, result) {
		if (result.error) result.reply([[result.error.code + result.error.sqlState + result.error.message]])
		else result.map(r => 0).reply([[result.affectedRows, result.insertId, result.warnings, result.info, result.columns.length]])
	}`)
	if got := w.shown(&hook.Result{OK: hook.Summary{AffectedRows: 1, InsertID: 2, Warnings: 3, Info: "i"}}, nil, nil); got != "reply (1,2,3,i,0)" {
		t.Errorf("%s; %s", got, w.said())
	}
	if got := w.shown(&hook.Result{Err: &hook.Rejection{Code: 1064, State: "42000", Message: "no"}}, nil, nil); got != "reply (106442000no)" {
		t.Errorf("%s; %s", got, w.said())
	}
}

// A result that is under way when the program changes ends with the old one, watched as before.
func TestResultOverReload(t *testing.T) {
	w := newWorld(t, Options{Timeout: 100 * time.Millisecond}, `function onResult(q, result) {
		result.map(row => { if (row.id === 2) while (true) {}; row.mail = 'old' }) }`)
	head, one := table([]hook.Value{hook.Int(1), hook.Text("a")})
	_, two := table([]hook.Value{hook.Int(2), hook.Text("b")})
	var s session
	v, _ := w.loop.Result(newQuery("x"), head, &s)
	w.write(w.file, `function onResult(q, result) { result.map(row => { row.mail = 'new' }) }`)
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	if got := w.shown(head, []*hook.Batch{one}, new(hook.End)); got != "(1,new)" {
		t.Errorf("the new program: %s", got)
	}
	if rows, _ := v.Stream.Rows(one, &s); rows.Rows == nil || text(rows.Rows) != "(1,old)" {
		t.Errorf("the old one: %+v; %s", rows, w.said())
	}
	if rows, _ := v.Stream.Rows(two, &s); !rows.Same || w.calls(hook.OnResult, timedOut) != 1 {
		t.Errorf("the old one was not stopped: %+v; %s", rows, w.said())
	}
	v.Stream.Abort()
}

// Rows in and out take no more memory than a batch, however many there are.
func TestRowsAreNotKept(t *testing.T) {
	w := newWorld(t, Options{}, `let n = 0; function onResult(q, result) { result.map(row => { n++; row.mail = "x" }).end(() => { log.warn("rows", {n}) }) }`)
	head, _ := table()
	var s session
	v, _ := w.loop.Result(newQuery("x"), head, &s)
	var b hook.Batch
	rows := 0
	for range 20 {
		b.Reset(2)
		for b.Size() < hook.BatchBytes {
			b.AddRow([]hook.Value{hook.Int(1 << 60), hook.Text(strings.Repeat("y", 1000))})
			rows++
		}
		out, _ := v.Stream.Rows(&b, &s)
		if out.Rows.Len() != b.Len() || out.Rows.Row(0)[0].Int() != 1<<60 {
			t.Fatalf("%d rows of %d", out.Rows.Len(), b.Len())
		}
	}
	v.Stream.End(new(hook.End), &s)
	w.log.wait(t, fmt.Sprintf(`"n":%d`, rows))
}

// Statements before and after one, and what their handlers may say.
func TestInjections(t *testing.T) {
	for _, async := range []string{"", "async "} {
		w := newWorld(t, Options{}, async+`function onQuery(q) {
			q.before("SELECT load", (r, q) => {
				if (r.rows[0].n > 3) q.reject("busy: " + q.sql)
				else q.rewrite("SELECT 2").after("SELECT more").before("SELECT again", r => { log.warn("again " + r.error.message + r.truncated) })
			})
			q.after("SELECT 1", (r, q) => { log.warn("after " + q.sql + r.queryTimeMs); q.after("SELECT last") })
		}`)
		q := newQuery("SELECT 1")
		var s session
		injected := func(i *hook.Injection, o *hook.Outcome) *hook.Verdict {
			v, pending := w.loop.Injected(i, o, &s)
			for n := s.answers; pending != nil && s.answers == n; {
				w.turn()
			}
			if pending != nil {
				return s.verdict
			}
			return v
		}
		load := func(n int64) *hook.Outcome {
			o := &hook.Outcome{Table: hook.Table{Columns: []hook.Column{{Name: "n"}}}, Time: time.Millisecond}
			o.Table.Rows.Reset(1)
			o.Table.Rows.Add(hook.Int(n))
			return o
		}
		v := w.ask(q)
		copy(q.sql, "XXXXXXXX")
		if next := injected(v.Before[0], load(5)); next.Reject == nil || next.Reject.Message != "busy: SELECT 1" {
			t.Errorf("%+v; %s", next, w.said())
		}
		w.loop.Forget(v.After[0])
		if n := w.machineHolders(); n != 1 {
			t.Errorf("%d holders of the machine", n)
		}
		v = w.ask(newQuery("SELECT 1"))
		next := injected(v.Before[0], load(1))
		if next.SQL != "SELECT 2" || len(next.After) != 1 || len(next.Before) != 1 || next.Hostgroup != hook.Unset {
			t.Errorf("%+v; %s", next, w.said())
		}
		injected(next.Before[0], &hook.Outcome{Err: &hook.Rejection{Code: 1, Message: "wrong"}})
		w.log.wait(t, "again wrongfalse")
		if last := injected(v.After[0], load(1)); len(last.After) != 1 || last.After[0].SQL != "SELECT last" {
			t.Errorf("%+v; %s", last, w.said())
		}
		w.log.wait(t, "after SELECT 11")
		if n := w.machineHolders(); n != 1 {
			t.Errorf("%d holders of the machine", n)
		}
	}
}

// Of columns with the same name an object has one value only: it is not taken for both.
func TestColumnsOfOneName(t *testing.T) {
	for body, want := range map[string]string{
		"row => ({...row})":              "same ",
		"row => [row[0], row[1] + 1]":    "(1,3)",
		"row => { row[1] = row[0] * 9 }": "(1,9)",
	} {
		w := newWorld(t, Options{}, "function onResult(q, result) { result.map("+body+") }")
		head, rows := table([]hook.Value{hook.Int(1), hook.Int(2)})
		head.Columns[1] = head.Columns[0]
		if got := w.shown(head, []*hook.Batch{rows}, &hook.End{Rows: 1}); got != want {
			t.Errorf("%s: %q, want %q; %s", body, got, want, w.said())
		}
	}
}
