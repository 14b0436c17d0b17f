package sysvar

import (
	"bytes"
	"hash/maphash"
	"slices"
	"weak"
)

// Set is an immutable set of variables with their values. Equal sets of one Interner are the same pointer.
type Set struct {
	pairs []pair // by name
	hash  uint64 // the xor of the hashes of the pairs, so that it can be told before the set is made
	size  int    // bytes of all names and values
}

type pair struct{ name, value string }

// Get returns the value of a variable. The name is in lower case.
func (s *Set) Get(name string) (value string, ok bool) {
	if i, ok := find(s.pairs, name); ok {
		return s.pairs[i].value, true
	}
	return "", false
}

// Len is the number of variables.
func (s *Set) Len() int { return len(s.pairs) }

// Size is the length of all names and values in bytes.
func (s *Set) Size() int { return s.size }

// Each calls f for every variable, by name.
func (s *Set) Each(f func(name, value string)) {
	for _, p := range s.pairs {
		f(p.name, p.value)
	}
}

// find tells where a name is, or would be. Sets are small: most have three variables.
func find(pairs []pair, name string) (int, bool) {
	for i := range pairs {
		if pairs[i].name >= name {
			return i, pairs[i].name == name
		}
	}
	return len(pairs), false
}

// findBytes is find without a string to be made.
func findBytes(pairs []pair, name []byte) (int, bool) {
	for i := range pairs {
		if pairs[i].name >= string(name) {
			return i, pairs[i].name == string(name)
		}
	}
	return len(pairs), false
}

// Interner makes sets and sees to it that equal ones are one object. A set that nobody uses any more is left to the garbage
// collector: the interner holds it weakly. For one goroutine.
type Interner struct {
	seed   maphash.Seed
	empty  *Set
	sets   map[uint64][]weak.Pointer[Set] // by Set.hash
	made   int                            // entries in sets, of which some may be gone
	sweep  int                            // how many entries bring the next sweep
	folded []byte                         // scratch: a name in lower case
}

// minSweep is the number of entries below which the interner doesn't look for sets that are gone.
const minSweep = 64

// NewInterner makes one that knows the empty set.
func NewInterner() *Interner {
	return &Interner{seed: maphash.MakeSeed(), empty: &Set{}, sets: map[uint64][]weak.Pointer[Set]{}, sweep: minSweep}
}

// Empty is the set without variables: what a session has that changed nothing.
func (in *Interner) Empty() *Set { return in.empty }

// With is s with a variable that has this value; what its family says no longer holds is left out (see families). The name may be
// in any case. Nothing is kept of name and value, and nothing is allocated when the resulting set is known.
func (in *Interner) With(s *Set, name, value []byte) *Set {
	name = in.fold(name)
	if m, ok := families[string(name)]; ok && m.total {
		for _, other := range m.family.members {
			if other != string(name) {
				s = in.Without(s, other)
			}
		}
	}
	return in.put(s, name, value)
}

// put is With without regard to families; the name is in lower case.
func (in *Interner) put(s *Set, name, value []byte) *Set {
	i, found := findBytes(s.pairs, name)
	hash := s.hash ^ in.hash(name, value)
	if found {
		if s.pairs[i].value == string(value) {
			return s
		}
		hash ^= in.hashPair(s.pairs[i])
	}
	rest := i
	if found {
		rest++
	}
	for _, p := range in.sets[hash] {
		t := p.Value()
		if t != nil && len(t.pairs) == i+1+len(s.pairs)-rest && t.pairs[i].name == string(name) && t.pairs[i].value == string(value) &&
			slices.Equal(t.pairs[:i], s.pairs[:i]) && slices.Equal(t.pairs[i+1:], s.pairs[rest:]) {
			return t
		}
	}
	pairs := make([]pair, 0, i+1+len(s.pairs)-rest)
	pairs = append(pairs, s.pairs[:i]...)
	pairs = append(pairs, pair{string(name), string(value)})
	return in.add(append(pairs, s.pairs[rest:]...), hash)
}

// Without is s without a variable, whose name is in lower case.
func (in *Interner) Without(s *Set, name string) *Set {
	i, found := find(s.pairs, name)
	if !found {
		return s
	}
	if len(s.pairs) == 1 {
		return in.empty
	}
	hash := s.hash ^ in.hashPair(s.pairs[i])
	for _, p := range in.sets[hash] {
		t := p.Value()
		if t != nil && len(t.pairs) == len(s.pairs)-1 && slices.Equal(t.pairs[:i], s.pairs[:i]) && slices.Equal(t.pairs[i:], s.pairs[i+1:]) {
			return t
		}
	}
	return in.add(slices.Concat(s.pairs[:i], s.pairs[i+1:]), hash)
}

// add makes a set of pairs that is not there yet.
func (in *Interner) add(pairs []pair, hash uint64) *Set {
	s := &Set{pairs: pairs, hash: hash}
	for _, p := range pairs {
		s.size += len(p.name) + len(p.value)
	}
	if in.made >= in.sweep {
		in.drop()
	}
	in.sets[hash] = append(in.sets[hash], weak.Make(s))
	in.made++
	return s
}

// drop forgets the entries of sets that are gone, and waits with the next sweep until there are twice as many entries as remain:
// so that sweeping costs little per set made.
func (in *Interner) drop() {
	in.made = 0
	for hash, list := range in.sets {
		list = slices.DeleteFunc(list, func(p weak.Pointer[Set]) bool { return p.Value() == nil })
		if len(list) == 0 {
			delete(in.sets, hash)
			continue
		}
		in.sets[hash] = list
		in.made += len(list)
	}
	in.sweep = max(minSweep, 2*in.made)
}

// fold gives name in lower case: servers spell one of theirs wsrep_OSU_method. The result lives until the next call.
func (in *Interner) fold(name []byte) []byte {
	if bytes.IndexFunc(name, func(r rune) bool { return r >= 'A' && r <= 'Z' }) < 0 {
		return name
	}
	in.folded = append(in.folded[:0], name...)
	for i, c := range in.folded {
		if c >= 'A' && c <= 'Z' {
			in.folded[i] = c + 'a' - 'A'
		}
	}
	return in.folded
}

func (in *Interner) hash(name, value []byte) uint64 {
	return mix(maphash.Bytes(in.seed, name), maphash.Bytes(in.seed, value))
}

func (in *Interner) hashPair(p pair) uint64 {
	return mix(maphash.String(in.seed, p.name), maphash.String(in.seed, p.value))
}

// mix joins the hashes of a name and a value so that exchanging them makes a difference.
func mix(name, value uint64) uint64 { return name*31 + value }

// Import is the set of this interner that equals s, a set of another one. s may be another thread's: sets don't change. For nil
// it is the empty one.
func (in *Interner) Import(s *Set) *Set {
	imported := in.empty
	if s == nil {
		return imported
	}
	for _, p := range s.pairs {
		imported = in.put(imported, []byte(p.name), []byte(p.value))
	}
	return imported
}
