package scripting

import (
	"fmt"
	"math/big"

	"github.com/dop251/goja"
	"github.com/dop251/goja/token"
)

// A step of a BigInt takes the longer the more digits that has, and a few steps are enough for millions of them: a * a, a ** b, a << b. So what makes long ones
// of short ones is bounded: these operators, which revise has replaced by calls of functions (numbers are none the wiser), BigInt() and BigInt.asUintN(). What + and -
// make is longer by a bit.

const (
	// maxBits bounds a BigInt: 19,728 digits, whose text takes some 2 ms.
	maxBits = 1 << 16
	// maxDigits bounds a text that is made one.
	maxDigits = 20_000
)

// lengthening are the operators that make long BigInts of short ones.
var lengthening = []token.Token{token.MULTIPLY, token.EXPONENT, token.SHIFT_LEFT, token.SHIFT_RIGHT}

// steps is the source of the functions in the place of the operators, by their names. Both operands are made primitive numbers first, once, as the operator does.
// assign is for `a.b *= c`, which could be written in no other way without looking for a twice.
var steps = func() string {
	source := `(check) => ({
	assign: (b) => {
		b = -(-b)
		if (typeof b === "bigint") throw new TypeError("a property that is a BigInt is not multiplied or shifted in place here: write a.b = a.b * c")
		return b
	},
`
	for i, operator := range lengthening {
		source += fmt.Sprintf(`	"%[1]v": (a, b) => {
		a = -(-a); b = -(-b)
		if (typeof a === "bigint" && typeof b === "bigint") check(%[2]d, a, b)
		return a %[1]v b
	},
`, operator, i)
	}
	return source + "})"
}()

// boundBigInts bounds what makes a BigInt.
func (m *machine) boundBigInts() {
	check := m.function("", 3, func(call goja.FunctionCall) goja.Value {
		m.boundStep(lengthening[call.Argument(0).ToInteger()], bigOf(call.Argument(1)), bigOf(call.Argument(2)))
		return goja.Undefined()
	})
	define, _ := goja.AssertFunction(m.object(steps))
	functions := m.pass(define(goja.Undefined(), check)).(*goja.Object)
	for _, name := range functions.Keys() {
		must(m.rt.GlobalObject().DefineDataProperty(stepName(name), functions.Get(name), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
	}

	real := m.object("BigInt")
	for _, name := range []string{"asIntN", "asUintN"} {
		m.replace(real, name, func(call *goja.FunctionCall) {
			passOn(call, 0, numberOnce)
			if call.Argument(0).ToInteger() > maxBits {
				m.refuseBigInt()
			}
			m.boundDigits(call, 1)
		})
	}
	m.supplant("BigInt", real, m.around("BigInt", real, func(call goja.FunctionCall, convert native) goja.Value {
		m.boundDigits(&call, 0)
		return convert(call)
	}))
}

// stepName names one of steps in a program: no identifier is spelled so.
func stepName(step string) string { return "bounded " + step }

// boundDigits bounds the text that an argument is, or becomes.
func (m *machine) boundDigits(call *goja.FunctionCall, i int) {
	passOn(call, i, numberOnce)
	if n := textLength(call.Argument(i)); n > maxDigits {
		m.tooLarge("a text that becomes a BigInt", n, maxDigits)
	}
}

// bigOf copies a BigInt.
func bigOf(v goja.Value) *big.Int { return v.Export().(*big.Int) }

// boundBigInt throws if a BigInt is too long.
func (m *machine) boundBigInt(v goja.Value) {
	if bigOf(v).BitLen() > maxBits {
		m.refuseBigInt()
	}
}

func (m *machine) refuseBigInt() { panic(m.rangeError("a BigInt of more than %d bits", maxBits)) }

// boundStep throws if what an operator makes of two BigInts would be too long.
func (m *machine) boundStep(operator token.Token, a, b *big.Int) {
	bits, by := int64(a.BitLen()), int64(maxBits+1) // by how much, or more than can be
	if b.CmpAbs(big.NewInt(maxBits)) <= 0 {
		by = b.Int64()
	} else if b.Sign() < 0 {
		by = -by
	}
	switch operator {
	case token.MULTIPLY:
		bits += int64(b.BitLen())
	case token.EXPONENT:
		bits = max(bits-1, 0) * max(by, 1) // at least, and at most twice as many; of -1, 0 and 1 none
	case token.SHIFT_LEFT:
		bits += max(by, 0)
	case token.SHIFT_RIGHT:
		bits += max(-by, 0)
	}
	if bits > maxBits {
		m.refuseBigInt()
	}
}
