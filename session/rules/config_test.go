package rules

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"parkway/config"
)

const base = `[[mysql_servers]]
hostgroup_id = 10
hostname = "a"
[[mysql_users]]
username = "app"
default_hostgroup = 10
[[mysql_query_rules]]
rule_id = 1
`

// quote writes any string in TOML.
func quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, "\\U%08X", r)
	}
	return `"` + b.String() + `"`
}

// An empty rule of a configuration says and does what Any does.
func TestFromConfigDefaults(t *testing.T) {
	c, err := config.Parse("t", []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	p, err := FromConfig(c.QueryRules)
	if err != nil {
		t.Fatal(err)
	}
	in := statement("SELECT 1")
	want := mustCompile(t, Any(1)).Decide(&in)
	if got := p.Decide(&in); !same(&got, &want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What the configuration lets through compiles, and nothing that does not.
func FuzzFromConfig(f *testing.F) {
	f.Add("^SELECT", "a(b)?", "10.%", "0x1234", "CASELESS,GLOBAL")
	f.Add("(", "[", "%", "", "")
	f.Add("(?i)x|y", "\\Q\\", "1%2", "0", "caseless")
	f.Add(`\Q0`, `a\`, "", "1", "CASELESS")
	f.Add("a)(b", "\\pN{1,1000}", "", "0X", ",")
	f.Fuzz(func(t *testing.T, digest, pattern, addr, hash, modifiers string) {
		for _, text := range []string{digest, pattern, addr, hash, modifiers} {
			if !utf8.ValidString(text) {
				t.Skip("a file with this can't be read")
			}
		}
		keys := fmt.Sprintf("match_digest = %s\nmatch_pattern = %s\nclient_addr = %s\ndigest = %s\nre_modifiers = %s\n",
			quote(digest), quote(pattern), quote(addr), quote(hash), quote(modifiers))
		c, err := config.Parse("t", []byte(base+keys))
		r := Any(1)
		r.MatchDigest, r.MatchPattern, r.ClientAddr, r.Digest, r.ReModifiers = digest, pattern, addr, hash, modifiers
		_, compiled := Compile([]Rule{r})
		if (err == nil) != (compiled == nil) {
			t.Fatalf("config: %v, compiled: %v", err, compiled)
		}
		if err == nil {
			p, err := FromConfig(c.QueryRules)
			if err != nil {
				t.Fatal(err)
			}
			in := statement("SELECT 1")
			p.Decide(&in)
		}
	})
}
