package digest

import "math/bits"

// The hash of a normal form is made of its tokens one after the other, each in pieces of eight bytes. It is fast, and
// the same for ever; it is no defence against somebody who looks for two texts with the same hash.
const (
	hashSeed  = 0x5061726B77617931
	hashPrime = 0x9FB21C651E98DF25
)

// mix adds a piece of a token to a hash. left is how many bytes the token has from this piece on.
func mix(hash, piece uint64, left int) uint64 {
	high, low := bits.Mul64(hash^piece, hashPrime^uint64(left))
	return high ^ low ^ piece
}

// mixBytes adds the token b[start:end] to a hash.
func mixBytes(hash uint64, b []byte, start, end int) uint64 {
	for ; end-start > 8; start += 8 {
		hash = mix(hash, load(b, start, 8), end-start)
	}
	return mix(hash, load(b, start, end-start), end-start)
}

// AppendHash appends hash as it stands in configuration files, log lines and statistics: 0x and 16 digits, in upper case.
func AppendHash(dst []byte, hash uint64) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, "0x"...)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hex[hash>>shift&15])
	}
	return dst
}
