package scripting

import (
	encoding "encoding/binary"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
)

// The bytes of a statement are mostly UTF-8, but need not be: clients use other character sets, and put binary data into literals. A byte that is not
// UTF-8 becomes a code unit of its own in a script's string (as in Python's surrogateescape), and that byte again on the way back: what a script copies
// from one text to another arrives unchanged.

// escape is added to a byte that is not UTF-8. The sum is half of a surrogate pair, which stands alone in no text.
const escape = 0xdc00

// text makes a string of a script from bytes.
func (m *machine) text(b []byte) goja.Value {
	if isASCII(b) { // goja makes a string like this one of any other each time that a method of it is called
		var s goja.StringBuilder
		s.Grow(len(b))
		s.WriteUTF8String(unsafe.String(unsafe.SliceData(b), len(b))) // which copies it
		return s.String()
	}
	if utf8.Valid(b) {
		return m.rt.ToValue(string(b))
	}
	units := make([]uint16, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			units = append(units, escape+uint16(b[0]))
		case r > 0xffff:
			r -= 0x10000
			units = append(units, uint16(0xd800+r>>10), uint16(0xdc00+r&0x3ff))
		default:
			units = append(units, uint16(r))
		}
		b = b[n:]
	}
	return goja.StringFromUTF16(units)
}

// isASCII reports whether all bytes are ASCII.
func isASCII(b []byte) bool {
	const high = 0x8080_8080_8080_8080
	for ; len(b) >= 8; b = b[8:] {
		if encoding.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// maxWords is how many words a machine keeps.
const maxWords = 1024

// word makes a string of a script from a text that comes again and again: a name, an address.
func (m *machine) word(s string) goja.Value {
	recent := &m.recent[len(s)%len(m.recent)]
	if recent.value != nil && recent.text == s {
		return recent.value
	}
	v, known := m.words[s]
	if !known {
		if len(m.words) == maxWords {
			clear(m.words)
		}
		v = m.rt.ToValue(s)
		m.words[s] = v
	}
	recent.text, recent.value = s, v
	return v
}

// bytesOf undoes text.
func bytesOf(s goja.String) []byte {
	plain := s.String()
	if !strings.ContainsRune(plain, utf8.RuneError) {
		return []byte(plain)
	}
	out := make([]byte, 0, len(plain))
	for i := 0; i < s.Length(); i++ {
		c := rune(s.CharAt(i))
		switch {
		case c >= 0xd800 && c < 0xdc00 && i+1 < s.Length() && s.CharAt(i+1)>>10 == 0x37:
			i++
			out = utf8.AppendRune(out, 0x10000+(c-0xd800)<<10+rune(s.CharAt(i))-0xdc00)
		case c >= escape+0x80 && c <= escape+0xff:
			out = append(out, byte(c-escape))
		default:
			out = utf8.AppendRune(out, c)
		}
	}
	return out
}
