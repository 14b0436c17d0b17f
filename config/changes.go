package config

import "reflect"

// Changes names the keys whose values differ between two snapshots, in the order of the file's description: those that
// a running proxy can take over, and those that it can't before a restart. A list of tables ([[mysql_users]]) counts as
// one key.
func Changes(old, new *Config) (applied, needsRestart []string) {
	a, b := reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem()
	for _, f := range fields(a.Type()) {
		keys := differing(f.key, a.Field(f.index), b.Field(f.index))
		if f.restart {
			needsRestart = append(needsRestart, keys...)
		} else {
			applied = append(applied, keys...)
		}
	}
	return applied, needsRestart
}

// differing names the keys below path that differ.
func differing(path string, a, b reflect.Value) []string {
	if a.Kind() != reflect.Struct {
		if a.Len() == 0 && b.Len() == 0 || reflect.DeepEqual(a.Interface(), b.Interface()) {
			return nil
		}
		return []string{path}
	}
	var keys []string
	for _, f := range fields(a.Type()) {
		if !reflect.DeepEqual(a.Field(f.index).Interface(), b.Field(f.index).Interface()) {
			keys = append(keys, path+"."+f.key)
		}
	}
	return keys
}
