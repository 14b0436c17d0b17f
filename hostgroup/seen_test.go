package hostgroup

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/config"
)

var errSilent = errors.New("no answer within 1s")

// watched are the settings of a manager that is told what the monitor sees.
func watched(change func(*config.MySQLVariables)) *config.MySQLVariables {
	set := config.Default().MySQL
	set.MonitorPingMaxFailures, set.MonitorReadOnlyMaxTimeoutCount = 3, 2
	if change != nil {
		change(&set)
	}
	return &set
}

// newPair is a manager of servers 10.0.0.1 (in hostgroup 1, the writers'), 10.0.0.2 ... (in 2, the readers').
func newPair(t *testing.T, servers int, change func(*config.MySQLVariables)) *observed {
	t.Helper()
	o := newObserved(t, 0)
	o.Configure(watched(change))
	var list []config.MySQLServer
	for i := range servers {
		list = append(list, configured("10.0.0."+string(rune('1'+i)), 3306, func(c *config.MySQLServer) {
			if i > 0 {
				c.HostgroupID = 2
			}
		}))
	}
	if err := o.Apply(list, config.MySQLReplicationHostgroup{WriterHostgroup: 1, ReaderHostgroup: 2, CheckType: config.CheckReadOnly}); err != nil {
		t.Fatal(err)
	}
	return o
}

func name(i int) string { return "10.0.0." + string(rune('0'+i)) + ":3306" }

// says is what server i says of read_only.
func (o *observed) says(i int, readOnly bool) {
	o.SeeReadOnly(name(i), Switches{ReadOnly: readOnly}, nil)
}

// wantTable compares the members of hostgroup 1 and 2: the numbers of the servers, in brackets those that are not ONLINE.
func (o *observed) wantTable(writers, readers string) {
	o.t.Helper()
	for id, want := range map[int]string{1: writers, 2: readers} {
		var got []string
		if h := o.Table().Hostgroup(id); h != nil {
			for i := range h.Members {
				m := &h.Members[i]
				word := strings.TrimSuffix(strings.TrimPrefix(m.String(), "10.0.0."), ":3306")
				if status, _ := m.Status(); status != Online {
					word = "(" + word + ")"
				}
				got = append(got, word)
			}
		}
		if text := strings.Join(got, " "); text != want {
			o.t.Errorf("hostgroup %d: %s, want %s", id, text, want)
		}
	}
}

// A server that misses pings in a row is shunned wherever it is, also as the last, and comes back with the first answer.
func TestPings(t *testing.T) {
	o := newPair(t, 2, nil)
	o.says(1, false)
	o.wantTable("1", "1 2")
	tells := o.tells
	for range 2 {
		o.SeePing(name(1), errSilent)
	}
	o.SeePing(name(1), nil)
	for range 2 {
		o.SeePing(name(1), errSilent)
	}
	o.wantTable("1", "1 2")
	if o.tells != tells {
		t.Error("a transition was told")
	}
	o.SeePing(name(1), errSilent)
	o.wantTable("(1)", "(1) 2")
	o.wantLogged(`"reason":"3 pings in a row were not answered, the last: no answer within 1s"`, 2)
	o.SeePing(name(1), errSilent)
	if o.tells != tells+1 {
		t.Errorf("%d transitions told", o.tells-tells)
	}
	if _, why, ok := o.Table().Hostgroup(1).Choose(0, none); ok || !why.Wait() || why.Shunned != 1 || !strings.HasPrefix(why.Silent, "3 pings in a row") {
		t.Errorf("%+v", why)
	}
	o.now = o.now.Add(time.Hour)
	o.SeePing(name(1), nil)
	o.wantTable("1", "1 2")
	if got := o.Table().Hostgroup(1).Members[0].weight(o.now); got != firstShare {
		t.Errorf("weight %d/100 at once", got)
	}
	o.SeePing("10.9.9.9:3306", errSilent) // Not configured any more.
}

// A login of the monitor's brings back what connect errors have shunned, but not what answers nothing.
func TestConnectBringsBack(t *testing.T) {
	o := newObserved(t, 2)
	o.fail(0, 3)
	o.wantStatus(0, Shunned)
	o.SeePing(name(1), nil)
	o.wantStatus(0, Shunned)
	o.SeeConnect(name(1))
	o.wantStatus(0, Online)
	o.wantLogged("the monitor can connect again", 1)
	o.Configure(watched(nil))
	for range 3 {
		o.SeePing(name(1), errSilent)
	}
	o.fail(0, 5)
	o.wantStatus(0, Shunned)
	o.SeeConnect(name(1)) // It lets in, and may answer nothing all the same.
	o.wantStatus(0, Shunned)
	o.SeePing(name(1), nil)
	o.wantStatus(0, Online)
}

