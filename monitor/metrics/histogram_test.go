package metrics

import (
	"slices"
	"testing"
	"time"
)

func TestHistogramBuckets(t *testing.T) {
	if !slices.IsSorted(bounds[:]) {
		t.Fatal("the bounds are not sorted")
	}
	last := len(bounds)
	for _, test := range []struct {
		d      time.Duration
		bucket int
	}{
		{-time.Second, 0},
		{0, 0},
		{50 * time.Microsecond, 0},
		{50*time.Microsecond + 1, 1},
		{100 * time.Microsecond, 1},
		{time.Millisecond, 4},
		{time.Millisecond + 1, 5},
		{10 * time.Second, last - 1},
		{10*time.Second + 1, last},
		{1<<63 - 1, last},
	} {
		var h Histogram
		h.Observe(test.d)
		for i := range h.buckets {
			if got, want := h.buckets[i].Load(), i == test.bucket; (got == 1) != want {
				t.Errorf("%v: bucket %d is %d", test.d, i, got)
			}
		}
		if got := h.nanos.Load(); got != uint64(max(test.d, 0)) {
			t.Errorf("%v: sum %d", test.d, got)
		}
	}
}

func TestHistogramSum(t *testing.T) {
	var a, b Histogram
	for _, bound := range bounds {
		a.Observe(bound)
		b.Observe(bound + 1)
	}
	var s histogramSum
	s.add(&a)
	s.add(&b)
	count, buckets := s.cumulative()
	if want := uint64(2 * len(bounds)); count != want {
		t.Errorf("count %d, want %d", count, want)
	}
	for i, bound := range bounds {
		if got, want := buckets[bound.Seconds()], uint64(2*i+1); got != want {
			t.Errorf("up to %v: %d, want %d", bound, got, want)
		}
	}
}
