package scripting

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// What a script calls in one step cannot be interrupted, so nothing may take long in one step: these bounds are far above what a script
// needs that looks at statements and rows.
const (
	maxText   = 16 << 20 // characters made by repeat, padStart, padEnd; bytes of an ArrayBuffer
	maxArray  = 1 << 20  // elements that a function goes through by itself
	maxCalls  = 500      // functions within one another
	maxNative = 100      // of them those of the language itself, which call one another unseen by goja
	// A regular expression that goes back and forth gives up a match after regexLimit (most do not: they take linear time), on a clock so inexact that it may have
	// given up after regexTime.
	regexTime  = 20 * time.Millisecond
	regexLimit = 2 * regexTime
)

// Regular expressions are compiled along with a program, and by scripts as they run; there is no other way to bound them than this one, for
// all in the process. Nothing else in it uses this library.
func init() {
	regexp2.DefaultMatchTimeout = regexLimit
	regexp2.SetTimeoutCheckPeriod(time.Millisecond)
}

// secure takes out of a fresh runtime what would let a script do more than intended, and puts bounds where a single step could take long.
func (m *machine) secure() {
	m.lengths = m.newLengths()
	m.rt.SetMaxCallStackSize(maxCalls)
	m.forbidSource()
	m.hideSymbols()
	m.boundSizes()
	m.boundTexts()
	m.boundArrays()
	m.boundListing()
	m.boundPatterns()
	m.boundSearches()
	m.boundBigInts()
	m.boundJSON()
	m.boundTaking()
	m.boundDepth() // in front of these bounds, which call functions of the script too
	m.boundIterators()
	m.offerBounded()
}

