package scripting

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// The functions of the language are bounded by others in their place (bounds.go). What its operators make is bounded by a change of the program before it
// is compiled: a + b and a += b become bounded(a + b) and bounded(a += bounded(b)), and so do templates, unless one of the operands is short whatever it is:
// a literal, what arithmetic makes. Without that a text that doubles itself has all memory in a few steps. Operators that make long numbers of short ones become
// calls of the functions in bigint.go, unless one of the operands is a number whatever it is.

// boundedName names the function in a program: no identifier is spelled so.
const boundedName = "bounded text"

// reviser changes one program.
type reviser struct {
	file  *file.File
	seen  map[any]bool // nodes: some are in two places
	jobs  bool         // it may leave jobs: it has async functions, or names Promise
	depth int          // of nodes that the walk is in
	wrong *Error       // what is not compiled; the walk ends there
}

// maxNodes bounds the nodes of a program within one another, which brackets are not needed for: a + a + a + ... The compiler is recursive, and a stack that
// is too large ends the process. The parser is too, but needs less: 256 MiB for the worst file of maxSource bytes that was measured.
const maxNodes = 10_000

// revise changes a program. It reports whether a function of that may leave jobs that run when it has ended; the error is for what is not to be compiled.
func revise(p *ast.Program) (jobs bool, wrong *Error) {
	r := reviser{file: p.File, seen: make(map[any]bool)}
	r.walk(reflect.ValueOf(p))
	return r.jobs, r.wrong
}

// refuse ends the walk, for what is wrong with a node.
func (r *reviser) refuse(node ast.Node, message string) {
	at := r.file.Position(int(node.Idx0()) - r.file.Base())
	r.wrong = &Error{File: r.file.Name(), Line: at.Line, Column: at.Column, Message: message}
}

var (
	typeExpression = reflect.TypeFor[ast.Expression]()
	typeFile       = reflect.TypeFor[*file.File]()
)

