package scripting

import (
	"errors"
	"fmt"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// key is what the verdict of a pure onQuery depends on; 0: on anything. The command always counts.
type key uint8

const (
	byDigest key = 1 << iota
	byUser
	bySchema
	byTransaction
)

var keyNames = map[string]key{"digest": byDigest, "user": byUser, "schema": bySchema, "inTransaction": byTransaction}

// keyOf reads onQuery.cacheBy.
func keyOf(v goja.Value) (key, error) {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return 0, nil
	}
	words := []goja.Value{v}
	if o, isObject := v.(*goja.Object); isObject {
		words = nil
		for _, k := range o.Keys() {
			words = append(words, o.Get(k))
		}
	}
	var all key
	for _, w := range words {
		k, known := keyNames[w.String()]
		if !known {
			return 0, fmt.Errorf("onQuery.cacheBy: %q is none of digest, user, schema, inTransaction", w)
		}
		all |= k
	}
	if all&byDigest == 0 {
		return 0, errors.New(`onQuery.cacheBy needs "digest"`)
	}
	return all, nil
}

// remembered is a key with its values.
type rememberedKey struct {
	digest       uint64
	user, schema string
	command      hook.Command
	transaction  bool
}

// of makes the key of a query, which has a digest.
func (k key) of(q hook.Query) rememberedKey {
	r := rememberedKey{digest: q.Digest(), command: q.Command()}
	if k&byUser != 0 {
		r.user = q.User()
	}
	if k&bySchema != 0 {
		r.schema = q.Schema()
	}
	if k&byTransaction != 0 {
		r.transaction = q.InTransaction()
	}
	return r
}

// memory is verdicts of a pure function, for one loop and one edition. Entries live in two generations: a full young one becomes the old one, whose
// entries are dropped; one that is used moves to the young one.
type memory struct {
	young, old map[rememberedKey]*hook.Verdict
}

// maxRemembered is how many verdicts a generation has.
const maxRemembered = 8192

func newMemory() memory {
	return memory{make(map[rememberedKey]*hook.Verdict), make(map[rememberedKey]*hook.Verdict)}
}

// find returns nil for a key that is not remembered.
func (y *memory) find(k rememberedKey) *hook.Verdict {
	if v := y.young[k]; v != nil {
		return v
	}
	v := y.old[k]
	if v != nil {
		delete(y.old, k)
		y.keep(k, v)
	}
	return v
}

func (y *memory) keep(k rememberedKey, v *hook.Verdict) {
	if len(y.young) >= maxRemembered {
		y.young, y.old = y.old, y.young
		clear(y.young)
	}
	y.young[k] = v
}
