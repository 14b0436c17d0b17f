package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// digestText is the digest text of test statements: upper case, digits replaced.
func digestText(sql []byte) []byte {
	text := []byte(strings.ToUpper(string(sql)))
	for i, c := range text {
		if c >= '0' && c <= '9' {
			text[i] = '?'
		}
	}
	return text
}

// statement is an input with a digest of its own for each digest text.
func statement(sql string) Input {
	in := Input{SQL: []byte(sql), DigestText: digestText, User: "app", Schema: "shop", ClientAddr: "10.1.2.3", Hostgroup: 1}
	in.Digest = 14695981039346656037
	for _, c := range digestText(in.SQL) {
		in.Digest = (in.Digest ^ uint64(c)) * 1099511628211
	}
	return in
}

// rule is Any with changes.
func rule(id int, change ...func(*Rule)) Rule {
	r := Any(id)
	for _, c := range change {
		c(&r)
	}
	return r
}

func to(hostgroup int) func(*Rule)      { return func(r *Rule) { r.DestinationHostgroup = hostgroup } }
func matches(text string) func(*Rule)   { return func(r *Rule) { r.MatchDigest = text } }
func finds(text string) func(*Rule)     { return func(r *Rule) { r.MatchPattern = text } }
func from(addr string) func(*Rule)      { return func(r *Rule) { r.ClientAddr = addr } }
func modified(words string) func(*Rule) { return func(r *Rule) { r.ReModifiers = words } }
func flag(in, out int) func(*Rule)      { return func(r *Rule) { r.FlagIN, r.FlagOUT = in, out } }
func apply(r *Rule)                     { r.Apply = true }
func negate(r *Rule)                    { r.NegateMatchPattern = true }
func inactive(r *Rule)                  { r.Active = false }

