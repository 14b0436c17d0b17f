package reactor

// largeMap is how many entries an fdMap may have had to be kept when the last is gone: a map stays as large as it was once.
const largeMap = 1000

// fdMap finds what there is of a descriptor. The zero one is empty, and nothing may be put in.
type fdMap[V any] struct {
	entries map[int32]V
	most    int // there were since entries was made
}

func newFDMap[V any]() fdMap[V] { return fdMap[V]{entries: make(map[int32]V)} }

func (m *fdMap[V]) get(fd int) (v V, ok bool) {
	v, ok = m.entries[int32(fd)]
	return v, ok
}

func (m *fdMap[V]) put(fd int, v V) {
	m.entries[int32(fd)] = v
	m.most = max(m.most, len(m.entries))
}

func (m *fdMap[V]) remove(fd int) {
	delete(m.entries, int32(fd))
	if len(m.entries) == 0 && m.most > largeMap {
		*m = newFDMap[V]()
	}
}
