package sysvar

import (
	"bytes"

	"parkway/protocol/digest"
)

// NamesCollation finds the collation in SET NAMES charset COLLATE collation (digest.SetNames), which no tracker reports: of the
// variables that it sets, the session's Set gets collation_connection. It is nil if there is none: the character set's default.
// It is not ok if the text can't be read, or for SET CHARACTER SET, which takes the schema's: then only the server knows the collation.
func NamesCollation(sql []byte, o digest.Options) (collation []byte, ok bool) {
	known := true
	ok = digest.Assignments(sql, o, func(a digest.Assignment) bool {
		switch {
		case a.User:
		case bytes.EqualFold(a.Name, []byte("NAMES")):
			collation, known = collateIn(a.Value)
			return known
		case setsCharacterSet(a.Name):
			known = false
		}
		return true
	})
	return collation, ok && known
}

// setsCharacterSet reports whether an assignment of this name is a SET CHARACTER SET, or SET CHARSET.
func setsCharacterSet(name []byte) bool {
	return bytes.EqualFold(name[:min(len(name), len("CHAR"))], []byte("CHAR")) && bytes.IndexByte(name, '_') < 0
}

// WithNames is vars after SET NAMES with this collation (NamesCollation), whose character sets the tracker has reported already. Nothing is
// kept of collation.
func (in *Interner) WithNames(vars *Set, collation []byte) *Set {
	collation = bytes.Clone(in.fold(collation))
	return in.withCollated(in.With(vars, []byte("collation_connection"), collation), collation)
}

// WithResults is vars with the collation that a MySQL server's metadata names by this number for texts, in which results are sent. The
// client's, which shows nowhere, is the same if it can be.
func (in *Interner) WithResults(vars *Set, collation uint16) *Set {
	if int(collation) >= len(collations) || collations[collation] == "" {
		return vars
	}
	return in.withCollated(vars, []byte(collations[collation]))
}

// withCollated is vars with this collation for those of collated whose character set may have it, and none for the others: it was assigned behind
// the NAMES that gave it, in the same statement.
func (in *Interner) withCollated(vars *Set, collation []byte) *Set {
	for _, c := range collated {
		if charset, _ := vars.Get(c.charset); ofCharset(collation, charset) {
			vars = in.With(vars, []byte(c.collation), collation)
		} else {
			vars = in.Without(vars, c.collation)
		}
	}
	return vars
}

// ofCharset reports whether a character set may have the collation, by its name.
func ofCharset(collation []byte, charset string) bool {
	if charset == "" {
		return false
	}
	of, _, _ := bytes.Cut(collation, []byte{'_'})
	return string(of) == charset || string(of) == "utf8" && charset == "utf8mb3" || bytes.HasPrefix(collation, []byte("uca1400_"))
}

// collateIn reads: charset [COLLATE collation].
func collateIn(value []byte) (collation []byte, ok bool) {
	l := lexer{value}
	if charset := l.next(); charset.kind != tokenString && !charset.names() {
		return nil, false
	}
	t := l.next()
	if t.word("collate") {
		c := l.next()
		if c.kind != tokenString && !c.names() {
			return nil, false
		}
		if !c.word("default") {
			collation = c.text
		}
		t = l.next()
	}
	return collation, t.kind == tokenEnd
}
