package shrink

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"parkway/bench/servers"
	"parkway/bench/torture/grammar"
	"parkway/bench/torture/script"
	"parkway/protocol"
)

// big is a script with a few steps planted among many.
func big(plants ...script.Entry) *script.Script {
	s := grammar.Generate(3, grammar.Options{Flavor: servers.MariaDB, Clients: 64, Steps: 40, Backends: 8})
	random := rand.New(rand.NewPCG(1, 2))
	at := 0
	for _, p := range plants {
		at += random.IntN((len(s.Entries) - at) / 2)
		s.Entries = slices.Insert(s.Entries, at, p)
		at++
	}
	return s
}

func planted(client int, text string) script.Entry {
	return script.Entry{Client: client, Step: script.Step{Verb: script.Query, Text: text}}
}

// has reports whether the entries are in the script, in this order.
func has(s *script.Script, plants ...script.Entry) bool {
	for _, e := range s.Entries {
		if len(plants) > 0 && e.Client == plants[0].Client && e.Text == plants[0].Text {
			plants = plants[1:]
		}
	}
	return len(plants) == 0
}

func TestScript(t *testing.T) {
	for _, test := range []struct {
		name     string
		plants   []script.Entry
		backends int // as many or fewer make it fail
		order    script.Order
		caps     protocol.Capability // that client 5 must have
	}{
		{name: "one step", plants: []script.Entry{planted(5, "x")}, backends: 8},
		{name: "two steps of a client", plants: []script.Entry{planted(5, "x"), planted(5, "y")}, backends: 8},
		{name: "two clients", plants: []script.Entry{planted(5, "x"), planted(41, "y"), planted(5, "z")}, backends: 8},
		{name: "not with one backend", plants: []script.Entry{planted(5, "x"), planted(41, "y")}, backends: -1},
		{name: "only when free", plants: []script.Entry{planted(5, "x")}, backends: 8, order: script.Free},
		{name: "a capability", plants: []script.Entry{planted(5, "x")}, backends: 8, caps: protocol.ClientDeprecateEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			trials := 0
			fails := func(s *script.Script) bool {
				trials++
				ok := has(s, test.plants...) && (test.order == "" || s.Order == test.order)
				for _, c := range s.Clients {
					ok = ok && (c.ID != 5 || c.Capabilities.Has(test.caps))
				}
				return ok && (test.backends > 0 || s.Backends == 8)
			}
			s := big(test.plants...)
			s.Order = script.Free
			for i := range s.Clients {
				s.Clients[i].Capabilities |= test.caps
			}
			before := s.String()
			small := Script(s, fails)
			if s.String() != before {
				t.Error("the script was changed")
			}
			if !fails(small) {
				t.Fatalf("does not fail:\n%s", small)
			}
			var names []string
			for _, p := range test.plants {
				if name := fmt.Sprint(p.Client); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			if len(small.Entries) != len(test.plants) || len(small.Clients) != len(names) {
				t.Errorf("want %d entries of clients %s, got\n%s", len(test.plants), strings.Join(names, " "), small)
			}
			for _, c := range small.Clients {
				if c.Capabilities != test.caps && c.ID == 5 || c.Leave != script.Quit {
					t.Errorf("client %+v could be plainer", c)
				}
			}
			if wantOne := test.backends > 0; wantOne != (small.Backends == 1) {
				t.Errorf("%d backends", small.Backends)
			}
			if trials > 500 {
				t.Errorf("%d trials", trials)
			}
		})
	}
}

// When time is over nothing fails any more, and what was reached stays.
func TestScriptOutOfTime(t *testing.T) {
	plant := planted(5, "x")
	left := 10
	small := Script(big(plant), func(s *script.Script) bool {
		left--
		return left >= 0 && has(s, plant)
	})
	if !has(small, plant) {
		t.Error("what failed was lost")
	}
}

func TestMinimal(t *testing.T) {
	list := make([]int, 1000)
	for i := range list {
		list[i] = i
	}
	for _, want := range [][]int{{0}, {999}, {0, 999}, {3, 4, 500}, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		got := minimal(list, func(part []int) bool {
			return !slices.ContainsFunc(want, func(n int) bool { return !slices.Contains(part, n) })
		})
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
