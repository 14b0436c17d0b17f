package sysvar

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// with gives the set of "name=value" pairs.
func with(in *Interner, pairs ...string) *Set {
	s := in.Empty()
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		s = in.With(s, []byte(name), []byte(value))
	}
	return s
}

// show writes a set as "name=value name=value".
func show(s *Set) string {
	var list []string
	s.Each(func(name, value string) { list = append(list, name+"="+value) })
	return strings.Join(list, " ")
}

func TestEqualSetsAreOne(t *testing.T) {
	in := NewInterner()
	a := with(in, "sql_mode=ANSI", "time_zone=+03:00")
	b := with(in, "time_zone=SYSTEM", "SQL_MODE=ANSI", "time_zone=+03:00")
	if a != b {
		t.Errorf("two sets: %s and %s", show(a), show(b))
	}
	if got := in.Without(in.Without(a, "sql_mode"), "time_zone"); got != in.Empty() {
		t.Errorf("without all: %s", show(got))
	}
	if got := in.Without(a, "sql_mode"); got != with(in, "time_zone=+03:00") {
		t.Errorf("without one: %s", show(got))
	}
	if got := in.Without(a, "nothing"); got != a {
		t.Errorf("without nothing: %s", show(got))
	}
	if v, ok := a.Get("time_zone"); v != "+03:00" || !ok {
		t.Errorf("Get: %q, %v", v, ok)
	}
	if _, ok := a.Get("wait_timeout"); ok || a.Len() != 2 || a.Size() != len("sql_modeANSItime_zone+03:00") {
		t.Errorf("Len %d, Size %d", a.Len(), a.Size())
	}
	if with(in, "a=b") == with(in, "b=a") {
		t.Error("name and value are confused")
	}
}

// A random walk over sets, against maps.
func TestSetsAgainstMaps(t *testing.T) {
	in := NewInterner()
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d", "e"}
	seen := map[string]*Set{}
	s, model := in.Empty(), map[string]string{}
	for range 20000 {
		name := names[r.IntN(len(names))]
		if value := fmt.Sprint(r.IntN(3)); r.IntN(3) == 0 {
			s = in.Without(s, name)
			delete(model, name)
		} else {
			s = in.With(s, []byte(name), []byte(value))
			model[name] = value
		}
		want := strings.NewReplacer("map[", "", "]", "", ":", "=").Replace(fmt.Sprint(model))
		if got := show(s); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if seen[want] == nil {
			seen[want] = s
		}
		if seen[want] != s {
			t.Fatalf("%s is there twice", want)
		}
	}
}

// What nobody uses any more is released: a million sessions, each with a value of its own for a moment, leave nothing behind.
func TestUnusedSetsAreReleased(t *testing.T) {
	in := NewInterner()
	kept := with(in, "sql_mode=ANSI")
	for i := range 200_000 {
		in.With(kept, []byte("wait_timeout"), fmt.Append(nil, i))
		if i%20_000 == 0 {
			runtime.GC()
		}
	}
	if in.made > 100_000 {
		t.Errorf("%d sets are remembered", in.made)
	}
	if with(in, "sql_mode=ANSI") != kept {
		t.Error("a set in use was dropped")
	}
	runtime.KeepAlive(kept)
}

func TestNoAllocationForKnownSets(t *testing.T) {
	in := NewInterner()
	base := with(in, "character_set_client=utf8mb4", "time_zone=SYSTEM")
	other := with(in, "character_set_client=utf8mb4", "time_zone=+03:00")
	grown := with(in, "character_set_client=utf8mb4", "time_zone=SYSTEM", "wsrep_osu_method=RSU", "collation_connection=latin1_bin")
	zone, value, osu, rsu, collation, bin := []byte("time_zone"), []byte("+03:00"), []byte("wsrep_OSU_method"), []byte("RSU"), []byte("collation_connection"), []byte("latin1_bin")
	between := with(in, "character_set_client=utf8mb4", "time_zone=SYSTEM", "collation_connection=latin1_bin")
	if n := testing.AllocsPerRun(100, func() {
		if in.With(base, zone, value) != other || in.With(in.With(base, collation, bin), osu, rsu) != grown || in.Without(in.Without(grown, "wsrep_osu_method"), "collation_connection") != base {
			t.Fatal("another set")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	runtime.KeepAlive(between)
}

func BenchmarkWithKnown(b *testing.B) {
	in := NewInterner()
	base := with(in, "character_set_client=utf8mb4", "time_zone=SYSTEM")
	other := in.With(base, []byte("time_zone"), []byte("+03:00"))
	name, value := []byte("time_zone"), []byte("+03:00")
	b.ReportAllocs()
	for b.Loop() {
		in.With(base, name, value)
	}
	runtime.KeepAlive(other)
}
