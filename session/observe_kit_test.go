package session_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// observed is a verdict of a script that wants to see the answer, and no more.
var observed = verdict(func(v *hook.Verdict) { v.Result = true })

// viewer is a hook.Stream whose functions are Go. One that is nil has nothing to say; one that returns nil says it later.
type viewer struct {
	rows func(b *hook.Batch) *hook.RowsVerdict
	end  func(e *hook.End) *hook.EndVerdict

	loop    *policyLoop
	ended   int // loop only: by End or Abort
	aborted chan struct{}
}

func (v *viewer) Rows(b *hook.Batch, w hook.ResultWaiter) (*hook.RowsVerdict, hook.Pending) {
	if v.rows == nil {
		return &hook.RowsVerdict{Same: true}, nil
	}
	if said := v.rows(b); said != nil {
		return said, nil
	}
	return nil, v.loop.later("rows", func(v any) { w.RowsAnswered(v.(*hook.RowsVerdict)) })
}

func (v *viewer) End(e *hook.End, w hook.ResultWaiter) (*hook.EndVerdict, hook.Pending) {
	v.ended++
	if v.end == nil {
		return new(hook.EndVerdict), nil
	}
	if said := v.end(e); said != nil {
		return said, nil
	}
	return nil, v.loop.later("end", func(v any) { w.EndAnswered(v.(*hook.EndVerdict)) })
}

func (v *viewer) Abort() {
	v.ended++
	if v.aborted != nil {
		close(v.aborted)
	}
}

// observing is a policy that looks at all answers.
func observing(result func(q hook.Query, r *hook.Result) *hook.ResultVerdict) *policy {
	p := newPolicy(nil)
	p.result = result
	return p
}

// shopColumns are what a shop has, each with two bytes that hook.Column has no room for where they can be sent.
func shopColumns() []protocol.ColumnDefinition {
	extended := []byte{0, 1, 'x'}
	return []protocol.ColumnDefinition{
		{Schema: "s", Table: "t", OrgTable: "t0", Name: "id", OrgName: "id", Type: protocol.TypeLong, Charset: 63, Length: 11, Flags: 1, Extended: extended},
		{Schema: "s", Table: "t", OrgTable: "t0", Name: "mail", OrgName: "mail", Type: protocol.TypeVarString, Charset: 45, Length: 400, Extended: extended},
		{Schema: "s", Table: "t", OrgTable: "t0", Name: "born", OrgName: "born", Type: protocol.TypeDatetime, Charset: 63, Decimals: 0, Extended: extended},
	}
}

// shop is a server whose statements "SELECT n" bring n rows of three columns, each of so many bytes as "of" says, with
// as many warnings as "warn" says; of several statements each its own; prepared too. It says what it has answered last
// by status.
func shop(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	sql := string(payload[1:])
	switch {
	case cmd == protocol.ComQuery && strings.HasPrefix(sql, "SELECT VARIABLE_NAME"):
		tracking(cmd, payload, a)
	case cmd == protocol.ComQuery && (strings.Contains(sql, "SELECT ") || strings.Contains(sql, ";")):
		parts := strings.Split(sql, ";")
		for i, part := range parts {
			if i+1 < len(parts) {
				a.MoreResults()
			}
			if shopAnswer(strings.TrimSpace(part), false, a); strings.HasPrefix(part, "BAD") {
				return
			}
		}
	case cmd == protocol.ComStmtPrepare:
		shopPrepare(sql, a)
	case cmd == protocol.ComStmtExecute:
		shopAnswer(fmt.Sprintf("SELECT %d", binary.LittleEndian.Uint32(payload[1:])), true, a)
	default:
		tracking(cmd, payload, a)
	}
}

// shopPrepare gives a statement that brings n rows the id n.
func shopPrepare(sql string, a *mysqltest.Answer) {
	n := 0
	fmt.Sscanf(sql, "SELECT %d", &n)
	columns := shopColumns()
	a.Packet((&protocol.PrepareOK{StatementID: uint32(n), Params: 1, Columns: uint16(len(columns))}).Append(nil, a.Capabilities()))
	a.Packet((&protocol.ColumnDefinition{Name: "?"}).Append(nil, a.Capabilities()))
	separate := func() {
		if !a.Capabilities().Has(protocol.ClientDeprecateEOF) {
			a.Packet(protocol.AppendEndOfRows(nil, a.Status, 0, a.Capabilities()))
		}
	}
	separate()
	for i := range columns {
		a.Packet(columns[i].Append(nil, a.Capabilities()))
	}
	separate()
}

// shopAnswer answers one statement.
func shopAnswer(sql string, binary bool, a *mysqltest.Answer) {
	n, size, warnings := 0, 0, 0
	if k, _ := fmt.Sscanf(sql, "SELECT %d of %d warn %d", &n, &size, &warnings); k == 0 {
		switch {
		case strings.HasPrefix(sql, "BAD"):
			a.Error(1064, "bad")
		case strings.HasPrefix(sql, "LOAD"):
			file, _ := a.Infile("data.csv")
			a.OKPacket(protocol.OK{AffectedRows: uint64(len(file)), Status: a.Status})
			a.Status &^= protocol.StatusMoreResults
		default:
			a.OKPacket(protocol.OK{AffectedRows: 2, InsertID: 7, Status: a.Status, Info: []byte("done")})
		}
		return
	}
	shopHead(a)
	for i := range n {
		shopRow(i, size, binary, a)
	}
	a.Packet(protocol.AppendEndOfRows(nil, a.Status|protocol.StatusNoIndexUsed, uint16(warnings), a.Capabilities()))
	a.Status &^= protocol.StatusMoreResults
}

