package digest

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// split is a tokenizer that is as simple as can be, to compare the lexer with: the first pattern that matches at a
// place is the token there. It knows no multi-byte character sets and no dollar quotes.
func split(sql []byte, o Options) (tokens []string) {
	patterns := plainPatterns
	switch {
	case o&AnsiQuotes != 0 && o&NoBackslashEscapes != 0:
		patterns = ansiPlainPatterns
	case o&AnsiQuotes != 0:
		patterns = ansiPatterns
	case o&NoBackslashEscapes != 0:
		patterns = noEscapePatterns
	}
	sql = recode(sql) // Patterns match characters, the lexer bytes.
	inside := false
	name, end := false, 0 // the last token was a name, and where it ended
	dotted := false       // the one before was a name
	for i := 0; i < len(sql); {
		rest := sql[i:]
		last := ""
		if len(tokens) > 0 {
			last = tokens[len(tokens)-1]
		}
		if m := skipPattern.Find(rest); m != nil {
			i += len(m)
			continue
		}
		if m := executablePattern.Find(rest); m != nil {
			inside = true
			i += len(m)
			continue
		}
		if inside && bytes.HasPrefix(rest, []byte("*/")) {
			inside = false
			i += 2
			continue
		}
		if bytes.HasPrefix(rest, []byte("/*")) {
			break
		}
		var m []byte
		switch {
		case last == "." && dotted:
			m = namePattern.Find(rest)
		case name && end == i && rest[0] == '.':
			m = rest[:1]
		case last == ",":
			m = ellipsisPattern.Find(rest)
		}
		for _, p := range patterns {
			if m == nil {
				m = p.Find(rest)
			}
		}
		if m == nil {
			m = rest[:1]
		}
		i += len(m)
		tokens = append(tokens, string(m))
		numeric := !(last == "." && dotted) && numberPattern.Match(m) && len(numberPattern.Find(m)) == len(m)
		dotted = name
		name, end = namePattern.Match(m) && !numeric && !strings.ContainsAny(string(m), "'") ||
			m[0] == '`' || m[0] == '"' && o&AnsiQuotes != 0 || bytes.HasPrefix(m, []byte("@@")), i
	}
	return tokens
}

// recode makes a character of each byte.
func recode(b []byte) []byte {
	var out []byte
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

var (
	skipPattern       = regexp.MustCompile(`(?s)^(?:[ \t\n\v\f\r]+|#[^\n]*(?:\n|$)|--(?:\n|$|[\x00-\x09\x0B-\x20\x7F][^\n]*(?:\n|$))|/\*M?\*/|/\*(?:[^!M]|M[^!]).*?\*/)`)
	executablePattern = regexp.MustCompile(`^/\*M?!(?:[0-9]{5,6})?`)
	namePattern       = regexp.MustCompile(`^[0-9A-Za-z_$\x80-\xFF]+`)
	ellipsisPattern   = regexp.MustCompile(`^\.\.\.`)
	numberPattern     = regexp.MustCompile(`^(?:0x[0-9A-Fa-f]+|0b[01]+|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)`)

	plainPatterns     = patterns(`"(?:[^"\\]|\\.|"")*(?:"|$)`, `'(?:[^'\\]|\\.|'')*(?:'|\\?$)`)
	noEscapePatterns  = patterns(`"(?:[^"]|"")*(?:"|$)`, `'(?:[^']|'')*(?:'|$)`)
	ansiPatterns      = patterns(`"(?:[^"]|"")*(?:"|$)`, `'(?:[^'\\]|\\.|'')*(?:'|\\?$)`)
	ansiPlainPatterns = patterns(`"(?:[^"]|"")*(?:"|$)`, `'(?:[^']|'')*(?:'|$)`)
)

// patterns are those of all tokens, given those of what is in quotes.
func patterns(double, single string) (all []*regexp.Regexp) {
	const name, quoted = `[0-9A-Za-z_$\x80-\xFF]`, "`(?:[^`]|``)*(?:`|$)"
	for _, p := range []string{
		`[nN]` + single, `[xXbB]'[^']*(?:'|$)`,
		`[0-9]+[eE][-+]?[0-9]+`, `[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?`, `\.[0-9]+(?:[eE][-+]?[0-9]+)?`,
		`\\N`, name + `+`, quoted, double, single,
		`@@` + quoted, `@@` + name + `*`, `@` + quoted, `@` + double, `@` + single, `@[.0-9A-Za-z_$\x80-\xFF]*`,
		`<=>|<=|<>|<<|>=|>>|!=|\|\||&&|->>|->|:=`,
	} {
		all = append(all, regexp.MustCompile(`(?s)^(?:`+p+`)`))
	}
	return all
}

// lexed is what the lexer makes of a text, as split has it.
func lexed(sql []byte, o Options) (tokens []string, l lexer) {
	l = lexer{sql: sql, opts: o}
	for l.next() != tokEnd {
		tokens = append(tokens, string(recode(l.bytes())))
	}
	return tokens, l
}

func compareWithReference(t *testing.T, sql []byte, o Options) {
	t.Helper()
	got, l := lexed(sql, o)
	if l.flags&Uncertain != 0 || o&multibyte != 0 {
		return
	}
	want := split(sql, o)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%q with options %b\nlexer     %q\nreference %q", sql, o, got, want)
		}
	}
}

func TestLexerIsAsTheReference(t *testing.T) {
	for _, test := range scanTests {
		for o := range NoBackslashEscapes << 1 {
			compareWithReference(t, []byte(test.sql), o)
		}
	}
}
