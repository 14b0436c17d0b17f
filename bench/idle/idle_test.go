package main

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"parkway/bench/idle/crowd"
	"parkway/bench/idle/squad"
	"parkway/bench/proxy"
)

func TestMain(m *testing.M) {
	squad.RunRole()
	os.Exit(m.Run())
}

// testClients are as many as are over within seconds. `make bench-idle` has more, and goals.
const testClients = 3000

// bounds of the memory of a client beyond the empty process, in bytes: of live heap, which is exact, a half more than it takes today; of
// resident memory, where little clients hide in what the process has to spare, so much that only a mistake exceeds it.
var bounds = map[mode]struct{ heap, resident float64 }{
	parking:   {768, 4096},
	unparking: {3072, 8192},
}

// raceFactor is for resident memory under the race detector, where each byte takes several.
const raceFactor = 3

// Thousands of clients come, keep quiet, ask all at once, and leave at once: none is lost, in either mode, and each is parked, or none.
func TestThousands(t *testing.T) {
	o, err := parseOptions([]string{"-idle", "200ms"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.clients = testClients
	o.perProcess = testClients/2 + 1
	s, err := newStage(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, m := range []mode{parking, unparking} {
		t.Run("idle_loops "+string(m), func(t *testing.T) { thousands(t, s, m) })
	}
}

func thousands(t *testing.T, s *stage, m mode) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run, err := s.begin(ctx, m, testClients)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.end(); err != nil {
			t.Error(err)
		}
	}()
	arrival, err := run.open(ctx, testClients)
	if err != nil {
		t.Fatal(err)
	}
	full, err := run.footprint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, resident, heap := full.perClient(run.empty, testClients)
	t.Logf("%d clients came within %v; resident %.0f B, heap %.0f B each", arrival.Opened, arrival.Took, resident, heap)
	most := bounds[m]
	if proxy.AsThis().Race {
		most.resident *= raceFactor
	}
	if heap > most.heap || resident > most.resident {
		t.Errorf("a client takes %.0f B of heap, %.0f B resident, want at most %.0f and %.0f", heap, resident, most.heap, most.resident)
	}

	before, err := run.sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := run.ask(crowd.Stream{Count: testClients, Total: testClients})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(answers[0].Times); n != testClients {
		t.Errorf("%d answers, want %d", n, testClients)
	}
	if err := run.settle(ctx); err != nil {
		t.Fatal(err)
	}
	after, err := run.sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	parks, unparks := after.parks-before.parks, after.unparks-before.unparks
	if want := map[mode]int{parking: testClients, unparking: 0}[m]; parks != want || unparks != want {
		t.Errorf("parked %d times and unparked %d times, want %d", parks, unparks, want)
	}
	gone, err := run.leave(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("all answered after %v, all gone after %v", answers[0].Took, gone)
	if n, err := run.proxy.Descriptors(); err != nil || n > connections+100 {
		t.Errorf("%d descriptors are open when all have left, %v", n, err)
	}
}
