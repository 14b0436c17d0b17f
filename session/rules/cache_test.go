package rules

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// randomRule makes a rule of a small world, so that rules and statements often meet.
func randomRule(random *rand.Rand, id int) Rule {
	r := Any(id)
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	often := func() bool { return random.IntN(3) == 0 }
	r.Active = random.IntN(8) > 0
	r.FlagIN = random.IntN(4)
	if random.IntN(2) == 0 {
		r.FlagIN = 0
	}
	if often() {
		r.FlagOUT = random.IntN(4)
	}
	if often() {
		r.Username = pick("app", "other")
	}
	if often() {
		r.Schemaname = pick("shop", "other")
	}
	if random.IntN(6) == 0 {
		r.ClientAddr = pick("10.%", "10.1.2.3", "%", "192.%")
	}
	if often() {
		r.MatchDigest = pick("^SELECT", "FROM T", "INSERT|DELETE")
	}
	if random.IntN(6) == 0 {
		r.MatchPattern = pick("a = 1", "^SELECT", "b")
	}
	if random.IntN(10) == 0 {
		in := statement(pick("SELECT 1 FROM t", "INSERT t"))
		r.Digest = fmt.Sprintf("0x%016X", in.Digest)
	}
	r.NegateMatchPattern = random.IntN(5) == 0
	if often() {
		r.DestinationHostgroup = random.IntN(5)
	}
	if often() {
		r.Timeout = time.Duration(random.IntN(3))
	}
	r.Apply = random.IntN(5) == 0
	return r
}

func randomInput(random *rand.Rand) Input {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	in := statement(pick("SELECT 1 FROM t", "SELECT 2 FROM t", "INSERT t", "DELETE FROM t WHERE a = 1", "DELETE FROM t WHERE a = 2", "b"))
	in.User, in.Schema, in.ClientAddr = pick("app", "other"), pick("shop", "other", ""), pick("10.1.2.3", "10.9.9.9", "localhost", "")
	in.Hostgroup = random.IntN(2)
	if random.IntN(10) == 0 {
		in.Digest = 0
	}
	return in
}

// The cache says what the rules say, whatever the rules, the order of statements, and its size.
func TestCacheSaysTheSame(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		var list []Rule
		for id := range random.IntN(100) {
			list = append(list, randomRule(random, id))
		}
		p := mustCompile(t, list...)
		c := NewCache(p, 1+random.IntN(60))
		for range 500 {
			in := randomInput(random)
			want := p.Decide(&in)
			if got := c.Decide(&in); !same(got, &want) {
				t.Fatalf("seed %d, %s as %s in %q:\n got %+v\nwant %+v", seed, in.SQL, in.User, in.Schema, *got, want)
			}
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	p := mustCompile(t, rule(1, matches("x1"), to(2)))
	c := NewCache(p, 10)
	in := statement("x1")
	c.Decide(&in)
	asked := 0
	in.DigestText = func(sql []byte) []byte { asked++; return digestText(sql) }
	for i := range uint64(1000) {
		other := in
		other.Digest = i + 1
		c.Decide(&other)
		if c.Len() > 10 {
			t.Fatalf("%d entries", c.Len())
		}
		if i%3 == 0 {
			before := asked
			if c.Decide(&in); asked != before {
				t.Fatalf("after %d others a statement in use was forgotten", i)
			}
		}
	}
}

// Only statements that reach a rule with a pattern or an address pay for it, and the digest text is asked for once a digest.
func TestWhatIsRemembered(t *testing.T) {
	list := []Rule{
		rule(1, matches("^INSERT"), finds("secret"), to(9), apply),
		rule(2, matches("^DELETE"), from("192.%"), to(8), apply),
		rule(3, matches("^SELECT"), to(2), apply),
		rule(4, finds("never reached by a SELECT"), to(7)),
	}
	for i := range 200 {
		list = append(list, rule(10+i, matches(fmt.Sprintf("^UPDATE T%d", i)), to(3)))
	}
	p := mustCompile(t, list...)
	for _, test := range []struct {
		sql        string
		remembered bool
		left       int
	}{
		{"SELECT 1", true, 0},
		{"INSERT t", false, 2},
		{"DELETE t", false, 2},
		{"UPDATE t", false, 1},
	} {
		c := NewCache(p, 10)
		in := statement(test.sql)
		asked := 0
		in.DigestText = func(sql []byte) []byte { asked++; return digestText(sql) }
		for range 3 {
			c.Decide(&in)
		}
		e := c.find(&in)
		if (e.outcome != nil) != test.remembered || len(e.left) != test.left || asked != 1 {
			t.Errorf("%s: outcome %v, %d rules left, digest text asked for %d times", test.sql, e.outcome, len(e.left), asked)
		}
	}
}

// Rules that nearly all have patterns are not listed for each statement, but tried.
func TestManyPatterns(t *testing.T) {
	var list []Rule
	for i := range 3 * maxLeft {
		list = append(list, rule(i, finds(fmt.Sprintf("t%d ", i)), to(i)))
	}
	p := mustCompile(t, list...)
	c := NewCache(p, 10)
	in := statement("SELECT * FROM t150 ")
	for range 2 {
		if o := c.Decide(&in); o.Hostgroup != 150 {
			t.Errorf("hostgroup %d", o.Hostgroup)
		}
	}
	if e := c.find(&in); e.left != nil || e.outcome != nil {
		t.Errorf("%d rules are kept", len(e.left))
	}
}

// cacheOf is a cache of n rules, of which the last matches a SELECT, and inputs that it knows.
func cacheOf(b testing.TB, n int) (*Cache, []Input) {
	var list []Rule
	for i := range n - 1 {
		list = append(list, rule(i, matches(fmt.Sprintf("^SELECT .* FROM t%d ", i)), to(5), apply))
	}
	list = append(list, rule(n, matches("^SELECT"), to(2), apply))
	c := NewCache(mustCompile(b, list...), 1000)
	var inputs []Input
	for i := range 50 {
		in := statement("SELECT " + string(rune('a'+i)))
		c.Decide(&in)
		inputs = append(inputs, in)
	}
	return c, inputs
}

func TestHitsAllocateNothing(t *testing.T) {
	c, inputs := cacheOf(t, 100)
	dynamic := NewCache(mustCompile(t, rule(1, finds("nothing"), to(2)), rule(2, from("10.%"), to(3))), 1000)
	for name, c := range map[string]*Cache{"outcomes": c, "rules": dynamic} {
		c.Decide(&inputs[0])
		if allocs := testing.AllocsPerRun(100, func() { c.Decide(&inputs[0]) }); allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// A thousand rules cost what one costs.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, inputs := cacheOf(b, n)
			next := 0
			b.ReportAllocs()
			for b.Loop() {
				if o := c.Decide(&inputs[next]); o.Hostgroup != 2 {
					b.Fatal(o.Hostgroup)
				}
				next = (next + 1) % len(inputs)
			}
		})
	}
}

// What a statement costs that has to be tried against one pattern, of a thousand rules.
func BenchmarkPattern(b *testing.B) {
	var list []Rule
	for i := range 999 {
		list = append(list, rule(i, matches(fmt.Sprintf("^SELECT .* FROM t%d ", i)), to(5), apply))
	}
	list = append(list, rule(1000, finds("^SELECT.*FOR UPDATE"), to(2), apply))
	c := NewCache(mustCompile(b, list...), 1000)
	in := statement("SELECT c FROM sbtest1 WHERE id = 1234")
	b.ReportAllocs()
	for b.Loop() {
		c.Decide(&in)
	}
}
