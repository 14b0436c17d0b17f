package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Program is a compiled list of rules. Any thread may use it.
type Program struct {
	rules     []compiled // active ones, in the order of their ids
	needsAddr bool
}

// compiled is a rule ready to be tried.
type compiled struct {
	Rule
	digest      uint64
	matchDigest *regexp.Regexp
	pattern     *regexp.Regexp
	addrPrefix  string // of ClientAddr before %; used if addrWild
	addrWild    bool
}

// Compile makes a Program of rules, in any order. The error joins what is wrong with each.
func Compile(list []Rule) (*Program, error) {
	p := new(Program)
	var errs []error
	ids := make(map[int]bool, len(list))
	for _, r := range list {
		if ids[r.RuleID] {
			errs = append(errs, fmt.Errorf("rule %d: there is another with this id", r.RuleID))
			continue
		}
		ids[r.RuleID] = true
		c, err := compile(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %d: %w", r.RuleID, err))
			continue
		}
		if r.Active {
			p.rules = append(p.rules, c)
		}
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(p.rules, func(a, b compiled) int { return a.RuleID - b.RuleID })
	p.needsAddr = slices.ContainsFunc(p.rules, func(r compiled) bool { return r.ClientAddr != "" })
	return p, nil
}

// Empty reports whether there is no active rule, or no program at all.
func (p *Program) Empty() bool { return p == nil || len(p.rules) == 0 }

// IDs lists the ids of the active rules. p may be nil.
func (p *Program) IDs() (ids []int) {
	if p == nil {
		return nil
	}
	for i := range p.rules {
		ids = append(ids, p.rules[i].RuleID)
	}
	return ids
}

// NeedsAddr reports whether a rule asks for the client's address: otherwise Input.ClientAddr may be left empty.
func (p *Program) NeedsAddr() bool { return p.needsAddr }

func compile(r Rule) (c compiled, err error) {
	c.Rule = r
	caseless, err := isCaseless(r.ReModifiers)
	if err != nil {
		return c, err
	}
	if r.Digest != "" {
		if c.digest, err = parseDigest(r.Digest); err != nil {
			return c, err
		}
	}
	if c.matchDigest, err = expression("match_digest", r.MatchDigest, caseless); err != nil {
		return c, err
	}
	if c.pattern, err = expression("match_pattern", r.MatchPattern, caseless); err != nil {
		return c, err
	}
	c.addrPrefix, _, c.addrWild = strings.Cut(r.ClientAddr, "%")
	if c.addrWild && len(c.addrPrefix) != len(r.ClientAddr)-1 {
		return c, fmt.Errorf("client_addr %q: %% can only be the last character", r.ClientAddr)
	}
	return c, nil
}

// isCaseless reads ReModifiers.
func isCaseless(modifiers string) (caseless bool, err error) {
	if modifiers == "" {
		return false, nil
	}
	for word := range strings.SplitSeq(modifiers, ",") {
		switch strings.ToUpper(strings.TrimSpace(word)) {
		case "CASELESS":
			caseless = true
		case "GLOBAL":
		default:
			return false, fmt.Errorf("re_modifiers: %q is neither CASELESS nor GLOBAL", word)
		}
	}
	return caseless, nil
}

func parseDigest(s string) (uint64, error) {
	hex := strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
	digest, err := strconv.ParseUint(hex, 16, 64)
	if err != nil || digest == 0 {
		return 0, fmt.Errorf("digest: %q is not a hexadecimal number of up to 16 digits, 0x1234567890ABCDEF", s)
	}
	return digest, nil
}

// expression compiles a regular expression; nil for an empty one.
func expression(name, text string, caseless bool) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	if _, err := regexp.Compile(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if caseless {
		text = "(?i)" + text
	}
	return regexp.Compile(text)
}
