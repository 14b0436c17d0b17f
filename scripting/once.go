package scripting

import (
	"slices"

	"github.com/dop251/goja"
)

// What a script's own valueOf, toString or getter says when it is asked for a bound, it need not say again when the method asks. So it is asked once, and the method
// gets what it said; a length that is asked for by a getter is refused, because it cannot be passed on.

// textOnce makes the text of an object.
func textOnce(v goja.Value) goja.Value {
	if o, isObject := v.(*goja.Object); isObject {
		return o.ToString()
	}
	return v
}

// numberOnce makes the number of an object.
func numberOnce(v goja.Value) goja.Value {
	if o, isObject := v.(*goja.Object); isObject {
		return o.ToNumber()
	}
	return v
}

// passOn puts something made of an argument in its place, if there is one.
func passOn(call *goja.FunctionCall, i int, once func(goja.Value) goja.Value) {
	if i < len(call.Arguments) {
		call.Arguments = slices.Clone(call.Arguments)
		call.Arguments[i] = once(call.Arguments[i])
	}
}

// lengths knows how to tell a length that stays as it is.
type lengths struct {
	describe goja.Callable // Object.getOwnPropertyDescriptor
	typed    *goja.Object  // the prototype of all typed arrays, whose length is a getter of the language
	getter   goja.Value    // which is this one
}

func (m *machine) newLengths() lengths {
	describe, _ := goja.AssertFunction(m.object("Object.getOwnPropertyDescriptor"))
	return lengths{
		describe: describe, typed: m.object("Object.getPrototypeOf(Uint8Array.prototype)"),
		getter: m.object("Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length').get"),
	}
}

// refuseGetter throws if the length of an object is what a function of the script says.
func (m *machine) refuseGetter(o *goja.Object) {
	if o.ClassName() == "Array" {
		return
	}
	if get, of := m.getterOf(o, m.rt.ToValue("length")); get != nil && !(of == m.lengths.typed && get.SameAs(m.lengths.getter)) {
		panic(m.rt.NewTypeError("a length is no getter: it may be another one the next time"))
	}
}

// refuseGetterOf throws if what a symbol names of a value is what a function of the script says, which may change the length that is bounded.
func (m *machine) refuseGetterOf(v goja.Value, name *goja.Symbol) {
	if o, isObject := v.(*goja.Object); isObject {
		if get, _ := m.getterOf(o, name); get != nil {
			panic(m.rt.NewTypeError("%s is no getter here: it may change the length", name))
		}
	}
}

// getterOf finds the getter of a property, nil if it has none, and the object of the chain of prototypes that has it.
func (m *machine) getterOf(o *goja.Object, name goja.Value) (get goja.Value, of *goja.Object) {
	for ; o != nil; o = o.Prototype() {
		d, isThere := m.pass(m.lengths.describe(goja.Undefined(), o, name)).(*goja.Object)
		if !isThere {
			continue
		}
		if get = d.Get("get"); get == nil || goja.IsUndefined(get) {
			return nil, nil
		}
		return get, o
	}
	return nil, nil
}
