package squad

import (
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"parkway/bench/idle/crowd"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

func TestMain(m *testing.M) {
	RunRole()
	os.Exit(m.Run())
}

func start(t *testing.T, addr string, n, perProcess int) *Squad {
	t.Helper()
	s, err := Start(crowd.Config{
		Target: netip.MustParseAddrPort(addr), User: "app", Password: "app", Patience: 10 * time.Second,
	}, n, perProcess)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Three processes are, to who orders them, one crowd.
func TestSquad(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Users: map[string]string{"app": "app"},
		Handler: func(_ protocol.Command, payload []byte, w *mysqltest.Answer) {
			w.Rows([]string{"n"}, []string{strings.TrimPrefix(string(payload[1:]), "SELECT ")})
		},
	})
	s := start(t, server.Addr(), 7, 3)
	if n := s.Processes(); n != 3 {
		t.Fatalf("%d processes, want 3", n)
	}
	for _, n := range []int{5, 2} {
		if a, err := s.Open(n, n); err != nil || a.Opened != n || a.Failed != 0 || len(a.Times) != n || a.Took == 0 {
			t.Fatalf("%+v, %v, want %d opened", a, err, n)
		}
	}
	if _, err := s.Open(3, 1); err == nil {
		t.Error("more clients than there is room for: no error")
	}
	answers, err := s.Ask(crowd.Stream{First: 0, Count: 4, Total: 9}, crowd.Stream{First: 4, Count: 3, Total: 5, PerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{9, 5} {
		if a := answers[i]; len(a.Times) != n || a.Failed != 0 || a.Took == 0 {
			t.Errorf("stream %d: %+v, want %d answers", i, a, n)
		}
	}
	if state, err := s.Look(); err != nil || state.Open != 7 || state.Lost != 0 || len(state.Why) != 0 {
		t.Errorf("%+v, %v", state, err)
	}
	server.KillAll()
	server.WaitConnections(t, 0)
	if state, err := s.Look(); err != nil || state.Open != 0 || state.Lost != 7 || len(state.Why) == 0 {
		t.Errorf("when the server is gone: %+v, %v", state, err)
	}
	if err := s.Leave(); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Open(7, 7); err != nil || a.Opened != 7 {
		t.Fatalf("after all have left: %+v, %v", a, err)
	}
}

// The error of a part reaches who gave the order.
func TestBadOrder(t *testing.T) {
	if s, err := Start(crowd.Config{Target: netip.MustParseAddrPort("[::1]:1")}, 1, 1); err == nil || !strings.Contains(err.Error(), "IPv4") {
		t.Errorf("%v, %v", s, err)
	}
}

// A part that was killed is an error, not a wait.
func TestPartGone(t *testing.T) {
	s := start(t, mysqltest.ClosedPort(t), 2, 1)
	s.parts[1].process.Kill()
	if _, err := s.Look(); err == nil {
		t.Error("no error")
	}
}

func TestSplit(t *testing.T) {
	s := &Squad{parts: []*part{{size: 10}, {size: 10}, {size: 5}}}
	piece := func(first, count, total int, perSecond float64) crowd.Stream {
		return crowd.Stream{First: first, Count: count, Total: total, PerSecond: perSecond}
	}
	for _, test := range []struct {
		whole  crowd.Stream
		pieces []crowd.Stream
	}{
		{crowd.Stream{First: 0, Count: 25, Total: 25, PerSecond: 5}, []crowd.Stream{piece(0, 10, 10, 2), piece(0, 10, 10, 2), piece(0, 5, 5, 1)}},
		{crowd.Stream{First: 8, Count: 4, Total: 7, PerSecond: 8}, []crowd.Stream{piece(8, 2, 3, 4), piece(0, 2, 4, 4), {}}},
		{crowd.Stream{First: 20, Count: 5, Total: 1}, []crowd.Stream{{}, {}, piece(0, 5, 1, 0)}},
	} {
		if got, err := s.split(test.whole); err != nil || !reflect.DeepEqual(got, test.pieces) {
			t.Errorf("%+v is split into %+v, %v, want %+v", test.whole, got, err, test.pieces)
		}
	}
	for _, bad := range []crowd.Stream{{First: -1, Count: 2}, {First: 20, Count: 6}, {First: 3}} {
		if got, err := s.split(bad); err == nil {
			t.Errorf("%+v is split into %+v", bad, got)
		}
	}
}
