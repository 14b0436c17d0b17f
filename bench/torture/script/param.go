package script

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"parkway/protocol"
)

// Param is a parameter of COM_STMT_EXECUTE, written as "type:value", or
// "type:null". Types: tiny short long longlong, the same with a "u" before
// them, float double, string blob, decimal and date (2024-05-06).
type Param struct {
	Type     protocol.ColumnType
	Unsigned bool
	Null     bool
	Value    []byte // as it goes over the wire; nil for NULL
}

// unsignedFlag is the second byte of an unsigned parameter's type.
const unsignedFlag = 0x80

// paramTypes are the encodings of values by the name of their type.
var paramTypes = map[string]struct {
	code   protocol.ColumnType
	encode func(value string) ([]byte, error)
}{
	"tiny":     {protocol.TypeTiny, integer(1)},
	"short":    {protocol.TypeShort, integer(2)},
	"long":     {protocol.TypeLong, integer(4)},
	"longlong": {protocol.TypeLongLong, integer(8)},
	"float": {protocol.TypeFloat, func(v string) ([]byte, error) {
		f, err := strconv.ParseFloat(v, 32)
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(f))), err
	}},
	"double": {protocol.TypeDouble, func(v string) ([]byte, error) {
		f, err := strconv.ParseFloat(v, 64)
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)), err
	}},
	"string":  {protocol.TypeVarString, text},
	"blob":    {protocol.TypeBlob, text},
	"decimal": {protocol.TypeNewDecimal, text},
	"date":    {protocol.TypeDate, date},
}

// ParseParam reads a parameter.
func ParseParam(s string) (Param, error) {
	name, value, ok := strings.Cut(s, ":")
	bare, unsigned := strings.CutPrefix(name, "u")
	t, known := paramTypes[bare]
	if !ok || !known {
		return Param{}, fmt.Errorf("%q is not a parameter: type:value", s)
	}
	p := Param{Type: t.code, Unsigned: unsigned, Null: value == "null"}
	if p.Null {
		return p, nil
	}
	var err error
	if p.Value, err = t.encode(value); err != nil {
		return Param{}, fmt.Errorf("parameter %q: %w", s, err)
	}
	return p, nil
}

// TypeBytes are the two bytes that tell the server the parameter's type.
func (p Param) TypeBytes() [2]byte {
	var flag byte
	if p.Unsigned {
		flag = unsignedFlag
	}
	return [2]byte{byte(p.Type), flag}
}

// integer encodes a whole number in so many bytes.
func integer(size int) func(string) ([]byte, error) {
	return func(v string) ([]byte, error) {
		if n, err := strconv.ParseInt(v, 10, 8*size); err == nil {
			return binary.LittleEndian.AppendUint64(nil, uint64(n))[:size], nil
		}
		n, err := strconv.ParseUint(v, 10, 8*size)
		return binary.LittleEndian.AppendUint64(nil, n)[:size], err
	}
}

func text(v string) ([]byte, error) { return protocol.AppendLenencString(nil, v), nil }

func date(v string) ([]byte, error) {
	var year, month, day int
	if _, err := fmt.Sscanf(v, "%d-%d-%d", &year, &month, &day); err != nil {
		return nil, err
	}
	return []byte{4, byte(year), byte(year >> 8), byte(month), byte(day)}, nil
}
