package figures

import (
	"math"
	"slices"
)

// Spread is one figure over several rounds.
type Spread struct {
	Median, Low, High float64
}

// SpreadOf returns NaNs for no values.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return Spread{Median(values), slices.Min(values), slices.Max(values)}
}

// Confidence returns the median of the values, and for Low and High the bounds of its 95 % confidence interval: whatever the values'
// distribution, the median of those that could have been measured is outside of that in at most one of twenty measurements. Of less than six
// values, which cannot say that, the bounds are infinite.
func Confidence(values []float64) Spread {
	if len(values) == 0 {
		return SpreadOf(values)
	}
	s := Spread{Median(values), math.Inf(-1), math.Inf(1)}
	sorted := slices.Sorted(slices.Values(values))
	// Each value is below the median with probability 1/2: that at most i of n are is a matter of the binomial distribution.
	n := len(sorted)
	exactly := -float64(n) * math.Ln2 // i of them, as a logarithm
	atMost := math.Exp(exactly)
	for i := 0; atMost <= 0.05/2; i++ {
		s.Low, s.High = sorted[i], sorted[n-1-i]
		exactly += math.Log(float64(n-i) / float64(i+1))
		atMost += math.Exp(exactly)
	}
	return s
}

// Median of at least one value; of an even number the mean of the two in the middle.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
