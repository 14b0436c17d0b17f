package figures

import "testing"

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

func TestMedianKeepsItsInput(t *testing.T) {
	values := []float64{3, 1, 2}
	Median(values)
	if values[0] != 3 || values[1] != 1 || values[2] != 2 {
		t.Errorf("the values were reordered: %v", values)
	}
}
