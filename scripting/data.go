package scripting

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja"
)

// data is a value in no runtime, which nobody changes: nil (undefined), null, bool, int64, float64, *big.Int, goja.String, binary, list,
// *record. It goes from one machine to another.
type data any

type (
	null   struct{}
	binary []byte // Uint8Array, ArrayBuffer
	list   []data
	record struct {
		keys   []string
		values []data
	}
)

// Limits of one value.
const (
	maxDepth = 32
	// perValue is what a value is counted for beside its bytes.
	perValue = 32
)

// copier copies a value out of a runtime.
type copier struct {
	rt    *goja.Runtime
	size  int // bytes, about
	limit int
	path  []*goja.Object
}

var errNotCopied = errors.New("only null, booleans, numbers, BigInts, strings, Uint8Arrays, arrays and plain objects can be copied")

// copyOut copies a value, which may have at most limit bytes. A getter is called; an exception that it throws goes through.
func copyOut(rt *goja.Runtime, v goja.Value, limit int) (d data, size int, err error) {
	c := copier{rt: rt, limit: limit}
	d, err = c.copy(v)
	return d, c.size, err
}

func (c *copier) count(n int) error {
	if c.size += n; c.size > c.limit {
		return fmt.Errorf("the value is larger than %d bytes", c.limit)
	}
	return nil
}

func (c *copier) copy(v goja.Value) (data, error) {
	if err := c.count(perValue); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case goja.String:
		return v, c.count(v.Length())
	case *goja.Object:
		return c.object(v)
	case *goja.Symbol:
		return nil, errNotCopied
	}
	switch {
	case goja.IsUndefined(v):
		return nil, nil
	case goja.IsNull(v):
		return null{}, nil
	}
	switch x := v.Export().(type) {
	case bool, int64, float64, *big.Int:
		return x, nil
	}
	return nil, errNotCopied
}

func (c *copier) object(o *goja.Object) (data, error) {
	if len(c.path) == maxDepth {
		return nil, fmt.Errorf("the value is deeper than %d levels", maxDepth)
	}
	if slices.Contains(c.path, o) {
		return nil, errors.New("the value contains itself")
	}
	if b, ok := bytesIn(o); ok {
		return binary(slices.Clone(b)), c.count(len(b))
	}
	c.path = append(c.path, o)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	switch {
	case o.ClassName() == "Array":
		return c.array(o)
	case o.ClassName() == "Object" && o.ExportType() == typePlain:
		return c.plain(o)
	}
	return nil, errNotCopied
}

func (c *copier) array(o *goja.Object) (data, error) {
	n := o.Get("length").ToInteger()
	if err := c.count(int(min(n, math.MaxInt32)) * perValue); err != nil {
		return nil, err
	}
	out := make(list, n)
	for i := range out {
		v, err := c.copy(o.Get(strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (c *copier) plain(o *goja.Object) (data, error) {
	keys := o.Keys()
	r := &record{keys: keys}
	for _, k := range keys {
		if err := c.count(len(k)); err != nil {
			return nil, err
		}
		v, err := c.copy(o.Get(k))
		if err != nil {
			return nil, err
		}
		r.values = append(r.values, v)
	}
	return r, nil
}

// The Go types behind some objects. Export of another object would copy all of it, and call its getters.
var (
	typeBytes  = reflect.TypeFor[[]byte]()
	typeBuffer = reflect.TypeFor[goja.ArrayBuffer]()
	typePlain  = reflect.TypeFor[map[string]any]()
)

// bytesIn returns the bytes of a Uint8Array or ArrayBuffer, not a copy.
func bytesIn(o *goja.Object) ([]byte, bool) {
	switch o.ExportType() {
	case typeBytes:
		b, ok := o.Export().([]byte)
		return b, ok
	case typeBuffer:
		b, ok := o.Export().(goja.ArrayBuffer)
		return b.Bytes(), ok
	}
	return nil, false
}

// copyIn makes a value of a runtime.
func (m *machine) copyIn(d data) goja.Value {
	switch d := d.(type) {
	case nil:
		return goja.Undefined()
	case null:
		return goja.Null()
	case goja.String:
		return d
	case binary:
		return m.uint8Array(slices.Clone(d))
	case list:
		out := make([]any, len(d))
		for i, v := range d {
			out[i] = m.copyIn(v)
		}
		return m.rt.NewArray(out...)
	case *record:
		o := m.rt.NewObject()
		for i, k := range d.keys {
			m.define(o, k, m.copyIn(d.values[i]))
		}
		return o
	case *big.Int:
		return m.rt.ToValue(new(big.Int).Set(d))
	}
	return m.rt.ToValue(d)
}

// define gives an object a property as an assignment would, but calls no setter, also for a key like __proto__.
func (m *machine) define(o *goja.Object, key string, v goja.Value) {
	must(o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
}

// must is for what fails only if this package is wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// uint8Array makes a Uint8Array of the bytes, which are its own from now on.
func (m *machine) uint8Array(b []byte) goja.Value {
	o, err := m.newUint8Array(nil, m.rt.ToValue(m.rt.NewArrayBuffer(b)))
	must(err)
	return o
}

// sameRecord is same for objects, whose keys may be in another order.
func sameRecord(a, b *record) bool {
	if len(a.keys) != len(b.keys) {
		return false
	}
	var places map[string]int // of the keys of b, once that is needed
	for i, k := range a.keys {
		j := i
		if b.keys[i] != k {
			if places == nil {
				places = make(map[string]int, len(b.keys))
				for j, k := range b.keys {
					places[k] = j
				}
			}
			var isThere bool
			if j, isThere = places[k]; !isThere {
				return false
			}
		}
		if !same(a.values[i], b.values[j]) {
			return false
		}
	}
	return true
}

// same reports whether two values are equal all through. Numbers are compared as JavaScript does, without a difference between 1 and 1.0.
func same(a, b data) bool {
	switch a := a.(type) {
	case int64:
		if f, isFloat := b.(float64); isFloat {
			return float64(a) == f
		}
	case float64:
		if n, isInt := b.(int64); isInt {
			return a == float64(n)
		}
	case *big.Int:
		n, isBig := b.(*big.Int)
		return isBig && a.Cmp(n) == 0
	case goja.String:
		s, isString := b.(goja.String)
		return isString && a.StrictEquals(s)
	case binary:
		o, isBinary := b.(binary)
		return isBinary && bytes.Equal(a, o)
	case list:
		o, isList := b.(list)
		return isList && slices.EqualFunc(a, o, same)
	case *record:
		o, isRecord := b.(*record)
		return isRecord && sameRecord(a, o)
	}
	switch b.(type) {
	case binary, list:
		return false
	}
	return a == b
}
