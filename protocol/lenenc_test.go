package protocol

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"
)

// unhex reads test data; spaces are for the reader.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLenencInt(t *testing.T) {
	for _, test := range []struct {
		hex string
		v   uint64
	}{
		{"00", 0}, {"fa", 250}, {"fcfb00", 251}, {"fcffff", 65535}, {"fd000001", 65536}, {"fdffffff", 1<<24 - 1},
		{"fe0000000100000000", 1 << 24}, {"feffffffffffffffff", math.MaxUint64},
	} {
		b := unhex(t, test.hex)
		if v, n, ok := ReadLenencInt(append(b, 0xff)); v != test.v || n != len(b) || !ok {
			t.Errorf("ReadLenencInt(%s) = %d, %d, %v", test.hex, v, n, ok)
		}
		if got := AppendLenencInt(nil, test.v); !bytes.Equal(got, b) {
			t.Errorf("AppendLenencInt(%d) = %x, want %s", test.v, got, test.hex)
		}
		for i := range b {
			if _, _, ok := ReadLenencInt(b[:i]); ok {
				t.Errorf("ReadLenencInt(%x) is ok", b[:i])
			}
		}
	}
	for _, b := range []string{"fb", "ff"} {
		if _, _, ok := ReadLenencInt(unhex(t, b+"0000000000000000")); ok {
			t.Errorf("%s begins an integer", b)
		}
	}
}

func TestLenencBytes(t *testing.T) {
	for _, size := range []int{0, 1, 250, 251, 65535, 65536, 1 << 24} {
		v := bytes.Repeat([]byte("x"), size)
		b := AppendLenencBytes(nil, v)
		if len(b) != lenencSize(size) || !bytes.Equal(b, AppendLenencString(nil, string(v))) {
			t.Errorf("%d bytes take %d, not %d", size, len(b), lenencSize(size))
		}
		if got, n, ok := ReadLenencBytes(append(b, 'y')); !ok || n != len(b) || !bytes.Equal(got, v) {
			t.Errorf("%d bytes read back as %d, %d, %v", size, len(got), n, ok)
		}
		if _, _, ok := ReadLenencBytes(b[:len(b)-1]); ok {
			t.Errorf("%d bytes: a missing byte is not noticed", size)
		}
	}
	if _, _, ok := ReadLenencBytes(unhex(t, "feffffffffffffffff00")); ok {
		t.Error("a length of 2^64-1 is ok")
	}
}
