package sysvar

import "slices"

// State is what a connection has, or what a session wants of it: the system variables that were changed since login with the
// character sets of the login (Login), and the user variables with the SQL texts of their values (UserVars).
// Both sets are of the loop's Interner and never nil.
type State struct {
	Vars     *Set
	UserVars *Set
}

// Distance is the number of variables that differ, to choose the connection that needs least: 0 means the same set.
func Distance(have, want *Set) int {
	if have == want {
		return 0
	}
	n, i, j := 0, 0, 0
	for i < len(have.pairs) && j < len(want.pairs) {
		h, w := &have.pairs[i], &want.pairs[j]
		switch {
		case h.name < w.name:
			n, i = n+1, i+1
		case h.name > w.name:
			n, j = n+1, j+1
		default:
			if h.value != w.value {
				n++
			}
			i, j = i+1, j+1
		}
	}
	return n + len(have.pairs) - i + len(want.pairs) - j
}

// resetDistance is what a reset counts.
const resetDistance = 10

// Distance is the number of variables of both kinds that differ; 0 means that nothing has to be sent. A user variable that is not wanted
// takes a reset.
func (have State) Distance(want State) int {
	d := Distance(have.Vars, want.Vars)
	if have.UserVars == want.UserVars {
		return d
	}
	merge(have.UserVars, want.UserVars, func(_ string, h, w *string) {
		switch {
		case w == nil, *w == null && h != nil && *h != null:
			d += resetDistance
		case h == nil || *h != *w:
			d++
		}
	})
	return d
}

// AppendSync writes the statement that brings a connection from have to want: one SET, or nothing if there is nothing to do.
// It is false when no assignment can do it, and the connection needs COM_RESET_CONNECTION first; dst is then returned as it was.
func AppendSync(dst []byte, have, want State) (sql []byte, ok bool) {
	if have == want {
		return dst, true
	}
	s := statement{sql: dst, start: len(dst), ok: true}
	s.variables(s.numbers(have, want), want.Vars)
	s.userVars(have.UserVars, want)
	if !s.ok {
		return dst, false
	}
	return s.sql, true
}

// statement is a SET that is being written.
type statement struct {
	sql   []byte
	start int
	ok    bool
}

// next writes what comes before an assignment.
func (s *statement) next() {
	if len(s.sql) == s.start {
		s.sql = append(s.sql, "SET "...)
		return
	}
	s.sql = append(s.sql, ',')
}

// name begins the assignment of a system variable. The scope is named each time: without it, an isolation level would be for the
// next transaction only.
func (s *statement) name(name string) {
	s.next()
	s.sql = append(s.sql, "@@SESSION."...)
	s.sql = append(s.sql, name...)
	s.sql = append(s.sql, '=')
}

// assign gives a system variable a value.
func (s *statement) assign(name, value string) {
	s.name(name)
	var ok bool
	if s.sql, ok = appendValue(s.sql, name, value); !ok {
		s.ok = false
	}
}

// undo takes a system variable back to what a fresh connection has.
func (s *statement) undo(name string) {
	value, listed := undo[name]
	switch {
	case !listed:
		value = "DEFAULT"
	case value == "":
		s.ok = false
		return
	}
	s.name(name)
	s.sql = append(s.sql, value...)
}

func (s *statement) variables(have, want *Set) {
	if have == want {
		return
	}
	have = s.names(have, want)
	merge(have, want, func(name string, h, w *string) {
		if m, ok := families[name]; ok {
			s.family(m, name, have, want)
			return
		}
		switch {
		case w == nil:
			s.undo(name)
		case h == nil || *h != *w:
			s.assign(name, *w)
		}
	})
}

