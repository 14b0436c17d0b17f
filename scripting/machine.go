package scripting

import (
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// machine is a goja runtime that has run the program, ready to call its functions. It runs one call at a time: an event loop's on its loop, one of
// the pool under mu.
type machine struct {
	// Immutable.
	edition       *edition
	rt            *goja.Runtime
	pooled        bool    // it may wait
	tester        *tester // whose tests run on it; nil: it decides about clients
	post          *post
	hooks         [hook.Kinds]goja.Callable // nil: not defined
	direct        [hook.Kinds]native        // the same, as functions of the language call one another; nil: it may leave jobs
	errors        struct{ rangeError, plain goja.Value }
	newUint8Array goja.Constructor
	textOf        goja.Callable // makes the text of a function, given as `this`
	lends         bool          // onQuery gives back its q
	lengths       lengths
	queries       *goja.Object // the prototype of q
	conns         *goja.Object // of conn
	auths         *goja.Object // of auth
	results       *goja.Object // of result
	rows          *goja.Object // of a row

	mu      sync.Mutex   // of a pooled one: held while it is at work
	holders atomic.Int32 // who may call its functions
	broken  atomic.Bool  // it was stopped, or may be: not to be used again

	// Owned by who runs it.
	loading bool // the program itself runs, not a function of it
	depth   int  // of functions of the language that are within one another
	loaded  map[string]*goja.Object
	mail    chan func() error // from what an async call waits for
	awaited int               // things that will post to mail
	call    uint64            // which call is under way; what an earlier one waited for is dropped
	ctx     context.Context   // of it; nil: it cannot wait
	timers  []timer           // that the program has asked for while it was loaded
	words   map[string]goja.Value
	recent  [8]struct { // the words that were asked for last, by their lengths
		text  string
		value goja.Value
	}
	args   [1]goja.Value // of the function that is called
	over   queryObject   // behind each q whose call is over
	latest scriptQuery   // the q that was made last, which is looked for most
	lent   scriptQuery   // one that has come back, for the next call of onQuery
	json   *jsonText     // that is being made
	taken  int64         // bytes of the large values that were made since the call began, or went on
}

// newMachine makes a machine and runs the program on it, which has until limit for that. The error is an *Error.
func newMachine(ed *edition, pooled bool, limit time.Duration) (*machine, error) {
	return buildMachine(ed, pooled, limit, nil)
}

// buildMachine is newMachine for tests, too.
func buildMachine(ed *edition, pooled bool, limit time.Duration, t *tester) (*machine, error) {
	m := &machine{edition: ed, tester: t, rt: goja.New(), pooled: pooled, loaded: make(map[string]*goja.Object), mail: make(chan func() error, maxAwaited),
		words: make(map[string]goja.Value)}
	m.over.m = m
	m.post = ed.engine.dog.watch(m.rt)
	m.holders.Store(1)
	m.errors.rangeError, m.errors.plain = m.rt.Get("RangeError"), m.rt.Get("Error")
	m.secure()
	m.newUint8Array, _ = goja.AssertConstructor(m.rt.Get("Uint8Array"))
	m.textOf, _ = goja.AssertFunction(m.object("Function.prototype.toString"))
	m.offer()
	if ed.program.root == nil { // before, it is not known what its modules name
		m.withoutJobs()
	}
	m.loading = true
	_, failure := m.run(limit, func() (goja.Value, error) { return m.rt.RunProgram(ed.program.main) })
	m.loading = false
	m.withoutJobs()
	err := error(nil)
	if failure != nil {
		err = failure.err
	} else {
		err = m.findHooks()
	}
	if err != nil {
		m.release()
		return nil, err
	}
	return m, nil
}

// withoutJobs takes Promise away from a program that does not name it: what that leaves to be done, however it came by it, nobody does.
func (m *machine) withoutJobs() {
	if !m.edition.program.jobs {
		must(m.rt.GlobalObject().Delete("Promise"))
	}
}

// hold keeps the machine watched for somebody who will call one of its functions later, though others may give it up. Any thread that has it.
func (m *machine) hold() { m.holders.Add(1) }

// release undoes hold, and what newMachine began. Any thread.
func (m *machine) release() {
	if m.holders.Add(-1) == 0 {
		m.post.leave()
	}
}

// findHooks looks for the functions that the program defines. One whose name has letters in the other case would never be called, and is an error.
func (m *machine) findHooks() error {
	var err error
	_, failure := m.run(loadTime, func() (goja.Value, error) {
		for k := range hook.Kinds {
			v := m.rt.Get(k.String())
			if v == nil || goja.IsUndefined(v) {
				continue
			}
			f, isFunction := goja.AssertFunction(v)
			if !isFunction {
				err = &Error{File: m.edition.program.name, Message: k.String() + " is not a function"}
				return nil, nil
			}
			m.hooks[k] = f
			if !m.pooled && !m.edition.program.jobs {
				m.direct[k], _ = v.Export().(native)
			}
			if k == hook.OnQuery && !m.pooled {
				m.lends = m.returns(v)
			}
		}
		for _, name := range m.rt.GlobalObject().Keys() {
			for k := range hook.Kinds {
				if name != k.String() && strings.EqualFold(name, k.String()) {
					err = &Error{File: m.edition.program.name, Message: name + " is never called: did you mean " + k.String() + "?"}
					return nil, nil
				}
			}
		}
		return nil, nil
	})
	if failure != nil {
		return failure.err
	}
	return err
}

// function makes a function of JavaScript.
func (m *machine) function(name string, length int, f func(goja.FunctionCall) goja.Value) *goja.Object {
	o := m.rt.ToValue(f).(*goja.Object)
	must(o.DefineDataProperty("name", m.rt.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	must(o.DefineDataProperty("length", m.rt.ToValue(length), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	return o
}

// object finds one of the objects that every runtime has, before the program runs.
func (m *machine) object(expression string) *goja.Object {
	v, err := m.rt.RunString(expression)
	must(err)
	return v.(*goja.Object)
}

// run runs a part of the program, which has until limit. The machine is broken if it was stopped.
func (m *machine) run(limit time.Duration, f func() (goja.Value, error)) (v goja.Value, failure *failure) {
	now := m.post.dog.now()
	return m.runUntil(now, now+int64(limit), f)
}

// runUntil is run for a part of a call that began at some time of the watchdog's clock and has to end at another.
func (m *machine) runUntil(began, deadline int64, f func() (goja.Value, error)) (v goja.Value, why *failure) {
	m.depth, m.taken = 0, 0
	m.post.begin(began, deadline)
	v, err := m.protected(f)
	if err != nil {
		why = &failure{failed, err}
	}
	o := m.post.end()
	if m.taken > m.mayTake() {
		o = outOfMemory
	}
	if o != ok {
		m.broken.Store(true)
		if why == nil {
			why = fail(o, "it was stopped when it had ended")
		}
		why.outcome = o
	}
	return v, why
}

// ask calls a function of the program with one argument.
func (m *machine) ask(k hook.Kind, about goja.Value) (goja.Value, error) {
	m.args[0] = about
	if m.direct[k] != nil {
		return m.askDirectly(k)
	}
	return m.hooks[k](goja.Undefined(), m.args[:]...)
}

// askDirectly calls a function of a program that leaves no jobs, without what goja does at the end of a call: it would run them, and give up its stack,
// which the next call would make anew. Try takes what an exception leaves there. What it lets through, too many calls within one another, is a panic.
func (m *machine) askDirectly(k hook.Kind) (v goja.Value, err error) {
	if thrown := m.rt.Try(func() { v = m.direct[k](goja.FunctionCall{This: goja.Undefined(), Arguments: m.args[:]}) }); thrown != nil {
		return nil, thrown
	}
	return v, nil
}

// protected runs f and locates what went wrong. A panic that is none of JavaScript's is a fault of goja's or ours: this call fails, and the machine is
// given up.
func (m *machine) protected(f func() (goja.Value, error)) (v goja.Value, err error) {
	defer func() {
		if x := recover(); x != nil {
			v, err = nil, m.panicked(x)
		}
	}()
	v, err = f()
	if err != nil {
		err = m.thrown(err)
	}
	return v, err
}

// thrown is what is said of an error of goja's.
func (m *machine) thrown(err error) error {
	// Too many calls within one another leave a runtime as any exception does (goja has unwound them): a client that brings them about must not
	// cost others their machine.
	if _, stopped := err.(*goja.InterruptedError); stopped {
		m.broken.Store(true)
	}
	return m.located(err)
}

// panicked is what is said of a panic.
func (m *machine) panicked(x any) error {
	switch x := x.(type) {
	case *goja.InterruptedError:
		return m.thrown(x)
	case *goja.StackOverflowError:
		return m.thrown(x)
	}
	m.broken.Store(true)
	m.edition.engine.log.Error().Interface("panic", x).Bytes("stack", debug.Stack()).Msg("the script's machine panicked")
	return &Error{Message: fmt.Sprintf("the machine panicked: %v", x)}
}

// require is the function of that name, for a file in directory dir.
func (m *machine) require(dir string) *goja.Object {
	return m.function("require", 1, func(call goja.FunctionCall) goja.Value {
		program, file, err := m.edition.program.module(dir, call.Argument(0).String())
		if err != nil {
			panic(m.required(err))
		}
		if module := m.loaded[file]; module != nil {
			return module.Get("exports")
		}
		module, exports := m.rt.NewObject(), m.rt.NewObject()
		m.define(module, "exports", exports)
		m.loaded[file] = module
		wrapper, err := m.rt.RunProgram(program)
		if err != nil {
			panic(err)
		}
		function, _ := goja.AssertFunction(wrapper)
		m.pass(function(goja.Undefined(), exports, m.require(path.Dir(file)), module))
		return module.Get("exports")
	})
}

// required is what require throws for a file that it cannot have: an Error, behind which is an *Error if that is what is wrong with the file.
func (m *machine) required(err error) *goja.Object {
	if _, placed := err.(*Error); placed {
		return m.rt.NewGoError(err)
	}
	e, failed := m.rt.New(m.errors.plain, m.rt.ToValue(err.Error()))
	must(failed)
	return e
}

// isAsync reports whether a function is an async one.
func isAsync(v goja.Value) bool {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return false
	}
	tag := o.GetSymbol(goja.SymToStringTag)
	return tag != nil && tag.String() == "AsyncFunction"
}
