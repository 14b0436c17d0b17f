package pool

// queue holds requests, those that came first in front. It is linked through the
// requests, so that waiting costs no allocation.
type queue struct {
	first, last *Request
}

// place is where a request stands in a queue; zero: in none.
type place struct {
	queue      *queue
	prev, next *Request
}

// insert puts r behind those that came before it: at the end, unless it has
// waited before.
func (q *queue) insert(r *Request) {
	prev := q.last
	for prev != nil && prev.started > r.started {
		prev = prev.place.prev
	}
	next := q.first
	if prev != nil {
		next = prev.place.next
	}
	r.place = place{queue: q, prev: prev, next: next}
	q.link(prev, r)
	q.link(r, next)
}

// remove takes r out.
func (q *queue) remove(r *Request) {
	q.link(r.place.prev, r.place.next)
	r.place = place{}
}

// link makes b follow a; nil is the end of the queue.
func (q *queue) link(a, b *Request) {
	if a == nil {
		q.first = b
	} else {
		a.place.next = b
	}
	if b == nil {
		q.last = a
	} else {
		b.place.prev = a
	}
}
