package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// field is what the tags of a struct field say about its key (see the package comment).
type field struct {
	index    int // In the struct.
	key      string
	unit     time.Duration // Of an integer that is a duration, else 0.
	def      string
	required bool // No default: the key must be given.
	min, max int64
	oneof    []string
	secret   bool
	restart  bool
}

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second}

// fields reads the tags of a struct type. Fields without a key are left out. A tag that makes no sense panics: that is
// a mistake in this package, which any use of it shows.
func fields(t reflect.Type) []field {
	var fs []field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key, ok := tag.Lookup("toml")
		if !ok {
			continue
		}
		f := field{index: i, key: key}
		f.secret, f.restart = tag.Get("secret") == "true", tag.Get("restart") == "true"
		f.def, ok = tag.Lookup("default")
		f.required = !ok
		f.oneof = strings.Fields(tag.Get("oneof"))
		if unit, ok := tag.Lookup("unit"); ok {
			f.unit = units[unit]
		}
		if limits, ok := tag.Lookup("range"); ok {
			if _, err := fmt.Sscan(limits, &f.min, &f.max); err != nil {
				panic(fmt.Sprintf("config: field %s of %s: range %q: %v", t.Field(i).Name, t, limits, err))
			}
		}
		fs = append(fs, f)
	}
	return fs
}

// defaultValue returns the default as the TOML library would have delivered it, for a field of type t.
func (f *field) defaultValue(t reflect.Type) any {
	switch t.Kind() {
	case reflect.String:
		return f.def
	case reflect.Bool:
		return f.def == "true"
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(f.def, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("config: default of %s: %v", f.key, err))
		}
		return n
	case reflect.Slice:
		if f.def == "" {
			return []any{}
		}
		return []any{f.def}
	}
	panic(fmt.Sprintf("config: key %s has the unsupported type %s", f.key, t))
}
