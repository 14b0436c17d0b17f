package pool

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The queue is in the order of coming, also for who was in it before.
func TestQueueOrder(t *testing.T) {
	var q queue
	var in []*Request
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		if i := r.IntN(8); i < len(in) {
			q.remove(in[i])
			if in[i].place != (place{}) {
				t.Fatal("a request that was removed stands in the queue")
			}
			in = slices.Delete(in, i, i+1)
		} else {
			n := &Request{started: r.Int64N(10)}
			q.insert(n)
			at := slices.IndexFunc(in, func(o *Request) bool { return o.started > n.started })
			if at < 0 {
				at = len(in)
			}
			in = slices.Insert(in, at, n)
		}
		var forth, back []*Request
		for n := q.first; n != nil; n = n.place.next {
			forth = append(forth, n)
		}
		for n := q.last; n != nil; n = n.place.prev {
			back = append(back, n)
		}
		slices.Reverse(back)
		if !slices.Equal(forth, in) || !slices.Equal(back, in) {
			t.Fatalf("%d forth, %d back, want the %d in their order", len(forth), len(back), len(in))
		}
	}
}