// A server that comes and goes stays out for longer, while there is another one.
func TestServerThatFlaps(t *testing.T) {
	o := newPair(t, 3, func(set *config.MySQLVariables) { set.ShunRecoveryTime = 10 * time.Second })
	silent := func(i int) {
		for range 3 {
			o.SeePing(name(i), errSilent)
		}
	}
	for range 2 {
		silent(2)
		o.wantTable("1", "(2) 3")
		o.SeePing(name(2), nil)
	}
	o.wantTable("1", "(2) 3")
	o.wantLogged("it comes and goes", 1)
	o.SeePing(name(2), nil)
	o.wantLogged("it comes and goes", 1)
	o.now = o.now.Add(10 * time.Second)
	o.SeePing(name(2), nil)
	o.wantTable("1", "2 3")
	silent(2)
	silent(3)
	o.SeePing(name(2), nil) // 20 s too early, but there is no other.
	o.wantTable("1", "2 (3)")

	// Time in which it is kept out and is silent again is no time in which it was well.
	o = newPair(t, 3, func(set *config.MySQLVariables) { set.ShunRecoveryTime = 10 * time.Second })
	for range 2 {
		silent(2)
		o.SeePing(name(2), nil)
	}
	o.now = o.now.Add(9 * time.Second)
	silent(2)
	for range 19 {
		o.now = o.now.Add(time.Second)
		o.SeePing(name(2), nil)
		o.wantTable("1", "(2) 3")
	}
	o.wantLogged("it comes and goes", 2)
	o.now = o.now.Add(time.Second)
	o.SeePing(name(2), nil)
	o.wantTable("1", "2 3")

	// Pings that are turned off and on again are no return.
	o = newPair(t, 3, nil)
	silent(2)
	o.Configure(watched(func(set *config.MySQLVariables) { set.MonitorPingInterval = 0 }))
	o.wantTable("1", "2 3")
	o.Configure(watched(nil))
	silent(2)
	o.SeePing(name(2), nil)
	o.wantTable("1", "2 3")
	o.wantLogged("it comes and goes", 0)
}

// read_only decides who is written to and who is read from.
func TestReadOnlyMovesServers(t *testing.T) {
	o := newPair(t, 3, nil)
	o.wantTable("1", "2 3")
	o.says(1, false)
	o.says(2, true)
	o.says(3, true)
	o.wantTable("1", "1 2 3")
	tells := o.tells
	for range 5 {
		o.says(1, false)
		o.says(2, true)
	}
	if o.tells != tells {
		t.Error("nothing has changed, and a transition was told")
	}
	// A switch-over: for a moment nobody is writable.
	o.says(1, true)
	o.wantTable("(1)", "1 2 3")
	o.wantLogged(`"from":"ONLINE","status":"OFFLINE_SOFT","reason":"read_only = 1: it is no writer"`, 1)
	o.wantLogged("no server of the writer hostgroup is writable", 1)
	old := o.Table().Hostgroup(1).Members[0].Server
	if !old.Left() {
		t.Error("the old writer may be used still")
	}
	if _, why, ok := o.Table().Hostgroup(1).Choose(0, none); ok || !why.Wait() || !strings.Contains(why.String(), "1 in the other hostgroup of the pair") {
		t.Errorf("%v", why)
	}
	o.says(2, false)
	o.wantTable("(1) 2", "1 2 3")
	o.wantLogged("one server of the writer hostgroup is writable", 2)
	if m, _, ok := o.Table().Hostgroup(1).Choose(0, none); !ok || m.String() != name(2) {
		t.Errorf("chosen: %v", m)
	} else {
		m.Give()
	}
	// Two at once: both.
	o.says(1, false)
	o.wantTable("1 2", "1 2 3")
	o.wantLogged("several servers of the writer hostgroup are writable", 0) // 2 has not been asked since.
	o.now = o.now.Add(time.Millisecond)
	o.says(2, false)
	o.wantLogged("several servers of the writer hostgroup are writable", 1)
	o.says(2, false)
	o.wantLogged("several servers of the writer hostgroup are writable", 1)
	if now := o.Table().Hostgroup(1).Members[0].Server; now != old || now.Left() {
		t.Error("the old writer has lost what was known of it")
	}
	// What left is listed while it has connections.
	promoted := o.Table().Hostgroup(1).Members[1].Server
	promoted.Take(10)
	o.says(2, true)
	o.wantTable("1 (2)", "1 2 3")
	o.says(3, false)
	o.wantTable("1 (2) 3", "1 2 3")
	promoted.Give()
	o.says(3, true)
	o.wantTable("1 (3)", "1 2 3")
}

