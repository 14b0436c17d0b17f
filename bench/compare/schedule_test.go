package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// parsed are the options of a command line.
func parsed(t *testing.T, args string) options {
	t.Helper()
	o, err := parseOptions(strings.Fields(args), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Every load has its rounds, which are more where goals are judged, and every target is visited once in each.
func TestScheduleVisitsEveryCellOnceARound(t *testing.T) {
	for args, want := range map[string]map[int]int{
		"-rounds 2 -judged-rounds 5":              {8: 2, 64: 5, 256: 2},
		"-rounds 3 -judged-rounds 1":              {8: 3, 64: 3, 256: 3},
		"-rounds 3 -judged-rounds 5 -threads 8":   {8: 3},
		"-ps-mode disable,auto -judged-rounds 4 ": {8: 3, 64: 4, 256: 3},
	} {
		o := parsed(t, args)
		seen := make(map[run]bool)
		last := make(map[cell]int)
		for _, r := range schedule(o) {
			if seen[r] {
				t.Errorf("%s: %+v comes twice", args, r)
			}
			seen[r] = true
			if r.round != last[r.cell]+1 {
				t.Errorf("%s: %+v comes after round %d", args, r, last[r.cell])
			}
			last[r.cell] = r.round
		}
		if cells := len(o.workloads) * len(o.psModes) * len(o.threads) * len(o.targets); len(last) != cells {
			t.Errorf("%s: %d cells, want %d", args, len(last), cells)
		}
		for c, rounds := range last {
			if rounds != want[c.threads] {
				t.Errorf("%s: %d rounds of %+v, want %d", args, rounds, c, want[c.threads])
			}
		}
	}
}

func TestScheduleInterleavesTheTargets(t *testing.T) {
	o := parsed(t, "-rounds 6")
	runs := schedule(o)
	first := make(map[load]map[string]bool)
	for group := range slices.Chunk(runs, len(o.targets)) {
		for _, r := range group {
			if r.load != group[0].load || r.round != group[0].round {
				t.Errorf("%+v is between the runs of %+v", r, group[0])
			}
		}
		l := group[0].load
		if first[l] == nil {
			first[l] = make(map[string]bool)
		}
		first[l][group[0].target] = true
	}
	for l, targets := range first {
		if len(targets) != len(o.targets) {
			t.Errorf("%+v: only %v ever come first", l, targets)
		}
	}
}