func mustCompile(t testing.TB, list ...Rule) *Program {
	t.Helper()
	p, err := Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The meaning of ProxySQL's mysql_query_rules, one feature a line: what is hit, and where the statement goes.
func TestSemantics(t *testing.T) {
	user := func(name string) func(*Rule) { return func(r *Rule) { r.Username = name } }
	schema := func(name string) func(*Rule) { return func(r *Rule) { r.Schemaname = name } }
	as := func(change func(in *Input)) func(*Input) { return change }
	split := []Rule{
		rule(10, matches("^SELECT.*FOR UPDATE"), to(10), apply),
		rule(20, matches("^SELECT"), to(20), apply),
	}
	chain := []Rule{
		rule(1, user("app"), flag(0, 100)),
		rule(2, to(5)),
		rule(10, flag(100, Unset), matches("^SELECT"), to(20)),
		rule(11, flag(100, 200), matches("orders"), to(30)),
		rule(12, flag(100, Unset), to(99)),
		rule(13, flag(200, Unset), to(40), apply),
		rule(14, flag(200, Unset), to(50)),
	}
	for _, test := range []struct {
		name  string
		rules []Rule
		sql   string
		in    func(*Input)
		hit   []int
		to    int
	}{
		{"no rules", nil, "SELECT 1", nil, nil, 1},
		{"nothing matches", []Rule{rule(1, matches("^INSERT"), to(2))}, "SELECT 1", nil, nil, 1},
		{"split: read", split, "SELECT 1", nil, []int{20}, 20},
		{"split: locking read", split, "SELECT a FROM t FOR UPDATE", nil, []int{10}, 10},
		{"split: write", split, "UPDATE t SET a = 1", nil, nil, 1},
		{"in the order of ids", []Rule{rule(7, to(7)), rule(3, to(3))}, "SELECT 1", nil, []int{3, 7}, 7},
		{"apply ends it", []Rule{rule(1, to(2), apply), rule(2, to(3))}, "SELECT 1", nil, []int{1}, 2},
		{"without apply the last one counts", []Rule{rule(1, to(2)), rule(2, to(3))}, "SELECT 1", nil, []int{1, 2}, 3},
		{"a rule that sets nothing leaves it", []Rule{rule(1, to(2)), rule(2)}, "SELECT 1", nil, []int{1, 2}, 2},
		{"inactive", []Rule{rule(1, to(2), apply, inactive), rule(2, to(3))}, "SELECT 1", nil, []int{2}, 3},
		{"username", []Rule{rule(1, user("app"), to(2)), rule(2, user("APP"), to(3))}, "SELECT 1", nil, []int{1}, 2},
		{"schemaname", []Rule{rule(1, schema("shop"), to(2)), rule(2, schema("other"), to(3))}, "SELECT 1", nil, []int{1}, 2},
		{"client_addr", []Rule{rule(1, from("10.1.2.3"), to(2)), rule(2, from("10.1.2.30"), to(3)), rule(3, from("10.1.2"), to(4))}, "SELECT 1", nil, []int{1}, 2},
		{"client_addr with %", []Rule{rule(1, from("10.1.%"), to(2)), rule(2, from("10.2.%"), to(3)), rule(3, from("%")), rule(4, from("10.1.2.3.4.5%"))}, "SELECT 1", nil, []int{1, 3}, 2},
		{"client_addr of nobody", []Rule{rule(1, from("10.9.9.9"), to(2))}, "SELECT 1", as(func(in *Input) { in.ClientAddr = "" }), []int{1}, 2},
		{"digest", []Rule{rule(1, func(r *Rule) { r.Digest = "0xAB" }, to(2)), rule(2, func(r *Rule) { r.Digest = "ac" }, to(3))}, "SELECT 1", as(func(in *Input) { in.Digest = 0xab }), []int{1}, 2},
		{"digest without one", []Rule{rule(1, func(r *Rule) { r.Digest = "0xAB" }, to(2))}, "SELECT 1", as(func(in *Input) { in.Digest = 0 }), nil, 1},
		{"match_digest sees the digest text", []Rule{rule(1, matches(`a = \?`), to(2)), rule(2, matches("a = 5"), to(3))}, "SELECT * FROM t WHERE a = 5", nil, []int{1}, 2},
		{"match_pattern sees the statement", []Rule{rule(1, finds(`a = \?`), to(2)), rule(2, finds("a = 5"), to(3))}, "SELECT * FROM t WHERE a = 5", nil, []int{2}, 3},
		{"anywhere", []Rule{rule(1, matches("FROM"), to(2)), rule(2, matches("^FROM"), to(3))}, "SELECT 1 FROM t", nil, []int{1}, 2},
		{"caseless", []Rule{rule(1, finds("select"), to(2))}, "SELECT 1", nil, []int{1}, 2},
		{"not caseless", []Rule{rule(1, finds("select"), modified(""), to(2)), rule(2, finds("select"), modified("GLOBAL"), to(3))}, "SELECT 1", nil, nil, 1},
		{"both modifiers", []Rule{rule(1, finds("select"), modified("global, caseless"), to(2))}, "SELECT 1", nil, []int{1}, 2},
		{"alternatives are not torn by caseless", []Rule{rule(1, matches("^insert|^update"), to(2))}, "UPDATE t", nil, []int{1}, 2},
		{"negated match_digest", []Rule{rule(1, matches("^SELECT"), negate, to(2)), rule(2, matches("^INSERT"), negate, to(3))}, "SELECT 1", nil, []int{2}, 3},
		{"negated match_pattern", []Rule{rule(1, finds("^SELECT"), negate, to(2)), rule(2, finds("^INSERT"), negate, to(3))}, "SELECT 1", nil, []int{2}, 3},
		{"negated both: each has to be absent", []Rule{rule(1, matches("^INSERT"), finds("5"), negate, to(2)), rule(2, matches("^INSERT"), finds("6"), negate, to(3))}, "SELECT 5", nil, []int{2}, 3},
		{"negate without expressions", []Rule{rule(1, negate, to(2))}, "SELECT 1", nil, []int{1}, 2},
		{"chain", chain, "SELECT * FROM orders", nil, []int{1, 10, 11, 13}, 40},
		{"chain, other branch", chain, "SELECT 1", nil, []int{1, 10, 12}, 99},
		{"chain not entered", chain, "SELECT * FROM orders", as(func(in *Input) { in.User = "other" }), []int{2}, 5},
		{"flagOUT leads to rules behind only", []Rule{rule(1, flag(5, Unset), to(2)), rule(2, flag(0, 5)), rule(3, to(3))}, "SELECT 1", nil, []int{2}, 1},
		{"apply and flagOUT", []Rule{rule(1, flag(0, 5), apply, to(2)), rule(2, flag(5, Unset), to(3))}, "SELECT 1", nil, []int{1}, 2},
		{"empty statement", []Rule{rule(1, matches("^$"), to(2))}, "", nil, []int{1}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := mustCompile(t, test.rules...)
			in := statement(test.sql)
			if test.in != nil {
				test.in(&in)
			}
			c := NewCache(p, 10)
			out := p.Decide(&in)
			for _, o := range []*Outcome{&out, c.Decide(&in), c.Decide(&in)} {
				if !slices.Equal(o.Rules, test.hit) || o.Hostgroup != test.to {
					t.Errorf("rules %v, hostgroup %d; want %v, %d", o.Rules, o.Hostgroup, test.hit, test.to)
				}
			}
		})
	}
}