// shopHead writes what comes before the rows.
func shopHead(a *mysqltest.Answer) {
	columns := shopColumns()
	a.Packet([]byte{byte(len(columns))})
	for i := range columns {
		a.Packet(columns[i].Append(nil, a.Capabilities()))
	}
	if !a.Capabilities().Has(protocol.ClientDeprecateEOF) {
		a.Packet(protocol.AppendEndOfRows(nil, a.Status, 0, a.Capabilities()))
	}
}

// shopRow writes row i.
func shopRow(i, size int, binary bool, a *mysqltest.Answer) {
	a.Packet(shopPayload(i, size, binary))
}

// shopPayload is row i: its number, a text, and a date or NULL.
func shopPayload(i, size int, binary bool) []byte {
	values := []hook.Value{hook.Int(int64(i)), hook.Text(fmt.Sprintf("m%d@", i) + strings.Repeat("x", size)), {}}
	if i%2 == 0 {
		values[2] = hook.Value{Kind: hook.KindTime, Bytes: []byte("2026-11-21 09:30:00")}
	}
	var columns []hook.Column
	for _, d := range shopColumns() {
		columns = append(columns, row.ColumnOf(&d))
	}
	write := row.AppendText
	if binary {
		write = row.AppendBinary
	}
	p, err := write(nil, columns, values)
	if err != nil {
		panic(err)
	}
	return p
}

// newShop is a world with a shop, and a script.
func newShop(t testing.TB, p *policy, change ...func(*setup)) *world {
	return newWorld(t, scriptedBy(p, append([]func(*setup){tracked, func(s *setup) {
		s.server.Handler = shop
		s.server.Greeting.ServerVersion = "5.5.5-10.11.6-MariaDB"
		s.server.Greeting.Capabilities = mysqltest.ServerCapabilities&^protocol.ClientLongPassword | protocol.MariaDBExtendedMetadata
	}}, change...)...))
}

// with logs in the user of a world logs in with these capabilities, as far as the server has them.
func (w *world) with(caps protocol.Capability) *mysqltest.Client {
	w.t.Helper()
	cfg := w.client()
	cfg.Capabilities = caps
	return mysqltest.Dial(w.t, cfg)
}

// forms are the ways to run a statement of the shop.
var forms = map[string]func(t testing.TB, c *mysqltest.Client, n int) ([]mysqltest.Result, error){
	"text": func(_ testing.TB, c *mysqltest.Client, n int) ([]mysqltest.Result, error) {
		return c.Query(fmt.Sprintf("SELECT %d", n))
	},
	"prepared": func(t testing.TB, c *mysqltest.Client, n int) ([]mysqltest.Result, error) {
		return mustPrepare(t, c, fmt.Sprintf("SELECT %d -- ?", n)).Execute([]byte("p"))
	},
}

// shown is a result as text: columns, rows, and the end.
func shown(t testing.TB, r *mysqltest.Result, binary bool) string {
	t.Helper()
	var out strings.Builder
	var columns []hook.Column
	for i := range r.Columns {
		columns = append(columns, row.ColumnOf(&r.Columns[i]))
		fmt.Fprintf(&out, "%s%d ", r.Columns[i].Name, len(r.Columns[i].Extended))
	}
	var reader row.Reader
	var b hook.Batch
	b.Reset(len(columns))
	read := reader.Text
	if binary {
		read = reader.Binary
	}
	for _, p := range r.Rows {
		if err := read(&b, columns, p); err != nil {
			t.Fatalf("row %x: %v", p, err)
		}
	}
	for i := range b.Len() {
		out.WriteString("(")
		for j, v := range b.Row(i) {
			if j > 0 {
				out.WriteString(",")
			}
			text, err := row.AppendText(nil, columns[:1], []hook.Value{v})
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind == hook.KindNull {
				out.WriteString("NULL")
			} else {
				_, n, _ := protocol.ReadLenencInt(text)
				out.Write(text[n:])
			}
		}
		out.WriteString(")")
	}
	fmt.Fprintf(&out, " ok %d %d warn %d status %x %s", r.OK.AffectedRows, r.OK.InsertID, r.OK.Warnings, uint16(r.OK.Status), r.OK.Info)
	return out.String()
}

// masked shows rows with another mail, without those of which keep is false.
func masked(keep func(id int64) bool, more func(v []hook.Value) []hook.Value) func(b *hook.Batch) *hook.RowsVerdict {
	var out hook.Batch
	return func(b *hook.Batch) *hook.RowsVerdict {
		for i := range b.Len() {
			values := append([]hook.Value(nil), b.Row(i)...)
			values[1] = hook.Text("***")
			if more != nil {
				values = more(values)
			}
			if i == 0 {
				out.Reset(len(values))
			}
			if keep(b.Row(i)[0].Int()) {
				out.AddRow(values)
			}
		}
		return &hook.RowsVerdict{Rows: &out}
	}
}

func all(int64) bool { return true }

// wait makes a viewer answer later.
func (v *viewer) wait(p *policy) {
	if rows := v.rows; rows != nil {
		v.rows = func(b *hook.Batch) *hook.RowsVerdict {
			p.answersSoon(rows(b))
			return nil
		}
	}
	if end := v.end; end != nil {
		v.end = func(e *hook.End) *hook.EndVerdict {
			p.answersSoon(end(e))
			return nil
		}
	}
}

// answersSoon answers the next call that waits.
func (s *policy) answersSoon(v any) {
	go func() {
		c := <-s.waiting
		c.post(func() {
			if !c.done {
				c.done = true
				c.tell(v)
			}
		})
	}()
}
