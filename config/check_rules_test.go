package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const rulesBase = `[[mysql_servers]]
hostgroup_id = 10
hostname = "a"
[[mysql_users]]
username = "app"
default_hostgroup = 10
`

// A rule that can't be used is an error with its line and key, not ignored (ProxySQL 928: configuration file silently ignored).
// Each text is a rule's keys; the first problem or warning it gives, on line 9, without file and list.
func TestQueryRules(t *testing.T) {
	for _, test := range []struct{ keys, problem, warning string }{
		{`match_digest = "^SELECT"`, "", ""},
		{`destination_hostgroup = 10`, "", ""},
		{`destination_hostgroup = 11`, "", "destination_hostgroup: no server is in hostgroup 11"},
		{`destination_hostgroup = -2`, "destination_hostgroup: must be from -1 to 2147483647, not -2", ""},
		{`match_digest = "("`, "match_digest: error parsing regexp: missing closing ): `(` (the syntax is RE2's)", ""},
		{`match_pattern = "a(?=b)"`, "match_pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (the syntax is RE2's)", ""},
		{`digest = "0xABCDEF0123456789"`, "", ""},
		{`digest = "abc"`, "", ""},
		{`digest = "0x1ABCDEF0123456789"`, "digest: must be a hexadecimal number of up to 16 digits, as 0x1234567890ABCDEF", ""},
		{`digest = "0"`, "digest: must be a hexadecimal number of up to 16 digits, as 0x1234567890ABCDEF", ""},
		{`client_addr = "10.1.%"`, "", ""},
		{`client_addr = "10.%.1"`, "client_addr: % can only be the last character", ""},
		{`re_modifiers = "caseless, GLOBAL"`, "", ""},
		{`re_modifiers = ""`, "", ""},
		{`re_modifiers = "CASELESS,"`, "re_modifiers: must be CASELESS, GLOBAL, both with a comma between them, or empty, not \"CASELESS,\"", ""},
		{`flagIN = 7; flagOUT = 7`, "", "flagIN: no rule before this one has flagOUT = 7: it is never tried"},
		{`flagIN = 7; active = false`, "", ""},
		{`flagIN = 7; rule_id = 5; [[mysql_query_rules]]; rule_id = 4; flagOUT = 7`, "", ""},
		{`username = "app"`, "", ""},
		{`username = "ap"`, "", "username: no user is named \"ap\": the rule never matches"},
		{`username = "ap"; active = false`, "", ""},
		{`flagIN = -1`, "flagIN: must be from 0 to 2147483647, not -1", ""},
		{`flagOUT = -2`, "flagOUT: must be from -1 to 2147483647, not -2", ""},
		{`multiplex = 3`, "multiplex: must be from -1 to 2, not 3", ""},
		{`log = true`, "log: must be an integer, not a truth value", ""},
		{`retries = 1001`, "retries: must be from -1 to 1000, not 1001", ""},
		{`active = 1`, "active: must be true or false, not an integer", ""},
		{`destination_hostgrup = 1`, "destination_hostgrup: unknown key (did you mean destination_hostgroup?)", ""},
		{`replace_pattern = "x"`, "replace_pattern: unknown key: a rule cannot rewrite a statement, a script can (q.rewrite)", ""},
		{`proxy_port = 1`, "proxy_port: unknown key: only ProxySQL's rules have it", ""},
		{`rule_id = 1`, "", ""},
	} {
		keys := strings.ReplaceAll(test.keys, "; ", "\n")
		if !strings.Contains(keys, "rule_id") {
			keys += "\nrule_id = 1"
		}
		c, err := Parse("t", []byte(rulesBase+"\n[[mysql_query_rules]]\n"+keys))
		var got, warned string
		if err != nil {
			got = err.Error()
		} else if w := c.Warnings(); len(w) > 0 {
			warned = Errors(w).Error()
		}
		for _, pair := range [][2]string{{got, test.problem}, {warned, test.warning}} {
			want := pair[1]
			if want != "" {
				want = "t:9: mysql_query_rules." + want
			}
			if pair[0] != want {
				t.Errorf("%s:\n got %q\nwant %q", test.keys, pair[0], want)
			}
		}
	}
}

func TestQueryRuleIDs(t *testing.T) {
	const rule = "[[mysql_query_rules]]\nrule_id = %d\n"
	_, err := Parse("t", []byte(rulesBase+fmt.Sprintf(rule+rule+rule, 7, 8, 7)+"[[mysql_query_rules]]\n"))
	want := "t:12: mysql_query_rules.rule_id: rule 7 is already on line 8\nt:13: mysql_query_rules.rule_id: missing: this key must be given"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// A rule that isn't active may lead nowhere, and a hostgroup may get its servers from the monitor.
func TestQueryRuleHostgroups(t *testing.T) {
	const rule = "[[mysql_query_rules]]\nrule_id = 1\ndestination_hostgroup = 20\n"
	for _, more := range []string{"active = false\n", "[[mysql_replication_hostgroups]]\nwriter_hostgroup = 10\nreader_hostgroup = 20\n"} {
		c, err := Parse("t", []byte(rulesBase+rule+more))
		if err != nil || slices.ContainsFunc(c.Warnings(), func(p Problem) bool { return strings.HasPrefix(p.Key, "mysql_query_rules") }) {
			t.Errorf("%q: %v, %v", more, err, c.Warnings())
		}
	}
}

func TestQueryRulesAreShown(t *testing.T) {
	c, err := Parse("t", []byte(rulesBase+`
[[mysql_query_rules]]
rule_id = 20
match_digest = "^SELECT"
[[mysql_query_rules]]
rule_id = 15
active = false
[[mysql_query_rules]]
rule_id = 10
flagOUT = 0
delay = 50
re_modifiers = ""
apply = true
`))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, q := range c.SortedRules() {
		shown = append(shown, q.String())
	}
	want := []string{`rule 10: re_modifiers = "", flagOUT = 0, delay = 50, apply = true`, `rule 20: match_digest = "^SELECT"`}
	if !slices.Equal(shown, want) {
		t.Errorf("%q, want %q", shown, want)
	}
}
