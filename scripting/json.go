package scripting

import (
	"strconv"

	"github.com/dop251/goja"
)

// JSON.stringify and JSON.parse are one step each, and recursive: the levels of a text are bounded, its values and its length. An object that contains others
// again and again would otherwise become a text without an end.

const (
	maxLevels = 1000 // of a JSON text
	// maxParsed bounds the values of one that is read, and maxParsedAtOnce where an event loop waits for it.
	maxParsed       = maxArray
	maxParsedAtOnce = maxArray / 16
	// perJSON is what a value is counted for beside its text, and perIndent each level of one that is indented.
	perJSON   = 8
	perIndent = 10
)

// jsonText is one JSON.stringify under way.
type jsonText struct {
	size   int64
	indent bool
	path   []*goja.Object // from the outermost value to the one whose members are visited
	by     goja.Callable  // the script's replacer; nil: none
	only   []string       // the names of the only members, if has
	has    bool
}

// boundJSON bounds both functions.
func (m *machine) boundJSON() {
	json := m.object("JSON")
	m.wrap(json, "parse", func(call goja.FunctionCall, parse native) goja.Value {
		text := call.Argument(0)
		if o, isObject := text.(*goja.Object); isObject {
			text = o.ToString() // once: it may be another one the next time
		}
		m.boundParsed(text.String())
		return parse(goja.FunctionCall{This: call.This, Arguments: []goja.Value{text, call.Argument(1)}})
	})
	visit := m.function("", 2, m.visitJSON)
	m.wrap(json, "stringify", func(call goja.FunctionCall, stringify native) goja.Value {
		t := &jsonText{indent: !goja.IsUndefined(call.Argument(2))}
		if o, isObject := call.Argument(1).(*goja.Object); isObject {
			if t.by, _ = goja.AssertFunction(o); t.by == nil && o.ClassName() == "Array" {
				t.only, t.has = m.namesIn(o), true
			}
		}
		outer := m.json
		m.json = t
		defer func() { m.json = outer }()
		return stringify(goja.FunctionCall{This: call.This, Arguments: []goja.Value{call.Argument(0), visit, call.Argument(2)}})
	})
}

// boundParsed throws if a text has too many levels or values.
func (m *machine) boundParsed(text string) {
	depth, values, limit := 0, 0, maxParsed
	if !m.pooled && !m.loading {
		limit = maxParsedAtOnce
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = quotedEnd(text, i) - 1
		case '[', '{':
			if depth++; depth > maxLevels {
				panic(m.rangeError("more than %d levels of JSON", maxLevels))
			}
			values++
		case ']', '}':
			depth--
		case ',':
			values++
		}
	}
	if values > limit {
		m.tooLarge("the number of values in a JSON text", int64(values), int64(limit))
	}
}

// visitJSON is the replacer of each JSON.stringify: it is shown each value with the object that it is in, one level after the other.
func (m *machine) visitJSON(call goja.FunctionCall) goja.Value {
	t, holder, value := m.json, call.This.(*goja.Object), call.Argument(1)
	m.checkStopped()
	if t.by != nil {
		value = m.pass(t.by(holder, call.Arguments...))
	}
	for len(t.path) > 0 && t.path[len(t.path)-1] != holder {
		t.path = t.path[:len(t.path)-1]
	}
	t.size += perJSON + textLength(call.Argument(0)) + textLength(value)
	if t.indent {
		t.size += perIndent * int64(len(t.path))
	}
	m.boundText(t.size)
	o, isObject := value.(*goja.Object)
	if !isObject {
		return value
	}
	if o.ClassName() == "Array" {
		m.boundLength(o, maxArray)
	}
	if t.has && hasMembers(o) {
		o = m.membersOf(o, t.only)
	}
	if t.path = append(t.path, o); len(t.path) > maxLevels {
		panic(m.rangeError("more than %d levels of JSON", maxLevels))
	}
	return o
}

// hasMembers reports whether an object is written as one, with names.
func hasMembers(o *goja.Object) bool {
	switch o.ClassName() {
	case "Array", "Number", "String", "Boolean", "BigInt", "Function", "RawJSON":
		return false
	}
	return true
}

// namesIn reads an array of names of members.
func (m *machine) namesIn(list *goja.Object) (names []string) {
	known := make(map[string]bool)
	for i := range m.boundLength(list, maxArray) {
		v := list.Get(strconv.FormatInt(i, 10))
		if o, isObject := v.(*goja.Object); v == nil || isObject && o.ClassName() != "Number" && o.ClassName() != "String" ||
			!isObject && !goja.IsString(v) && !goja.IsNumber(v) {
			continue
		}
		if name := v.String(); !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	return names
}

// membersOf copies some members of an object.
func (m *machine) membersOf(o *goja.Object, names []string) *goja.Object {
	some := m.rt.NewObject()
	for _, name := range names {
		if v := o.Get(name); v != nil {
			m.define(some, name, v)
		}
	}
	return some
}