// monitor_writer_is_also_reader = false: a writer leaves the readers, also when the setting changes.
func TestWriterIsNoReader(t *testing.T) {
	o := newPair(t, 2, func(set *config.MySQLVariables) { set.MonitorWriterIsAlsoReader = false })
	o.says(1, true)
	o.says(2, false)
	o.wantTable("(1) 2", "1 (2)")
	o.Configure(watched(nil))
	o.wantTable("(1) 2", "1 2")
}

// A server that does not tell its read_only is no writer after a while; a refusal to answer is no silence, and does not get here.
func TestReadOnlyUnanswered(t *testing.T) {
	o := newPair(t, 2, nil)
	o.says(1, false)
	o.SeeReadOnly(name(1), Switches{}, errSilent)
	o.wantTable("1", "1 2")
	o.SeeReadOnly(name(1), Switches{}, errSilent)
	o.wantTable("(1)", "1 2")
	o.wantLogged("it has not answered: it is no writer", 1)
	o.says(1, false)
	o.wantTable("1", "1 2")
	// From the start.
	o = newPair(t, 2, nil)
	for range 2 {
		o.SeeReadOnly(name(1), Switches{}, errSilent)
		o.SeeReadOnly(name(2), Switches{}, errSilent)
	}
	o.wantTable("(1)", "2")
}

// A writer that refuses a write is to be asked for its read_only. What it says is told, also when nothing changes; a look counts once it is known
// what follows.
func TestWriteRefused(t *testing.T) {
	o := newPair(t, 2, nil)
	var hurried []string
	o.HurryBy(func(name string) { hurried = append(hurried, name) })
	o.says(1, false)
	o.says(2, true)
	writer, reader := o.server(0), o.Table().Hostgroup(2).Members[0].Server
	looks, tells := writer.Looks(), o.tells
	o.Observe(reader, Observation{Event: WriteRefused})
	o.says(1, false)
	if o.tells != tells || len(hurried) != 0 {
		t.Errorf("%d told, %q hurried: a reader is read-only", o.tells-tells, hurried)
	}
	o.Observe(writer, Observation{Event: WriteRefused})
	o.SeeReadOnly(name(1), Switches{}, errSilent)
	if o.tells != tells {
		t.Error("silence is told")
	}
	o.says(1, false)
	o.says(1, false)
	if o.tells != tells+1 || !slices.Equal(hurried, []string{name(1)}) || writer.Looks() != looks+3 {
		t.Errorf("%d told, %q hurried, %d looks", o.tells-tells, hurried, writer.Looks()-looks)
	}
	o.says(1, true)
	hurried = nil
	o.Observe(writer, Observation{Event: WriteRefused})
	if len(hurried) != 0 {
		t.Errorf("%q hurried: it is no writer any more", hurried)
	}
}

func TestTooFar(t *testing.T) {
	const limit, whenNull = 10 * time.Second, 60 * time.Second
	for _, test := range []struct {
		name     string
		lag      Lag
		limit    time.Duration
		whenNull time.Duration
		far      bool
	}{
		{"no limit", Lag{Replica: true, Behind: time.Hour}, 0, whenNull, false},
		{"no replica", Lag{}, limit, whenNull, false},
		{"at the limit", Lag{Replica: true, Behind: limit}, limit, whenNull, false},
		{"above", Lag{Replica: true, Behind: limit + time.Second}, limit, whenNull, true},
		{"stopped", Lag{Replica: true, Unknown: true}, limit, whenNull, true},
		{"stopped, and counts as little", Lag{Replica: true, Unknown: true}, limit, limit, false},
		{"one of several stopped, another behind", Lag{Replica: true, Unknown: true, Behind: time.Hour}, limit, 0, true},
	} {
		if why := tooFar(test.lag, test.limit, test.whenNull); (why != "") != test.far {
			t.Errorf("%s: %q", test.name, why)
		}
	}
}

func TestLag(t *testing.T) {
	o := newObserved(t, 2)
	o.Configure(watched(nil))
	limited := configured("10.0.0.1", 3306, func(c *config.MySQLServer) { c.MaxReplicationLag = 10 * time.Second })
	if err := o.Apply([]config.MySQLServer{limited, configured("10.0.0.2", 3306, nil)}); err != nil {
		t.Fatal(err)
	}
	tells := o.tells
	o.SeeLag(name(1), Lag{Replica: true, Behind: 11 * time.Second})
	o.SeeLag(name(1), Lag{Replica: true, Behind: 12 * time.Second})
	o.SeeLag(name(2), Lag{Replica: true, Behind: time.Hour}) // It has no limit.
	o.wantStatus(0, ShunnedReplicationLag)
	o.wantStatus(1, Online)
	o.wantLogged(`"reason":"replication lag 11s is above max_replication_lag 10s"`, 1)
	if o.tells != tells+1 {
		t.Errorf("%d transitions told", o.tells-tells)
	}
	why := o.Table().Hostgroup(1).Refusal(none)
	if why.Lagging != 1 {
		t.Errorf("%+v", why)
	}
	o.SeePing(name(1), nil)
	o.wantStatus(0, ShunnedReplicationLag)
	o.SeeLag(name(1), Lag{Replica: true, Behind: 10 * time.Second})
	o.wantStatus(0, Online)
	o.wantLogged("its replication lag is not above", 1)
	o.SeeLag(name(1), Lag{Replica: true, Unknown: true, Why: "Slave_SQL_Running: No"})
	o.wantStatus(0, ShunnedReplicationLag)
	o.wantLogged("monitor_slave_lag_when_null); max_replication_lag is 10s: Slave_SQL_Running: No", 1)
	// Without the limit it is no reason any more.
	if err := o.Apply([]config.MySQLServer{configured("10.0.0.1", 3306, nil), configured("10.0.0.2", 3306, nil)}); err != nil {
		t.Fatal(err)
	}
	o.wantStatus(0, Online)
}

