package scripting

import (
	"reflect"
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// Most functions do nothing with `q` but read its properties and call its methods. When such a call is over nobody can have it any more, and it may be
// that of the next call: what is made for each call has to be collected, and pushes out of the caches what the event loop needs next. Whoever hands q on, keeps it,
// or looks at it in any other way, gets one of his own each time.

// maxLent bounds the text of a function that is looked at.
const maxLent = 64 << 10

// returns reports whether a function gives back its first argument, which is q, with its end.
func (m *machine) returns(function goja.Value) bool {
	text, err := m.textOf(function)
	if err != nil || len(text.String()) > maxLent {
		return false
	}
	parsed, err := goja.Parse("", "("+text.String()+")")
	if err != nil || len(parsed.Body) != 1 {
		return false
	}
	l := lending{seen: make(map[any]bool), methods: m.queries.GetOwnPropertyNames()}
	statement, isExpression := parsed.Body[0].(*ast.ExpressionStatement)
	if !isExpression || !l.begin(statement.Expression) {
		return false
	}
	l.walk(reflect.ValueOf(statement.Expression))
	return l.named == l.known+1 // the parameter itself
}

// lending looks at a function: its argument comes back if every place that names it is one that is known to keep nothing.
type lending struct {
	seen     map[any]bool // nodes: some are in two places
	methods  []string     // of q, which return it
	argument string
	named    int // places that name it, or may
	known    int // of them those that read a property, or call a method and leave what that returns
	within   int // functions and classes within one another: in the inner ones nothing is known
}

// begin reports whether the function is one whose argument has a name, and which ends with its call.
func (l *lending) begin(f ast.Expression) bool {
	var parameters *ast.ParameterList
	switch f := f.(type) {
	case *ast.FunctionLiteral:
		if f.Async || f.Generator {
			return false
		}
		parameters = f.ParameterList
	case *ast.ArrowFunctionLiteral:
		if f.Async {
			return false
		}
		parameters = f.ParameterList
	}
	if parameters == nil || len(parameters.List) == 0 {
		return false
	}
	name, isName := parameters.List[0].Target.(*ast.Identifier)
	if !isName {
		return false
	}
	l.argument = name.Name.String()
	return true
}

// walk goes through a node and all below it.
func (l *lending) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() || v.Type() == typeFile {
			return
		}
		if v.Kind() == reflect.Interface {
			l.walk(v.Elem())
			return
		}
		if l.seen[v.Interface()] {
			return
		}
		l.seen[v.Interface()] = true
		switch n := v.Interface().(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
			l.within++
			defer func() { l.within-- }()
		case *ast.DotExpression:
			if l.isArgument(n.Left) && l.within == 1 && slices.Contains(queryProperties, n.Identifier.Name.String()) {
				l.known++
			}
			l.walk(reflect.ValueOf(n.Left)) // the name of a property names nothing else
			return
		case *ast.ExpressionStatement:
			l.leave(n.Expression)
		case *ast.ExpressionBody: // of an arrow function
			l.leave(n.Expression)
		case *ast.ReturnStatement: // to the host
			l.leave(n.Argument)
		}
		l.walk(v.Elem())
	case reflect.Struct:
		if name, isName := v.Interface().(ast.Identifier); isName && (name.Name.String() == l.argument || name.Name == "arguments") {
			l.named++
		}
		for _, field := range v.Fields() {
			l.walk(field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			l.walk(v.Index(i))
		}
	}
}

// leave is told of an expression whose value nobody takes.
func (l *lending) leave(e ast.Expression) {
	switch n := e.(type) {
	case *ast.CallExpression:
		if l.within == 1 && l.isArgument(n) {
			l.known++
		}
	case *ast.BinaryExpression:
		if n.Operator == token.LOGICAL_AND || n.Operator == token.LOGICAL_OR {
			l.leave(n.Right)
		}
	case *ast.ConditionalExpression:
		l.leave(n.Consequent)
		l.leave(n.Alternate)
	}
}

// isArgument reports whether the value of an expression is the argument: its name, or what a method of it returns.
func (l *lending) isArgument(e ast.Expression) bool {
	switch n := e.(type) {
	case *ast.Identifier:
		return n.Name.String() == l.argument
	case *ast.CallExpression:
		method, isMethod := n.Callee.(*ast.DotExpression)
		return isMethod && slices.Contains(l.methods, method.Identifier.Name.String()) && l.isArgument(method.Left)
	}
	return false
}
