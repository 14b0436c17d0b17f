package digest

// Eight bytes at a time: the functions return a number with the high bit set in each byte that is meant.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// matches marks the lowest byte of v that is c, and none below. (Above, it may err.)
func matches(v uint64, c byte) uint64 {
	v ^= ones * uint64(c)
	return (v - ones) &^ v & highs
}

// between marks the bytes of v from low to high, if v has no high bit set.
func between(v uint64, low, high byte) uint64 {
	return (v + ones*uint64(0x80-low)) &^ (v + ones*uint64(0x7F-high))
}

// notInWord marks the bytes that cannot be in a name without quotes: inWord.
func notInWord(v uint64) uint64 {
	low := v &^ highs
	letters := between(low|ones*0x20, 'a', 'z')
	digits := between(low, '0', '9')
	others := ^((low ^ ones*'_') + ones*0x7F) | ^((low ^ ones*'$') + ones*0x7F)
	return ^(letters | digits | others | v) & highs
}

// notDigit marks the bytes that are no digits.
func notDigit(v uint64) uint64 {
	return ^(between(v&^highs, '0', '9') &^ v) & highs
}
