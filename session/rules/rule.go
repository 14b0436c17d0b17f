// Package rules routes statements by a static list of rules, with the meaning that ProxySQL gives its mysql_query_rules: the
// rules are tried in the order of their ids; each that matches may set something of the outcome, overriding those before it; one
// with Apply ends the search. Chains are made by flags: a rule is tried only while the flag is its FlagIN, and one that matches
// may change the flag to its FlagOUT for the rules behind it.
//
// Program is the compiled list, immutable and shared by all loops. Cache belongs to a loop: it remembers what the rules say of a
// statement as far as that depends only on digest, user, schema, flag and default hostgroup.
package rules

import "time"

// Unset is the value of a number or duration that a rule, or all rules, leave open. In a rule any negative value is the same.
const Unset = -1

// Rule is one rule, under ProxySQL's names. What a rule doesn't set is Unset, or the empty string, which matches everything.
type Rule struct {
	RuleID int
	Active bool

	// What it matches; all of it has to.
	Username           string
	Schemaname         string
	FlagIN             int
	ClientAddr         string // an IP address, or the beginning of one and %
	Digest             string // hexadecimal, with 0x or without
	MatchDigest        string // regular expression, found anywhere in the digest text
	MatchPattern       string // regular expression, found anywhere in the statement
	NegateMatchPattern bool   // both expressions have to be absent
	ReModifiers        string // CASELESS, GLOBAL, or both with a comma; GLOBAL is about replacing only, which is not done here

	// What it does.
	FlagOUT              int // from here on, a negative number sets nothing
	DestinationHostgroup int
	Timeout              time.Duration // 0: no limit
	Retries              int
	Delay                time.Duration
	ErrorMsg             string
	OKMsg                string
	Multiplex            int // 0 off for this session, 1 on again, 2 as if the statement gave no reason to turn it off
	Log                  int // 0 or 1
	Apply                bool
}

// Any is a rule that matches everything and does nothing, to begin from.
func Any(id int) Rule {
	return Rule{
		RuleID: id, Active: true, ReModifiers: "CASELESS", FlagOUT: Unset, DestinationHostgroup: Unset, Timeout: Unset,
		Retries: Unset, Delay: Unset, Multiplex: Unset, Log: Unset,
	}
}
