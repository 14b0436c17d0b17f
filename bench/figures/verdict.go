package figures

import "math"

// Verdict is what a measurement says about a goal.
type Verdict string

const (
	Reached     Verdict = "reached"
	Missed      Verdict = "MISSED"
	Undecided   Verdict = "UNDECIDED" // it may be one or the other
	NotMeasured Verdict = "not measured"
)

// Judge is the verdict where it is known whether the goal is reached.
func Judge(ok bool) Verdict {
	if ok {
		return Reached
	}
	return Missed
}

// AtMost says whether a figure is at most a bound, by all of its confidence interval. It is not measured if its median is NaN.
func AtMost(s Spread, bound float64) Verdict {
	switch {
	case math.IsNaN(s.Median):
		return NotMeasured
	case s.High <= bound:
		return Reached
	case s.Low > bound:
		return Missed
	}
	return Undecided
}

// AtLeast is AtMost for a figure of which more is better.
func AtLeast(s Spread, bound float64) Verdict {
	return AtMost(Spread{Median: -s.Median, Low: -s.High, High: -s.Low}, -bound)
}
