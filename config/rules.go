package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// MySQLQueryRule is one [[mysql_query_rules]]: what to do with the statements that it matches. Rules are tried in the order
// of RuleID, which is unique. A negative number, and an empty string, say nothing.
type MySQLQueryRule struct {
	RuleID               int           `toml:"rule_id" range:"0 2147483647"`
	Active               bool          `toml:"active" default:"true"`
	Username             string        `toml:"username" default:""`
	Schemaname           string        `toml:"schemaname" default:""`
	FlagIN               int           `toml:"flagIN" default:"0" range:"0 2147483647"`
	ClientAddr           string        `toml:"client_addr" default:""`   // An IP address, or its beginning and %.
	Digest               string        `toml:"digest" default:""`        // Hexadecimal, with 0x or without.
	MatchDigest          string        `toml:"match_digest" default:""`  // RE2.
	MatchPattern         string        `toml:"match_pattern" default:""` // RE2.
	NegateMatchPattern   bool          `toml:"negate_match_pattern" default:"false"`
	ReModifiers          string        `toml:"re_modifiers" default:"CASELESS"` // CASELESS, GLOBAL, both with a comma, or empty.
	FlagOUT              int           `toml:"flagOUT" default:"-1" range:"-1 2147483647"`
	DestinationHostgroup int           `toml:"destination_hostgroup" default:"-1" range:"-1 2147483647"`
	Timeout              time.Duration `toml:"timeout" unit:"ms" default:"-1" range:"-1 31536000000"`
	Retries              int           `toml:"retries" default:"-1" range:"-1 1000"`
	Delay                time.Duration `toml:"delay" unit:"ms" default:"-1" range:"-1 3600000"`
	ErrorMsg             string        `toml:"error_msg" default:""`
	OKMsg                string        `toml:"OK_msg" default:""`
	Multiplex            int           `toml:"multiplex" default:"-1" range:"-1 2"`
	Log                  int           `toml:"log" default:"-1" range:"-1 1"`
	Apply                bool          `toml:"apply" default:"false"`
	Comment              string        `toml:"comment" default:""`
}

// String is the rule as `parkway check` shows it: its id and every key that is not at its default, as in the file.
func (q MySQLQueryRule) String() string {
	v := reflect.ValueOf(q)
	var says []string
	for _, f := range fields(v.Type()) {
		if raw := fileValue(v.Field(f.index), f.unit); !f.required && raw != f.defaultValue(v.Field(f.index).Type()) {
			says = append(says, fmt.Sprintf("%s = %#v", f.key, raw))
		}
	}
	return fmt.Sprintf("rule %d: %s", q.RuleID, strings.Join(says, ", "))
}

// SortedRules returns the active rules in the order in which they are tried.
func (c *Config) SortedRules() []MySQLQueryRule {
	var active []MySQLQueryRule
	for _, q := range c.QueryRules {
		if q.Active {
			active = append(active, q)
		}
	}
	slices.SortFunc(active, func(a, b MySQLQueryRule) int { return a.RuleID - b.RuleID })
	return active
}

// fileValue is a value as the file has it.
func fileValue(v reflect.Value, unit time.Duration) any {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		if unit != 0 {
			return v.Int() / int64(unit)
		}
		return v.Int()
	}
	return v.Interface()
}
