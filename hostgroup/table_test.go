package hostgroup

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parkway/config"
)

// member is a server with an address, described by what Choose looks at.
func member(weight int, status Status, limit, connections int) Member {
	m := Member{Server: &Server{hostgroup: 7, host: "10.0.0.1", port: 3306}, Weight: weight, Wanted: status, MaxConnections: limit}
	m.resolveLiteral()
	m.connections.Store(int64(connections))
	return m
}

// groupOf is hostgroup 7, at noon.
func groupOf(members ...Member) *Hostgroup {
	return &Hostgroup{ID: 7, Members: members, clock: func() time.Time { return noon }}
}

func unresolved() Member {
	return Member{Server: &Server{hostgroup: 7, host: "db.example", port: 3306}, Weight: 1, MaxConnections: 1}
}

func TestChooseTakesShareOfWeight(t *testing.T) {
	h := groupOf(
		member(1, Online, 100, 0),
		member(5, OfflineSoft, 100, 0),
		member(3, Online, 100, 0),
		member(0, Online, 100, 0),
		member(2, Online, 100, 100),
		member(4, Online, 100, 0),
	)
	const rounds = 3 * fullShare
	total := 1 + 3 + 4
	got := make(map[*Server]int)
	for random := range uint64(rounds * total) {
		m, why, ok := h.Choose(random, none)
		if !ok {
			t.Fatalf("random %d: refused: %v", random, why)
		}
		got[m.Server]++
		m.Give()
	}
	for i, want := range []int{1, 0, 3, 0, 0, 4} {
		if n := got[h.Members[i].Server]; n != want*rounds {
			t.Errorf("member %d was chosen %d times, want %d", i, n, want*rounds)
		}
	}
}

func TestChooseReserves(t *testing.T) {
	h := groupOf(member(1, Online, 2, 0))
	for want := 1; want <= 2; want++ {
		m, _, ok := h.Choose(0, none)
		if !ok || m.Connections() != want {
			t.Fatalf("choice %d: ok %v, %d connections", want, ok, h.Members[0].Connections())
		}
	}
	if m, why, ok := h.Choose(0, none); ok || !why.Wait() || m != nil {
		t.Errorf("a third choice beyond max_connections: %v, %v", m, why)
	}
	if n := h.Members[0].Connections(); n != 2 {
		t.Errorf("a refusal left %d connections", n)
	}
}

func TestRefusal(t *testing.T) {
	for _, test := range []struct {
		name    string
		members []Member
		exclude int // so many of the first members
		want    Refusal
		wait    bool
		text    string
	}{
		{"full", []Member{member(1, Online, 3, 3)}, 0, Refusal{Full: 1}, true,
			"no server of hostgroup 7 can be used: 1 at max_connections"},
		{"soft", []Member{member(1, OfflineSoft, 3, 0)}, 0, Refusal{Offline: 1}, false,
			"no server of hostgroup 7 can be used: 1 offline"},
		{"hard", []Member{member(1, OfflineHard, 3, 3)}, 0, Refusal{Offline: 1}, false,
			"no server of hostgroup 7 can be used: 1 offline"},
		{"weight 0", []Member{member(0, Online, 3, 0)}, 0, Refusal{Offline: 1}, false,
			"no server of hostgroup 7 can be used: 1 offline"},
		{"unresolved", []Member{unresolved()}, 0, Refusal{Unresolved: 1}, false,
			"no server of hostgroup 7 can be used: 1 with a name that does not resolve"},
		{"excluded", []Member{member(1, Online, 3, 3)}, 1, Refusal{Excluded: 1}, false,
			"no server of hostgroup 7 can be used: 1 failed to connect"},
		{"no members", nil, 0, Refusal{}, false, "no server of hostgroup 7 became free"},
		{"all", []Member{member(1, Online, 3, 0), member(1, OfflineSoft, 3, 0), unresolved(), member(1, Online, 3, 3), member(1, Online, 3, 4)}, 1,
			Refusal{Full: 2, Offline: 1, Unresolved: 1, Excluded: 1}, true,
			"no server of hostgroup 7 can be used: 2 at max_connections, 1 offline, 1 with a name that does not resolve, 1 failed to connect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := groupOf(test.members...)
			excluded := func(s *Server) bool {
				for i := range test.exclude {
					if h.Members[i].Server == s {
						return true
					}
				}
				return false
			}
			test.want.Hostgroup = 7
			_, why, ok := h.Choose(0, excluded)
			if ok || why != test.want {
				t.Errorf("Choose: ok %v, %+v, want %+v", ok, why, test.want)
			}
			if r := h.Refusal(excluded); r != test.want {
				t.Errorf("Refusal: %+v, want %+v", r, test.want)
			}
			if why.Wait() != test.wait || why.String() != test.text {
				t.Errorf("wait %v, text %q; want %v, %q", why.Wait(), why, test.wait, test.text)
			}
		})
	}
	unknown := Refusal{Hostgroup: 9, Unknown: true}
	if unknown.String() != "hostgroup 9 has no servers" || unknown.Wait() {
		t.Errorf("unknown hostgroup: %q, wait %v", unknown, unknown.Wait())
	}
}