// A replica with a limit is promoted, and nobody tells it to forget its old primary: as the writer it lags behind nobody, in either hostgroup,
// even if its configuration says so of the writer hostgroup. When it is a replica again the limit holds at once.
func TestPromotedServerDoesNotLag(t *testing.T) {
	o := newPair(t, 3, nil)
	for i := range o.configured {
		o.configured[i].MaxReplicationLag = 5 * time.Second
	}
	if err := o.Apply(o.configured, o.pairs...); err != nil {
		t.Fatal(err)
	}
	stopped := Lag{Replica: true, Unknown: true, Why: "Slave_IO_Running: No"}
	o.says(1, true)
	o.SeeLag(name(1), Lag{})
	for i := 2; i <= 3; i++ {
		o.says(i, true)
		o.SeeLag(name(i), stopped)
	}
	o.wantTable("(1)", "1 (2) (3)")
	o.says(2, false)
	o.wantTable("(1) 2", "1 2 (3)")
	o.wantLogged(`"reason":"it is the writer, which lags behind nobody"`, 1)
	o.SeeLag(name(2), stopped)
	o.SeeLag(name(2), Lag{Replica: true, Behind: time.Hour})
	o.wantTable("(1) 2", "1 2 (3)")
	o.says(2, true)
	o.wantTable("(1) (2)", "1 (2) (3)")
	o.SeeLag(name(2), Lag{Replica: true})
	o.wantTable("(1) (2)", "1 2 (3)")
}

// What the log says of servers that are back because of a reload is not that they are well.
func TestReasonsAfterReload(t *testing.T) {
	o := newPair(t, 3, nil)
	o.configured[1].MaxReplicationLag, o.configured[2].MaxReplicationLag = 5*time.Second, 5*time.Second
	if err := o.Apply(o.configured, o.pairs...); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		o.SeePing(name(1), errSilent)
	}
	for i := 2; i <= 3; i++ {
		o.SeeLag(name(i), Lag{Replica: true, Behind: time.Hour})
	}
	o.wantTable("(1)", "(2) (3)")
	o.configured[1].MaxReplicationLag = 0
	if err := o.Apply(o.configured, o.pairs...); err != nil {
		t.Fatal(err)
	}
	o.wantTable("(1)", "2 (3)")
	o.wantLogged(`"reason":"max_replication_lag is not set any more"`, 1)
	o.Configure(watched(func(set *config.MySQLVariables) { set.MonitorReplicationLagInterval = 0 }))
	o.wantTable("(1)", "2 3")
	o.wantLogged(`"reason":"its replication lag is not checked any more"`, 1)
	o.Configure(watched(func(set *config.MySQLVariables) { set.MonitorPingInterval = 0 }))
	o.wantTable("1", "2 3")
	o.wantLogged(`"reason":"it is not pinged any more"`, 1)
}

func TestTargets(t *testing.T) {
	m, _ := newManager(t)
	lag := func(c *config.MySQLServer) { c.HostgroupID, c.MaxReplicationLag = 2, time.Second }
	list := []config.MySQLServer{
		configured("10.0.0.1", 3306, nil), configured("10.0.0.1", 3306, lag), configured("10.0.0.2", 3306, func(c *config.MySQLServer) { c.HostgroupID = 3 }),
		configured("10.0.0.3", 3306, func(c *config.MySQLServer) { c.Status = config.StatusOfflineHard }),
	}
	if err := m.Apply(list, config.MySQLReplicationHostgroup{WriterHostgroup: 1, ReaderHostgroup: 9, CheckType: config.CheckReadOnly}); err != nil {
		t.Fatal(err)
	}
	got := m.Targets()
	if len(got) != 2 || got[0].Server.String() != name(1) || !got[0].ReadOnly || !got[0].Lag || got[1].ReadOnly || got[1].Lag {
		t.Errorf("%+v", got)
	}
}
