package rules

import "parkway/config"

// FromConfig compiles the rules of a configuration. What config.Load has let through compiles.
func FromConfig(list []config.MySQLQueryRule) (*Program, error) {
	rules := make([]Rule, len(list))
	for i := range list {
		q := &list[i]
		rules[i] = Rule{
			RuleID: q.RuleID, Active: q.Active,
			Username: q.Username, Schemaname: q.Schemaname, FlagIN: q.FlagIN, ClientAddr: q.ClientAddr, Digest: q.Digest,
			MatchDigest: q.MatchDigest, MatchPattern: q.MatchPattern, NegateMatchPattern: q.NegateMatchPattern, ReModifiers: q.ReModifiers,
			FlagOUT: q.FlagOUT, DestinationHostgroup: q.DestinationHostgroup, Timeout: q.Timeout, Retries: q.Retries, Delay: q.Delay,
			ErrorMsg: q.ErrorMsg, OKMsg: q.OKMsg, Multiplex: q.Multiplex, Log: q.Log, Apply: q.Apply,
		}
	}
	return Compile(rules)
}
