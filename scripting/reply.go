package scripting

import (
	"fmt"
	"math"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

const (
	maxReply   = 16 << 20 // bytes of what a script may answer by itself
	maxColumns = 4096     // as many as servers allow
)

// The types that columns of a script's own may have, by the names that scripts give them.
var columnTypes = map[string]hook.Column{
	"BIGINT":    {Type: 8, Length: 20, Charset: 63},
	"UBIGINT":   {Type: 8, Length: 20, Charset: 63, Flags: 32},
	"DOUBLE":    {Type: 5, Length: 22, Charset: 63, Decimals: 31},
	"DECIMAL":   {Type: 246, Length: 67, Charset: 63, Decimals: 0},
	"VARCHAR":   {Type: 253, Length: 4 * 65535, Charset: 45},
	"BLOB":      {Type: 252, Length: math.MaxUint32, Charset: 63, Flags: 16 | 128},
	"DATE":      {Type: 10, Length: 10, Charset: 63, Flags: 128},
	"TIME":      {Type: 11, Length: 17, Charset: 63, Flags: 128, Decimals: 6},
	"DATETIME":  {Type: 12, Length: 26, Charset: 63, Flags: 128, Decimals: 6},
	"TIMESTAMP": {Type: 7, Length: 26, Charset: 63, Flags: 128, Decimals: 6},
	"JSON":      {Type: 245, Length: math.MaxUint32, Charset: 45, Flags: 16},
}

// reply reads the argument of q.reply and result.reply: an array of rows, an object with columns and rows, or one with affectedRows, insertId, info,
// warnings.
func (m *machine) reply(v goja.Value) *hook.Reply {
	o, isObject := v.(*goja.Object)
	if goja.IsUndefined(v) {
		return new(hook.Reply)
	}
	if !isObject {
		panic(m.rt.NewTypeError("reply takes rows, {columns, rows}, or {affectedRows, insertId, warnings, info}"))
	}
	if o.ClassName() == "Array" {
		return &hook.Reply{Table: m.table(nil, o)}
	}
	columns, rows := m.member(o, "columns"), m.member(o, "rows")
	if columns != nil || rows != nil {
		list, _ := rows.(*goja.Object)
		return &hook.Reply{Table: m.table(columns, list)}
	}
	return &hook.Reply{OK: m.summary(o)}
}

// member returns a property, nil if it is undefined.
func (m *machine) member(o *goja.Object, name string) goja.Value {
	v := o.Get(name)
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	return v
}

// summary reads what an OK says.
func (m *machine) summary(o *goja.Object) (s hook.Summary) {
	number := func(name string, highest uint64) uint64 {
		v := m.member(o, name)
		if v == nil {
			return 0
		}
		w, err := wireValue(v)
		switch {
		case err == nil && w.Kind == hook.KindInt && w.Int() >= 0 && uint64(w.Int()) <= highest:
			return uint64(w.Int())
		case err == nil && w.Kind == hook.KindUint && w.Uint() <= highest:
			return w.Uint()
		}
		panic(m.rangeError("%s must be a whole number from 0 to %d", name, highest))
	}
	s.AffectedRows, s.InsertID = number("affectedRows", math.MaxUint64), number("insertId", math.MaxUint64)
	s.Warnings = uint16(number("warnings", math.MaxUint16))
	if v := m.member(o, "info"); v != nil {
		s.Info = string(m.bytes(v))
	}
	return s
}

// table reads rows: objects, whose keys name the columns, or arrays. Without columns, the first row says them.
func (m *machine) table(columns goja.Value, rows *goja.Object) hook.Table {
	var t tableReader
	t.m = m
	if list, isObject := columns.(*goja.Object); isObject {
		for i := range m.length(list) {
			t.addColumn(m.column(list.Get(fmt.Sprint(i))))
		}
	}
	n := 0
	if rows != nil {
		n = m.length(rows)
	}
	for i := range n {
		row, isObject := rows.Get(fmt.Sprint(i)).(*goja.Object)
		if !isObject {
			panic(m.rt.NewTypeError("row %d is neither an object nor an array", i))
		}
		t.add(i, row)
	}
	if len(t.table.Columns) == 0 {
		panic(m.rt.NewTypeError("a reply of no rows has to name its columns: {columns: [...], rows: []}"))
	}
	t.settle()
	return t.table
}

// length is how many elements an array has.
func (m *machine) length(o *goja.Object) int {
	n := o.Get("length")
	if o.ClassName() != "Array" || n == nil {
		panic(m.rt.NewTypeError("an array is needed, not %s", o.ClassName()))
	}
	m.boundLength(o, maxArray)
	return int(n.ToInteger())
}

// column reads a column: its name, or an object with name and type.
func (m *machine) column(v goja.Value) (c hook.Column, typed bool) {
	o, isObject := v.(*goja.Object)
	if !isObject {
		if v == nil {
			panic(m.rt.NewTypeError("a column must have a name"))
		}
		name := string(m.bytes(v))
		return hook.Column{Name: name, OrgName: name}, false
	}
	name, kind := m.member(o, "name"), m.member(o, "type")
	if name == nil {
		panic(m.rt.NewTypeError("a column must have a name"))
	}
	if kind != nil {
		known := false
		if c, known = columnTypes[kind.String()]; !known {
			panic(m.rangeError("a column cannot have type %q", kind.String()))
		}
	}
	c.Name, c.OrgName = string(m.bytes(name)), string(m.bytes(name))
	for key, to := range map[string]*string{"orgName": &c.OrgName, "table": &c.Table, "orgTable": &c.OrgTable, "schema": &c.Schema} {
		if v := m.member(o, key); v != nil {
			*to = string(m.bytes(v))
		}
	}
	return c, kind != nil
}

// tableReader reads a table that a script made.
type tableReader struct {
	m     *machine
	table hook.Table
	typed []bool
	kinds []kindSet // that the values of each column have
}

type kindSet uint16

func (t *tableReader) addColumn(c hook.Column, typed bool) {
	if len(t.table.Columns) == maxColumns {
		panic(t.m.rangeError("more than %d columns", maxColumns))
	}
	t.table.Columns = append(t.table.Columns, c)
	t.typed = append(t.typed, typed)
	t.kinds = append(t.kinds, 0)
	t.table.Rows.Reset(len(t.table.Columns))
}

// add reads row i.
func (t *tableReader) add(i int, row *goja.Object) {
	m := t.m
	m.checkStopped()
	array := row.ClassName() == "Array"
	if len(t.table.Columns) == 0 {
		if array {
			for j := range m.length(row) {
				t.addColumn(hook.Column{Name: fmt.Sprintf("c%d", j+1)}, false)
			}
		} else {
			m.boundListed(row)
			for _, k := range row.Keys() {
				t.addColumn(hook.Column{Name: k, OrgName: k}, false)
			}
		}
	}
	if array && m.length(row) != len(t.table.Columns) {
		panic(m.rangeError("row %d has %d values, but there are %d columns", i, m.length(row), len(t.table.Columns)))
	}
	for j, c := range t.table.Columns {
		v := goja.Value(nil)
		if array {
			v = row.Get(fmt.Sprint(j))
		} else {
			v = row.Get(c.Name)
		}
		w, err := wireValue(v)
		if err != nil {
			panic(m.rt.NewTypeError("row %d, column %s: %s", i, c.Name, err.Error()))
		}
		t.kinds[j] |= 1 << w.Kind
		t.table.Rows.Add(w)
	}
	if t.table.Rows.Size() > maxReply {
		panic(m.rangeError("a reply is larger than %d bytes", maxReply))
	}
}

// settle gives columns the type that fits all of their values, if the script has named none, and the values the kind that the column has.
func (t *tableReader) settle() {
	columns := t.table.Columns
	for j := range columns {
		if t.typed[j] {
			continue
		}
		c := columnTypes[typeFor(t.kinds[j])]
		given := &columns[j]
		c.Name, c.OrgName, c.Table, c.OrgTable, c.Schema = given.Name, given.OrgName, given.Table, given.OrgTable, given.Schema
		columns[j] = c
	}
	var rows hook.Batch
	rows.Reset(len(columns))
	for i := range t.table.Rows.Len() {
		for j, v := range t.table.Rows.Row(i) {
			w, err := coerce(v, &columns[j])
			if err != nil {
				panic(t.m.rt.NewTypeError("row %d, column %s: %s", i, columns[j].Name, err.Error()))
			}
			rows.Add(w)
		}
	}
	t.table.Rows = rows
}

// typeFor names the type of a column with such values.
func typeFor(kinds kindSet) string {
	only := func(allowed ...hook.ValueKind) bool {
		rest := kinds &^ (1 << hook.KindNull)
		for _, k := range allowed {
			rest &^= 1 << k
		}
		return rest == 0
	}
	switch {
	case kinds&^(1<<hook.KindNull) == 0:
		return "VARCHAR"
	case only(hook.KindInt):
		return "BIGINT"
	case only(hook.KindUint):
		return "UBIGINT"
	case only(hook.KindInt, hook.KindUint, hook.KindDecimal):
		return "DECIMAL"
	case only(hook.KindInt, hook.KindFloat):
		return "DOUBLE"
	case only(hook.KindBytes):
		return "BLOB"
	}
	return "VARCHAR"
}
