package session_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// table is a reply of two columns, an integer and a text.
func table(rows ...[]hook.Value) *hook.Verdict {
	r := &hook.Reply{OK: hook.Summary{Warnings: 3}}
	r.Table.Columns = []hook.Column{
		{Name: "id", Type: byte(protocol.TypeLongLong), Charset: 63, Length: 20},
		{Name: "name", Type: byte(protocol.TypeVarString), Charset: 45, Length: 400},
	}
	r.Table.Rows.Reset(2)
	for _, values := range rows {
		r.Table.Rows.AddRow(values)
	}
	return verdict(func(v *hook.Verdict) { v.Reply = r })
}

// dialects are the capabilities that change what an answer looks like.
var dialects = map[string]protocol.Capability{
	"EOF": mysqltest.BaseCapabilities &^ protocol.ClientDeprecateEOF,
	"OK":  mysqltest.BaseCapabilities | protocol.ClientDeprecateEOF,
}

// A script answers itself: texts and executions, with rows and without, in all dialects; nothing of it reaches a server.
func TestScriptReplies(t *testing.T) {
	many := make([][]hook.Value, 5000)
	for i := range many {
		many[i] = []hook.Value{hook.Int(int64(i)), hook.Text(strings.Repeat("x", i%100))}
	}
	one := []hook.Value{hook.Int(-7), {}}
	for name, test := range map[string]struct {
		verdict *hook.Verdict
		rows    [][]hook.Value
		ok      protocol.OK
	}{
		"rows":    {table(one, []hook.Value{hook.Uint(8), hook.Text("grüß")}), [][]hook.Value{one, {hook.Int(8), hook.Text("grüß")}}, protocol.OK{Warnings: 3}},
		"no rows": {table(), nil, protocol.OK{Warnings: 3}},
		"many":    {table(many...), many, protocol.OK{Warnings: 3}},
		"OK": {verdict(func(v *hook.Verdict) {
			v.Reply = &hook.Reply{OK: hook.Summary{AffectedRows: 1 << 40, InsertID: 5, Warnings: 1, Info: "done"}}
		}), nil, protocol.OK{AffectedRows: 1 << 40, InsertID: 5, Warnings: 1, Info: []byte("done")}},
	} {
		for dialect, caps := range dialects {
			for _, waits := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/later %v", name, dialect, waits), func(t *testing.T) {
					p := newPolicy(func(q hook.Query) *hook.Verdict {
						switch {
						case q.Command() == hook.ComStmtPrepare || string(q.SQL()) == "SELECT 2":
							return hook.Nothing
						case waits:
							return nil
						}
						return test.verdict
					})
					w, _ := newPreparer(t, scriptedBy(p))
					cfg := w.client()
					cfg.Capabilities = caps
					c := mysqltest.Dial(t, cfg)
					st := mustPrepare(t, c, "SELECT ?")
					for _, cmd := range []protocol.Command{protocol.ComQuery, protocol.ComStmtExecute} {
						payload := []byte("SELECT 1")
						if cmd == protocol.ComStmtExecute {
							payload = first(st, "a")
						}
						if err := c.WriteCommand(cmd, payload...); err != nil {
							t.Fatal(err)
						}
						if waits {
							p.next(t).answer(test.verdict)
						}
						results, err := c.ReadAnswer(cmd)
						if err != nil || len(results) != 1 {
							t.Fatalf("%s: %d results, %v", cmd, len(results), err)
						}
						checkReply(t, &results[0], cmd == protocol.ComStmtExecute, test.rows, &test.ok)
						mustQuery(t, c, "SELECT 2")
					}
					for _, r := range w.server.Commands() {
						if bytes.Contains(r.Payload, []byte("SELECT 1")) || r.Command == protocol.ComStmtExecute {
							t.Errorf("the server has read %q", r.Payload)
						}
					}
				})
			}
		}
	}
}

// checkReply compares a result with what a script has answered.
func checkReply(t *testing.T, got *mysqltest.Result, binary bool, want [][]hook.Value, ok *protocol.OK) {
	t.Helper()
	if got.OK.AffectedRows != ok.AffectedRows || got.OK.InsertID != ok.InsertID || got.OK.Warnings != ok.Warnings || string(got.OK.Info) != string(ok.Info) ||
		got.OK.Status != protocol.StatusAutocommit {
		t.Errorf("the end is %+v, want %+v", got.OK, ok)
	}
	var columns []hook.Column
	for i := range got.Columns {
		columns = append(columns, row.ColumnOf(&got.Columns[i]))
	}
	if len(got.Rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(got.Rows), len(want))
	}
	for i, p := range got.Rows {
		expected, err := row.AppendText(nil, columns, want[i])
		if binary {
			expected, err = row.AppendBinary(nil, columns, want[i])
		}
		if err != nil || !bytes.Equal(p, expected) {
			t.Fatalf("row %d is %q, want %q (%v)", i, p, expected, err)
		}
	}
}

