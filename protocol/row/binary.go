package row

import (
	"encoding/binary"
	"math"
	"strconv"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// The bits of a binary row that say what is NULL begin with the third.
const nullOffset = 2

// Binary appends the values of a row of a binary result to b.
func (r *Reader) Binary(b *hook.Batch, columns []hook.Column, p []byte) error {
	head := 1 + (len(columns)+nullOffset+7)/8
	if len(p) < head || p[0] != 0 {
		return &Error{0, "", "the row is malformed"}
	}
	nulls, rest := p[1:head], p[head:]
	for i := range columns {
		c := &columns[i]
		if bit := i + nullOffset; nulls[bit/8]&(1<<(bit%8)) != 0 {
			b.Add(hook.Value{})
			continue
		}
		v, n, ok := r.value(protocol.ColumnType(c.Type), kindOf(c), int(c.Decimals), rest)
		if !ok {
			return &Error{i, c.Name, "the row is malformed"}
		}
		b.Add(v)
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return &Error{len(columns), "", "the row has more bytes than its values"}
	}
	return nil
}

// Param reads the value of a parameter, which is not NULL, from the beginning of p: v and the n bytes that it takes. It
// is valid until the next one is read, and as long as p.
func (r *Reader) Param(t protocol.ColumnType, unsigned bool, p []byte) (v hook.Value, n int, ok bool) {
	c := hook.Column{Type: byte(t), Charset: 1}
	if unsigned {
		c.Flags = flagUnsigned
	}
	switch t {
	case protocol.TypeNull:
		return hook.Value{}, 0, true
	case protocol.TypeTinyBlob, protocol.TypeBlob, protocol.TypeMediumBlob, protocol.TypeLongBlob:
		c.Charset = binaryCharset
	}
	return r.value(t, kindOf(&c), anyDecimals, p)
}

// value reads a value from the beginning of p.
func (r *Reader) value(t protocol.ColumnType, kind hook.ValueKind, decimals int, p []byte) (v hook.Value, n int, ok bool) {
	switch size := fixedSize(t); {
	case size > len(p):
		return v, 0, false
	case size > 0:
		return fixed(t, kind, p), size, true
	case kind == hook.KindTime:
		return r.time(t, decimals, p)
	}
	bytes, n, ok := protocol.ReadLenencBytes(p)
	return hook.Value{Kind: kind, Bytes: bytes}, n, ok
}

// fixedSize is how many bytes all values of a type take; 0: not all as many.
func fixedSize(t protocol.ColumnType) int {
	switch t {
	case protocol.TypeTiny, protocol.TypeBool:
		return 1
	case protocol.TypeShort, protocol.TypeYear:
		return 2
	case protocol.TypeLong, protocol.TypeInt24, protocol.TypeFloat:
		return 4
	case protocol.TypeLongLong, protocol.TypeDouble:
		return 8
	}
	return 0
}

// fixed reads a value whose size is fixed, and there.
func fixed(t protocol.ColumnType, kind hook.ValueKind, p []byte) hook.Value {
	switch t {
	case protocol.TypeFloat:
		return hook.Float(shortest(math.Float32frombits(binary.LittleEndian.Uint32(p))))
	case protocol.TypeDouble:
		return hook.Float(math.Float64frombits(binary.LittleEndian.Uint64(p)))
	}
	signed := kind == hook.KindInt
	var n uint64
	switch fixedSize(t) {
	case 1:
		if n = uint64(p[0]); signed {
			n = uint64(int8(p[0]))
		}
	case 2:
		u := binary.LittleEndian.Uint16(p)
		if n = uint64(u); signed {
			n = uint64(int16(u))
		}
	case 4:
		u := binary.LittleEndian.Uint32(p)
		if n = uint64(u); signed {
			n = uint64(int32(u))
		}
	default:
		n = binary.LittleEndian.Uint64(p)
	}
	if signed {
		return hook.Int(int64(n))
	}
	return hook.Uint(n)
}

// shortest is the shortest decimal fraction that reads as f: 0.1 rather than 0.10000000149011612.
func shortest(f float32) float64 {
	var buf [maxDigits]byte
	v, err := strconv.ParseFloat(view(strconv.AppendFloat(buf[:0], float64(f), 'g', -1, 32)), 64)
	if err != nil {
		return float64(f)
	}
	return v
}

// AppendBinary appends the payload of a row of a binary result. A value of another kind than its column is converted, if nothing is
// lost by that.
func AppendBinary(dst []byte, columns []hook.Column, values []hook.Value) ([]byte, error) {
	if len(values) != len(columns) {
		return dst, wrongWidth(columns, values)
	}
	dst = append(dst, 0)
	nulls := len(dst)
	for range (len(columns) + nullOffset + 7) / 8 {
		dst = append(dst, 0)
	}
	for i := range values {
		v := &values[i]
		if v.Kind == hook.KindNull {
			bit := i + nullOffset
			dst[nulls+bit/8] |= 1 << (bit % 8)
			continue
		}
		var reason string
		if dst, reason = appendValue(dst, &columns[i], v); reason != "" {
			return dst, &Error{i, columns[i].Name, reason}
		}
	}
	return dst, nil
}

// appendValue appends a value, or says why it cannot.
func appendValue(dst []byte, c *hook.Column, v *hook.Value) (out []byte, reason string) {
	if v.Kind == hook.KindUnknown {
		return dst, "the value is not known"
	}
	switch t := protocol.ColumnType(c.Type); kindOf(c) {
	case hook.KindInt, hook.KindUint:
		return appendInteger(dst, t, c.Flags&flagUnsigned != 0, v)
	case hook.KindFloat:
		f, ok := floatOf(v)
		switch {
		case !ok:
			return dst, "the value is no number"
		case t == protocol.TypeFloat:
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), ""
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), ""
	case hook.KindTime:
		return appendTime(dst, t, v)
	}
	var digits [maxDigits]byte
	return protocol.AppendLenencBytes(dst, textOf(digits[:0], v, c)), ""
}