// names writes the SET NAMES that gives the character sets of client and results the collations that want has, and returns what the connection has
// then. It is the only statement that can, and gives both the same: those that a session has do not differ, though one of the two may have gone
// back to the default of a character set since.
func (s *statement) names(have, want *Set) *Set {
	var of, collation string
	differs := false
	for _, c := range collated {
		w, ok := want.Get(c.collation)
		if !ok {
			continue
		}
		s.ok = s.ok && (collation == "" || collation == w)
		of, collation = c.charset, w
		h, _ := have.Get(c.collation)
		differs = differs || h != w || !have.agrees(want, c.charset)
	}
	if !differs {
		return have
	}
	charset, _ := want.Get(of)
	s.next()
	s.sql = append(s.sql, "NAMES "...)
	s.sql = appendQuoted(s.sql, []byte(charset))
	s.sql = append(s.sql, " COLLATE "...)
	s.sql = appendQuoted(s.sql, []byte(collation))
	after := &Set{pairs: slices.Clone(have.pairs)}
	after.assign("character_set_client", charset)
	after.assign(clientCollation, collation)
	after.assign("character_set_results", charset)
	after.assign(resultsCollation, collation)
	after.remove("character_set_connection")
	after.assign("collation_connection", collation)
	return after
}

// agrees reports whether a variable has the same value in two sets, or is in neither.
func (s *Set) agrees(other *Set, name string) bool {
	a, _ := s.Get(name)
	b, _ := other.Get(name)
	return a == b
}

// assign and remove change a set that is no interner's.
func (s *Set) assign(name, value string) {
	i, found := find(s.pairs, name)
	if found {
		s.pairs[i].value = value
		return
	}
	s.pairs = slices.Insert(s.pairs, i, pair{name, value})
}

func (s *Set) remove(name string) {
	if i, found := find(s.pairs, name); found {
		s.pairs = slices.Delete(s.pairs, i, i+1)
	}
}

// merge calls f for every name in one of two sets, with the values in both, nil where it isn't in.
func merge(have, want *Set, f func(name string, h, w *string)) {
	i, j := 0, 0
	for i < len(have.pairs) || j < len(want.pairs) {
		switch {
		case j == len(want.pairs) || i < len(have.pairs) && have.pairs[i].name < want.pairs[j].name:
			f(have.pairs[i].name, &have.pairs[i].value, nil)
			i++
		case i == len(have.pairs) || have.pairs[i].name > want.pairs[j].name:
			f(want.pairs[j].name, nil, &want.pairs[j].value)
			j++
		default:
			f(have.pairs[i].name, &have.pairs[i].value, &want.pairs[j].value)
			i, j = i+1, j+1
		}
	}
}

// family assigns what differs in a family, when the first of its members that occurs is met. A total member that is assigned
// changes the partial ones too: they follow, changed or not.
func (s *statement) family(m member, met string, have, want *Set) {
	f := m.family
	first, differs := "", false
	for _, name := range f.members {
		h, inHave := have.Get(name)
		w, inWant := want.Get(name)
		if (inHave || inWant) && (first == "" || name < first) {
			first = name
		}
		differs = differs || inHave != inWant || h != w
	}
	if met != first || !differs {
		return
	}
	covered := s.totals(f, have, want)
	for _, name := range f.members[f.totals:] {
		if w, ok := want.Get(name); ok {
			s.assign(name, w)
		} else if _, ok := have.Get(name); ok && !covered {
			s.undo(name)
		}
	}
}

// totals assigns the total member that want has, or takes back the one that only have has. There is never more than one in a set.
func (s *statement) totals(f *family, have, want *Set) (assigned bool) {
	for _, name := range f.members[:f.totals] {
		if w, ok := want.Get(name); ok {
			s.assign(name, w)
			return true
		}
	}
	for _, name := range f.members[:f.totals] {
		if _, ok := have.Get(name); ok {
			s.undo(name)
			return true
		}
	}
	return false
}

// userVars assigns the user variables that differ, but for those that numbers has assigned.
func (s *statement) userVars(have *Set, want State) {
	if have == want.UserVars {
		return
	}
	last := connectionCollation(want.Vars)
	merge(have, want.UserVars, func(name string, h, w *string) {
		if h != nil && w != nil && *h == *w {
			return
		}
		if w == nil || *w == unknown || *w == null && h != nil {
			s.ok = false // NULL would do, but for the type that the variable had
			return
		}
		if collation, literal, number := splitNumber(*w); !number || collation == last {
			s.userVar(name, literal)
		}
	})
}

// userVar assigns a user variable.
func (s *statement) userVar(name, literal string) {
	s.next()
	s.sql = append(s.sql, "@`"...)
	s.sql = append(s.sql, name...)
	s.sql = append(s.sql, "`="...)
	s.sql = append(s.sql, literal...)
}
