package hostgroup

import (
	"slices"
	"testing"

	"parkway/config"
)

// After a failover nothing that a reload turns off may bring the old primary back: the check, the monitor, or the pair.
func TestReadOnlyCheckTurnedOff(t *testing.T) {
	for _, test := range []struct {
		name string
		off  func(*observed) error
	}{
		{"monitor_enabled", func(o *observed) error {
			o.Configure(watched(func(set *config.MySQLVariables) { set.MonitorEnabled = false }))
			return o.Apply(o.configured, o.pairs...)
		}},
		{"monitor_read_only_interval", func(o *observed) error {
			o.Configure(watched(func(set *config.MySQLVariables) { set.MonitorReadOnlyInterval = 0 }))
			return o.Apply(o.configured, o.pairs...)
		}},
		{"the pair", func(o *observed) error { return o.Apply(o.configured) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newPair(t, 3, nil)
			o.says(1, true)
			o.says(2, false)
			o.says(3, true)
			for range 2 {
				if err := test.off(o); err != nil {
					t.Fatal(err)
				}
				o.wantTable("(1) 2", "1 2 3")
			}
			o.wantLogged(`"hostgroup":1,"writers":["10.0.0.2:3306"],"configured":["10.0.0.1:3306"],"message":"read_only is not checked any more`, 1)
			if h := o.Table().Hostgroup(1); h.Refusal(func(*Server) bool { return true }).Awaited {
				t.Error("nobody looks for a server, and it is awaited")
			}
			// Said late.
			o.says(2, true)
			if test.name != "the pair" {
				o.wantTable("(1) 2", "1 2 3")
			}
			// A server that is listed elsewhere is where it is listed; what else changes in its entry means nothing.
			list := slices.Clone(o.configured)
			list[0].HostgroupID, list[1].HostgroupID, list[2].Weight = 2, 1, 5
			if err := o.Apply(list, o.pairs...); err != nil {
				t.Fatal(err)
			}
			o.wantTable("2", "1 3")
		})
	}
}

// A primary that does not answer while the check is turned off is the writer still, if no other has been promoted.
func TestSilentWriterWhenTurnedOff(t *testing.T) {
	off := watched(func(set *config.MySQLVariables) { set.MonitorEnabled = false })
	lose := func() *observed {
		o := newPair(t, 2, nil)
		o.says(1, false)
		o.says(2, true)
		for range 3 {
			o.SeeReadOnly(name(1), Switches{}, errSilent)
			o.SeePing(name(1), errSilent)
		}
		o.wantTable("(1)", "(1) 2")
		return o
	}
	o := lose()
	o.Configure(off)
	o.wantTable("1", "1 2")
	o = lose()
	o.says(2, false)
	o.Configure(off)
	o.wantTable("(1) 2", "1 2")
}

// When a writer is lost, or falls silent, the others of its pair are asked at once who takes over; and nobody else.
func TestPairIsAskedWhenTheWriterIsLost(t *testing.T) {
	o := newPair(t, 3, nil)
	list := append(slices.Clone(o.configured), configured("10.0.0.9", 3306, func(c *config.MySQLServer) { c.HostgroupID = 7 }))
	if err := o.Apply(list, o.pairs...); err != nil {
		t.Fatal(err)
	}
	var asked []string
	o.HurryBy(func(name string) { asked = append(asked, name) })
	want := func(names ...string) {
		t.Helper()
		if !slices.Equal(asked, names) {
			t.Errorf("asked: %q, want %q", asked, names)
		}
		asked = nil
	}
	o.says(1, false)
	o.says(2, true)
	o.says(3, true)
	want()
	o.says(1, true)
	want(name(2), name(3))
	o.says(2, false)
	want(name(1), name(3))
	for range 3 {
		o.SeePing(name(2), errSilent)
	}
	want(name(1), name(3))
	for range 2 {
		o.SeeReadOnly(name(2), Switches{}, errSilent)
	}
	want(name(1), name(3))
	for range 3 {
		o.SeePing(name(9), errSilent)
	}
	want()
	// A reader's end is nobody's beginning: very many that fall silent don't have all the others asked each time.
	for range 3 {
		o.SeePing(name(3), errSilent)
		o.SeeReadOnly(name(3), Switches{}, errSilent)
	}
	o.SeePing(name(3), nil)
	o.says(3, true)
	want()
}

// The log says of each server what its own read_only is, by the switch that the pair goes by.
func TestReasonsOfMoves(t *testing.T) {
	o := newPair(t, 3, nil)
	o.says(1, false)
	o.says(2, true)
	o.says(3, true)
	o.says(2, false)
	o.wantLogged(`"server":"10.0.0.2:3306","hostgroup":1,"status":"ONLINE","reason":"read_only = 0","message":"server joins`, 1)
	o.says(2, true)
	o.says(3, false)
	o.wantLogged(`"server":"10.0.0.2:3306","hostgroup":1,"from":"OFFLINE_SOFT","status":"OFFLINE_HARD","reason":"nothing of it is left in this hostgroup"`, 1)
	if err := o.Apply(o.configured[:2], o.pairs...); err != nil {
		t.Fatal(err)
	}
	o.wantLogged(`"server":"10.0.0.3:3306","hostgroup":2,"from":"ONLINE","status":"OFFLINE_HARD","reason":"it is not configured any more"`, 1)

	o = newPair(t, 2, nil)
	o.pairs[0].CheckType = config.CheckSuperReadOnly
	says := func(i int, super bool) {
		o.SeeReadOnly(name(i), Switches{ReadOnly: true, Super: super, HasSuper: true}, nil)
	}
	says(1, false)
	says(2, true)
	says(1, true)
	o.wantLogged(`"reason":"super_read_only = 1: it is no writer"`, 1)
	says(2, false)
	o.wantLogged(`"server":"10.0.0.2:3306","hostgroup":1,"status":"ONLINE","reason":"super_read_only = 0"`, 1)
}

func TestSay(t *testing.T) {
	for _, test := range []struct {
		checkType string
		says      Switches
		want      string
	}{
		{config.CheckReadOnly, Switches{ReadOnly: true, HasSuper: true}, "read_only = 1"},
		{config.CheckReadOnly, Switches{Super: true, HasSuper: true}, "read_only = 0"},
		{config.CheckSuperReadOnly, Switches{ReadOnly: true, HasSuper: true}, "super_read_only = 0"},
		{config.CheckSuperReadOnly, Switches{ReadOnly: true}, "read_only = 1"},
		{config.CheckEither, Switches{ReadOnly: true, HasSuper: true}, "read_only = 1"},
		{config.CheckEither, Switches{Super: true, HasSuper: true}, "super_read_only = 1"},
		{config.CheckEither, Switches{HasSuper: true}, "read_only = 0"},
	} {
		if got := test.says.say(test.checkType); got != test.want {
			t.Errorf("%s, %+v: %s, want %s", test.checkType, test.says, got, test.want)
		}
	}
}