// appendInteger appends a value to a column of integers.
func appendInteger(dst []byte, t protocol.ColumnType, unsigned bool, v *hook.Value) (out []byte, reason string) {
	n, negative, ok := integerOf(v)
	bits := 8 * fixedSize(t)
	switch {
	case !ok:
		return dst, "the value is no whole number"
	case unsigned && negative, unsigned && bits < 64 && n>>bits != 0,
		!unsigned && !negative && n>>(bits-1) != 0, !unsigned && negative && -n > 1<<(bits-1):
		return dst, "the number is too large for the column"
	}
	switch bits {
	case 8:
		return append(dst, byte(n)), ""
	case 16:
		return binary.LittleEndian.AppendUint16(dst, uint16(n)), ""
	case 32:
		return binary.LittleEndian.AppendUint32(dst, uint32(n)), ""
	}
	return binary.LittleEndian.AppendUint64(dst, n), ""
}

// integerOf is a value as an integer, in two's complement if it is negative.
func integerOf(v *hook.Value) (n uint64, negative, ok bool) {
	switch v.Kind {
	case hook.KindInt:
		return uint64(v.Int()), v.Int() < 0, true
	case hook.KindUint:
		return v.Uint(), false, true
	case hook.KindFloat:
		switch f := v.Float(); {
		case f != math.Trunc(f), f < -1<<63, f >= 1<<64:
			return 0, false, false
		case f < 0:
			return uint64(int64(f)), true, true
		default:
			return uint64(f), false, true
		}
	}
	if i, ok := parseInt(v.Bytes); ok {
		return uint64(i), i < 0, true
	}
	n, ok = parseUint(v.Bytes)
	return n, false, ok
}

// floatOf is a value as a floating point number.
func floatOf(v *hook.Value) (f float64, ok bool) {
	switch v.Kind {
	case hook.KindInt:
		return float64(v.Int()), true
	case hook.KindUint:
		return float64(v.Uint()), true
	case hook.KindFloat:
		return v.Float(), true
	}
	f, err := strconv.ParseFloat(view(v.Bytes), 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}
