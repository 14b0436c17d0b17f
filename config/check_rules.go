package config

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (r *reader) checkQueryRules(c *Config) {
	const list = "mysql_query_rules"
	served, known := r.servedHostgroups(c)
	first := make(map[int]int) // Rule -> line.
	for i := range c.QueryRules {
		q := &c.QueryRules[i]
		if id := r.entry(list, i, "rule_id"); !id.bad {
			if line, taken := first[q.RuleID]; taken {
				r.problem(id, list+".rule_id", "rule %d is already on line %d", q.RuleID, line)
			} else {
				first[q.RuleID] = id.line
			}
		}
		for _, key := range []struct {
			name   string
			reason string
		}{
			{"client_addr", badClientAddr(q.ClientAddr)},
			{"digest", badDigest(q.Digest)},
			{"match_digest", badExpression(q.MatchDigest)},
			{"match_pattern", badExpression(q.MatchPattern)},
			{"re_modifiers", badModifiers(q.ReModifiers)},
		} {
			if key.reason != "" {
				r.problem(r.entry(list, i, key.name), list+"."+key.name, "%s", key.reason)
			}
		}
		hg := r.entry(list, i, "destination_hostgroup")
		if known && !hg.bad && q.Active && q.DestinationHostgroup >= 0 && !served[q.DestinationHostgroup] {
			r.warn(hg, list+".destination_hostgroup", "no server is in hostgroup %d", q.DestinationHostgroup)
		}
	}
	r.warnUnmatched(c)
}

// warnUnmatched warns of rules that can never match: those for a user whom nobody can be, and those that are tried
// while the flag is what no rule before them sets.
func (r *reader) warnUnmatched(c *Config) {
	const list = "mysql_query_rules"
	users, flags := make(map[string]bool), map[int]bool{0: true}
	for _, u := range c.Users {
		users[u.Username] = true
	}
	order := make([]int, 0, len(c.QueryRules)) // in which the active ones are tried
	for i, q := range c.QueryRules {
		if q.Active {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.QueryRules[a].RuleID, c.QueryRules[b].RuleID) })
	for _, i := range order {
		q := &c.QueryRules[i]
		if name := r.entry(list, i, "username"); q.Username != "" && !users[q.Username] && !name.bad {
			r.warn(name, list+".username", "no user is named %q: the rule never matches", q.Username)
		}
		flag := r.entry(list, i, "flagIN")
		switch {
		case flags[q.FlagIN]:
			flags[q.FlagOUT] = true
		case !flag.bad:
			r.warn(flag, list+".flagIN", "no rule before this one has flagOUT = %d: it is never tried", q.FlagIN)
		}
	}
}

// badClientAddr says why a pattern of addresses can't be used; "" if it can.
func badClientAddr(addr string) string {
	if at := strings.IndexByte(addr, '%'); at >= 0 && at != len(addr)-1 {
		return "% can only be the last character"
	}
	return ""
}

// badDigest says why a digest can't be read; "" if it can or there is none.
func badDigest(digest string) string {
	if digest == "" {
		return ""
	}
	hex := strings.TrimPrefix(strings.TrimPrefix(digest, "0x"), "0X")
	if n, err := strconv.ParseUint(hex, 16, 64); err != nil || n == 0 {
		return "must be a hexadecimal number of up to 16 digits, as 0x1234567890ABCDEF"
	}
	return ""
}

// badExpression says why a regular expression can't be compiled, by itself or caseless; "" if it can.
func badExpression(text string) string {
	for _, form := range []string{text, "(?i)" + text} {
		if _, err := regexp.Compile(form); err != nil {
			return err.Error() + " (the syntax is RE2's)"
		}
	}
	return ""
}

// badModifiers says why re_modifiers can't be read; "" if they can.
func badModifiers(words string) string {
	if words == "" {
		return ""
	}
	for word := range strings.SplitSeq(words, ",") {
		if w := strings.ToUpper(strings.TrimSpace(word)); w != "CASELESS" && w != "GLOBAL" {
			return "must be CASELESS, GLOBAL, both with a comma between them, or empty, not " + strconv.Quote(words)
		}
	}
	return ""
}
