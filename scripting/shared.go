package scripting

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"
)

const (
	maxSharedKey   = 256
	maxSharedValue = 1 << 20
	// sweepSome is how many entries a change looks at to find some that have expired.
	sweepSome = 4
	// sweepMany is how many it looks at when there is no room.
	sweepMany = 1000
	// entrySize is what an entry counts for beside its key and value.
	entrySize = 64
)

// store is `shared`: values by key, for all machines and all editions of the program. Any thread; nothing is done under its lock that takes long.
type store struct {
	limit int64 // immutable

	// Guarded by mu.
	mu      sync.Mutex
	entries map[string]*entry
	size    int64
}

type entry struct {
	value   data
	size    int64
	expires time.Time // zero: never
}

func newStore(limit int64) *store { return &store{limit: limit, entries: make(map[string]*entry)} }

// get returns nil for what is not there.
func (s *store) get(key string, now time.Time) data {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(key, now); e != nil {
		return e.value
	}
	return nil
}

// find returns an entry that has not expired. mu is held.
func (s *store) find(key string, now time.Time) *entry {
	e := s.entries[key]
	if e == nil || e.expires.IsZero() || now.Before(e.expires) {
		return e
	}
	s.drop(key, e)
	return nil
}

func (s *store) drop(key string, e *entry) {
	delete(s.entries, key)
	s.size -= e.size
}

// Lifetimes beside a duration.
const (
	forever time.Duration = 0
	asOld   time.Duration = -1 // for as long as the value before
)

// change is a new value, nil for none, with the size that it counts for and for how long it is kept.
type change struct {
	value data
	size  int
	lives time.Duration
}

// errUnchanged is what update's function returns to leave everything as it is.
var errUnchanged = errors.New("unchanged")

// update replaces the value of a key by what by makes of the one before; nil is none.
func (s *store) update(key string, now time.Time, by func(old data) (change, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now, sweepSome)
	e := s.find(key, now)
	var old data
	if e != nil {
		old = e.value
	}
	next, err := by(old)
	switch {
	case err == errUnchanged:
		return nil
	case err != nil:
		return err
	case next.value == nil:
		if e != nil {
			s.drop(key, e)
		}
		return nil
	}
	fresh := &entry{value: next.value, size: int64(next.size + len(key) + entrySize)}
	switch {
	case next.lives > 0:
		fresh.expires = now.Add(next.lives)
	case next.lives == asOld && e != nil:
		fresh.expires = e.expires
	}
	grown := fresh.size
	if e != nil {
		grown -= e.size
	}
	if s.size+grown > s.limit && grown > 0 {
		s.sweep(now, sweepMany)
		if s.size+grown > s.limit {
			return fmt.Errorf("shared is full: it has %d of %d bytes, and %q takes %d more", s.size, s.limit, key, grown)
		}
	}
	s.entries[key] = fresh
	s.size += grown
	return nil
}

// sweep drops entries that have expired, of so many that it looks at. mu is held.
func (s *store) sweep(now time.Time, some int) {
	for key, e := range s.entries {
		if some--; some < 0 {
			return
		}
		if !e.expires.IsZero() && !now.Before(e.expires) {
			s.drop(key, e)
		}
	}
}

// expire says for how long a value is still kept; 0: for ever.
func (s *store) expire(key string, now time.Time, lives time.Duration) (known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(key, now)
	if e == nil {
		return false
	}
	fresh := *e
	fresh.expires = time.Time{}
	if lives > 0 {
		fresh.expires = now.Add(lives)
	}
	s.entries[key] = &fresh
	return true
}

// bytes is how much there is.
func (s *store) bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// sharedKey reads a key.
func (m *machine) sharedKey(v goja.Value) string {
	if _, isString := v.(goja.String); !isString {
		panic(m.rt.NewTypeError("a key of shared must be a string"))
	}
	key := string(m.bytes(v))
	if len(key) > maxSharedKey {
		panic(m.rangeError("a key of shared is longer than %d bytes", maxSharedKey))
	}
	return key
}

// sharedValue reads a value, nil for undefined.
func (m *machine) sharedValue(v goja.Value) (data, int) {
	d, size, err := copyOut(m.rt, v, maxSharedValue)
	if err != nil {
		panic(m.rt.NewTypeError("shared: %s", err.Error()))
	}
	return d, size
}

// lifetime reads an optional number of milliseconds.
func (m *machine) lifetime(what string, v goja.Value) time.Duration {
	if goja.IsUndefined(v) {
		return 0
	}
	return time.Duration(m.integer(what, v, 0, 10*365*24*3600*1000)) * time.Millisecond
}

// offerShared defines shared.
func (m *machine) offerShared() {
	s := m.edition.engine.shared
	o := m.rt.NewObject()
	add := func(name string, length int, f func(call goja.FunctionCall) goja.Value) {
		m.define(o, name, m.function(name, length, f))
	}
	full := func(err error) {
		if err != nil {
			panic(m.rangeError("%s", err.Error()))
		}
	}
	add("get", 1, func(call goja.FunctionCall) goja.Value {
		return m.copyIn(s.get(m.sharedKey(call.Argument(0)), time.Now()))
	})
	add("set", 3, func(call goja.FunctionCall) goja.Value {
		key := m.sharedKey(call.Argument(0))
		value, size := m.sharedValue(call.Argument(1))
		next := change{value, size, m.lifetime("set", call.Argument(2))}
		full(s.update(key, time.Now(), func(data) (change, error) { return next, nil }))
		return goja.Undefined()
	})
	add("delete", 1, func(call goja.FunctionCall) goja.Value {
		had := false
		full(s.update(m.sharedKey(call.Argument(0)), time.Now(), func(old data) (change, error) {
			had = old != nil
			return change{}, nil
		}))
		return m.rt.ToValue(had)
	})
	add("incr", 3, func(call goja.FunctionCall) goja.Value {
		key, by, lives := m.sharedKey(call.Argument(0)), int64(1), m.lifetime("incr", call.Argument(2))
		if v := call.Argument(1); !goja.IsUndefined(v) {
			by = m.integer("incr", v, -maxSafe, maxSafe)
		}
		var sum int64
		full(s.update(key, time.Now(), func(old data) (change, error) {
			begin, whole := old.(int64)
			if old != nil && !whole {
				return change{}, fmt.Errorf("incr: the value of %q is not a whole number", key)
			}
			if old != nil {
				lives = asOld
			}
			if sum = begin + by; sum > maxSafe || sum < -maxSafe {
				return change{}, fmt.Errorf("incr: %q would be larger than a number can be exactly", key)
			}
			return change{sum, perValue, lives}, nil
		}))
		return m.rt.ToValue(sum)
	})
	add("compareAndSet", 4, func(call goja.FunctionCall) goja.Value {
		key := m.sharedKey(call.Argument(0))
		expected, _ := m.sharedValue(call.Argument(1))
		value, size := m.sharedValue(call.Argument(2))
		next := change{value, size, m.lifetime("compareAndSet", call.Argument(3))}
		swapped := false
		full(s.update(key, time.Now(), func(old data) (change, error) {
			if swapped = same(old, expected); !swapped {
				return change{}, errUnchanged
			}
			return next, nil
		}))
		return m.rt.ToValue(swapped)
	})
	add("expire", 2, func(call goja.FunctionCall) goja.Value {
		return m.rt.ToValue(s.expire(m.sharedKey(call.Argument(0)), time.Now(), m.lifetime("expire", call.Argument(1))))
	})
	m.freeze(o)
	must(m.rt.Set("shared", o))
}
