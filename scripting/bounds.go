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
	m.replace(text, "concat", func(call *goja.FunctionCall) {
		call.This = textOnce(call.This)
		n := textLength(call.This)
		for i := range call.Arguments {
			passOn(call, i, textOnce)
			n += textLength(call.Arguments[i])
			m.boundText(n)
		}
		m.boundText(n)
	})
	none := func(*goja.Object) bool { return false }
	for name, keeps := range map[string]func(*goja.Object) bool{"indexOf": none, "lastIndexOf": none, "includes": isRegExp} {
		m.replace(text, name, func(call *goja.FunctionCall) { m.boundSearch(call, keeps) })
	}
	replacer := func(o *goja.Object) bool { return isRegExp(o) || !isSearch(o) }
	for _, name := range []string{"replace", "replaceAll"} {
		m.replace(text, name, func(call *goja.FunctionCall) {
			m.boundSearch(call, replacer)
			m.boundReplacement(call, name == "replaceAll")
		})
	}
	m.replace(text, "normalize", func(call *goja.FunctionCall) {
		call.This = textOnce(call.This)
		if n := textLength(call.This); n > maxArray {
			m.tooLarge("a text", n, maxArray)
		}
	})
	m.replace(text, "localeCompare", func(call *goja.FunctionCall) {
		call.This = textOnce(call.This)
		passOn(call, 0, textOnce)
		if n := max(textLength(call.This), textLength(call.Argument(0))); n > maxCollated {
			m.tooLarge("a text that is compared", n, maxCollated)
		}
	})
	m.replace(text, "split", func(call *goja.FunctionCall) {
		call.This = textOnce(call.This)
		if n := textLength(call.This); n > maxArray {
			if by, isText := call.Argument(0).(goja.String); isText {
				n = int64(strings.Count(call.This.String(), by.String()))
			}
			if n > maxArray {
				m.tooLarge("an array", n, maxArray)
			}
		}
	})
	m.replace(m.object("String"), "raw", func(call *goja.FunctionCall) {
		if o, isObject := call.Argument(0).(*goja.Object); isObject {
			raw, with := o.Get("raw"), m.rt.NewObject()
			n := int64(0)
			if texts, isObject := raw.(*goja.Object); isObject {
				n = m.boundElements(texts, m.boundLength(texts, maxArray), 0)
			}
			for _, v := range call.Arguments[1:] {
				n += textLength(v)
			}
			m.boundText(n)
			must(with.Set("raw", raw))
			passOn(call, 0, func(goja.Value) goja.Value { return with })
		}
	})
	m.replace(m.object("Array.prototype"), "join", func(call *goja.FunctionCall) {
		passOn(call, 0, textOnce)
		o, isObject := call.This.(*goja.Object)
		if !isObject {
			return
		}
		count := m.boundLength(o, maxArray)
		m.boundElements(o, count, max(count-1, 0)*max(textLength(call.Argument(0)), 1))
	})
}

// boundElements throws if the texts among the elements of an array, with n characters besides, would be too long together, and returns how long they are.
func (m *machine) boundElements(o *goja.Object, count, n int64) int64 {
	for i := range count {
		if m.boundText(n); i%1024 == 0 {
			m.checkStopped()
		}
		n += textLength(o.Get(strconv.FormatInt(i, 10)))
	}
	m.boundText(n)
	return n
}

const (
	// maxSearch bounds how many characters a search for a text in another one may compare.
	maxSearch = 1 << 26
	// maxCollated bounds texts that are compared by the rules of a language, of which 8 Mi characters take seconds.
	maxCollated = 1 << 16
)

// boundSearch throws if a search for a text might take long. In texts that are not ASCII, goja compares bytes: what it finds between two characters is none, and it goes on
// by one byte, so that a search may take as many steps as both texts have characters, multiplied. keeps reports which objects are not searched for by their text.
func (m *machine) boundSearch(call *goja.FunctionCall, keeps func(*goja.Object) bool) {
	call.This = textOnce(call.This)
	if o, isObject := call.Argument(0).(*goja.Object); isObject {
		if keeps(o) {
			return
		}
		passOn(call, 0, textOnce)
	}
	n, by := textLength(call.This), textLength(call.Argument(0))
	if by == 0 || n < by || n-by < maxSearch/by {
		return
	}
	if int64(len(call.This.String())) != n { // it is not ASCII
		m.tooLarge("a search that may take a number of steps", n*by, maxSearch)
	}
}

