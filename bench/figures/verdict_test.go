package figures

import (
	"math"
	"testing"
)

// A goal is reached or missed only if all of the confidence interval says so.
func TestInterval(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct {
		s               Spread
		atMost, atLeast Verdict // 1
	}{
		{Spread{0.9, 0.8, 0.95}, Reached, Missed},
		{Spread{0.9, 0.8, 1}, Reached, Undecided},
		{Spread{0.9, 0.8, 1.1}, Undecided, Undecided},
		{Spread{1, 1, 1}, Reached, Reached},
		{Spread{1.1, 1, 1.2}, Undecided, Reached},
		{Spread{1.1, 1.05, 1.2}, Missed, Reached},
		{Spread{1.1, -inf, inf}, Undecided, Undecided},
		{SpreadOf(nil), NotMeasured, NotMeasured},
	} {
		if most, least := AtMost(test.s, 1), AtLeast(test.s, 1); most != test.atMost || least != test.atLeast {
			t.Errorf("%+v: at most 1 %s, at least 1 %s, want %s and %s", test.s, most, least, test.atMost, test.atLeast)
		}
	}
}
