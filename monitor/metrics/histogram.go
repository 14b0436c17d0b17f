package metrics

import "time"

// bounds are the upper ends of the histogram's buckets; what is slower falls into one more.
var bounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Histogram counts durations in fixed buckets. Single writer, any reader. The total count is the sum of the buckets, so
// that an observation costs two stores.
type Histogram struct {
	buckets [len(bounds) + 1]Counter
	nanos   Counter
}

// Observe counts d; a negative one as 0.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.nanos.Add(uint64(d))
}

// histogramSum gathers histograms of several shards on the read side.
type histogramSum struct {
	buckets [len(bounds) + 1]uint64
	nanos   uint64
}

// add adds what h holds now. Bucket counts and time are read one after the other: an observation made meanwhile may be
// in one and not yet in the other.
func (s *histogramSum) add(h *Histogram) {
	for i := range h.buckets {
		s.buckets[i] += h.buckets[i].Load()
	}
	s.nanos += h.nanos.Load()
}

// cumulative returns the total count and, by upper bound in seconds, how many were at most that.
func (s *histogramSum) cumulative() (count uint64, buckets map[float64]uint64) {
	buckets = make(map[float64]uint64, len(bounds))
	for i, b := range bounds {
		count += s.buckets[i]
		buckets[b.Seconds()] = count
	}
	return count + s.buckets[len(bounds)], buckets
}
