// Package shrink makes a failing script small: fewer clients, fewer steps,
// fewer backends, plainer clients. It is delta debugging (Zeller and
// Hildebrandt's ddmin): parts are left out as long as the rest still fails.
package shrink

import (
	"slices"

	"parkway/bench/torture/script"
)

// Script returns a script that fails and of which, if fails never says no for
// lack of time, no client and no entry can be left out. fails(s) must be true;
// it is asked about many scripts and may answer false to all when the time is
// over.
func Script(s *script.Script, fails func(*script.Script) bool) *script.Script {
	for before := -1; before != size(s); {
		before = size(s)
		// Order first: where entries run one by one, the rest is sure. What is smaller may fail in an order in which more did not.
		s = try(s, fails, func(c *script.Script) { c.Order = script.Strict })
		s = backends(s, fails)
		s = clients(s, fails)
		s = entries(s, fails)
	}
	return plain(s, fails)
}

// size falls with each success.
func size(s *script.Script) int { return len(s.Clients) + len(s.Entries) }

// try changes a copy, and returns it if it still fails.
func try(s *script.Script, fails func(*script.Script) bool, change func(*script.Script)) *script.Script {
	c := *s
	c.Clients, c.Entries = slices.Clone(s.Clients), slices.Clone(s.Entries)
	change(&c)
	if c.Order == s.Order && c.Backends == s.Backends && slices.Equal(c.Clients, s.Clients) && len(c.Entries) == len(s.Entries) {
		return s
	}
	if fails(&c) {
		return &c
	}
	return s
}

// backends lowers their number, so that fewer clients meet on one.
func backends(s *script.Script, fails func(*script.Script) bool) *script.Script {
	for _, n := range []int{1, 2, s.Backends / 2} {
		if n >= 1 && n < s.Backends {
			if c := try(s, fails, func(c *script.Script) { c.Backends = n }); c != s {
				return c
			}
		}
	}
	return s
}

// clients leaves clients out, with all their entries.
func clients(s *script.Script, fails func(*script.Script) bool) *script.Script {
	with := func(list []script.Client) *script.Script {
		return s.Keep(func(c script.Client) bool { return slices.Contains(list, c) })
	}
	return with(minimal(s.Clients, func(list []script.Client) bool { return fails(with(list)) }))
}

// entries leaves entries out.
func entries(s *script.Script, fails func(*script.Script) bool) *script.Script {
	with := func(list []script.Entry) *script.Script {
		c := *s
		c.Entries = list
		return &c
	}
	return with(minimal(s.Entries, func(list []script.Entry) bool { return fails(with(list)) }))
}

// plain takes from each client what makes it special.
func plain(s *script.Script, fails func(*script.Script) bool) *script.Script {
	for i := range s.Clients {
		s = try(s, fails, func(c *script.Script) { c.Clients[i].Capabilities = 0 })
		s = try(s, fails, func(c *script.Script) { c.Clients[i].Charset = 45 })
		s = try(s, fails, func(c *script.Script) { c.Clients[i].Leave = script.Quit })
	}
	return s
}

// minimal is ddmin by complements, with single elements tried last: it returns
// a part of the list that fails, of which no single element can be left out.
// The list as it is must fail.
func minimal[T any](list []T, fails func([]T) bool) []T {
	for chunk := (len(list) + 1) / 2; chunk >= 1; {
		removed := false
		for from := 0; from < len(list) && len(list) > 1; {
			rest := slices.Concat(list[:from], list[min(from+chunk, len(list)):])
			if len(rest) > 0 && fails(rest) {
				list, removed = rest, true
				continue // the next chunk is at from now
			}
			from += chunk
		}
		if chunk == 1 && !removed {
			break
		}
		if chunk > 1 {
			chunk = (chunk + 1) / 2
		}
	}
	return list
}