// forbidSource takes away what makes programs of texts: the parser is recursive and not bounded, and what is in force is what was loaded.
func (m *machine) forbidSource() {
	must(m.rt.GlobalObject().Delete("eval"))
	must(m.rt.GlobalObject().Delete("Proxy")) // one whose handler inherits from it never ends, in one step
	forbid := func() *goja.Object {
		return m.rt.ToValue(func(goja.ConstructorCall) *goja.Object {
			panic(m.rt.NewTypeError("programs cannot be made of texts here"))
		}).(*goja.Object)
	}
	for _, sample := range []string{"(function(){})", "(function*(){})", "(async function(){})"} {
		proto := m.object("Object.getPrototypeOf" + sample)
		constructor := forbid()
		must(constructor.Set("prototype", proto))
		must(proto.DefineDataProperty("constructor", constructor, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	}
	must(m.rt.GlobalObject().Set("Function", m.object("(function(){}).constructor")))
}

// hiddenSymbols name what goja asks an object for when it writes an error message about it, where that ends the process: o[Symbol.toPrimitive] = o; String(o) is
// such an error, about o; so is the getter of Symbol.toStringTag that is a method of a Map.
var hiddenSymbols = []*goja.Symbol{goja.SymToPrimitive, goja.SymToStringTag}

// hideSymbols keeps them from scripts: what the language defines by them stays.
func (m *machine) hideSymbols() {
	real := m.object("Symbol")
	symbol := m.around("Symbol", real, func(call goja.FunctionCall, method native) goja.Value { return method(call) })
	for _, name := range real.GetOwnPropertyNames() {
		v := real.Get(name)
		if s, isSymbol := v.(*goja.Symbol); name != "name" && name != "length" && !(isSymbol && slices.Contains(hiddenSymbols, s)) {
			must(symbol.DefineDataProperty(name, v, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
		}
	}
	must(real.Get("prototype").(*goja.Object).DefineDataProperty("constructor", symbol, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	must(m.rt.GlobalObject().DefineDataProperty("Symbol", symbol, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	for object, lister := range map[string]string{"Object": "getOwnPropertySymbols", "Reflect": "ownKeys"} {
		m.wrap(m.object(object), lister, func(call goja.FunctionCall, list native) goja.Value { return m.shownKeys(list(call).(*goja.Object)) })
	}
}

// shownKeys leaves out hiddenSymbols from an array of keys, at the end of which the symbols are.
func (m *machine) shownKeys(keys *goja.Object) goja.Value {
	var symbols []any
	n := keys.Get("length").ToInteger()
	for ; n > 0; n-- {
		s, isSymbol := keys.Get(strconv.FormatInt(n-1, 10)).(*goja.Symbol)
		if !isSymbol {
			break
		}
		if !slices.Contains(hiddenSymbols, s) {
			symbols = append(symbols, s)
		}
	}
	must(keys.Set("length", n))
	slices.Reverse(symbols)
	for i, s := range symbols {
		m.define(keys, strconv.FormatInt(n+int64(i), 10), m.rt.ToValue(s))
	}
	return keys
}

// native is a function of the language. It is called as such functions call one another: an exception goes through as a panic.
type native = func(goja.FunctionCall) goja.Value

// replace puts a function in front of a method. It may panic with an error of JavaScript's, or change what the method is called with.
func (m *machine) replace(o *goja.Object, name string, check func(call *goja.FunctionCall)) {
	m.wrap(o, name, func(call goja.FunctionCall, method native) goja.Value {
		check(&call)
		return method(call)
	})
}

// wrap puts a function in the place of a method, which is given to it.
func (m *machine) wrap(o *goja.Object, name string, by func(call goja.FunctionCall, method native) goja.Value) {
	v := o.Get(name)
	must(o.DefineDataProperty(name, m.around(name, v, by), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// wrapSymbol is wrap for a method that is named by a symbol.
func (m *machine) wrapSymbol(o *goja.Object, name *goja.Symbol, by func(call goja.FunctionCall, method native) goja.Value) {
	v := o.GetSymbol(name)
	must(o.DefineDataPropertySymbol(name, m.around(name.String(), v, by), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// wrapGetter is wrap for a property that a function of the language reads.
func (m *machine) wrapGetter(o *goja.Object, name string, by func(call goja.FunctionCall, method native) goja.Value) {
	getter := m.around("get "+name, m.descriptor(o, name).Get("get"), by)
	must(o.DefineAccessorProperty(name, getter, nil, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// around makes the function that by is, in front of another one.
func (m *machine) around(name string, v goja.Value, by func(call goja.FunctionCall, method native) goja.Value) *goja.Object {
	method, isFunction := v.Export().(native)
	if !isFunction {
		panic("no method " + name)
	}
	length := int(v.(*goja.Object).Get("length").ToInteger())
	return m.function(name, length, func(call goja.FunctionCall) goja.Value { return by(call, method) })
}

// searchSymbols name the methods of regular expressions that methods of texts call.
var searchSymbols = []*goja.Symbol{goja.SymMatch, goja.SymMatchAll, goja.SymReplace, goja.SymSearch, goja.SymSplit}

// calling are the other methods that call what they find in their `this`, if only to name it in an error message.
var calling = map[string][]string{
	"Object.prototype":      {"toLocaleString", "toString"},
	"Date.prototype":        {"toJSON"},
	"Map.prototype":         {"forEach"},
	"Set.prototype":         {"forEach"},
	"Promise.prototype":     {"catch", "finally", "then"},
	"ArrayBuffer.prototype": {"slice"},
	"Object.getPrototypeOf(Uint8Array.prototype)": {"join", "slice", "subarray", "toLocaleString", "toString"},
	"JSON":    {"parse", "stringify"},
	"Reflect": {"apply", "construct"},
}

// callingGetters are the getters that do.
var callingGetters = map[string]string{"RegExp.prototype": "flags", "ArrayBuffer.prototype": "byteLength"}

// boundDepth bounds how deep functions of the language call one another, which goja does not count: e.message = e; String(e) ends the process
// otherwise, not the call. A circle of them has one in it that makes a text of its `this`, or one that was bound to its arguments.
func (m *machine) boundDepth() {
	deeper := func(call goja.FunctionCall, method native) goja.Value {
		m.checkStopped() // arrays that share others have an end, far away
		if m.depth++; m.depth > maxNative {
			m.depth = 0
			panic(m.rangeError("too many calls within one another"))
		}
		defer m.shallower()
		return method(call)
	}
	for _, name := range []string{"Array", "String", "Number", "RegExp", "Error", "Function"} {
		proto := m.object(name + ".prototype")
		for _, method := range proto.GetOwnPropertyNames() {
			if _, isFunction := goja.AssertFunction(m.own(proto, method)); isFunction && method != "constructor" {
				m.wrap(proto, method, deeper)
			}
		}
	}
	for object, methods := range calling {
		for _, method := range methods {
			m.wrap(m.object(object), method, deeper)
		}
	}
	for _, symbol := range searchSymbols {
		m.wrapSymbol(m.object("RegExp.prototype"), symbol, deeper)
	}
	m.wrapSymbol(m.object("String.prototype"), goja.SymIterator, deeper)
	for object, getter := range callingGetters {
		m.wrapGetter(m.object(object), getter, deeper)
	}
	m.wrap(m.object("Function.prototype"), "bind", func(call goja.FunctionCall, bind native) goja.Value {
		bound := bind(call).(*goja.Object)
		return m.around(bound.Get("name").String(), bound, deeper)
	})
}

// shallower is the end of a function that boundDepth counts.
func (m *machine) shallower() { m.depth = max(m.depth-1, 0) }

// own returns a property that has a value, not a getter.
func (m *machine) own(o *goja.Object, name string) goja.Value {
	return m.descriptor(o, name).Get("value")
}

// descriptor describes a property that an object has itself.
func (m *machine) descriptor(o *goja.Object, name string) *goja.Object {
	describe, _ := goja.AssertFunction(m.object("Object").Get("getOwnPropertyDescriptor"))
	return m.pass(describe(goja.Undefined(), o, m.rt.ToValue(name))).(*goja.Object)
}

// pass hands what a function of the script returned to whoever called: the exception too.
func (m *machine) pass(v goja.Value, err error) goja.Value {
	if err != nil {
		panic(err)
	}
	return v
}

func (m *machine) tooLarge(what string, n, limit int64) {
	panic(m.rangeError("%s of %d is more than %d", what, n, limit))
}

// rangeError makes a RangeError.
func (m *machine) rangeError(format string, args ...any) *goja.Object {
	e, err := m.rt.New(m.errors.rangeError, m.rt.ToValue(fmt.Sprintf(format, args...)))
	must(err)
	return e
}

// boundSizes bounds what makes something large of a number.
func (m *machine) boundSizes() {
	text := m.object("String.prototype")
	m.replace(text, "repeat", func(call *goja.FunctionCall) {
		call.This = textOnce(call.This)
		passOn(call, 0, numberOnce)
		n, times := int64(len(call.This.String())), call.Argument(0).ToInteger()
		if n > 0 && times > maxText/n {
			m.tooLarge("a text", min(times, math.MaxInt32)*n, maxText)
		}
	})
	for _, name := range []string{"padStart", "padEnd"} {
		m.replace(text, name, func(call *goja.FunctionCall) {
			call.This = textOnce(call.This)
			passOn(call, 0, numberOnce)
			if n := call.Argument(0).ToInteger(); n > maxText {
				m.tooLarge("a text", n, maxText)
			}
		})
	}
	for name, width := range map[string]int64{
		"ArrayBuffer": 1, "Uint8Array": 1, "Int8Array": 1, "Uint8ClampedArray": 1, "Uint16Array": 2, "Int16Array": 2,
		"Uint32Array": 4, "Int32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
	} {
		m.boundConstructor(name, maxText/width)
	}
}

// boundConstructor bounds the number that a constructor is called with.
func (m *machine) boundConstructor(name string, limit int64) {
	m.standIn(name, func(args []goja.Value) []goja.Value {
		if len(args) == 0 {
			return args
		}
		if name == "ArrayBuffer" {
			args[0] = numberOnce(args[0])
		}
		if _, isObject := args[0].(*goja.Object); !isObject {
			if n := args[0].ToInteger(); n > limit {
				m.tooLarge(name, n, limit)
			}
		} else if args[0].ExportType() != typeBuffer {
			m.refuseGetterOf(args[0], goja.SymIterator)
			m.boundLength(args[0], limit)
		}
		return args
	})
}

// standIn puts a constructor in the place of another one, which is called with what check makes of the arguments. It may panic with an error of JavaScript's.
func (m *machine) standIn(name string, check func(args []goja.Value) []goja.Value) {
	real := m.object(name)
	construct, isConstructor := goja.AssertConstructor(real)
	if !isConstructor {
		panic("no constructor " + name)
	}
	bounded := m.rt.ToValue(func(call goja.ConstructorCall) *goja.Object {
		o, err := construct(call.NewTarget, check(slices.Clone(call.Arguments))...)
		if err != nil {
			panic(err)
		}
		m.charge(sizeOf(o))
		return o
	}).(*goja.Object)
	must(bounded.DefineDataProperty("name", m.rt.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	m.supplant(name, real, bounded)
}

// supplant makes a function the constructor of that name, in the place of the real one. It does not inherit from that: who can find it has it without bounds.
func (m *machine) supplant(name string, real, by *goja.Object) {
	proto := real.Get("prototype")
	must(by.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	inherit, _ := goja.AssertFunction(m.object(inheritStatics))
	m.pass(inherit(goja.Undefined(), by, real))
	must(proto.(*goja.Object).DefineDataProperty("constructor", by, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	must(m.rt.GlobalObject().DefineDataProperty(name, by, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// inheritStatics gives a constructor what another one has of its own, and the same one to inherit from.
const inheritStatics = `(function (to, from) {
	for (const k of Reflect.ownKeys(from)) {
		if (k !== "prototype" && k !== "name" && k !== "length") Object.defineProperty(to, k, Object.getOwnPropertyDescriptor(from, k))
	}
	Object.setPrototypeOf(to, Object.getPrototypeOf(from))
})`

// maxPattern bounds the text of a regular expression that a script makes as it runs: what compiles it is not bounded.
const maxPattern = 1 << 14

// boundPatterns bounds what makes regular expressions of texts.
func (m *machine) boundPatterns() {
	check := func(call *goja.FunctionCall) {
		passOn(call, 0, m.patternOnce)
		if n := textLength(call.Argument(0)); n > maxPattern {
			m.tooLarge("a regular expression", n, maxPattern)
		}
	}
	for name, symbol := range map[string]*goja.Symbol{"match": goja.SymMatch, "matchAll": goja.SymMatchAll, "search": goja.SymSearch} {
		m.replace(m.object("String.prototype"), name, func(call *goja.FunctionCall) {
			if !m.searches(call.Argument(0), symbol) {
				check(call)
			}
		})
	}
	m.replace(m.object("RegExp.prototype"), "compile", check)
	m.standIn("RegExp", func(args []goja.Value) []goja.Value {
		call := goja.FunctionCall{Arguments: args}
		check(&call)
		return call.Arguments
	})
}

// searches reports whether the method of texts that goes by this symbol leaves the work to a value.
func (m *machine) searches(v goja.Value, symbol *goja.Symbol) bool {
	o, isObject := v.(*goja.Object)
	switch {
	case !isObject:
		return false
	case isRegExp(o) && symbol != goja.SymMatchAll:
		return true // also without the method it is used as it is
	}
	m.refuseGetterOf(o, symbol)
	method := o.GetSymbol(symbol)
	return method != nil && !goja.IsUndefined(method) && !goja.IsNull(method)
}

// patternOnce makes the text of an object that goja would make one of. A regular expression stays what it is, unless it says that it is none.
func (m *machine) patternOnce(v goja.Value) goja.Value {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return v
	}
	m.refuseGetterOf(o, goja.SymMatch)
	says := isRegExp(o)
	if match := o.GetSymbol(goja.SymMatch); match != nil && !goja.IsUndefined(match) {
		says = match.ToBoolean()
	}
	switch {
	case !says:
		return textOnce(o)
	case !isRegExp(o):
		panic(m.rt.NewTypeError("an object that says that it is a regular expression is none")) // its source may be another one the next time
	}
	return o
}

// boundSearches throws where a regular expression was given up: goja takes that for "no match". All methods search by these two. One that found nothing and took
// its time, which may have been others' on a busy machine, is asked once more.
func (m *machine) boundSearches() {
	timed := func(call goja.FunctionCall, search native) goja.Value {
		regexp, isObject := call.This.(*goja.Object)
		if !isObject || !isRegExp(regexp) {
			return search(call) // which throws, or asks another exec
		}
		last := regexp.Get("lastIndex")
		for again := false; ; again = true {
			m.checkStopped()
			begun := time.Now()
			v := search(call)
			if v.ToBoolean() || time.Since(begun) < regexTime {
				return v
			}
			if again {
				panic(m.rangeError("a regular expression took longer than %v", regexTime))
			}
			if !regexp.Get("lastIndex").SameAs(last) {
				must(regexp.Set("lastIndex", last))
			}
		}
	}
	proto := m.object("RegExp.prototype")
	m.wrap(proto, "exec", timed)
	m.wrap(proto, "test", timed)
}
