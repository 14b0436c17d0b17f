package elastic

// queue is tasks in the order of their arrival.
type queue struct {
	tasks []*waiting
	head  int // of tasks; those before it are gone
}

func (q *queue) len() int { return len(q.tasks) - q.head }

// first and last are the ends of a queue that is not empty.
func (q *queue) first() *waiting { return q.tasks[q.head] }
func (q *queue) last() *waiting  { return q.tasks[len(q.tasks)-1] }

func (q *queue) push(w *waiting) {
	if q.head > 0 && len(q.tasks) == cap(q.tasks) {
		n := copy(q.tasks, q.tasks[q.head:])
		clear(q.tasks[n:])
		q.tasks, q.head = q.tasks[:n], 0
	}
	q.tasks = append(q.tasks, w)
}

// pop removes the first, nil if there is none.
func (q *queue) pop() *waiting {
	if q.len() == 0 {
		return nil
	}
	w := q.tasks[q.head]
	q.tasks[q.head] = nil
	q.head++
	if q.head == len(q.tasks) {
		q.tasks, q.head = q.tasks[:0], 0
	}
	return w
}
