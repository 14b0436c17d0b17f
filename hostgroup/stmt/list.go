package stmt

// node is the place of its owner in a list. The owner holds it by value, so that moving costs no allocation.
type node[T any] struct {
	owner      *T
	prev, next *node[T]
}

// in reports whether the node stands in a list.
func (n *node[T]) in() bool { return n.next != nil }

// list is doubly linked, its nodes in the order of pushBack. The zero value is empty.
type list[T any] struct{ root node[T] }

// pushBack puts n, which stands in no list, at the end.
func (l *list[T]) pushBack(n *node[T]) {
	if l.root.next == nil {
		l.root.next, l.root.prev = &l.root, &l.root
	}
	n.prev, n.next = l.root.prev, &l.root
	n.prev.next, n.next.prev = n, n
}

// remove takes n out if it stands in the list.
func (l *list[T]) remove(n *node[T]) {
	if !n.in() {
		return
	}
	n.prev.next, n.next.prev = n.next, n.prev
	n.prev, n.next = nil, nil
}

// toBack moves n to the end.
func (l *list[T]) toBack(n *node[T]) {
	l.remove(n)
	l.pushBack(n)
}

// front is the first owner; nil if the list is empty.
func (l *list[T]) front() *T {
	if l.root.next == nil {
		return nil
	}
	return l.root.next.owner
}

// after is the owner that follows n; nil at the end.
func (l *list[T]) after(n *node[T]) *T { return n.next.owner }
