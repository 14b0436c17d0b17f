package config

import "strings"

// suggest returns " (did you mean x?)" for the candidate that word is most likely a slip of, or "" if none is alike.
func suggest(word string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		if d, ok := alike(strings.ToLower(word), strings.ToLower(c)); ok && (best == "" || d < least) {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// alike reports whether a may be meant for b, and how far they are apart: one begins with the other, which is at least half of
// it (wait_timeout, wait_timeout_ms), or a third of the characters differ at most, and no more than two.
func alike(a, b string) (apart int, ok bool) {
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	if strings.HasPrefix(long, short) && 2*len(short) >= len(long) {
		return len(long) - len(short), true
	}
	slips := min(len(long)/3, 2)
	if len(long)-len(short) > slips {
		return 0, false
	}
	apart = distance(a, b)
	return apart, apart <= slips
}

// distance is the number of single-byte insertions, deletions and replacements, and of swaps of neighbours, that turn a into b.
func distance(a, b string) int {
	// The distances of the beginnings of b from that of a which ends here, one byte and two bytes before.
	row, above, aboveThat := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		row, above, aboveThat = aboveThat, row, above
		row[0] = i + 1
		for j := range len(b) {
			d := above[j]
			if a[i] != b[j] {
				d = 1 + min(above[j], above[j+1], row[j])
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, 1+aboveThat[j-1])
			}
			row[j+1] = d
		}
	}
	return row[len(b)]
}
