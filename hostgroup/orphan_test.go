package hostgroup

import (
	"slices"
	"testing"
	"time"
)

// The primary dies: its replicas are read from as before, until there is a writer again that they do not follow.
func TestReplicasOfADeadPrimary(t *testing.T) {
	orphan := Lag{Replica: true, Unknown: true, Orphan: true, Why: "Slave_IO_Running: Connecting"}
	begin := func() *observed {
		o := newPair(t, 4, nil)
		for i := range o.configured {
			o.configured[i].MaxReplicationLag = 5 * time.Second
		}
		if err := o.Apply(o.configured, o.pairs...); err != nil {
			t.Fatal(err)
		}
		o.says(1, false)
		for i := 2; i <= 4; i++ {
			o.says(i, true)
			o.SeeLag(name(i), Lag{Replica: true, Behind: time.Second})
		}
		o.SeeLag(name(4), Lag{Replica: true, Behind: time.Hour})
		o.wantTable("1", "1 2 3 (4)")
		o.now = o.now.Add(time.Second)
		return o
	}

	// The replicas notice it before the monitor does, which asks the primary at once.
	o := begin()
	var asked []string
	o.HurryBy(func(name string) { asked = append(asked, name) })
	for i := 2; i <= 4; i++ {
		o.SeeLag(name(i), orphan)
	}
	o.wantTable("1", "1 2 3 (4)")
	if len(asked) == 0 || slices.ContainsFunc(asked, func(other string) bool { return other != name(1) }) {
		t.Errorf("asked: %q", asked)
	}
	for range 2 {
		o.SeeReadOnly(name(1), Switches{}, errSilent)
	}
	o.wantTable("(1)", "1 2 3 (4)")
	o.now = o.now.Add(time.Hour)
	o.SeeLag(name(2), orphan)
	o.says(3, true)
	o.wantTable("(1)", "1 2 3 (4)")
	// 3 takes over; the others still look for the dead one. When 2 follows it is in use.
	o.says(3, false)
	o.wantTable("(1) 3", "1 (2) 3 (4)")
	o.SeeLag(name(2), Lag{Replica: true})
	o.wantTable("(1) 3", "1 2 3 (4)")

	// It is the replicas' connection that is broken: the primary answers.
	o = begin()
	o.SeeLag(name(2), orphan)
	o.wantTable("1", "1 2 3 (4)")
	o.now = o.now.Add(time.Millisecond)
	o.says(1, false)
	o.wantTable("1", "1 (2) 3 (4)")
	// Now it dies, too: it answers no pings.
	for range 3 {
		o.SeePing(name(1), errSilent)
	}
	o.wantTable("(1)", "(1) 2 3 (4)")
	// Back.
	o.now = o.now.Add(time.Second)
	o.SeePing(name(1), nil)
	o.says(1, false)
	o.wantTable("1", "1 (2) 3 (4)")
	// Replication that was stopped is another matter.
	o = begin()
	for range 3 {
		o.SeePing(name(1), errSilent)
	}
	o.SeeLag(name(2), Lag{Replica: true, Unknown: true})
	o.wantTable("(1)", "(1) (2) 3 (4)")
}
