package auth

import (
	"bytes"
	"testing"
)

func TestNewNonce(t *testing.T) {
	seen := make(map[[NonceLen]byte]bool)
	var bytesSeen [256]bool
	for range 2000 {
		nonce := NewNonce()
		if seen[nonce] {
			t.Fatal("a nonce came twice")
		}
		seen[nonce] = true
		for _, b := range nonce {
			bytesSeen[b] = true
		}
	}
	for b, seen := range bytesSeen {
		if want := b != 0 && b != '$' && b < 0x80; seen != want {
			t.Errorf("byte 0x%02x in nonces: %v, want %v", b, seen, want)
		}
	}
}

func TestChallenge(t *testing.T) {
	twenty := bytes.Repeat([]byte{7}, 20)
	tests := []struct {
		name string
		in   []byte
		ok   bool
	}{
		{"20 bytes", twenty, true},
		{"20 bytes and NUL", append(twenty[:20:20], 0), true},
		{"21 bytes", append(twenty[:20:20], 1), false},
		{"19 bytes and NUL", append(twenty[:19:19], 0), true}, // a nonce may end with NUL if the sender allows it
		{"19 bytes", twenty[:19], false},
		{"none", nil, false},
	}
	for _, tt := range tests {
		got, ok := challenge(tt.in)
		if ok != tt.ok || ok && !bytes.Equal(got, tt.in[:20]) {
			t.Errorf("%s: %x, %v", tt.name, got, ok)
		}
	}
}
