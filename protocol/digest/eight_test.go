package digest

import (
	"encoding/binary"
	"testing"
)

// Each byte at each place, beside bytes that carry into it if anything does.
func TestEight(t *testing.T) {
	for c := range 256 {
		for place := range 8 {
			for _, other := range []byte{0, 'a', '0', '_', 0x7F, 0x80, 0xFF} {
				b := [8]byte{other, other, other, other, other, other, other, other}
				b[place] = byte(c)
				v := binary.LittleEndian.Uint64(b[:])
				word, digit := notInWord(v), notDigit(v)
				for i, have := range b {
					mark := uint64(0x80) << (8 * i)
					if word&mark == 0 != inWord[have] {
						t.Fatalf("notInWord of %#x in % x", have, b)
					}
					if digit&mark == 0 != (have >= '0' && have <= '9') {
						t.Fatalf("notDigit of %#x in % x", have, b)
					}
				}
			}
		}
	}
}