// isRegExp reports whether an object is a regular expression.
func isRegExp(o *goja.Object) bool { return o.ClassName() == "RegExp" }

// boundText throws if a text would be too long.
func (m *machine) boundText(n int64) {
	if n > maxText {
		m.tooLarge("a text", n, maxText)
	}
}

// boundReplacement bounds the text that replace and replaceAll make. Of a regular expression it is not known how often it matches: at each character, at
// worst.
func (m *machine) boundReplacement(call *goja.FunctionCall, all bool) {
	if isSearch(call.Argument(0)) {
		call.This = textOnce(call.This)
		passOn(call, 1, func(with goja.Value) goja.Value {
			if _, isFunction := goja.AssertFunction(with); isFunction {
				return with
			}
			return textOnce(with)
		})
	}
	n, by := textLength(call.This), textLength(call.Argument(1))
	what, isText := call.Argument(0).(goja.String)
	if all && isText && n > maxArray*max(textLength(what), 1) { // goja keeps a list of all places
		if times := int64(strings.Count(call.This.String(), what.String())); times > maxArray {
			m.tooLarge("the number of replacements", times, maxArray)
		}
	}
	if with, isText := call.Argument(1).(goja.String); isText {
		if s := with.String(); strings.Contains(s, "$`") || strings.Contains(s, "$'") { // what stands before the match, or behind
			by = max(by, by/2*n)
		}
	}
	if n*by <= maxText {
		return
	}
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
			m.replace(proto, name, func(call *goja.FunctionCall) { m.boundLength(call.This, maxArray) })
		}
	}
	m.replace(proto, "concat", func(call *goja.FunctionCall) {
		n := int64(0)
		for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
			o, isObject := v.(*goja.Object)
			if !isObject {
				continue
			}
			m.refuseGetterOf(o, goja.SymIsConcatSpreadable)
			if spread := o.GetSymbol(goja.SymIsConcatSpreadable); o.ClassName() == "Array" || spread != nil && spread.ToBoolean() {
				n += m.boundLength(o, maxArray)
			}
		}
		if n > maxArray {
			m.tooLarge("an array", n, maxArray)
		}
	})
	for _, name := range []string{"includes", "indexOf", "lastIndexOf"} {
		m.replace(proto, name, func(call *goja.FunctionCall) {
			if by := textLength(call.Argument(0)); by > maxCollated {
				if n := m.boundLength(call.This, maxArray); n > maxSearch/by {
					m.tooLarge("a search that may take a number of steps", n*by, maxSearch)
				}
			}
		})
	}
	for _, name := range []string{"sort", "toSorted"} { // by a function that the script gives, each step can be interrupted
		m.replace(proto, name, func(call *goja.FunctionCall) {
			if o, isObject := call.This.(*goja.Object); isObject && goja.IsUndefined(call.Argument(0)) {
				m.boundElements(o, m.boundLength(o, maxArray), 0)
			}
		})
	}
	m.replace(proto, "flat", func(call *goja.FunctionCall) {
		o, isObject := call.This.(*goja.Object)
		if !isObject || o.ClassName() != "Array" {
			return
		}
		n, depth := 0, int64(1)
		if v := call.Argument(0); !goja.IsUndefined(v) {
			depth = v.ToInteger()
		}
		var all []any
		m.collectFlat(o, depth, &n, &all)
		flat := m.rt.NewArray(all...)
		must(flat.Set("constructor", o.Get("constructor"))) // which makes the array that is returned
		call.This, call.Arguments = flat, []goja.Value{m.rt.ToValue(0)}
	})
	m.replace(proto, "flatMap", func(call *goja.FunctionCall) {
		passOn(call, 0, func(f goja.Value) goja.Value {
			function, isFunction := goja.AssertFunction(f)
			if !isFunction {
				return f
			}
			return m.function("", 1, func(call goja.FunctionCall) goja.Value {
				v := m.pass(function(call.This, call.Arguments...))
				m.boundLength(v, maxArray)
				return v
			})
		})
	})
	bound := func(object, name string, argument int) {
		m.replace(m.object(object), name, func(call *goja.FunctionCall) { m.boundLength(call.Argument(argument), maxArray) })
	}
	from := func(call *goja.FunctionCall) {
		m.refuseGetterOf(call.Argument(0), goja.SymIterator)
		m.boundLength(call.Argument(0), maxArray)
	}
	m.replace(m.object("Array"), "from", from)
	bound("Reflect", "apply", 2)
	bound("Reflect", "construct", 1)
	bound("Function.prototype", "apply", 1)
	typed := m.object("Object.getPrototypeOf(Uint8Array)")
	m.replace(typed, "from", from)
	of := typed.Get("prototype").(*goja.Object)
	m.replace(of, "set", func(call *goja.FunctionCall) { m.boundLength(call.Argument(0), maxText) })
	for _, name := range []string{"join", "sort", "toLocaleString"} {
		m.replace(of, name, func(call *goja.FunctionCall) {
			n := m.boundLength(call.This, maxArray)
			if name == "join" {
				passOn(call, 0, textOnce)
				m.boundText(n * max(textLength(call.Argument(0)), 1))
			}
		})
	}
}

