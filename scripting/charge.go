package scripting

import (
	"reflect"

	"github.com/dop251/goja"
)

// The watchdog sees how much memory is in use now and then, and cannot stop a step. What takes much memory in each step would be far ahead of it on a busy
// machine. So large values are counted as they are made, by the call itself.

const (
	// large is from how many bytes on a value counts.
	large = 1 << 20
	// takenTimes is how many times memory_mb all large values of a call may have, those included that are garbage since.
	takenTimes = 4
)

// takers are the methods that make values which may be large.
var takers = map[string][]string{
	"String.prototype": {"concat", "padEnd", "padStart", "repeat", "replace", "replaceAll", "split"},
	"Array.prototype":  {"concat", "fill", "filter", "flat", "flatMap", "join", "map", "slice", "splice"},
	"Array":            {"from", "of"},
	"Object.getPrototypeOf(Uint8Array.prototype)": {"filter", "join", "map", "slice"},
	"ArrayBuffer.prototype":                       {"slice"},
	"JSON":                                        {"stringify"},
}

// boundTaking counts what they make.
func (m *machine) boundTaking() {
	for object, methods := range takers {
		for _, name := range methods {
			m.wrap(m.object(object), name, func(call goja.FunctionCall, method native) goja.Value {
				v := method(call)
				m.charge(sizeOf(v))
				return v
			})
		}
	}
}

// mayTake is how many bytes all large values of a call may have.
func (m *machine) mayTake() int64 { return takenTimes * int64(m.post.dog.budget) }

// charge counts a value that was made. It stops the call if that is one too many: the exception is in vain to catch.
func (m *machine) charge(bytes int64) {
	if bytes < large {
		return
	}
	if m.taken += bytes; m.taken > m.mayTake() {
		m.rt.Interrupt("it made too many large values")
		panic(m.rangeError("large values of %d bytes are more than %d", m.taken, m.mayTake()))
	}
}

// sizeOf is about how many bytes a text, an array or a buffer has; 0 of anything else.
func sizeOf(v goja.Value) int64 {
	const perElement = 16
	switch v := v.(type) {
	case goja.String:
		return int64(v.Length())
	case *goja.Object:
		switch t := v.ExportType(); {
		case v.ClassName() == "Array":
			return v.Get("length").ToInteger() * perElement
		case t == typeBuffer:
			b, _ := bytesIn(v)
			return int64(len(b))
		case isTyped(v):
			return typedLength(v) * int64(t.Elem().Size())
		}
	}
	return 0
}

// isTyped reports whether an object is a typed array.
func isTyped(o *goja.Object) bool {
	t := o.ExportType()
	return t.Kind() == reflect.Slice && t.Elem().Kind() >= reflect.Int8 && t.Elem().Kind() <= reflect.Float64
}

// typedLength is how many elements a typed array has, whatever a script has made of its length. Export makes no copy.
func typedLength(o *goja.Object) int64 { return int64(reflect.ValueOf(o.Export()).Len()) }
