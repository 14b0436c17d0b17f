package figures

import "testing"

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
