package figures

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

// JudgeInterval says whether a figure is at most a bound, by all of its confidence interval.
func JudgeInterval(s Spread, most float64) Verdict {
	switch {
	case s.High <= most:
		return Reached
	case s.Low > most:
		return Missed
	}
	return Undecided
}