// However many threads choose at once, no server gets more than its limit, and none is refused while there is room.
func TestChooseConcurrently(t *testing.T) {
	const limit, threads, rounds = 3, 8, 500
	h := groupOf(member(1, Online, limit, 0), member(2, Online, limit, 0))
	var over atomic.Int64
	var all sync.WaitGroup
	for n := range threads {
		all.Go(func() {
			for i := range rounds {
				m, _, ok := h.Choose(uint64(n*rounds+i), none)
				if !ok {
					continue
				}
				if m.Connections() > limit {
					over.Add(1)
				}
				m.Give()
			}
		})
	}
	all.Wait()
	if over.Load() > 0 {
		t.Errorf("%d times more connections than the limit", over.Load())
	}
	for i := range h.Members {
		if n := h.Members[i].Connections(); n != 0 {
			t.Errorf("member %d has %d connections in the end", i, n)
		}
	}
}

// A refused Take must not make another one fail: with fewer takers than places everybody is served, whoever knocks
// beside them with a limit that is always exceeded.
func TestTakeIsNotDisturbedByRefusals(t *testing.T) {
	const limit, takers, rounds = 4, 4, 2000
	s := new(Server)
	stop := make(chan struct{})
	var knocking, taking sync.WaitGroup
	for range 2 {
		knocking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if s.Take(0) {
					t.Error("a Take beyond its limit")
					return
				}
			}
		})
	}
	for range takers {
		taking.Go(func() {
			for range rounds {
				if !s.Take(limit) {
					t.Error("refused although there was room")
					return
				}
				s.Give()
			}
		})
	}
	taking.Wait()
	close(stop)
	knocking.Wait()
}

func TestServerNames(t *testing.T) {
	for _, test := range []struct {
		c       config.MySQLServer
		text    string
		address string // "": not known
		unix    bool
	}{
		{configured("127.0.0.1", 3306, nil), "127.0.0.1:3306", "127.0.0.1", false},
		{configured("::1", 3307, nil), "[::1]:3307", "::1", false},
		{configured("db.example", 3306, nil), "db.example:3306", "", false},
		{configured("/run/mysqld.sock", 0, nil), "/run/mysqld.sock", "/run/mysqld.sock", true},
	} {
		m, _ := newManager(t, test.c)
		s := m.Table().Servers()[0]
		host, port, ok := s.Address()
		if s.String() != test.text || s.IsUnix() != test.unix || s.Hostgroup() != 1 {
			t.Errorf("%s: String %q, IsUnix %v, Hostgroup %d", test.text, s, s.IsUnix(), s.Hostgroup())
		}
		if host != test.address || ok != (test.address != "") || ok && port != test.c.Port {
			t.Errorf("%s: Address %q, %d, %v", test.text, host, port, ok)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, s := range []Status{Online, OfflineSoft, OfflineHard} {
		if got, err := parseStatus(s.String()); err != nil || got != s {
			t.Errorf("parseStatus(%q): %v, %v", s, got, err)
		}
	}
	for _, name := range []string{"online", "SHUNNED", "SHUNNED_REPLICATION_LAG"} {
		if _, err := parseStatus(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}
