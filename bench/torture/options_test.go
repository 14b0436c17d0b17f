package main

import (
	"io"
	"slices"
	"testing"
	"time"

	"parkway/bench/servers"
)

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-flavor", "mysql", "-seed", "7", "-time", "3s", "-backends", "8", "-only", "variable,xa"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.grammar.Flavor != servers.MySQL || o.seed != 7 || o.time != 3*time.Second || o.grammar.Backends != 8 ||
		!slices.Equal(o.grammar.Only, []string{"variable", "xa"}) || o.grammar.Clients != defaultClients {
		t.Errorf("%+v", o)
	}
	for _, args := range [][]string{
		{"-flavor", "oracle"}, {"-clients", "0"}, {"-attempts", "0"}, {"-without", "nothing"}, {"-seed", "x"}, {"more"},
	} {
		if _, err := parseOptions(args, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
