package main

import "testing"

func TestScheduleVisitsEveryCellOnceARound(t *testing.T) {
	workloads, threads, targets, rounds := []string{"a", "b"}, []int{8, 64}, []string{direct, parkway, haproxy}, 3
	runs := schedule(workloads, threads, targets, rounds)
	if want := len(workloads) * len(threads) * len(targets) * rounds; len(runs) != want {
		t.Fatalf("%d runs, want %d", len(runs), want)
	}
	seen := make(map[run]bool)
	for _, r := range runs {
		if seen[r] {
			t.Errorf("%+v comes twice", r)
		}
		seen[r] = true
	}
}

func TestScheduleInterleavesTheTargets(t *testing.T) {
	targets := []string{direct, parkway, haproxy}
	runs := schedule([]string{"a"}, []int{8, 64}, targets, 3)
	first := make(map[string]bool)
	for i := 0; i < len(runs); i += len(targets) {
		group := runs[i : i+len(targets)]
		for _, r := range group {
			if r.threads != group[0].threads || r.round != group[0].round {
				t.Errorf("%+v is between the runs of %+v", r, group[0])
			}
		}
		if group[0].threads == 8 {
			first[group[0].target] = true
		}
	}
	if len(first) != len(targets) {
		t.Errorf("only %v ever come first", first)
	}
}
