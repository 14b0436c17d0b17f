package scripting

import (
	"reflect"
	"slices"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// connObject is `conn` of onConnect, onAuth, onDisconnect, and what is behind `q` too. Its properties are read from the session when a script asks for
// them, which is possible during the call only.
type connObject struct {
	m          *machine
	src        hook.Conn // nil: the call is over
	reject     *hook.Rejection
	attributes goja.Value
}

func (c *connObject) Get(name string) goja.Value {
	if c.src == nil {
		return c.m.late(name)
	}
	return c.property(name)
}

// property returns nil for what it does not know.
func (c *connObject) property(name string) goja.Value {
	rt := c.m.rt
	switch name {
	case "id":
		return rt.ToValue(int64(c.src.ID()))
	case "clientAddr":
		return c.m.word(c.src.ClientAddr())
	case "clientPort":
		return rt.ToValue(c.src.ClientPort())
	case "user":
		return c.m.word(c.src.User())
	case "schema":
		return c.m.word(c.src.Schema())
	case "attributes":
		if c.attributes == nil {
			c.attributes = c.m.attributesOf(c.src)
		}
		return c.attributes
	}
	return nil
}

func (m *machine) attributesOf(c hook.Conn) goja.Value {
	o := m.rt.NewObject()
	c.Attributes(func(name, value string) { m.define(o, name, m.text([]byte(value))) })
	return o
}

// late is what a property has to say when its call is over: methods aside, which say so themselves.
func (m *machine) late(name string) goja.Value {
	if slices.Contains(queryProperties, name) {
		panic(m.rt.NewTypeError("%s can be read only until the function has ended: keep a copy", name))
	}
	return nil
}

var connProperties = []string{"id", "clientAddr", "clientPort", "user", "schema", "attributes"}

// What the objects of the API have in common: their properties are what they are.

// readOnly throws where a script sets a property of theirs or deletes it: without an exception, what it is about would be left undone.
func (m *machine) readOnly(what, name string) bool {
	panic(m.rt.NewTypeError("%s cannot be changed by setting or deleting %q: their methods say what is to be", what, name))
}

func (c *connObject) Set(name string, _ goja.Value) bool { return c.m.readOnly("q and conn", name) }
func (c *connObject) Has(name string) bool               { return c.src != nil && c.property(name) != nil }
func (c *connObject) Delete(name string) bool            { return c.m.readOnly("q and conn", name) }
func (c *connObject) Keys() []string                     { return connProperties }

var typeConn = reflect.TypeFor[*connObject]()

// newConn makes `conn`.
func (m *machine) newConn(c *connObject) *goja.Object {
	o := m.rt.NewDynamicObject(c)
	must(o.SetPrototype(m.conns))
	return o
}

// offerConn defines the methods of conn.
func (m *machine) offerConn() {
	m.conns = m.rt.NewObject()
	m.method(m.conns, "reject", 2, func(call goja.FunctionCall) {
		c, isConn := exported[*connObject](call.This, typeConn)
		if !isConn || c.src == nil {
			panic(m.rt.NewTypeError("reject: its call is over"))
		}
		c.reject = m.rejection(call.Arguments)
	})
	m.freeze(m.conns)
}

// method adds a method that returns its object.
func (m *machine) method(o *goja.Object, name string, length int, f func(goja.FunctionCall)) {
	m.define(o, name, m.function(name, length, func(call goja.FunctionCall) goja.Value {
		f(call)
		return call.This
	}))
}

// freeze makes an object unchangeable.
func (m *machine) freeze(o *goja.Object) {
	freeze, _ := goja.AssertFunction(m.object("Object").Get("freeze"))
	_, err := freeze(goja.Undefined(), o)
	must(err)
}

// exported returns what is behind an object, if it is of that type.
func exported[T any](v goja.Value, t reflect.Type) (x T, ok bool) {
	o, isObject := v.(*goja.Object)
	if !isObject || o.ExportType() != t {
		return x, false
	}
	x, ok = o.Export().(T)
	return x, ok
}

// rejection reads the arguments of reject: (message), (code, message) or (code, sqlState, message).
func (m *machine) rejection(args []goja.Value) *hook.Rejection {
	r := &hook.Rejection{Code: 1148, State: "42000"}
	if len(args) > 1 {
		code := args[0].ToInteger()
		if !goja.IsNumber(args[0]) || code < 1 || code > 65535 {
			panic(m.rangeError("reject: an error code is a number from 1 to 65535"))
		}
		if r.Code = uint16(code); r.Code != 1148 {
			r.State = "HY000"
		}
	}
	if len(args) > 2 {
		if r.State = args[1].String(); !isState(r.State) {
			panic(m.rangeError("reject: a SQLSTATE is five digits or capital letters, not %q", r.State))
		}
	}
	if len(args) == 0 || len(args) > 3 {
		panic(m.rt.NewTypeError("reject takes a message, a code and a message, or a code, a SQLSTATE and a message"))
	}
	last := args[len(args)-1]
	if _, isText := last.(goja.String); !isText {
		panic(m.rt.NewTypeError("reject: the message must be a string"))
	}
	r.Message = string(m.bytes(last))
	return r
}

func isState(s string) bool {
	if len(s) != 5 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// bytes makes the bytes of a text of any value.
func (m *machine) bytes(v goja.Value) []byte {
	s, isString := v.(goja.String)
	if !isString {
		return []byte(v.String())
	}
	return bytesOf(s)
}
