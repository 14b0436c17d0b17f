package hostgroup

import (
	"testing"
	"time"
)

func TestSurplus(t *testing.T) {
	back := func(m Member, since time.Duration) Member {
		m.health.Store(&health{back: noon.Add(-since)})
		return m
	}
	shunned := func(m Member) Member {
		m.health.Store(&health{shunned: true})
		return m
	}
	for _, test := range []struct {
		name    string
		members []Member
		server  int // -1: none
		surplus int
	}{
		{"none", nil, -1, 0},
		{"alone", []Member{member(1, Online, 100, 50)}, -1, 0},
		{"even", []Member{member(1, Online, 100, 50), member(1, Online, 100, 50)}, -1, 0},
		{"by chance", []Member{member(1, Online, 100, 40), member(1, Online, 100, 60)}, -1, 0},
		{"few", []Member{member(1, Online, 100, 0), member(1, Online, 100, 2)}, -1, 0},
		{"one has none", []Member{member(1, Online, 100, 50), member(1, Online, 100, 0)}, 0, 25},
		{"by weight", []Member{member(4, Online, 100, 80), member(1, Online, 100, 20)}, -1, 0},
		{"against the weights", []Member{member(1, Online, 100, 80), member(4, Online, 100, 20)}, 0, 60},
		{"the largest", []Member{member(1, Online, 100, 40), member(1, Online, 100, 0), member(1, Online, 100, 50)}, 2, 20},
		{"no room", []Member{member(1, Online, 100, 50), member(1, Online, 5, 5)}, -1, 0},
		{"offline", []Member{member(1, Online, 100, 50), member(1, OfflineSoft, 100, 0)}, -1, 0},
		{"shunned", []Member{member(1, Online, 100, 50), shunned(member(1, Online, 100, 0))}, -1, 0},
		{"just back", []Member{member(1, Online, 100, 45), back(member(1, Online, 100, 5), 0)}, -1, 0},
		{"back for a while", []Member{member(1, Online, 100, 45), back(member(1, Online, 100, 5), slowStart)}, 0, 20},
	} {
		h := groupOf(test.members...)
		var want *Server
		if test.server >= 0 {
			want = h.Members[test.server].Server
		}
		if s, n := h.Surplus(); s != want || n != test.surplus {
			t.Errorf("%s: %v, %d more than its share; want %d", test.name, s, n, test.surplus)
		}
	}
}
