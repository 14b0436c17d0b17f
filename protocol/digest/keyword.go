package digest

import (
	"encoding/binary"
	"strings"
)

// keyword is an entry of the table of words. What every word needs comes first, for the cache.
type keyword struct {
	first, last uint64 // the keys of name, see fold
	piece       uint64 // the first eight bytes of name, for the hash
	function    Flags  // of a call of a function of that name

	word     word
	verb     Verb // of a statement that begins with it
	plain    bool // often the name of a table or column: the normal form has it as it was written
	callable bool // a parenthesis after it holds arguments
	operand  bool // a sign after it is an operator
	notable  bool // scanner.note wants to see it
	keepNull bool // NULL behind it is a keyword

	name     string // in upper case
	variable Flags  // of reading a system variable of that name
	assigned Flags  // of setting a system variable of that name
}

// Words are compared eight bytes at a time, with bit 5 of each byte set: that folds letters and keeps any two bytes
// that can be in a word different but for case.
const fold = 0x2020202020202020

// slots is the size of the hash table, a power of two at least four times the number of words.
const (
	slotBits = 11
	slots    = 1 << slotBits
)

// shortestWord and longestWord bound the length of keywords.
const (
	shortestWord = 2
	longestWord  = 30
)

// words is the table of keywords: vocabulary, and an open hash table of indexes into it plus one. Never changed.
var words = newTable(vocabulary())

type table struct {
	slots    [slots]uint16
	keywords []keyword
}

func newTable(keywords []keyword) *table {
	t := &table{keywords: keywords}
	for i := range keywords {
		k := &keywords[i]
		k.keepNull = k.word == wordIs || k.word == wordNot || k.word == wordSet
		name := []byte(k.name)
		k.first, k.last = keys(name, 0, len(name))
		k.piece = load(name, 0, len(name))
		slot := slotOf(k.first, k.last)
		for t.slots[slot] != 0 {
			slot = (slot + 1) % slots
		}
		t.slots[slot] = uint16(i + 1)
	}
	return t
}

// keys returns the first and the last eight bytes of the word b[start:end], folded; last is 0 for a word of at most
// eight bytes.
func keys(b []byte, start, end int) (first, last uint64) {
	first = load(b, start, end-start) | fold
	if end-start > 8 {
		last = binary.LittleEndian.Uint64(b[end-8:]) | fold
	}
	return first, last
}

func slotOf(first, last uint64) uint64 {
	return ((first ^ last*3) * 0x9E3779B97F4A7C15) >> (64 - slotBits)
}

// find returns the entry of the word b[start:end], in any case, or nil.
func (t *table) find(b []byte, start, end int) *keyword {
	n := end - start
	if n < shortestWord || n > longestWord {
		return nil
	}
	first, last := keys(b, start, end)
	for slot := slotOf(first, last); ; slot++ {
		i := t.slots[slot%slots]
		if i == 0 {
			return nil
		}
		k := &t.keywords[i-1]
		if k.first == first && k.last == last && len(k.name) == n &&
			(n <= 16 || strings.EqualFold(k.name[8:n-8], string(b[start+8:end-8]))) {
			return k
		}
	}
}

// short is find for a word of n bytes, fewer than eight, that load has read.
func (t *table) short(piece uint64, n int) *keyword {
	first := piece | fold
	for slot := slotOf(first, 0); ; slot++ {
		i := t.slots[slot%slots]
		if i == 0 {
			return nil
		}
		if k := &t.keywords[i-1]; k.first == first && len(k.name) == n {
			return k
		}
	}
}

// load returns up to the first eight of the n bytes at b[start], the first one lowest; bytes that are not there are 0.
func load(b []byte, start, n int) uint64 {
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(b[start:])
	case start+8 <= len(b):
		return binary.LittleEndian.Uint64(b[start:]) & (1<<(8*n) - 1)
	case len(b) >= 8:
		missing := start + 8 - len(b)
		return binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * missing) & (1<<(8*n) - 1)
	}
	var v uint64
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[start+i])
	}
	return v
}
