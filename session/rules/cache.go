package rules

import "slices"

// Cache decides like its Program, and remembers. It belongs to one loop.
//
// What is remembered of a statement is the outcome, if it reaches only rules whose conditions are digest, user, schema and flag.
// Otherwise it is the rules that are left to try when all others are known not to match: those with a match_pattern or a
// client_addr that it reaches, and what may come behind them.
//
// Entries live in two generations: a full young one becomes the old one, whose entries are dropped; an entry that is used moves to
// the young one.
type Cache struct {
	program       *Program
	perGeneration int
	young, old    map[key]*entry
	trial         trial // of the last statement whose outcome was not remembered
	flags         []int // while analyzing
}

type key struct {
	digest       uint64
	user, schema string
	hostgroup    int
}

// entry is what is known of a key: an outcome, or which rules may match, or, if both are nil, nothing.
type entry struct {
	outcome *Outcome
	left    []*compiled
}

// maxLeft is how many rules an entry may list, so that the cache stays small.
const maxLeft = 64

// NewCache makes a cache with at most limit entries. When the rules change, a new cache takes its place.
func NewCache(p *Program, limit int) *Cache {
	return &Cache{program: p, perGeneration: max(limit/2, 1), young: make(map[key]*entry), old: make(map[key]*entry)}
}

// Program is what the cache was made for.
func (c *Cache) Program() *Program { return c.program }

// Len is the number of entries.
func (c *Cache) Len() int { return len(c.young) + len(c.old) }

// Decide is Program.Decide. The outcome is valid until the next call and must not be changed; in is kept until then, and its
// strings for longer. Without allocation if the statement is known.
func (c *Cache) Decide(in *Input) *Outcome {
	var e entry
	if in.Digest != 0 && len(c.program.rules) > 0 {
		e = *c.find(in)
	}
	if e.outcome != nil {
		return e.outcome
	}
	t := &c.trial
	t.begin(in)
	if e.left == nil {
		t.walk(c.program)
	} else {
		t.finish(e.left)
	}
	return &t.out
}

// finish tries rules whose static conditions are met.
func (t *trial) finish(left []*compiled) {
	for _, r := range left {
		if r.FlagIN == t.out.flag && t.dynamic(r) && t.match(r) {
			return
		}
	}
}

// find returns what is known of a statement, after finding it out if need be.
func (c *Cache) find(in *Input) *entry {
	k := key{in.Digest, in.User, in.Schema, in.Hostgroup}
	if e := c.young[k]; e != nil {
		return e
	}
	e := c.old[k]
	if e == nil {
		e = c.analyze(in)
	}
	delete(c.old, k)
	if len(c.young) >= c.perGeneration {
		c.young, c.old = c.old, c.young
		clear(c.young)
	}
	c.young[k] = e
	return e
}

// analyze finds which rules a statement with in's key can match. It follows all flags that the statement may have by then: where a
// rule depends on more than the key, that it matches and that it doesn't.
func (c *Cache) analyze(in *Input) *entry {
	var t trial
	t.begin(in)
	var left []*compiled
	certain := true
	flags := append(c.flags[:0], 0)
	for i := 0; i < len(c.program.rules) && len(flags) > 0; i++ {
		r := &c.program.rules[i]
		at := slices.Index(flags, r.FlagIN)
		if at < 0 || !t.static(r) {
			continue
		}
		left = append(left, r)
		turns := r.FlagOUT >= 0 && !r.Apply
		if r.isDynamic() {
			certain = false
		} else if r.Apply || turns {
			flags = slices.Delete(flags, at, at+1)
		}
		if turns && !slices.Contains(flags, r.FlagOUT) {
			flags = append(flags, r.FlagOUT)
		}
	}
	c.flags = flags
	switch {
	case certain:
		t.finish(left)
		out := t.out // a copy, so that the rest of t can go
		return &entry{outcome: &out}
	case len(left) > maxLeft:
		return &entry{}
	}
	return &entry{left: slices.Clip(left)}
}