// A value that its column cannot have is an error for the client, also behind rows that were sent; the session goes on.
func TestScriptRepliesNonsense(t *testing.T) {
	var rows [][]hook.Value
	for range 10_000 {
		rows = append(rows, []hook.Value{hook.Int(1), hook.Text("fits")})
	}
	rows = append(rows, []hook.Value{hook.Text("no number"), hook.Text("x")})
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if q.Command() == hook.ComStmtExecute {
			return table(rows...)
		}
		return hook.Nothing
	})
	w, _ := newPreparer(t, scriptedBy(p))
	c := w.dial()
	st := mustPrepare(t, c, "SELECT ?")
	_, err := c.Command(protocol.ComStmtExecute, first(st, "a")...)
	wantERR(t, err, protocol.ErrCodeUnknown, "row 10001: column 1, id: the value is no whole number")
	mustQuery(t, c, "SELECT 2")
}

// What a script says to the beginning of a statement that is too long to be held is answered when all of it was read.
func TestScriptRepliesToLong(t *testing.T) {
	one := []hook.Value{hook.Int(1), hook.Text("x")}
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if q.Whole() {
			return table()
		}
		if q.Digest() != 0 {
			t.Errorf("the digest of a beginning is %x", q.Digest())
		}
		return table(one)
	})
	w := newWorld(t, scriptedBy(p, tracked))
	c := w.dial()
	results := mustQuery(t, c, "SELECT '"+strings.Repeat("x", 1<<20)+"'")
	checkReply(t, &results[0], false, [][]hook.Value{one}, &protocol.OK{Warnings: 3})
}

// A script sees the parameters of executions, also where the types were sent before, or come as long data.
func TestScriptParams(t *testing.T) {
	var seen []string
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if q.Command() != hook.ComStmtExecute {
			if q.Params() != nil {
				t.Errorf("%s has parameters", q.Command())
			}
			return hook.Nothing
		}
		line := fmt.Sprint(q.Params() == nil, ":")
		for _, v := range q.Params() {
			line += fmt.Sprintf(" %d=%q", v.Kind, v.Bytes)
			switch v.Kind {
			case hook.KindInt:
				line += fmt.Sprint(v.Int())
			case hook.KindUint:
				line += fmt.Sprint(v.Uint())
			case hook.KindFloat:
				line += fmt.Sprint(v.Float())
			}
		}
		seen = append(seen, line)
		return verdict(func(v *hook.Verdict) { v.Reply = new(hook.Reply) })
	})
	w, _ := newPreparer(t, scriptedBy(p))
	c := w.dial()
	execute := func(payload []byte) {
		t.Helper()
		if _, err := c.Command(protocol.ComStmtExecute, payload[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	head := func(st *mysqltest.Statement) []byte {
		h := protocol.Execute{StatementID: st.StatementID, Iterations: 1}
		return h.Append(nil)
	}
	five := mustPrepare(t, c, "SELECT ?, ?, ?, ?, ?")
	values := []byte{0xff}                                        // TINY
	values = append(values, 0xff)                                 // unsigned
	values = binary.LittleEndian.AppendUint32(values, 0x3f000000) // FLOAT 0.5
	values = append(values, 4, 0xea, 0x07, 11, 21)                // DATETIME
	execute(append(append(head(five), 1<<4, 1, 1, 0, 1, 0x80, 4, 0, 12, 0, 253, 0), values...))
	execute(append(append(head(five), 1<<4, 0), values...)) // the types are those of before
	execute(five.ExecutePayload(0, []byte("a"), nil, []byte(""), []byte("b"), []byte("c")))
	none := mustPrepare(t, c, "SELECT 1")
	execute(head(none))
	two := mustPrepare(t, c, "SELECT ?, ?")
	if err := two.SendLongData(0, []byte("long")); err != nil {
		t.Fatal(err)
	}
	execute(append(append(head(two), 0, 1, 252, 0, 252, 0), 1, 'z'))
	execute(append(head(two), 0, 1, 252, 0, 252, 0, 1, 'y', 200)) // malformed: one value is cut off
	w.on(0, func() {
		want := []string{
			`false: 1=""-1 2=""255 3=""0.5 7="2026-11-21 00:00:00" 0=""`,
			`false: 1=""-1 2=""255 3=""0.5 7="2026-11-21 00:00:00" 0=""`,
			`false: 5="a" 0="" 5="" 5="b" 5="c"`,
			`false:`,
			`false: 8="" 6="z"`,
			`true:`,
		}
		if !slices.Equal(seen, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
		}
	})
}
