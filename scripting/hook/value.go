package hook

import "math"

// ValueKind says what a Value is.
type ValueKind uint8

// The kinds.
const (
	KindNull    ValueKind = iota
	KindInt               // signed: TINYINT to BIGINT, YEAR
	KindUint              // unsigned
	KindFloat             // FLOAT, DOUBLE
	KindDecimal           // Bytes: the number in digits
	KindText              // Bytes, in the character set of the client
	KindBytes             // Bytes, in no character set: BLOB, BINARY, BIT, GEOMETRY
	KindTime              // Bytes: DATE, TIME, DATETIME, TIMESTAMP as the text protocol writes them
	KindUnknown           // something that was not kept
)

// Value is a value of a row or a parameter; the same for the text and the binary protocol.
type Value struct {
	Kind ValueKind
	bits uint64
	// Bytes is the value of the kinds that are made of bytes. For a number it is the text that the server sent, if that was a text: 1e2, 007, 1.50.
	// A value that goes back unchanged goes back as this text. nil: none.
	Bytes []byte
}

// Int is an integer.
func Int(v int64) Value { return Value{Kind: KindInt, bits: uint64(v)} }

// Uint is an unsigned integer.
func Uint(v uint64) Value { return Value{Kind: KindUint, bits: v} }

// Float is a floating point number. A FLOAT of the binary protocol is to be given as the shortest decimal fraction that reads as it (0.1, not
// 0.10000000149011612), which is what the text protocol has.
func Float(v float64) Value { return Value{Kind: KindFloat, bits: math.Float64bits(v)} }

// Text is a string.
func Text(s string) Value { return Value{Kind: KindText, Bytes: []byte(s)} }

// Int returns the number of a KindInt.
func (v Value) Int() int64 { return int64(v.bits) }

// Uint returns the number of a KindUint.
func (v Value) Uint() uint64 { return v.bits }

// Float returns the number of a KindFloat.
func (v Value) Float() float64 { return math.Float64frombits(v.bits) }
