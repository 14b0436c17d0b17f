package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"parkway/bench/torture/grammar"
	"parkway/bench/torture/play"
	"parkway/bench/torture/script"
	"parkway/bench/torture/shrink"
)

// reportEvery is how often a hunt tells how far it is.
const reportEvery = 30 * time.Second

// shown is how many differences of a script are told, with shownBefore of the
// client's steps before it.
const (
	shown       = 3
	shownBefore = 5
)

// hunt plays scripts from seed to seed until the time is over or one shows a
// difference, which it then tells all about. The context's end is the end of
// the hunt too.
func hunt(ctx context.Context, h *harness, opts options, out io.Writer) (found bool, err error) {
	begun := time.Now()
	told := begun
	played := tally{first: opts.seed}
	for seed := opts.seed; time.Since(begun) < opts.time; seed++ {
		s := grammar.Generate(seed, opts.grammar)
		differences, err := h.round(ctx, s, false)
		if err != nil {
			return false, err
		}
		played.add(s)
		if len(differences) > 0 {
			fmt.Fprintf(out, "%v\nseed %d: a difference\n\n", played, seed)
			show(out, s, differences)
			return true, h.explain(ctx, s, opts, out)
		}
		if time.Since(told) > reportEvery {
			told = time.Now()
			fmt.Fprintln(out, played)
		}
	}
	fmt.Fprintf(out, "%v: no difference\n", played)
	return false, nil
}

// tally counts what was played.
type tally struct {
	first, scripts      uint64
	sequences, steps    int
	clients, connection int
}

func (t *tally) add(s *script.Script) {
	t.scripts++
	t.sequences += len(s.Clients)
	t.steps += len(s.Entries)
	t.clients, t.connection = len(s.Clients), s.Backends
}

// String tells what was played, seeds included.
func (t tally) String() string {
	return fmt.Sprintf("seeds %d to %d, %d clients at once, at most %d backend connections: %d sequences, %d steps",
		t.first, t.first+t.scripts-1, t.clients, t.connection, t.sequences, t.steps)
}

// explain shrinks a script that showed a difference and prints the result.
func (h *harness) explain(ctx context.Context, s *script.Script, opts options, out io.Writer) error {
	differences, err := h.repeat(ctx, s, opts.attempts)
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		fmt.Fprintf(out, "not seen again in %d attempts with a fresh proxy: it takes what scripts before it left, or luck. The whole script:\n\n%s\n",
			opts.attempts, s)
		return nil
	}
	small, err := h.shrink(ctx, s, differences, opts)
	if err != nil {
		return err
	}
	differences, err = h.repeat(ctx, small, opts.attempts)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "shrunk to %d clients and %d steps; in a file it can be played again with -replay FILE:\n\n%s\n", len(small.Clients), len(small.Entries), small)
	show(out, small, differences)
	return nil
}

// shrink makes a script small that shows a difference, within the time that
// the options allow. What the small script shows is one of the differences that
// the whole one showed, not another.
func (h *harness) shrink(ctx context.Context, s *script.Script, seen []play.Difference, opts options) (*script.Script, error) {
	begun := time.Now()
	var failed error
	fails := func(candidate *script.Script) bool {
		if failed != nil || time.Since(begun) > opts.shrink {
			return false
		}
		attempts := opts.attempts
		if candidate.Order == script.Strict {
			attempts = 1 // chance has no part in it
		}
		var differences []play.Difference
		differences, failed = h.repeat(ctx, candidate, attempts)
		return slices.ContainsFunc(differences, func(d play.Difference) bool { return contains(seen, d) })
	}
	s, seen, failed = h.straighten(ctx, s, seen)
	// Most often the client who sees it is the one who makes it.
	for _, d := range seen[:min(shown, len(seen))] {
		if alone := s.Keep(func(c script.Client) bool { return c.ID == d.Client }); len(alone.Entries) > 0 && fails(alone) {
			s = alone
			break
		}
	}
	small := shrink.Script(s, fails)
	return small, failed
}

// straighten returns the script in strict order, up to where it shows a difference, and what it shows then: one of those seen, if it does. Else it returns
// what it got.
func (h *harness) straighten(ctx context.Context, s *script.Script, seen []play.Difference) (*script.Script, []play.Difference, error) {
	strict := *s
	strict.Order = script.Strict
	differences, err := h.round(ctx, &strict, true)
	if err != nil || len(differences) == 0 {
		return s, seen, err
	}
	at := max(0, slices.IndexFunc(differences, func(d play.Difference) bool { return contains(seen, d) }))
	strict.Entries = s.Entries[:min(differences[at].Entry+1, len(s.Entries))]
	again, err := h.round(ctx, &strict, true)
	if err != nil || !contains(again, differences[at]) {
		return s, seen, err
	}
	return &strict, differences[at : at+1], nil
}

// contains reports whether one of the differences is d, in another script maybe.
func contains(differences []play.Difference, d play.Difference) bool {
	return slices.ContainsFunc(differences, func(other play.Difference) bool { return other.Client == d.Client && other.Step == d.Step })
}

// show tells the first differences, and what those clients did before.
func show(out io.Writer, s *script.Script, differences []play.Difference) {
	for _, d := range differences[:min(shown, len(differences))] {
		steps := s.Entries[:min(max(d.Entry, 0), len(s.Entries))]
		var before []string
		for _, e := range steps {
			if e.Client == d.Client {
				before = append(before, fmt.Sprintf("  before: %s\n", e.Step))
			}
		}
		fmt.Fprint(out, strings.Join(before[max(0, len(before)-shownBefore):], ""))
		fmt.Fprintln(out, d)
	}
	if more := len(differences) - shown; more > 0 {
		fmt.Fprintf(out, "and %d more clients\n\n", more)
	}
}
