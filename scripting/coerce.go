package scripting

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"

	"parkway/scripting/hook"
)

// Types of columns, as the protocol numbers them.
const (
	typeTiny      = 1
	typeShort     = 2
	typeLong      = 3
	typeFloat     = 4
	typeDouble    = 5
	typeNull      = 6
	typeTimestamp = 7
	typeLongLong  = 8
	typeInt24     = 9
	typeDate      = 10
	typeTime      = 11
	typeDateTime  = 12
	typeYear      = 13
	typeBit       = 16
	typeDecimal   = 246
	typeOldDec    = 0

	flagUnsigned  = 32
	charsetBinary = 63
)

// The forms of what a script may put into columns of these types.
var (
	dateForm     = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeForm     = regexp.MustCompile(`^-?\d{2,3}:\d\d:\d\d(\.\d{1,6})?$`)
	dateTimeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$`)
	decimalForm  = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

// coerce makes of a script's value one of a kind that the column has, so that whoever encodes it need not think: the binary protocol knows only the
// column's type.
func coerce(v hook.Value, c *hook.Column) (hook.Value, error) {
	if v.Kind == hook.KindNull {
		return v, nil
	}
	switch c.Type {
	case typeTiny, typeShort, typeLong, typeInt24, typeLongLong, typeYear:
		return coerceInteger(v, c)
	case typeFloat, typeDouble:
		return coerceFloat(v)
	case typeDecimal, typeOldDec:
		return coerceText(v, hook.KindDecimal, decimalForm, "DECIMAL")
	case typeDate:
		return coerceText(v, hook.KindTime, dateForm, "DATE")
	case typeTime:
		return coerceText(v, hook.KindTime, timeForm, "TIME")
	case typeDateTime, typeTimestamp:
		return coerceText(v, hook.KindTime, dateTimeForm, "DATETIME")
	}
	out := hook.Value{Kind: hook.KindText, Bytes: textForm(v)}
	if c.Charset == charsetBinary || c.Type == typeBit {
		out.Kind = hook.KindBytes
	}
	return out, nil
}

// bounds are how many bits an integer type has.
var integerBits = map[byte]uint{typeTiny: 8, typeShort: 16, typeInt24: 24, typeLong: 32, typeLongLong: 64, typeYear: 16}

func coerceInteger(v hook.Value, c *hook.Column) (hook.Value, error) {
	bits := integerBits[c.Type]
	text := string(textForm(v))
	if c.Flags&flagUnsigned != 0 || c.Type == typeYear {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || bits < 64 && n>>bits != 0 {
			return v, fmt.Errorf("%q is no unsigned integer of %d bits", clip(text), bits)
		}
		return hook.Uint(n), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n<<(64-bits)>>(64-bits) != n {
		return v, fmt.Errorf("%q is no integer of %d bits", clip(text), bits)
	}
	return hook.Int(n), nil
}

func coerceFloat(v hook.Value) (hook.Value, error) {
	switch v.Kind {
	case hook.KindFloat:
		return hook.Float(v.Float()), nil
	case hook.KindInt:
		return hook.Float(float64(v.Int())), nil
	case hook.KindUint:
		return hook.Float(float64(v.Uint())), nil
	}
	x, err := strconv.ParseFloat(string(v.Bytes), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return v, fmt.Errorf("%q is no number", clip(string(v.Bytes)))
	}
	return hook.Float(x), nil
}

func coerceText(v hook.Value, kind hook.ValueKind, form *regexp.Regexp, name string) (hook.Value, error) {
	text := textForm(v)
	if !form.Match(text) {
		return v, fmt.Errorf("%q is no %s", clip(string(text)), name)
	}
	return hook.Value{Kind: kind, Bytes: text}, nil
}

// textForm is a value as the text protocol has it.
func textForm(v hook.Value) []byte {
	switch v.Kind {
	case hook.KindInt:
		return strconv.AppendInt(nil, v.Int(), 10)
	case hook.KindUint:
		return strconv.AppendUint(nil, v.Uint(), 10)
	case hook.KindFloat:
		return strconv.AppendFloat(nil, v.Float(), 'f', -1, 64)
	}
	if v.Bytes == nil {
		return []byte{}
	}
	return v.Bytes
}

func clip(s string) string { return cut(s, 40) }

// errNoRow is what a function is told that has returned something else than rows.
var errNoRow = errors.New("what is returned must be rows of this result, arrays of values, or objects")