// walk goes through a node and all below it, those below first.
func (r *reviser) walk(v reflect.Value) {
	if r.wrong != nil {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		r.walk(v.Elem())
		if r.wrong == nil && v.Type() == typeExpression {
			if by := r.replacement(v.Interface().(ast.Expression)); by != nil {
				v.Set(reflect.ValueOf(by))
			}
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type() == typeFile || r.seen[v.Interface()] {
			return
		}
		r.seen[v.Interface()] = true
		r.note(v.Interface())
		r.depth++
		if node, isNode := v.Interface().(ast.Node); isNode && r.depth > maxNodes {
			r.refuse(node, fmt.Sprintf("more than %d expressions and statements within one another", maxNodes))
		}
		r.walk(v.Elem())
		r.depth--
	case reflect.Struct:
		for _, field := range v.Fields() {
			r.walk(field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			r.walk(v.Index(i))
		}
	}
}

// note looks for what makes jobs, and for `with`, which may give another meaning to the name of the function that bounds texts.
func (r *reviser) note(node any) {
	switch n := node.(type) {
	case *ast.FunctionLiteral:
		r.jobs = r.jobs || n.Async
	case *ast.ArrowFunctionLiteral:
		r.jobs = r.jobs || n.Async
	case *ast.Identifier:
		r.jobs = r.jobs || n.Name == "Promise"
	case *ast.StringLiteral: // globalThis["Promise"], {Promise: P}
		r.jobs = r.jobs || n.Value == "Promise"
	case *ast.NumberLiteral:
		if long, isBig := n.Value.(*big.Int); isBig && long.BitLen() > maxBits {
			r.refuse(n, fmt.Sprintf("a BigInt of more than %d bits", maxBits))
		}
	case *ast.WithStatement:
		r.refuse(n, "there is no with statement here")
	}
}

// replacement is what takes the place of an expression; nil: it stays.
func (r *reviser) replacement(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.BinaryExpression:
		switch {
		case e.Operator == token.PLUS && !isShort(e.Left) && !isShort(e.Right):
			return bounded(e, maxText)
		case slices.Contains(lengthening, e.Operator) && !isNumber(e.Left) && !isNumber(e.Right):
			return step(e.Operator.String(), e.Left, e.Right)
		}
	case *ast.AssignExpression:
		switch {
		case e.Operator == token.PLUS && !isShort(e.Right):
			e.Right = bounded(e.Right, maxText)
			return bounded(e, maxText)
		case slices.Contains(lengthening, e.Operator) && !isNumber(e.Right):
			if name, isName := e.Left.(*ast.Identifier); isName {
				e.Right = step(e.Operator.String(), &ast.Identifier{Name: name.Name, Idx: name.Idx}, e.Right)
				e.Operator = token.ASSIGN
			} else {
				e.Right = step("assign", e.Right)
			}
		}
	case *ast.TemplateLiteral:
		if e.Tag == nil && len(e.Expressions) > 0 {
			limit := int64(4 * maxText / len(e.Expressions))
			for i, x := range e.Expressions {
				if limit < maxText && !isShort(x) {
					e.Expressions[i] = bounded(x, limit)
				}
			}
			return bounded(e, 4*maxText)
		}
	}
	return nil
}

// bounded is a call of the function with an expression, the text of which may have limit characters.
func bounded(e ast.Expression, limit int64) ast.Expression {
	return &ast.CallExpression{
		Callee:          &ast.Identifier{Name: boundedName, Idx: e.Idx0()},
		LeftParenthesis: e.Idx0(), ArgumentList: []ast.Expression{e, &ast.NumberLiteral{Idx: e.Idx0(), Value: limit}}, RightParenthesis: e.Idx1(),
	}
}

// step is a call of one of the functions in bigint.go.
func step(name string, operands ...ast.Expression) ast.Expression {
	first, last := operands[0].Idx0(), operands[len(operands)-1].Idx1()
	return &ast.CallExpression{
		Callee:          &ast.Identifier{Name: unistring.String(stepName(name)), Idx: first},
		LeftParenthesis: first, ArgumentList: operands, RightParenthesis: last,
	}
}

// isNumber reports whether an expression is, or becomes, a number and no BigInt, with which none can be calculated: the operator throws.
func isNumber(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral:
		_, isBig := e.Value.(*big.Int)
		return !isBig
	case *ast.StringLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.UnaryExpression:
		return e.Operator == token.PLUS || (e.Operator == token.MINUS || e.Operator == token.BITWISE_NOT) && isNumber(e.Operand)
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.MINUS, token.MULTIPLY, token.EXPONENT, token.SLASH, token.REMAINDER, token.AND, token.OR, token.EXCLUSIVE_OR,
			token.SHIFT_LEFT, token.SHIFT_RIGHT:
			return isNumber(e.Left) || isNumber(e.Right)
		case token.UNSIGNED_SHIFT_RIGHT:
			return true
		}
	}
	return false
}

// isShort reports whether the text of an expression is short, or as long as it stands in the program.
func isShort(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.TemplateLiteral:
		return e.Tag == nil && len(e.Expressions) == 0
	case *ast.UnaryExpression:
		return true
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.PLUS:
			return isShort(e.Left) && isShort(e.Right)
		case token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			return isShort(e.Left) && isShort(e.Right)
		}
		return true
	}
	return false
}

// offerBounded defines the function that revise has put into the program.
func (m *machine) offerBounded() {
	f := m.function("", 2, func(call goja.FunctionCall) goja.Value {
		v := call.Argument(0)
		if s, isText := v.(goja.String); isText {
			n, limit := int64(s.Length()), call.Argument(1).ToInteger()
			if n > limit {
				m.tooLarge("a text", n, limit)
			}
			m.charge(n)
		} else if goja.IsBigInt(v) {
			m.boundBigInt(v)
		}
		return v
	})
	must(m.rt.GlobalObject().DefineDataProperty(boundedName, f, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
}
