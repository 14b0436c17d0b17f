package row

import (
	"math"
	"strconv"
	"unsafe"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// null stands for NULL in a text row.
const null = 0xfb

// Text appends the values of a row of a text result to b.
func (r *Reader) Text(b *hook.Batch, columns []hook.Column, p []byte) error {
	for i := range columns {
		if len(p) > 0 && p[0] == null {
			b.Add(hook.Value{})
			p = p[1:]
			continue
		}
		text, n, ok := protocol.ReadLenencBytes(p)
		if !ok {
			return &Error{i, columns[i].Name, "the row is malformed"}
		}
		b.Add(parse(kindOf(&columns[i]), text))
		p = p[n:]
	}
	if len(p) > 0 {
		return &Error{len(columns), "", "the row has more values than the result has columns"}
	}
	return nil
}

// parse makes a value of a text. A number that is none is a text: nothing is lost.
func parse(kind hook.ValueKind, text []byte) hook.Value {
	v := hook.Value{Kind: kind}
	switch kind {
	case hook.KindInt:
		n, ok := parseInt(text)
		if !ok {
			return hook.Value{Kind: hook.KindText, Bytes: text}
		}
		v = hook.Int(n)
	case hook.KindUint:
		n, ok := parseUint(text)
		if !ok {
			return hook.Value{Kind: hook.KindText, Bytes: text}
		}
		v = hook.Uint(n)
	case hook.KindFloat:
		f, err := strconv.ParseFloat(view(text), 64)
		if err != nil {
			return hook.Value{Kind: hook.KindText, Bytes: text}
		}
		v = hook.Float(f)
	}
	v.Bytes = text
	return v
}

// view is p as a string, for a function that does not keep it.
func view(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }

func parseInt(text []byte) (int64, bool) {
	n, err := strconv.ParseInt(view(text), 10, 64)
	return n, err == nil
}

func parseUint(text []byte) (uint64, bool) {
	n, err := strconv.ParseUint(view(text), 10, 64)
	return n, err == nil
}

// AppendText appends the payload of a row of a text result.
func AppendText(dst []byte, columns []hook.Column, values []hook.Value) ([]byte, error) {
	if len(values) != len(columns) {
		return dst, wrongWidth(columns, values)
	}
	var digits [maxDigits]byte
	for i := range values {
		switch v := &values[i]; v.Kind {
		case hook.KindNull:
			dst = append(dst, null)
		case hook.KindUnknown:
			return dst, &Error{i, columns[i].Name, "the value is not known"}
		default:
			dst = protocol.AppendLenencBytes(dst, textOf(digits[:0], v, &columns[i]))
		}
	}
	return dst, nil
}

func wrongWidth(columns []hook.Column, values []hook.Value) error {
	return &Error{min(len(columns), len(values)), "", "a row of " + strconv.Itoa(len(values)) + " values for " + strconv.Itoa(len(columns)) + " columns"}
}

// maxDigits is room for any number.
const maxDigits = 32

// textOf is a value, which is not NULL, of a column as the text protocol has it. A number without a text is written to buf.
func textOf(buf []byte, v *hook.Value, c *hook.Column) []byte {
	if v.Bytes != nil {
		return v.Bytes
	}
	switch v.Kind {
	case hook.KindInt:
		return strconv.AppendInt(buf, v.Int(), 10)
	case hook.KindUint:
		return appendFilled(buf, v.Uint(), c)
	case hook.KindFloat:
		if c.Decimals < anyDecimals && kindOf(c) == hook.KindFloat { // DOUBLE(10,2)
			return strconv.AppendFloat(buf, v.Float(), 'f', int(c.Decimals), 64)
		}
		return appendFloat(buf, v.Float())
	}
	return nil
}

const (
	flagZerofill = 0x40
	maxWidth     = 255 // of a column with ZEROFILL
)

// appendFilled writes a number, with zeros before it where the column says so: those with ZEROFILL, which are unsigned, and YEAR.
func appendFilled(buf []byte, n uint64, c *hook.Column) []byte {
	if c.Flags&flagZerofill == 0 {
		return strconv.AppendUint(buf, n, 10)
	}
	var digits [maxDigits]byte
	text := strconv.AppendUint(digits[:0], n, 10)
	for range int(min(c.Length, maxWidth)) - len(text) {
		buf = append(buf, '0')
	}
	return append(buf, text...)
}

// appendFloat writes a number as servers do: in the shortest form that reads as it, with an exponent where it is very large or small.
func appendFloat(buf []byte, f float64) []byte {
	if abs := math.Abs(f); abs == 0 || abs >= 1e-15 && abs < 1e15 {
		return strconv.AppendFloat(buf, f, 'f', -1, 64)
	}
	buf = strconv.AppendFloat(buf, f, 'e', -1, 64)
	// Go writes at least two digits, and a sign: 1e+20, 1e-07.
	for i := len(buf) - 1; i > 0; i-- {
		if buf[i] != 'e' {
			continue
		}
		at := i + 1
		if buf[at] == '+' {
			buf = append(buf[:at], buf[at+1:]...)
		} else if buf[at] == '-' {
			at++
		}
		if buf[at] == '0' && at+1 < len(buf) {
			buf = append(buf[:at], buf[at+1:]...)
		}
		break
	}
	return buf
}
