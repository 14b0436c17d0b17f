package protocol

import "encoding/binary"

// lenencNull is the byte that stands for NULL in a text row, where a length-encoded string is expected.
const lenencNull = 0xfb

// ReadLenencInt reads a length-encoded integer: its value and the n bytes it takes. ok is false if b is too short or begins with
// 0xFB (NULL) or 0xFF (an error packet), which are no integers.
func ReadLenencInt(b []byte) (v uint64, n int, ok bool) {
	if len(b) > 0 && b[0] < lenencNull {
		return uint64(b[0]), 1, true
	}
	return readLongLenencInt(b)
}

// readLongLenencInt is the rest of ReadLenencInt, which is small enough to be inlined without it.
func readLongLenencInt(b []byte) (v uint64, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch first := b[0]; {
	case first == 0xfc && len(b) >= 3:
		return uint64(binary.LittleEndian.Uint16(b[1:])), 3, true
	case first == 0xfd && len(b) >= 4:
		return uint64(b[1]) | uint64(b[2])<<8 | uint64(b[3])<<16, 4, true
	case first == 0xfe && len(b) >= 9:
		return binary.LittleEndian.Uint64(b[1:]), 9, true
	}
	return 0, 0, false
}

// AppendLenencInt appends v in its shortest form.
func AppendLenencInt(dst []byte, v uint64) []byte {
	switch {
	case v < lenencNull:
		return append(dst, byte(v))
	case v < 1<<16:
		return append(dst, 0xfc, byte(v), byte(v>>8))
	case v < 1<<24:
		return append(dst, 0xfd, byte(v), byte(v>>8), byte(v>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xfe), v)
}

// ReadLenencBytes reads a length-encoded string: v aliases b, n is the number of bytes it takes with its length. ok is false if b
// is too short or holds NULL.
func ReadLenencBytes(b []byte) (v []byte, n int, ok bool) {
	size, n, ok := ReadLenencInt(b)
	if !ok || size > uint64(len(b)-n) {
		return nil, 0, false
	}
	end := n + int(size)
	return b[n:end:end], end, true
}

// AppendLenencBytes appends v with its length in front.
func AppendLenencBytes(dst, v []byte) []byte {
	return append(AppendLenencInt(dst, uint64(len(v))), v...)
}

// AppendLenencString appends v with its length in front.
func AppendLenencString(dst []byte, v string) []byte {
	return append(AppendLenencInt(dst, uint64(len(v))), v...)
}
