package session

import (
	"strconv"
	"testing"
	"unsafe"
)

func TestNames(t *testing.T) {
	var n names
	first := n.of([]byte("sbtest"))
	if again := n.of([]byte("sbtest")); again != "sbtest" || unsafe.StringData(again) != unsafe.StringData(first) {
		t.Errorf("%q is not the %q of before", again, first)
	}
	for i := range 3 * maxNames {
		if want := strconv.Itoa(i); n.of([]byte(want)) != want {
			t.Fatalf("not %s", want)
		}
		if len(n) > maxNames {
			t.Fatalf("%d names", len(n))
		}
	}
}
