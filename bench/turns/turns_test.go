package turns

import (
	"fmt"
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	for list, want := range map[string]string{
		"a":   "a a a a a a",
		"ab":  "ab ba ba ab ab ba",
		"abc": "abc cba bca acb cab bac", // all there are
	} {
		var got []string
		for round := range 6 {
			got = append(got, strings.Join(Order(strings.Split(list, ""), round), ""))
		}
		if fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: %v, want %s", list, got, want)
		}
	}
}

func TestOrderKeepsItsInput(t *testing.T) {
	list := []int{1, 2, 3}
	Order(list, 1)
	if list[0] != 1 || list[1] != 2 || list[2] != 3 {
		t.Errorf("the list was reordered: %v", list)
	}
}
