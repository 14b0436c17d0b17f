package session

import (
	"testing"

	"parkway/hostgroup/stmt"
	"parkway/protocol/sysvar"
)

// A connection can be brought from the session's state to any environment by one SET, and back: whatever collations the two have.
func TestEnvironmentsCanBeSet(t *testing.T) {
	in := sysvar.NewInterner()
	login, _ := in.Login(45, true)
	bin := in.WithNames(login, []byte("utf8mb4_bin"))
	sets := []*sysvar.Set{
		login, bin,
		in.With(bin, []byte("character_set_results"), []byte("latin1")),
		in.With(bin, []byte("character_set_client"), []byte("latin1")),
	}
	state := func(vars *sysvar.Set) sysvar.State { return sysvar.State{Vars: vars, UserVars: in.Empty()} }
	for _, from := range sets {
		for _, vars := range sets {
			names := stmt.Environment(true)
			env := string(appendEnvironment(nil, vars, names))
			there := withEnvironment(in, from, names, env)
			if got := string(appendEnvironment(nil, there, names)); got != env {
				t.Errorf("the environment %q became %q", env, got)
			}
			for _, way := range [][2]*sysvar.Set{{from, there}, {there, from}} {
				if _, ok := sysvar.AppendSync(nil, state(way[0]), state(way[1])); !ok {
					t.Errorf("no SET brings %v to %v", way[0], way[1])
				}
			}
		}
	}
}
