package hostgroup

import (
	"math"
	"testing"
	"time"
)

// noon is when tests begin.
var noon = time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)

func TestEffective(t *testing.T) {
	shunned := &health{shunned: true, why: "5 connect errors"}
	for _, test := range []struct {
		wanted Status
		left   string
		seen   *health
		want   Status
		why    string
	}{
		{Online, "", nil, Online, ""},
		{Online, "", &health{failures: 4}, Online, ""},
		{Online, "", shunned, Shunned, "5 connect errors"},
		{Online, "", &health{silent: "3 pings", lagging: "1 h"}, Shunned, "3 pings"},
		{Online, "", &health{lagging: "1 h"}, ShunnedReplicationLag, "1 h"},
		{Online, leftLost, shunned, OfflineSoft, leftLost},
		{OfflineSoft, "", nil, OfflineSoft, "configured"},
		{OfflineSoft, "", shunned, OfflineSoft, "configured"},
		{OfflineHard, leftLost, shunned, OfflineHard, "configured"},
	} {
		if got, why := effective(test.wanted, test.left, test.seen); got != test.want || why != test.why {
			t.Errorf("%v, %+v: %v, %q; want %v, %q", test.wanted, test.seen, got, why, test.want, test.why)
		}
	}
}

// Connect errors are counted within a second that begins with the first of them.
func TestFailed(t *testing.T) {
	for _, test := range []struct {
		name      string
		at        []time.Duration
		threshold int
		excess    bool // of the last
	}{
		{"too few", []time.Duration{0, 1, 2}, 4, false},
		{"enough", []time.Duration{0, 1, 2}, 3, true},
		{"more than enough", []time.Duration{0, 1, 2, 3}, 3, true},
		{"in time", []time.Duration{0, time.Second - 1}, 2, true},
		{"a second window", []time.Duration{0, time.Second}, 2, false},
		{"enough in the second window", []time.Duration{0, time.Second, time.Second + 1}, 2, true},
		{"never", []time.Duration{0, 0, 0, 0}, 0, false},
	} {
		var h health
		var excess bool
		for _, d := range test.at {
			h, excess = h.failed(noon.Add(d), test.threshold, "no")
		}
		if excess != test.excess {
			t.Errorf("%s: %v, want %v", test.name, excess, test.excess)
		}
	}
}

func TestSlowStart(t *testing.T) {
	h := health{}
	if got := h.share(noon); got != fullShare {
		t.Errorf("a server that never failed has %d", got)
	}
	h = health{failures: 5}.shun(noon, time.Second).recovered(noon)
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{0, 10}, {slowStart / 20, 10}, {slowStart / 2, 50}, {slowStart - slowStart/100, 99}, {slowStart, 100}, {time.Hour, 100}} {
		if got := h.share(noon.Add(test.after)); got != test.want {
			t.Errorf("after %v: %d, want %d", test.after, got, test.want)
		}
	}
}

func TestBudget(t *testing.T) {
	if n, more := (budget{}).allowed(noon); n != math.MaxInt || more != 0 {
		t.Errorf("without a refusal: %d, %v", n, more)
	}
	const ms = time.Millisecond
	for _, test := range []struct {
		name     string
		refusals []time.Duration // each with 5 connections open
		after    time.Duration   // of the last
		n        int
		more     time.Duration
	}{
		{"at once", []time.Duration{0}, 0, 5, 100 * ms},
		{"before the first step", []time.Duration{0}, 99 * ms, 5, ms},
		{"one step", []time.Duration{0}, 100 * ms, 6, 100 * ms},
		{"two steps", []time.Duration{0}, 250 * ms, 8, 50 * ms},
		{"three steps", []time.Duration{0}, 300 * ms, 12, 100 * ms},
		{"in the end", []time.Duration{0}, maxGrowth * 100 * ms, math.MaxInt, 0},
		{"a burst is one refusal", []time.Duration{0, ms, 2 * ms}, 100 * ms, 6, 100 * ms},
		{"the second is waited for longer", []time.Duration{0, 100 * ms}, 199 * ms, 5, ms},
		{"and so on, up to a limit", []time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 6 * time.Minute}, 1600 * ms, 6, 1600 * ms},
	} {
		var b budget
		at := noon
		for _, d := range test.refusals {
			at = noon.Add(d)
			b = b.refused(at, 5)
		}
		if n, more := b.allowed(at.Add(test.after)); n != test.n || more != test.more {
			t.Errorf("%s: %d, %v; want %d, %v", test.name, n, more, test.n, test.more)
		}
	}
	if b := (budget{}).refused(noon, -1); b.limit != 0 {
		t.Errorf("limit %d", b.limit)
	}
}

// When somebody is let in, a budget that grew slowly grows from where it is, in the shortest steps, and not as if it had done so all along.
func TestBudgetAfterALogin(t *testing.T) {
	b := budget{}
	at := noon
	for range 5 {
		b = b.refused(at, 5)
		at = at.Add(time.Minute)
	}
	at = b.since
	for _, test := range []struct {
		after time.Duration // of the last refusal, when somebody is let in
		then  time.Duration // after that
		n     int
		more  time.Duration
	}{
		{0, 0, 5, firstStep},
		{longestStep - 1, 0, 5, firstStep},
		{longestStep, 0, 6, firstStep},
		{longestStep, firstStep, 7, firstStep},
		{longestStep, 2 * firstStep, 9, firstStep},
		{longestStep, maxGrowth * firstStep, math.MaxInt, 0},
		{maxGrowth * longestStep, 0, math.MaxInt, 0},
	} {
		in := b.admitted(at.Add(test.after))
		if n, more := in.allowed(at.Add(test.after + test.then)); n != test.n || more != test.more {
			t.Errorf("%v after a login after %v: %d, %v; want %d, %v", test.then, test.after, n, more, test.n, test.more)
		}
	}
}

// A server that falls silent again soon after its return is kept out for longer and longer.
func TestFlapping(t *testing.T) {
	const recovery = 10 * time.Second
	var h health
	now := noon
	for _, hold := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 80 * time.Second} {
		h = h.fellSilent(now, recovery, "silent")
		if hold == 0 && !h.hold.IsZero() || hold != 0 && h.hold.Sub(now) != hold {
			t.Fatalf("after %d times: until %v, want %v more", h.silences, h.hold, hold)
		}
		now = now.Add(2 * time.Minute)
		h = h.spoke(now)
		now = now.Add(flapping - 1)
	}
	h = h.fellSilent(now.Add(1), recovery, "silent")
	if !h.hold.IsZero() || h.silences != 1 {
		t.Errorf("after a while without: %+v", h)
	}
}
