package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// reader fills a Config from a parsed document and collects what is wrong on the way.
type reader struct {
	file     string
	root     *node
	problems []Problem
	warnings []Problem
}

// problem notes that something is wrong at n, once: what follows from a problem is not one more.
func (r *reader) problem(n *node, key, format string, args ...any) {
	if n.bad {
		return
	}
	n.bad = true
	r.problems = append(r.problems, Problem{File: r.file, Line: n.line, Key: key, Message: fmt.Sprintf(format, args...)})
}

// warn notes that something at n is allowed but probably not meant.
func (r *reader) warn(n *node, key, format string, args ...any) {
	r.warnings = append(r.warnings, Problem{File: r.file, Line: n.line, Key: key, Message: fmt.Sprintf(format, args...)})
}

// document fills c, with defaults for what doc lacks.
func (r *reader) document(doc map[string]any, c *Config) {
	v := reflect.ValueOf(c).Elem()
	fs := fields(v.Type())
	for _, f := range fs {
		raw, given := doc[f.key]
		n := r.root.key(f.key)
		switch target := v.Field(f.index); {
		case target.Kind() == reflect.Slice:
			if given {
				r.list(raw, n, f.key, target)
			}
		case given:
			r.section(raw, n, f.key, target)
		default:
			r.table(nil, n, f.key, target)
		}
	}
	r.unknown(doc, r.root, "", fs)
}

// section fills a struct from a [table]; from nothing but defaults when raw is not one.
func (r *reader) section(raw any, n *node, path string, target reflect.Value) {
	table, ok := raw.(map[string]any)
	if !ok {
		r.problem(n, path, "must be a table, written [%s], not %s", path, typeName(raw))
	}
	r.table(table, n, path, target)
}

// list fills a slice of structs from [[tables]].
func (r *reader) list(raw any, n *node, path string, target reflect.Value) {
	tables, ok := tablesOf(raw)
	if !ok {
		r.problem(n, path, "must be a list of tables, each written [[%s]], not %s", path, typeName(raw))
		return
	}
	target.Set(reflect.MakeSlice(target.Type(), len(tables), len(tables)))
	for i, table := range tables {
		r.table(table, n.elem(i), path, target.Index(i))
	}
}

// tablesOf returns the elements of a list of tables, in either of the two shapes that the TOML library gives it.
func tablesOf(raw any) ([]map[string]any, bool) {
	if tables, ok := raw.([]map[string]any); ok {
		return tables, true
	}
	elems, ok := raw.([]any)
	if !ok {
		return nil, false
	}
	tables := make([]map[string]any, len(elems))
	for i, e := range elems {
		if tables[i], ok = e.(map[string]any); !ok {
			return nil, false
		}
	}
	return tables, true
}

// table fills the struct target from the keys of one table, and from defaults.
func (r *reader) table(table map[string]any, n *node, path string, target reflect.Value) {
	fs := fields(target.Type())
	for _, f := range fs {
		key, at, dst := path+"."+f.key, n.key(f.key), target.Field(f.index)
		raw, given := table[f.key]
		if !given && f.required {
			r.problem(at, key, "missing: this key must be given")
			continue
		}
		if !given {
			raw = f.defaultValue(dst.Type())
		}
		r.value(raw, at, key, &f, dst)
	}
	r.unknown(table, n, path, fs)
}

// value sets dst from a value of the document, if type and range are right. Values of secrets stay out of messages.
func (r *reader) value(raw any, n *node, key string, f *field, dst reflect.Value) {
	switch dst.Kind() {
	case reflect.String:
		if s, ok := raw.(string); ok {
			r.word(s, n, key, f)
			dst.SetString(s)
			return
		}
		r.problem(n, key, "must be a string, not %s", typeName(raw))
	case reflect.Bool:
		if b, ok := raw.(bool); ok {
			dst.SetBool(b)
			return
		}
		r.problem(n, key, "must be true or false, not %s", typeName(raw))
	case reflect.Int, reflect.Int64:
		i, ok := raw.(int64)
		if !ok {
			r.problem(n, key, "must be an integer, not %s", typeName(raw))
			return
		}
		if i < f.min || i > f.max {
			r.problem(n, key, "must be from %d to %d, not %d", f.min, f.max, i)
			return
		}
		if f.unit != 0 {
			i *= int64(f.unit)
		}
		dst.SetInt(i)
	case reflect.Slice:
		r.strings(raw, n, key, dst)
	}
}

// word checks a string against the words allowed for its key.
func (r *reader) word(s string, n *node, key string, f *field) {
	if len(f.oneof) == 0 || slices.Contains(f.oneof, s) {
		return
	}
	r.problem(n, key, "must be one of %s, not %q%s", strings.Join(f.oneof, ", "), s, suggest(s, f.oneof))
}

// strings sets a []string.
func (r *reader) strings(raw any, n *node, key string, dst reflect.Value) {
	elems, ok := raw.([]any)
	if !ok {
		r.problem(n, key, "must be an array of strings, not %s", typeName(raw))
		return
	}
	list := make([]string, len(elems))
	for i, e := range elems {
		if list[i], ok = e.(string); !ok {
			r.problem(n.elem(i), key, "must be an array of strings, but element %d is %s", i+1, typeName(e))
			n.bad = true
		}
	}
	dst.Set(reflect.ValueOf(list))
}

// unknown notes the keys of a table that no field has.
func (r *reader) unknown(table map[string]any, n *node, path string, fs []field) {
	known := make([]string, len(fs))
	for i, f := range fs {
		known[i] = f.key
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if slices.Contains(known, key) {
			continue
		}
		full := key
		if path != "" {
			full = path + "." + key
		}
		hint := suggest(key, known)
		if why := foreign[full]; why != "" {
			hint = ": " + why
		}
		r.problem(n.key(key), full, "unknown key%s", hint)
	}
}

// typeName names the TOML type of a value in a sentence.
func typeName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a truth value"
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a table"
	}
	return "an array"
}
