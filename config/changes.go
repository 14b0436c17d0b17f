package config

import "reflect"

// Changes names the keys whose values differ between two snapshots, in the order of the file's description: those that
// a running proxy can take over, and those that it can't before a restart. A list of tables ([[mysql_users]]) counts as
// one key.
func Changes(old, new *Config) (applied, needsRestart []string) {
	a, b := reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem()
	for _, f := range fields(a.Type()) {
		for _, key := range differing(f, a.Field(f.index), b.Field(f.index)) {
			if key.restart {
				needsRestart = append(needsRestart, key.key)
			} else {
				applied = append(applied, key.key)
			}
		}
	}
	return applied, needsRestart
}

// differing returns the fields of a section that differ, with their whole paths as keys; for a list the list itself.
func differing(section field, a, b reflect.Value) []field {
	if a.Kind() != reflect.Struct {
		if a.Len() == 0 && b.Len() == 0 || reflect.DeepEqual(a.Interface(), b.Interface()) {
			return nil
		}
		return []field{section}
	}
	var found []field
	for _, f := range fields(a.Type()) {
		if !reflect.DeepEqual(a.Field(f.index).Interface(), b.Field(f.index).Interface()) {
			f.key = section.key + "." + f.key
			f.restart = f.restart || section.restart
			found = append(found, f)
		}
	}
	return found
}
