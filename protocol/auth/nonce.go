package auth

import "crypto/rand"

// NonceLen is the length of the challenge of mysql_native_password and caching_sha2_password.
const NonceLen = 20

// NewNonce draws a challenge for a greeting or an auth switch: printable-safe 7-bit bytes without NUL, which ends the
// challenge on the wire, and without '$', the separator in stored caching_sha2 hashes (generate_user_salt in MySQL).
func NewNonce() (nonce [NonceLen]byte) {
	rand.Read(nonce[:]) // never fails: crypto/rand crashes the program instead
	for i, b := range nonce {
		b &= 0x7f
		if b == 0 || b == '$' {
			b++
		}
		nonce[i] = b
	}
	return nonce
}

// challenge returns the NonceLen bytes of a challenge as it came from a greeting or an auth switch: 20 bytes, mostly
// followed by a NUL.
func challenge(b []byte) ([]byte, bool) {
	if len(b) == NonceLen+1 && b[NonceLen] == 0 {
		b = b[:NonceLen]
	}
	return b, len(b) == NonceLen
}
