package scripting

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// Bounds of what a single step makes of texts and arrays, or goes through of them.

// textLength is the length of a text; 0 of what is none, though it may be made one.
func textLength(v goja.Value) int64 {
	if s, isText := v.(goja.String); isText {
		return int64(s.Length())
	}
	return 0
}

// boundTexts bounds what puts texts together, or takes them apart.
func (m *machine) boundTexts() {
	text := m.object("String.prototype")
	m.replace(text, "concat", func(call goja.FunctionCall) {
		n := textLength(call.This)
		for _, a := range call.Arguments {
			n += textLength(a)
		}
		m.boundText(n)
	})
	for _, name := range []string{"replace", "replaceAll"} {
		m.replace(text, name, func(call goja.FunctionCall) { m.boundReplacement(call, name == "replaceAll") })
	}
	m.replace(text, "split", func(call goja.FunctionCall) {
		if n := textLength(call.This); n > maxArray {
			if by, isText := call.Argument(0).(goja.String); isText {
				n = int64(strings.Count(call.This.String(), by.String()))
			}
			if n > maxArray {
				m.tooLarge("an array", n, maxArray)
			}
		}
	})
	m.replace(m.object("String"), "raw", func(call goja.FunctionCall) {
		if o, isObject := call.Argument(0).(*goja.Object); isObject {
			m.boundLength(m.member(o, "raw"), maxArray)
		}
	})
	m.replace(m.object("Array.prototype"), "join", func(call goja.FunctionCall) {
		o, isObject := call.This.(*goja.Object)
		if !isObject || o.ClassName() != "Array" {
			return
		}
		count := m.boundLength(o, maxArray)
		n := max(count-1, 0) * max(textLength(call.Argument(0)), 1)
		for i := range count {
			if m.boundText(n); i%1024 == 0 {
				m.checkStopped()
			}
			n += textLength(o.Get(strconv.FormatInt(i, 10)))
		}
		m.boundText(n)
	})
}

// boundText throws if a text would be too long.
func (m *machine) boundText(n int64) {
	if n > maxText {
		m.tooLarge("a text", n, maxText)
	}
}

// boundReplacement bounds the text that replace and replaceAll make. Of a regular expression it is not known how often it matches: at each character, at
// worst.
func (m *machine) boundReplacement(call goja.FunctionCall, all bool) {
	n, by := textLength(call.This), textLength(call.Argument(1))
	if with, isText := call.Argument(1).(goja.String); isText {
		if s := with.String(); strings.Contains(s, "$`") || strings.Contains(s, "$'") { // what stands before the match, or behind
			by = max(by, by/2*n)
		}
	}
	if n*by <= maxText {
		return
	}
	what, isText := call.Argument(0).(goja.String)
	times := n + 1
	switch {
	case isText && !all:
		times = 1
	case isText:
		times = int64(strings.Count(call.This.String(), what.String()))
	}
	if times > 0 && by > 4*maxText/times {
		m.tooLarge("a replacement", min(times, maxText)*min(by, maxText), 4*maxText)
	}
}

// boundArrays bounds the methods of arrays by the length of what they are called on: they go through holes too, and through anything that says that
// it has a length.
func (m *machine) boundArrays() {
	proto := m.object("Array.prototype")
	for _, name := range proto.GetOwnPropertyNames() {
		if name == "constructor" || name == "length" || name == "push" || name == "pop" || name == "at" {
			continue
		}
		if _, isFunction := goja.AssertFunction(m.own(proto, name)); isFunction {
			m.replace(proto, name, func(call goja.FunctionCall) { m.boundLength(call.This, maxArray) })
		}
	}
	m.replace(proto, "concat", func(call goja.FunctionCall) {
		n := int64(0)
		for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
			if o, isObject := v.(*goja.Object); isObject && o.ClassName() == "Array" {
				n += m.boundLength(o, maxArray)
			}
		}
		if n > maxArray {
			m.tooLarge("an array", n, maxArray)
		}
	})
	m.replace(proto, "flat", func(call goja.FunctionCall) {
		n, depth := 0, int64(1)
		if v := call.Argument(0); !goja.IsUndefined(v) {
			depth = v.ToInteger()
		}
		m.countFlat(call.This, depth, &n)
	})
	bound := func(object, name string, argument int) {
		m.replace(m.object(object), name, func(call goja.FunctionCall) { m.boundLength(call.Argument(argument), maxArray) })
	}
	bound("Array", "from", 0)
	bound("Reflect", "apply", 2)
	bound("Reflect", "construct", 1)
	bound("Function.prototype", "apply", 1)
	typed := m.object("Object.getPrototypeOf(Uint8Array)")
	m.replace(typed, "from", func(call goja.FunctionCall) { m.boundLength(call.Argument(0), maxArray) })
	of := typed.Get("prototype").(*goja.Object)
	m.replace(of, "set", func(call goja.FunctionCall) { m.boundLength(call.Argument(0), maxText) })
	for _, name := range []string{"join", "sort", "toLocaleString"} {
		m.replace(of, name, func(call goja.FunctionCall) { m.boundLength(call.This, maxArray) })
	}
}

// countFlat counts what flat goes through, as far as it may.
func (m *machine) countFlat(v goja.Value, depth int64, n *int) {
	o, isObject := v.(*goja.Object)
	if !isObject || o.ClassName() != "Array" {
		return
	}
	for i := range m.boundLength(o, maxArray) {
		if *n++; *n > maxArray {
			m.tooLarge("an array", int64(*n), maxArray)
		}
		if depth > 0 {
			m.countFlat(o.Get(strconv.FormatInt(i, 10)), depth-1, n)
		}
	}
}

// boundLength throws if something says of itself that it is longer than it may be, and returns what it says.
func (m *machine) boundLength(v goja.Value, limit int64) int64 {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return 0
	}
	n := o.Get("length")
	if n == nil {
		return 0
	}
	if _, isObject := n.(*goja.Object); isObject {
		panic(m.rt.NewTypeError("a length is no object: it may be another one the next time"))
	}
	length := n.ToInteger()
	if length > limit {
		m.tooLarge("an array", length, limit)
	}
	return length
}

// boundIterators bounds what is spread, destructured or collected: the steps of iterators of the language can be stopped, and those of long arrays and
// texts are not begun.
func (m *machine) boundIterators() {
	array, text := m.object("Array.prototype"), m.object("String.prototype")
	must(array.DefineDataPropertySymbol(goja.SymIterator, array.Get("values"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	m.wrapSymbol(text, goja.SymIterator, func(call goja.FunctionCall, method native) goja.Value {
		if n := textLength(call.This); n > maxArray {
			m.tooLarge("a text that is taken apart", n, maxArray)
		}
		return method(call)
	})
	for _, made := range []string{"[].values()", "''[Symbol.iterator]()", "new Map().values()", "new Set().values()"} {
		m.replace(m.object("Object.getPrototypeOf("+made+")"), "next", func(goja.FunctionCall) { m.checkStopped() })
	}
}

// checkStopped throws if the call was stopped, where goja does not look. The exception is in vain to catch: the next step ends the call.
func (m *machine) checkStopped() {
	if m.post != nil && m.post.isStopped() {
		panic(m.rangeError("it was stopped"))
	}
}
