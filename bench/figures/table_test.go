package figures

import (
	"math"
	"testing"
)

func TestTable(t *testing.T) {
	got := Table{{"name", "\u00b5s"}, {"a", "1,234"}}.Markdown(1)
	want := "| name |    \u00b5s |\n| ---- | ----: |\n| a    | 1,234 |\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestCount(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 999.4: "999", 999.5: "1,000", 12_345: "12,345", 1_234_567: "1,234,567", -115: "-115", -1234: "-1,234", -0.2: "0"} {
		if got := Count(x); got != want {
			t.Errorf("Count(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestWithRange(t *testing.T) {
	inf := math.Inf(1)
	for want, s := range map[string]Spread{
		"1.00 (0.50 to 2.00)": {1, 0.5, 2},
		"1.00":                {1, 1, 1},
		"2.00":                {2, -inf, inf}, // of too few values
		"-":                   SpreadOf(nil),
	} {
		if got := WithRange(s, Hundredths); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}