// listing are the functions that list what an object has, or several objects, in one step. Elements of texts and typed arrays are properties too.
var listing = map[string][]string{
	"Object":  {"assign", "defineProperties", "entries", "freeze", "getOwnPropertyDescriptors", "getOwnPropertyNames", "isFrozen", "isSealed", "keys", "seal", "values"},
	"Reflect": {"ownKeys"},
}

// maxListed bounds the elements of a text or typed array whose properties are listed.
const maxListed = 1 << 16

// boundListing bounds what they are given.
func (m *machine) boundListing() {
	for object, names := range listing {
		for _, name := range names {
			m.replace(m.object(object), name, func(call *goja.FunctionCall) {
				for _, v := range call.Arguments {
					m.boundListed(v)
				}
			})
		}
	}
}

// boundListed throws if a value has too many elements to list its properties.
func (m *machine) boundListed(v goja.Value) {
	n := textLength(v)
	if o, isObject := v.(*goja.Object); isObject {
		switch {
		case o.ClassName() == "String":
			n = o.Get("length").ToInteger()
		case isTyped(o):
			n = typedLength(o)
		}
	}
	if n > maxListed {
		m.tooLarge("the number of properties that are listed", n, maxListed)
	}
}

// collectFlat collects what flat goes through, as far as it may, n elements in all.
func (m *machine) collectFlat(o *goja.Object, depth int64, n *int, all *[]any) {
	for i := range m.boundLength(o, maxArray) {
		if *n++; *n > maxArray {
			m.tooLarge("an array", int64(*n), maxArray)
		}
		v := o.Get(strconv.FormatInt(i, 10))
		inner, isObject := v.(*goja.Object)
		switch {
		case v == nil: // a hole
		case depth > 0 && isObject && inner.ClassName() == "Array":
			m.collectFlat(inner, depth-1, n, all)
		default:
			*all = append(*all, v)
		}
	}
}

// isSearch reports whether replace goes by what it is given itself: a text or a regular expression, not an object with a method for that.
func isSearch(v goja.Value) bool {
	o, isObject := v.(*goja.Object)
	if !isObject || isRegExp(o) {
		return true
	}
	method := o.GetSymbol(goja.SymReplace)
	return method == nil || goja.IsUndefined(method)
}

// boundLength throws if something is longer than it may be, by what it says of itself, and returns that.
func (m *machine) boundLength(v goja.Value, limit int64) int64 {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return 0
	}
	m.refuseGetter(o)
	length := int64(0)
	if n := o.Get("length"); n != nil {
		if _, isObject := n.(*goja.Object); isObject {
			panic(m.rt.NewTypeError("a length is no object: it may be another one the next time"))
		}
		length = n.ToInteger()
	}
	if isTyped(o) { // Some functions go by what it says, others by what it has.
		length = max(length, typedLength(o))
	}
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
		m.replace(m.object("Object.getPrototypeOf("+made+")"), "next", func(*goja.FunctionCall) { m.checkStopped() })
	}
}

// checkStopped throws if the call was stopped, where goja does not look. The exception is in vain to catch: the next step ends the call.
func (m *machine) checkStopped() {
	if m.post != nil && m.post.isStopped() {
		panic(m.rangeError("it was stopped"))
	}
}
