package play

import (
	"slices"
	"strings"
	"testing"

	"parkway/bench/torture/script"
)

// two is a script of two clients, and what they are told.
func two() (*script.Script, *Transcript) {
	s := &script.Script{Order: script.Strict, Backends: 1, Clients: []script.Client{
		{ID: 3, Charset: 45, Leave: script.Reset}, {ID: 7, Charset: 45, Leave: script.Quit},
	}}
	t := &Transcript{Logins: map[int]Answer{3: {"in"}, 7: {"in"}}, Leaves: map[int]Answer{3: {"out"}, 7: nil}}
	for i, text := range []string{"a", "b", "c", "d"} {
		s.Entries = append(s.Entries, script.Entry{Client: []int{3, 7}[i%2], Step: script.Step{Verb: script.Query, Text: text}})
		t.Steps = append(t.Steps, Answer{"column", "row " + text, "ok"})
	}
	return s, t
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Transcript)
		want   []int // entries
	}{
		{"nothing", func(*Transcript) {}, nil},
		{"a value", func(t *Transcript) { t.Steps[1][1] = "row B" }, []int{1}},
		{"a line less", func(t *Transcript) { t.Steps[1] = t.Steps[1][:2] }, []int{1}},
		{"a line more", func(t *Transcript) { t.Steps[2] = append(t.Steps[2], "ok") }, []int{2}},
		{"the order of rows", func(t *Transcript) { slices.Reverse(t.Steps[0]) }, []int{0}},
		{"no answer", func(t *Transcript) { t.Steps[3] = nil }, []int{3}},
		{"only the first of a client", func(t *Transcript) { t.Steps[0], t.Steps[2] = nil, nil }, []int{0}},
		{"the first of each client", func(t *Transcript) { t.Steps[1], t.Steps[2] = nil, nil }, []int{1, 2}},
		{"a login", func(t *Transcript) { t.Logins[7] = Answer{"login: refused"}; t.Steps[1] = nil }, []int{-1}},
		{"a leave", func(t *Transcript) { t.Leaves[3] = nil }, []int{4}},
	} {
		s, want := two()
		_, got := two()
		test.change(got)
		var entries []int
		for _, d := range Compare(s, want, got) {
			entries = append(entries, d.Entry)
			if text := d.String(); !strings.Contains(text, "direct") && !strings.Contains(text, "proxied") {
				t.Errorf("%s: nothing to see in %s", test.name, text)
			}
		}
		if !slices.Equal(entries, test.want) {
			t.Errorf("%s: differences in %v, want %v", test.name, entries, test.want)
		}
	}
}
