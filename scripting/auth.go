package scripting

import (
	"math"
	"reflect"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// authObject is `auth` of onAuth.
type authObject struct {
	m       *machine
	auth    hook.Auth
	verdict *hook.AuthVerdict // nil: nothing was said
	over    bool
}

func (a *authObject) Get(name string) goja.Value {
	switch name {
	case "user":
		return a.m.rt.ToValue(a.auth.User)
	case "plugin":
		return a.m.rt.ToValue(a.auth.Plugin)
	case "schema":
		return a.m.rt.ToValue(a.auth.Schema)
	case "tls":
		return a.m.rt.ToValue(a.auth.TLS)
	}
	return nil
}

func (a *authObject) Set(name string, _ goja.Value) bool { return a.m.readOnly("auth", name) }
func (a *authObject) Has(name string) bool               { return a.Get(name) != nil }
func (a *authObject) Delete(name string) bool            { return a.m.readOnly("auth", name) }
func (a *authObject) Keys() []string                     { return []string{"user", "plugin", "schema", "tls"} }

var typeAuth = reflect.TypeFor[*authObject]()

// welcome is the verdict of a script that has nothing to say about a login. Not to be changed.
var welcome = &hook.AuthVerdict{Hostgroup: hook.Unset}

// offerAuth defines the methods of auth.
func (m *machine) offerAuth() {
	m.auths = m.rt.NewObject()
	say := func(call goja.FunctionCall, what string) *hook.AuthVerdict {
		a, isAuth := exported[*authObject](call.This, typeAuth)
		if !isAuth || a.over {
			panic(m.rt.NewTypeError("%s is a method of auth, until onAuth has ended", what))
		}
		if a.verdict == nil {
			v := *welcome
			a.verdict = &v
		}
		return a.verdict
	}
	text := func(what string, v goja.Value) string {
		if _, isText := v.(goja.String); !isText {
			panic(m.rt.NewTypeError("%s takes a string", what))
		}
		return string(m.bytes(v))
	}
	m.method(m.auths, "reject", 2, func(call goja.FunctionCall) {
		v := say(call, "reject")
		if len(call.Arguments) == 1 {
			v.Reject = m.rejection([]goja.Value{m.rt.ToValue(1045), m.rt.ToValue("28000"), call.Arguments[0]})
			return
		}
		v.Reject = m.rejection(call.Arguments)
	})
	m.method(m.auths, "become", 2, func(call goja.FunctionCall) {
		v := say(call, "become")
		if v.BackendUser = text("become", call.Argument(0)); v.BackendUser == "" {
			panic(m.rangeError("become: an empty name"))
		}
		if password := call.Argument(1); !goja.IsUndefined(password) {
			v.BackendPassword, v.HasPassword = text("become", password), true
		}
	})
	m.method(m.auths, "route", 1, func(call goja.FunctionCall) {
		v := say(call, "route")
		v.Hostgroup = int(m.integer("route", call.Argument(0), 0, math.MaxInt32))
	})
	m.method(m.auths, "use", 1, func(call goja.FunctionCall) {
		v := say(call, "use")
		v.Schema, v.HasSchema = text("use", call.Argument(0)), true
	})
	m.freeze(m.auths)
}

func (m *machine) newAuth(a *authObject) *goja.Object {
	o := m.rt.NewDynamicObject(a)
	must(o.SetPrototype(m.auths))
	return o
}

// Auth is hook.Loop's.
func (l *Loop) Auth(c hook.Conn, auth *hook.Auth, w hook.AuthWaiter) (*hook.AuthVerdict, hook.Pending) {
	ed := l.now()
	if ed == nil || !ed.set.Has(hook.OnAuth) {
		return welcome, nil
	}
	conn, a := &connObject{src: c}, &authObject{auth: *auth}
	verdict := func(why *failure) *hook.AuthVerdict {
		a.over, conn.src = true, nil
		switch r := l.onError(hook.OnAuth, why); {
		case r != nil:
			return &hook.AuthVerdict{Reject: r, Hostgroup: hook.Unset}
		case why != nil || a.verdict == nil:
			return welcome
		}
		return a.verdict
	}
	run := func(m *machine, off *offloaded) (goja.Value, error) {
		conn.m, a.m = m, m
		if off != nil {
			return m.offloaded(off, m.newConn(conn), m.newAuth(a))
		}
		return m.hooks[hook.OnAuth](goja.Undefined(), m.newConn(conn), m.newAuth(a))
	}
	var off *offloaded
	if !ed.async[hook.OnAuth] {
		v, why := l.call(ed, hook.OnAuth, func(m *machine) (goja.Value, error) { return run(m, nil) })
		if off = offloadedBy(v); off == nil {
			return verdict(why), nil
		}
	}
	copied := copyConn(c)
	conn, a = &connObject{src: &copied}, &authObject{auth: *auth}
	return later(l, &job{edition: ed, hook: hook.OnAuth, body: func(m *machine) (goja.Value, error) { return run(m, off) }},
		verdict, w.AuthAnswered)
}

// Disconnect is hook.Loop's.
func (l *Loop) Disconnect(c hook.Conn, s *hook.Stats) { l.disconnect(c, s, func() {}) }

// disconnect is Disconnect, and calls ended when the call has ended, now or on the loop.
func (l *Loop) disconnect(c hook.Conn, s *hook.Stats, ended func()) {
	ed := l.now()
	if ed == nil || !ed.set.Has(hook.OnDisconnect) {
		ended()
		return
	}
	conn, stats := &connObject{src: c}, *s
	run := func(m *machine, off *offloaded) (goja.Value, error) {
		conn.m = m
		if off != nil {
			return m.offloaded(off, m.newConn(conn), m.statsOf(&stats))
		}
		return m.hooks[hook.OnDisconnect](goja.Undefined(), m.newConn(conn), m.statsOf(&stats))
	}
	var off *offloaded
	if !ed.async[hook.OnDisconnect] {
		v, _ := l.call(ed, hook.OnDisconnect, func(m *machine) (goja.Value, error) { return run(m, nil) })
		conn.src = nil
		if off = offloadedBy(v); off == nil {
			ended()
			return
		}
	}
	copied := copyConn(c)
	conn = &connObject{src: &copied}
	none := func(*failure) struct{} { return struct{}{} }
	if _, p := later(l, &job{edition: ed, hook: hook.OnDisconnect, body: func(m *machine) (goja.Value, error) { return run(m, off) }},
		none, func(struct{}) { ended() }); p == nil {
		ended()
	}
}

// statsOf makes `stats` of onDisconnect.
func (m *machine) statsOf(s *hook.Stats) *goja.Object {
	o := m.rt.NewObject()
	m.define(o, "durationMs", m.milliseconds(s.Duration))
	m.define(o, "queries", m.value(hook.Uint(s.Queries)))
	m.define(o, "bytesIn", m.value(hook.Uint(s.BytesIn)))
	m.define(o, "bytesOut", m.value(hook.Uint(s.BytesOut)))
	m.define(o, "aborted", m.rt.ToValue(s.Aborted))
	return o
}
