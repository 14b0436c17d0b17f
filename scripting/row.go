package scripting

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// rowObject is a row of a result as a script has it: a property for each column, by name and by number. Values are made when they are asked for, and those
// that were not changed go back as they came.
type rowObject struct {
	r       *resultObject
	values  []hook.Value // of the batch; nil: the row is gone
	changed []hook.Value // a copy with changes; nil: none
	dropped bool
}

func (o *rowObject) Get(name string) goja.Value {
	i := o.r.find(name)
	if i < 0 {
		return nil
	}
	if o.values == nil {
		panic(o.r.m.rt.NewTypeError("a row can be read only until the function that was given it has ended: keep a copy"))
	}
	return o.r.m.value(o.current()[i])
}

// current are the values with changes.
func (o *rowObject) current() []hook.Value {
	if o.changed != nil {
		return o.changed
	}
	return o.values
}

func (o *rowObject) Set(name string, v goja.Value) bool {
	i := o.r.find(name)
	if i < 0 {
		panic(o.r.m.rt.NewTypeError("the result has no column %q", name))
	}
	if o.values == nil {
		panic(o.r.m.rt.NewTypeError("a row can be changed only until the function that was given it has ended"))
	}
	if o.changed == nil {
		o.changed = slices.Clone(o.values)
	}
	o.changed[i] = o.r.fit(v, i, &o.r.head.Columns[i])
	return true
}

func (o *rowObject) Has(name string) bool { return o.r.find(name) >= 0 }
func (o *rowObject) Keys() []string       { return o.r.names }

// Delete is for nothing of a row: a value can be null, and a column be dropped from all rows.
func (o *rowObject) Delete(name string) bool {
	panic(o.r.m.rt.NewTypeError("a row has all columns: %q cannot be deleted, but be null, or be dropped by result.dropColumn", name))
}

var typeRow = reflect.TypeFor[*rowObject]()

// fit makes a value for a column, of bytes of its own.
func (r *resultObject) fit(v goja.Value, i int, c *hook.Column) hook.Value {
	w, err := wireValue(v)
	if err == nil {
		w, err = coerce(w, c)
	}
	if err != nil {
		panic(r.m.rt.NewTypeError("column %d, %s: %s", i, c.Name, err.Error()))
	}
	if w.Kind == hook.KindBytes {
		w.Bytes = slices.Clone(w.Bytes)
	}
	return w
}

// find returns the number of a column, -1 if there is none.
func (r *resultObject) find(name string) int {
	if i, known := r.byName[name]; known {
		return i
	}
	if name != "" && name[0] <= '9' {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(r.head.Columns) {
			return i
		}
	}
	return -1
}

// offerRow defines the methods of rows.
func (m *machine) offerRow() {
	m.rows = m.rt.NewObject()
	m.method(m.rows, "drop", 0, func(call goja.FunctionCall) {
		row, isRow := exported[*rowObject](call.This, typeRow)
		if !isRow {
			panic(m.rt.NewTypeError("drop is a method of a row"))
		}
		row.dropped = true
	})
	m.freeze(m.rows)
}

// newRow makes a row; values are its own until close.
func (r *resultObject) newRow(values []hook.Value) (*rowObject, *goja.Object) {
	row := &rowObject{r: r, values: values}
	o := r.m.rt.NewDynamicObject(row)
	must(o.SetPrototype(r.m.rows))
	return row, o
}

// rowOf is a row that a script has returned: one of the batch, or one of its own.
func (r *resultObject) rowOf(v goja.Value) (*rowObject, *goja.Object, error) {
	if row, isRow := exported[*rowObject](v, typeRow); isRow && row.r == r && row.values != nil {
		return row, v.(*goja.Object), nil
	}
	o, isObject := v.(*goja.Object)
	if !isObject {
		return nil, nil, errNoRow
	}
	array := o.ClassName() == "Array"
	if !array && (o.ClassName() != "Object" || o.ExportType() != typePlain) { // a Promise, a Date, bytes
		return nil, nil, errNoRow
	}
	values := make([]hook.Value, len(r.head.Columns))
	if array && r.m.length(o) != len(values) {
		return nil, nil, fmt.Errorf("a row has %d values, but there are %d columns", r.m.length(o), len(values))
	}
	for i := range values {
		c := &r.head.Columns[i]
		switch {
		case array:
			values[i] = r.fit(o.Get(strconv.Itoa(i)), i, c)
		case r.byName[c.Name] != i:
			return nil, nil, fmt.Errorf("several columns are named %q: the object does not say which value is whose, an array does", c.Name)
		default:
			values[i] = r.fit(o.Get(c.Name), i, c)
		}
	}
	row, object := r.newRow(values)
	row.changed = values
	return row, object, nil
}