// Everything that a rule can set is set, kept by rules that say nothing, and overridden by later ones.
func TestOutcome(t *testing.T) {
	p := mustCompile(t,
		rule(1, func(r *Rule) {
			r.Timeout, r.Retries, r.Delay, r.Multiplex, r.Log = time.Second, 3, time.Millisecond, 0, 1
			r.ErrorMsg, r.OKMsg, r.FlagOUT = "no", "fine", 7
		}),
		rule(2, flag(7, Unset)),
		rule(3, flag(7, Unset), matches("INSERT"), func(r *Rule) {
			r.Timeout, r.Retries, r.Delay, r.Multiplex, r.Log, r.ErrorMsg = 0, 0, 0, 2, 0, "never"
		}),
	)
	for _, test := range []struct {
		sql  string
		want Outcome
	}{
		{"SELECT 1", Outcome{Hostgroup: 1, Timeout: time.Second, Retries: 3, Delay: time.Millisecond, Multiplex: 0, Log: 1, ErrorMsg: "no", OKMsg: "fine", flag: 7}},
		{"INSERT 1", Outcome{Hostgroup: 1, Multiplex: 2, ErrorMsg: "never", OKMsg: "fine", flag: 7}},
	} {
		in := statement(test.sql)
		got := p.Decide(&in)
		got.Rules = nil
		if !same(&got, &test.want) {
			t.Errorf("%s: %+v", test.sql, got)
		}
	}
	in := statement("SELECT 1")
	empty := mustCompile(t).Decide(&in)
	if want := (Outcome{Hostgroup: 1, Timeout: Unset, Retries: Unset, Delay: Unset, Multiplex: Unset, Log: Unset}); !same(&empty, &want) {
		t.Errorf("without rules: %+v", empty)
	}
}

// same compares outcomes.
func same(a, b *Outcome) bool {
	return slices.Equal(a.Rules, b.Rules) && a.Hostgroup == b.Hostgroup && a.Timeout == b.Timeout && a.Retries == b.Retries &&
		a.Delay == b.Delay && a.Multiplex == b.Multiplex && a.Log == b.Log && a.OKMsg == b.OKMsg && a.ErrorMsg == b.ErrorMsg &&
		a.flag == b.flag
}

func TestCompileErrors(t *testing.T) {
	for _, test := range []struct {
		rule Rule
		want string
	}{
		{rule(1, matches("(")), "rule 1: match_digest: error parsing regexp: missing closing ): `(`"},
		{rule(2, finds("a(?=b)")), "rule 2: match_pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{rule(3, finds("a)|(b")), "rule 3: match_pattern: error parsing regexp: unexpected ): `a)|(b`"},
		{rule(4, modified("CASELESS;GLOBAL")), `rule 4: re_modifiers: "CASELESS;GLOBAL" is neither CASELESS nor GLOBAL`},
		{rule(8, from("%.1.2.3")), `rule 8: client_addr "%.1.2.3": % can only be the last character`},
		{rule(9, func(r *Rule) { r.Digest = "0xg" }), `rule 9: digest: "0xg" is not a hexadecimal number of up to 16 digits, 0x1234567890ABCDEF`},
		{rule(10, func(r *Rule) { r.Digest = "0" }), `rule 10: digest: "0" is not a hexadecimal number of up to 16 digits, 0x1234567890ABCDEF`},
		{rule(11, inactive, matches("[")), "rule 11: match_digest: error parsing regexp: missing closing ]: `[`"},
	} {
		_, err := Compile([]Rule{rule(50), test.rule})
		if err == nil || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
	_, err := Compile([]Rule{rule(1), rule(1), rule(2, matches("("))})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "rule 1: there is another with this id") {
		t.Errorf("not all errors: %v", err)
	}
}
