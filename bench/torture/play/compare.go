package play

import (
	"fmt"
	"slices"
	"strings"

	"parkway/bench/torture/script"
)

// Difference is a place where two transcripts of a script part.
type Difference struct {
	Client int
	Entry  int // index; -1: the login; the number of entries: the leave
	Step   string
	Want   Answer
	Got    Answer
}

// Compare finds the first difference of each client, in the order of the
// entries: what follows it in the same client is its consequence.
func Compare(s *script.Script, want, got *Transcript) []Difference {
	var found []Difference
	seen := map[int]bool{}
	add := func(client, entry int, step string, w, g Answer) {
		if !seen[client] && !slices.Equal(w, g) {
			seen[client] = true
			found = append(found, Difference{client, entry, step, w, g})
		}
	}
	for _, c := range s.Clients {
		add(c.ID, -1, "login", want.Logins[c.ID], got.Logins[c.ID])
	}
	for i, e := range s.Entries {
		add(e.Client, i, e.String(), want.Steps[i], got.Steps[i])
	}
	for _, c := range s.Clients {
		add(c.ID, len(s.Entries), "leave: "+string(c.Leave), want.Leaves[c.ID], got.Leaves[c.ID])
	}
	return found
}

// String shows the difference with the lines that are not the same marked.
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "client %d, entry %d: %s\n", d.Client, d.Entry, d.Step)
	if len(d.Want) == 0 {
		b.WriteString("  direct:  (nothing)\n")
	}
	if len(d.Got) == 0 {
		b.WriteString("  proxied: (nothing)\n")
	}
	for i := range max(len(d.Want), len(d.Got)) {
		w, g := line(d.Want, i), line(d.Got, i)
		if w == g {
			fmt.Fprintf(&b, "           %s\n", w)
			continue
		}
		if w != "" {
			fmt.Fprintf(&b, "  direct:  %s\n", w)
		}
		if g != "" {
			fmt.Fprintf(&b, "  proxied: %s\n", g)
		}
	}
	return b.String()
}

func line(a Answer, i int) string {
	if i < len(a) {
		return a[i]
	}
	return ""
}

// Unanswered finds the first step that got no answer, or lost its connection.
// In the transcript of a server this is a mistake of the script's, or the
// server's own, and nothing to measure a proxy by.
func Unanswered(s *script.Script, t *Transcript) error {
	for i, e := range s.Entries {
		if n := len(t.Steps[i]); n > 0 && slices.Contains([]string{"error: " + noAnswer, "error: " + hasEnded}, t.Steps[i][n-1]) {
			return fmt.Errorf("client %d, entry %d: %s: %s", e.Client, i, e, t.Steps[i])
		}
	}
	return nil
}
