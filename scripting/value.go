package scripting

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// maxSafe is the largest integer that a JavaScript number has exactly, along with all smaller ones.
const maxSafe = 1<<53 - 1

// value makes a script's value of a row's or a parameter's: integers are numbers, beyond maxSafe BigInts; decimals, dates and texts are strings;
// bytes are a Uint8Array.
func (m *machine) value(v hook.Value) goja.Value {
	switch v.Kind {
	case hook.KindNull:
		return goja.Null()
	case hook.KindInt:
		if n := v.Int(); n > maxSafe || n < -maxSafe {
			return m.rt.ToValue(big.NewInt(n))
		}
		return m.rt.ToValue(v.Int())
	case hook.KindUint:
		if n := v.Uint(); n > maxSafe {
			return m.rt.ToValue(new(big.Int).SetUint64(n))
		}
		return m.rt.ToValue(int64(v.Uint()))
	case hook.KindFloat:
		return m.rt.ToValue(v.Float())
	case hook.KindBytes:
		return m.uint8Array(slices.Clone(v.Bytes))
	case hook.KindUnknown:
		return goja.Undefined()
	}
	return m.text(v.Bytes)
}

// wireValue makes a row's value of a script's.
func wireValue(v goja.Value) (hook.Value, error) {
	switch v := v.(type) {
	case nil:
		return hook.Value{}, nil
	case goja.String:
		return hook.Value{Kind: hook.KindText, Bytes: bytesOf(v)}, nil
	case *goja.Object:
		if b, ok := bytesIn(v); ok {
			return hook.Value{Kind: hook.KindBytes, Bytes: b}, nil
		}
		return hook.Value{}, fmt.Errorf("a value of a row must be null, a boolean, number, BigInt, string or Uint8Array, not %s", v.ClassName())
	case *goja.Symbol:
		return hook.Value{}, fmt.Errorf("a Symbol is no value of a row")
	}
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return hook.Value{}, nil
	}
	switch x := v.Export().(type) {
	case bool:
		if x {
			return hook.Int(1), nil
		}
		return hook.Int(0), nil
	case int64:
		return hook.Int(x), nil
	case float64:
		return wireNumber(x)
	case *big.Int:
		switch {
		case x.IsInt64():
			return hook.Int(x.Int64()), nil
		case x.IsUint64():
			return hook.Uint(x.Uint64()), nil
		}
		return hook.Value{Kind: hook.KindDecimal, Bytes: x.Append(nil, 10)}, nil
	}
	return hook.Value{}, fmt.Errorf("%s is no value of a row", v.ExportType())
}

// wireNumber is wireValue for numbers.
func wireNumber(x float64) (hook.Value, error) {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return hook.Value{}, fmt.Errorf("%s is no value of a row", strconv.FormatFloat(x, 'g', -1, 64))
	case x == math.Trunc(x) && math.Abs(x) <= maxSafe:
		return hook.Int(int64(x)), nil
	}
	return hook.Float(x), nil
}
