package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// The example names every key there is, gives its default where it has one, and explains it.
func TestExample(t *testing.T) {
	const name = "parkway.example.toml"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Warnings(); len(w) != 0 {
		t.Errorf("warnings: %v", w)
	}
	checkReadWriteSplit(t, c.QueryRules)
	root := scanLines(data)
	v := reflect.ValueOf(*c)
	for _, section := range fields(v.Type()) {
		got, at := v.Field(section.index), root.key(section.key)
		if got.Kind() == reflect.Slice {
			if got.Len() == 0 {
				t.Fatalf("[[%s]]: none", section.key)
			}
			got, at = got.Index(0), at.elem(0)
		}
		want := defaultsOf(got.Type())
		for _, f := range fields(got.Type()) {
			key := section.key + "." + f.key
			if !at.key(f.key).given {
				t.Errorf("%s is missing", key)
				continue
			}
			g, w := got.Field(f.index).Interface(), want.Field(f.index).Interface()
			if !f.required && !split[key] && !reflect.DeepEqual(g, w) {
				t.Errorf("%s: is %v, but the default is %v", key, g, w)
			}
			if line := lineOf(data, at.key(f.key).line); f.required && !strings.Contains(line, "# must be given") {
				t.Errorf("%s must be given, which the example does not say", key)
			}
		}
	}
}

// split are the keys of the first rule whose values are not the defaults.
var split = map[string]bool{
	"mysql_query_rules.match_digest": true, "mysql_query_rules.destination_hostgroup": true, "mysql_query_rules.apply": true,
}

// checkReadWriteSplit checks that the example's rules split reads from writes over one port.
func checkReadWriteSplit(t *testing.T, rules []MySQLQueryRule) {
	t.Helper()
	if len(rules) != 2 {
		t.Fatalf("%d rules", len(rules))
	}
	for i, want := range []struct {
		match     string
		hostgroup int
	}{{"^SELECT.*FOR UPDATE", 10}, {"^SELECT", 20}} {
		if q := rules[i]; q.MatchDigest != want.match || q.DestinationHostgroup != want.hostgroup || !q.Apply || !q.Active {
			t.Errorf("rule %d: %+v", q.RuleID, q)
		}
	}
}

// defaultsOf returns a struct of the configuration as an empty table makes it.
func defaultsOf(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	new(reader).table(nil, new(node), "", v)
	return v
}

// Every tag can be read, and every default passes its own check.
func TestSchema(t *testing.T) {
	config := reflect.TypeFor[Config]()
	for _, section := range fields(config) {
		typ := config.Field(section.index).Type
		if typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		r := new(reader)
		r.table(nil, new(node), section.key, reflect.New(typ).Elem())
		for _, p := range r.problems {
			if p.Message != "missing: this key must be given" {
				t.Errorf("default of %s: %s", p.Key, p.Message)
			}
		}
		for _, f := range fields(typ) {
			field := typ.Field(f.index)
			switch kind := field.Type.Kind(); {
			case kind == reflect.Int && f.max == 0, kind == reflect.Int64 && f.max == 0:
				t.Errorf("%s.%s has no range", typ, field.Name)
			case field.Type.String() == "time.Duration" && f.unit == 0:
				t.Errorf("%s.%s has no unit", typ, field.Name)
			case f.secret != strings.Contains(f.key, "password"), f.secret != (field.Tag.Get("json") == "-"):
				t.Errorf("%s.%s: secret and json tags do not agree with its key", typ, field.Name)
			}
		}
	}
}
