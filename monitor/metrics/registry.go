package metrics

import (
	"slices"
	"sync/atomic"
)

// registry holds the values of a loop by key. The owner finds and creates; any thread may read the list.
type registry[K comparable, V any] struct {
	byKey     map[K]*V                      // Owned by the loop.
	published atomic.Pointer[[]entry[K, V]] // Immutable copies; replaced when a key is new.
}

// entry is a key and its value, which lives as long as the registry.
type entry[K comparable, V any] struct {
	key   K
	value *V
}

// get returns the value of key, made on first use. Owner only.
func (r *registry[K, V]) get(key K) *V {
	if v := r.byKey[key]; v != nil {
		return v
	}
	return r.create(key)
}

func (r *registry[K, V]) create(key K) *V {
	if r.byKey == nil {
		r.byKey = make(map[K]*V)
	}
	v := new(V)
	r.byKey[key] = v
	list := append(slices.Clip(r.list()), entry[K, V]{key, v})
	r.published.Store(&list)
	return v
}

// list returns all values in the order of their creation. Any thread; not to be changed.
func (r *registry[K, V]) list() []entry[K, V] {
	if p := r.published.Load(); p != nil {
		return *p
	}
	return nil
}
