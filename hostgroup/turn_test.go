package hostgroup

import "testing"

// Of the members in use each has its share of the numbers; where there is no choice, there is none.
func TestTurn(t *testing.T) {
	shunned := func(m Member) Member {
		m.health.Store(&health{shunned: true})
		return m
	}
	back := func(m Member) Member {
		m.health.Store(&health{back: noon})
		return m
	}
	for _, test := range []struct {
		name    string
		members []Member
		share   []int // of 1,000 numbers; nil: nobody's turn
	}{
		{"none", nil, nil},
		{"alone", []Member{member(1, Online, 10, 0)}, nil},
		{"alone in use", []Member{member(1, Online, 10, 0), member(1, OfflineSoft, 10, 0), member(0, Online, 10, 0)}, nil},
		{"even", []Member{member(1, Online, 10, 0), member(1, Online, 10, 9)}, []int{500, 500}},
		{"by weight, with room or without", []Member{member(1, Online, 10, 0), member(3, Online, 10, 10)}, []int{250, 750}},
		{"shunned", []Member{member(1, Online, 10, 0), shunned(member(2, Online, 10, 0)), member(1, Online, 10, 0)}, []int{500, 0, 500}},
		{"just back", []Member{member(9, Online, 10, 0), back(member(10, Online, 10, 0))}, []int{900, 100}},
	} {
		h := groupOf(test.members...)
		got := make([]int, len(h.Members))
		for n := range uint64(1000) {
			m := h.Turn(n * 1_000_003)
			if (m == nil) != (test.share == nil) {
				t.Fatalf("%s: turn of %v", test.name, m)
			}
			for i := range h.Members {
				if m == &h.Members[i] {
					got[i]++
				}
			}
		}
		for i, want := range test.share {
			if diff := got[i] - want; diff < -100 || diff > 100 {
				t.Errorf("%s: %v of 1,000, want about %v", test.name, got, test.share)
				break
			}
		}
	}
}
