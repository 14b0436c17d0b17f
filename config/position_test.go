package config

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestScanLines(t *testing.T) {
	root := scanLines([]byte(`a = 1
"b c" = '#' # not = a key
'd.e'.f = [ # [
  1,
  """ ] \""" """, '''
''''',
  [2, [3,
  4]],
]
[g . h]
i = { j = 1, k.l = "}", m = [{ n = 1 },
  { n = 2 }] }
[[o]]
[[o.p]]
q = 1979-05-27 07:32:00 # a date with a space
[[o]]
[[o.p]]
[[o.p]]
q = -inf
[g]
`))
	for _, test := range []struct {
		what string
		n    *node
		line int
	}{
		{"a", root.key("a"), 1},
		{"b c", root.key("b c"), 2},
		{"d.e", root.key("d.e"), 3},
		{"d.e.f", root.key("d.e").key("f"), 3},
		{"d.e.f[0]", root.key("d.e").key("f").elem(0), 4},
		{"d.e.f[1]", root.key("d.e").key("f").elem(1), 5},
		{"d.e.f[2]", root.key("d.e").key("f").elem(2), 5},
		{"d.e.f[3][1][1]", root.key("d.e").key("f").elem(3).elem(1).elem(1), 8},
		{"g, where its own header is", root.key("g"), 20},
		{"g.h", root.key("g").key("h"), 10},
		{"g.h.i.k.l", root.key("g").key("h").key("i").key("k").key("l"), 11},
		{"g.h.i.m[1].n", root.key("g").key("h").key("i").key("m").elem(1).key("n"), 12},
		{"o[0].p[0].q", root.key("o").elem(0).key("p").elem(0).key("q"), 15},
		{"o[1].p[1].q", root.key("o").elem(1).key("p").elem(1).key("q"), 19},
	} {
		if !test.n.given || test.n.line != test.line {
			t.Errorf("%s: line %d (given: %v), want %d", test.what, test.n.line, test.n.given, test.line)
		}
	}
	if n := root.key("o").elem(1).key("x"); n.given || n.line != 16 {
		t.Errorf("a key that is not there: line %d (given: %v)", n.line, n.given)
	}
	if n := root.key("o"); n.elem(7) != n {
		t.Error("an element that is not there is not its array")
	}
}

// The scanner finds every key that the TOML library finds, on a line that the document has.
func FuzzScanLines(f *testing.F) {
	f.Add(good)
	f.Add("a.b = [1, {c = '''\n'''}]\n[[d]]\n\"e\\u0066\" = 1")
	for _, bad := range badDocuments {
		f.Add(bad.doc)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root := scanLines([]byte(text))
		doc := make(map[string]any)
		if _, err := toml.Decode(text, &doc); err != nil || strings.Contains(text, `\`) {
			return // Keys with escapes may get the line of their table.
		}
		compare(t, doc, root, strings.Count(text, "\n")+1)
	})
}

// compare checks that n has the shape of v.
func compare(t *testing.T, v any, n *node, lines int) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			k := n.key(key)
			if !k.given || k.line < 1 || k.line > lines {
				t.Fatalf("key %q: line %d of %d (given: %v)", key, k.line, lines, k.given)
			}
			compare(t, value, k, lines)
		}
	case []map[string]any:
		for i, value := range v {
			compare(t, value, element(t, n, i), lines)
		}
	case []any:
		for i, value := range v {
			compare(t, value, element(t, n, i), lines)
		}
	}
}

func element(t *testing.T, n *node, i int) *node {
	if i >= len(n.elems) {
		t.Fatalf("element %d of %d", i, len(n.elems))
	}
	return n.elems[i]
}
