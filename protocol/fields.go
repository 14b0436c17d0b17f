package protocol

import (
	"bytes"
	"encoding/binary"
)

// fields reads the fields of a payload one after the other. Once a field doesn't fit, short is set and everything read from then
// on is zero, so that a decoder checks once, at its end.
type fields struct {
	rest  []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if n > len(f.rest) {
		f.fail()
		return nil
	}
	v := f.rest[:n:n]
	f.rest = f.rest[n:]
	return v
}

func (f *fields) fail() {
	f.short, f.rest = true, nil
}

func (f *fields) uint8() byte {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) uint16() uint16 {
	if b := f.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (f *fields) uint32() uint32 {
	if b := f.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (f *fields) lenenc() uint64 {
	v, n, ok := ReadLenencInt(f.rest)
	if !ok {
		f.fail()
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

// lenencBytes aliases the payload.
func (f *fields) lenencBytes() []byte {
	v, n, ok := ReadLenencBytes(f.rest)
	if !ok {
		f.fail()
		return nil
	}
	f.rest = f.rest[n:]
	return v
}

// nulBytes reads up to a NUL byte, which it drops. It aliases the payload.
func (f *fields) nulBytes() []byte {
	end := bytes.IndexByte(f.rest, 0)
	if end < 0 {
		f.fail()
		return nil
	}
	v := f.rest[:end:end]
	f.rest = f.rest[end+1:]
	return v
}

// lastNulBytes is nulBytes for a last field, whose NUL some peers leave out.
func (f *fields) lastNulBytes() []byte {
	if bytes.IndexByte(f.rest, 0) >= 0 {
		return f.nulBytes()
	}
	return f.take(len(f.rest))
}
