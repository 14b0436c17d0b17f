package scripting

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// outcome is how a call ended: the result label of parkway_script_calls_total.
type outcome uint8

const (
	ok          outcome = iota
	remembered          // a pure function was not called again
	failed              // it threw, or answered what can't be done
	timedOut            // it took longer than it may
	outOfMemory         // it held more memory than it may
	unsettled           // it returned a Promise that nothing will settle
	queueFull           // too many calls wait for the pool
	unavailable         // there was no machine to call it on
	skipped             // the breaker is open
	cancelled           // nobody waited any more
	outcomes
)

var outcomeNames = [outcomes]string{
	"ok", "remembered", "error", "timeout", "memory", "unsettled", "queue_full", "unavailable", "skipped", "cancelled",
}

func (o outcome) String() string { return outcomeNames[o] }

// dear reports whether such calls cost so much that a program that has many of them is better left alone for a while.
func (o outcome) dear() bool { return o == timedOut || o == outOfMemory || o == unsettled }

// failure is a call that did not go well.
type failure struct {
	outcome outcome
	err     error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail makes a failure.
func fail(o outcome, format string, args ...any) *failure {
	return &failure{o, fmt.Errorf(format, args...)}
}

// Error is what is wrong with a program, and where.
type Error struct {
	File         string // as it is named in `require`, or as it was given
	Line, Column int    // from 1; 0: not known
	Message      string
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Message
	}
	return e.place() + ": " + e.Message
}

// place is file:line:column, as far as that is known.
func (e *Error) place() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
}

// located makes an Error of what goja returned. An exception is described by running parts of the script: under the watchdog only.
func (m *machine) located(err error) *Error {
	var (
		e           *Error
		exception   *goja.Exception
		interrupted *goja.InterruptedError
		overflow    *goja.StackOverflowError
		unkept      *rejected
	)
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &interrupted):
		e = at(interrupted.Stack())
		e.Message = fmt.Sprint(interrupted.Value())
	case errors.As(err, &overflow):
		e = at(overflow.Stack())
		e.Message = "too many calls within one another"
	case errors.As(err, &exception):
		e = at(exception.Stack())
		e.Message = m.describe(exception.Value())
	case errors.As(err, &unkept):
		e = m.placeOf(unkept.reason)
		e.Message = m.describe(unkept.reason)
	default:
		e = &Error{Message: err.Error()}
	}
	if e.Line == 1 && e.Column > len(moduleHead) && m.edition.program.modules[e.File] != nil {
		e.Column -= len(moduleHead)
	}
	return e
}

// stackPlace is a line of an Error's stack.
var stackPlace = regexp.MustCompile(`(?:^|\n)\s*at (?:[^\n(]*\()?([^\n():]+):(\d+):(\d+)\(\d+\)`)

// placeOf reads where an Error was made.
func (m *machine) placeOf(v goja.Value) *Error {
	e := new(Error)
	o, isObject := v.(*goja.Object)
	if !isObject || o.ClassName() != "Error" {
		return e
	}
	m.rt.Try(func() {
		stack, isText := o.Get("stack").(goja.String)
		if !isText {
			return
		}
		if at := stackPlace.FindStringSubmatch(stack.String()); at != nil {
			e.File = at[1]
			e.Line, _ = strconv.Atoi(at[2])
			e.Column, _ = strconv.Atoi(at[3])
		}
	})
	return e
}

// at finds the place of the innermost frame that is in a file.
func at(stack []goja.StackFrame) *Error {
	for _, f := range stack {
		if p := f.Position(); f.SrcName() != "" && f.SrcName() != "<native>" && p.Line > 0 {
			return &Error{File: f.SrcName(), Line: p.Line, Column: p.Column}
		}
	}
	return &Error{}
}

// describe is what the log says of a thrown value.
func (m *machine) describe(v goja.Value) string {
	const longest = 500
	s := "something that has no text was thrown"
	if thrown := m.rt.Try(func() {
		switch o, isObject := v.(*goja.Object); {
		case v == nil:
		case isObject && o.ClassName() == "Error":
			name, isName := o.Get("name").(goja.String)
			message, isText := o.Get("message").(goja.String)
			if s = "an Error without a text was thrown"; isName && isText {
				s = name.String() + ": " + message.String()
			}
		case isObject:
			s = "an object was thrown: " + o.ClassName()
		default:
			s = v.String()
		}
	}); thrown != nil {
		s = "an Error was thrown that throws when it is read"
	}
	if len(s) > longest {
		s = s[:longest] + "..."
	}
	return s
}

// rejection is what the client reads when a function has failed and the configuration says that this is a reason to refuse.
func rejection(k hook.Kind, o outcome) *hook.Rejection {
	return &hook.Rejection{Code: 1105, State: "HY000", Message: fmt.Sprintf("parkway: %s of the script failed (%s)", k, o)}
}
