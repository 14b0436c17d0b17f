package sysvar

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"parkway/protocol/digest"
)

// A number in a user variable has a collation, which is seen when it is made a text: CONCAT(@n). On MySQL it is the collation_connection of the
// moment of the assignment, and stays when that changes; on MariaDB it is that of the moment of the use. (Measured on MySQL 9.7 and MariaDB
// 10.11.) So the set has a number under the collation that it was assigned with, and AppendSync assigns it with that again. A SET carries out its
// assignments from left to right: one is enough for numbers of several collations.

// numberMark stands between the collation of a number and its literal.
const numberMark = "\x00"

// numbered is the value in a set of a variable that was assigned a number: with a collation as connectionCollation names it.
func numbered(collation string, number []byte) []byte {
	return slices.Concat([]byte(collation), []byte(numberMark), number)
}

// splitNumber takes the value of a user variable apart. literal is all of it, if it isn't a number.
func splitNumber(value string) (collation, literal string, number bool) {
	if collation, literal, number = strings.Cut(value, numberMark); number {
		return collation, literal, true
	}
	return "", value, false
}

// connectionCollation names collation_connection: by the character set, if it is the default of that, and "" for a server's global one.
func connectionCollation(vars *Set) string {
	if collation, ok := vars.Get("collation_connection"); ok {
		return collation
	}
	charset, _ := vars.Get("character_set_connection")
	return charset
}

// withConnectionCollation is a set, no interner's, that differs from vars in what connectionCollation says.
func withConnectionCollation(vars *Set, collation string) *Set {
	after := &Set{pairs: slices.Clone(vars.pairs)}
	after.remove("collation_connection")
	after.remove("character_set_connection")
	if collation != "" {
		after.assign(collationVariable(collation), collation)
	}
	return after
}

// collationVariable is the variable that gives a connection such a collation.
func collationVariable(collation string) string {
	if strings.Contains(collation, "_") { // character sets have no underscores in their names
		return "collation_connection"
	}
	return "character_set_connection"
}

// setsCollation reports whether an assignment changes collation_connection.
func setsCollation(a *digest.Assignment) bool {
	if a.User || a.Scope != digest.ScopeSession && a.Scope != digest.ScopeUnqualified {
		return false
	}
	name := string(bytes.ToLower(a.Name))
	return name == "names" || name == "collation_connection" || name == "character_set_connection" || setsCharacterSet(a.Name)
}

// number is an assignment that AppendSync has to make.
type number struct{ collation, variable, literal string }

// numbers writes the assignments of the numbers of which want has another collation than its own, and returns the system variables that the
// connection has then.
func (s *statement) numbers(have, want State) *Set {
	if have.UserVars == want.UserVars {
		return have.Vars
	}
	running, last := connectionCollation(have.Vars), connectionCollation(want.Vars)
	var odd []number
	merge(have.UserVars, want.UserVars, func(name string, h, w *string) {
		if w == nil || h != nil && *h == *w {
			return
		}
		if collation, literal, ok := splitNumber(*w); ok && collation != last {
			odd = append(odd, number{collation, name, literal})
		}
	})
	if odd == nil {
		return have.Vars
	}
	begun := running
	slices.SortStableFunc(odd, func(a, b number) int {
		switch {
		case a.collation == b.collation:
			return 0
		case a.collation == begun:
			return -1
		case b.collation == begun:
			return 1
		}
		return cmp.Compare(a.collation, b.collation)
	})
	for _, n := range odd {
		if n.collation != running {
			if n.collation == "" {
				s.undo("collation_connection")
			} else {
				s.assign(collationVariable(n.collation), n.collation)
			}
			running = n.collation
		}
		s.userVar(n.variable, n.literal)
	}
	if running == begun {
		return have.Vars
	}
	return withConnectionCollation(have.Vars, running)
}
