package figures

import (
	"math"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	for name, test := range map[string]struct {
		values []float64
		want   Spread
	}{
		"one":  {[]float64{5}, Spread{5, 5, 5}},
		"two":  {[]float64{4, 1}, Spread{2.5, 1, 4}},
		"odd":  {[]float64{9, 1, 3}, Spread{3, 1, 9}},
		"even": {[]float64{8, 2, 4, 100}, Spread{6, 2, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SpreadOf(test.values); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestConfidence(t *testing.T) {
	upTo := func(n int) (values []float64) {
		for i := range n {
			values = append(values, float64((i*7+3)%n+1)) // 1 to n, in some order
		}
		return values
	}
	inf := math.Inf(1)
	for n, want := range map[int]Spread{
		1: {1, -inf, inf}, 5: {3, -inf, inf}, 6: {3.5, 1, 6}, 8: {4.5, 1, 8}, 9: {5, 2, 8}, // from the tables of the sign test
		20: {10.5, 6, 15}, 50: {25.5, 18, 33}, 100: {50.5, 40, 61}, 4000: {2000.5, 1938, 2063},
	} {
		if got := Confidence(upTo(n)); got != want {
			t.Errorf("%d values: %v, want %v", n, got, want)
		}
	}
	if s := Confidence(nil); !math.IsNaN(s.Median) || !math.IsNaN(s.Low) {
		t.Errorf("no values: %v", s)
	}
}

func TestMedianKeepsItsInput(t *testing.T) {
	values := []float64{3, 1, 2}
	Median(values)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("the values were reordered: %v", values)
	}
}
