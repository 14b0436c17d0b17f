package hostgroup

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// observed is a manager of servers at 10.0.0.1, 10.0.0.2 ... with a clock of its own.
type observed struct {
	*Manager
	t     *testing.T
	log   interface{ String() string }
	now   time.Time
	tells int // transitions that were told
}

func newObserved(t *testing.T, servers int) *observed {
	var list []config.MySQLServer
	for i := range servers {
		list = append(list, configured("10.0.0."+string(rune('1'+i)), 3306, nil))
	}
	m, log := newManager(t, list...)
	o := &observed{Manager: m, t: t, log: log, now: noon}
	m.clock = func() time.Time { return o.now }
	m.OnTransition(func() { o.tells++ })
	m.Configure(&config.MySQLVariables{ShunOnFailures: 3, ShunRecoveryTime: 10 * time.Second})
	return o
}

func (o *observed) server(i int) *Server { return o.Table().Servers()[i] }

// fail makes n connects to server i fail.
func (o *observed) fail(i, n int) {
	for range n {
		o.Observe(o.server(i), Observation{ConnectError, errors.New("connection refused")})
	}
}

func (o *observed) wantStatus(i int, want Status) {
	o.t.Helper()
	if got := o.Table().StatusOf(o.server(i)); got != want {
		o.t.Errorf("server %d is %v, want %v", i, got, want)
	}
}

func (o *observed) wantLogged(text string, want int) {
	o.t.Helper()
	if n := strings.Count(o.log.String(), text); n != want {
		o.t.Errorf("%q is logged %d times, want %d: %s", text, n, want, o.log)
	}
}

// A server that fails is shunned, which is told and logged once, with the reason; it gets no connections until it answers.
func TestShun(t *testing.T) {
	o := newObserved(t, 2)
	o.fail(0, 2)
	o.wantStatus(0, Online)
	o.fail(0, 5)
	o.wantStatus(0, Shunned)
	o.wantStatus(1, Online)
	o.wantLogged("server status changed", 1)
	o.wantLogged(`"reason":"3 connect errors within 1s, the last: connection refused"`, 1)
	if o.tells != 1 {
		t.Errorf("%d transitions told", o.tells)
	}
	h := o.Table().Hostgroup(1)
	for random := range uint64(50) {
		if m, why, ok := h.Choose(random, none); !ok || m.Server != o.server(1) {
			t.Fatalf("chosen: %v, %v", m, why)
		} else {
			m.Give()
		}
	}
	why := h.Refusal(func(s *Server) bool { return s == o.server(1) })
	if why.Shunned != 1 || why.Last != "connection refused" || why.Wait() || !strings.Contains(why.String(), "1 shunned, 1 failed to connect") {
		t.Errorf("%+v: %v", why, why)
	}
	// A login that succeeds, begun before, does not bring it back.
	o.Observe(o.server(0), Observation{Event: ConnectOK})
	o.wantStatus(0, Shunned)
}

// A healthy hostgroup's only server, and the last of several, is never shunned for connect errors (ProxySQL 2879, 4171).
func TestHealthyOnlyServerShunned2879And4171(t *testing.T) {
	o := newObserved(t, 1)
	o.fail(0, 50)
	o.wantStatus(0, Online)
	o.wantLogged("it is the last ONLINE one", 1)
	if m, why, ok := o.Table().Hostgroup(1).Choose(0, none); !ok || m.Server != o.server(0) {
		t.Errorf("not chosen: %v", why)
	}
	o.Observe(o.server(0), Observation{Event: ConnectOK})
	o.fail(0, 1)
	o.wantLogged("it is the last ONLINE one", 2)

	o = newObserved(t, 3)
	for i := range 3 {
		o.fail(i, 50)
	}
	o.wantStatus(0, Shunned)
	o.wantStatus(1, Shunned)
	o.wantStatus(2, Online)

	// Servers that take no connections are no replacement.
	for _, change := range []func(*config.MySQLServer){
		func(c *config.MySQLServer) { c.Status = config.StatusOfflineSoft },
		func(c *config.MySQLServer) { c.Weight = 0 },
		func(c *config.MySQLServer) { c.Hostname = "db.example" },
		func(c *config.MySQLServer) { c.HostgroupID = 2 },
	} {
		o = newObserved(t, 1)
		if err := o.Apply([]config.MySQLServer{configured("10.0.0.1", 3306, nil), configured("10.0.0.2", 3306, change)}); err != nil {
			t.Fatal(err)
		}
		o.fail(0, 50)
		o.wantStatus(0, Online)
	}
}

// When the configuration takes the last server away, those that are shunned are better than none.
func TestReloadLeavesOnlyShunnedServers(t *testing.T) {
	o := newObserved(t, 2)
	o.fail(0, 3)
	o.wantStatus(0, Shunned)
	soft := configured("10.0.0.2", 3306, func(c *config.MySQLServer) { c.Status = config.StatusOfflineSoft })
	if err := o.Apply([]config.MySQLServer{configured("10.0.0.1", 3306, nil), soft}); err != nil {
		t.Fatal(err)
	}
	o.wantStatus(0, Online)
	o.wantStatus(1, OfflineSoft)
	o.wantLogged(`"status":"OFFLINE_SOFT","reason":"configured"`, 1)
	o.wantLogged("no other server of the hostgroup is in use", 1)
}

// A server without room gets no more connections than it had room for, and is not shunned.
func TestTooManyConnections(t *testing.T) {
	o := newObserved(t, 2)
	s := o.server(0)
	for range 4 {
		s.Take(10)
	}
	full := errors.New("Too many connections")
	for range 20 {
		o.Observe(s, Observation{ServerFull, full}) // by the fourth
	}
	o.wantStatus(0, Online)
	o.wantLogged("its budget shrinks", 1)
	h := o.Table().Hostgroup(1)
	other := func(s *Server) bool { return s == o.server(1) }
	s.Give()
	_, why, ok := h.Choose(0, other)
	if ok || !why.Wait() || why.Crowded != 1 || why.Again != firstStep || why.Last != full.Error() {
		t.Errorf("%v, %+v", ok, why)
	}
	if !strings.Contains(why.String(), "1 without room for more connections") {
		t.Error(why)
	}
	o.now = o.now.Add(firstStep)
	if _, why, ok := h.Choose(0, other); !ok {
		t.Errorf("after a while there is still no room: %v", why)
	}
	if _, _, ok := h.Choose(0, other); ok {
		t.Error("more was asked for than one more")
	}
	// Success makes the next wait short again.
	if !o.Observe(s, Observation{Event: ConnectOK}) {
		t.Error("nobody is to be told that there may be room earlier")
	}
	if h := s.seen(); h.budget.refusals != 0 || h.notable() {
		t.Errorf("%+v", h)
	}
	if o.Observe(s, Observation{Event: ConnectOK}) || o.Observe(s, Observation{ServerFull, full}) {
		t.Error("nothing is earlier than was known")
	}
}

// A shunned server is tried when its time has come, by nobody's request; one that answers is back, slowly.
func TestTrial(t *testing.T) {
	mysqltest.CheckLeaks(t)
	refusing := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "blocked")}})
	o := newObserved(t, 0)
	if err := o.Apply([]config.MySQLServer{at(t, refusing.Addr()), configured("10.0.0.2", 3306, nil)}); err != nil {
		t.Fatal(err)
	}
	try := func() time.Time { return o.tryShunned(t.Context(), 10*time.Second) }
	if next := try(); !next.IsZero() {
		t.Errorf("next trial at %v, none is shunned", next)
	}
	o.fail(0, 3)
	if next := try(); next.Sub(o.now) != 10*time.Second || refusing.Accepted() != 0 {
		t.Errorf("next trial at %v, %d connections", next, refusing.Accepted())
	}
	o.now = o.now.Add(10 * time.Second)
	if next := try(); next.Sub(o.now) != 10*time.Second || refusing.Accepted() != 1 {
		t.Errorf("after a trial in vain the next at %v, %d connections", next, refusing.Accepted())
	}
	o.wantStatus(0, Shunned)
	refusing.Change(func(c *mysqltest.ServerConfig) { c.Fault = mysqltest.Fault{} })
	o.now = o.now.Add(10 * time.Second)
	if next := try(); !next.IsZero() {
		t.Errorf("next trial at %v", next)
	}
	o.wantStatus(0, Online)
	o.wantLogged(`"reason":"it answers again"`, 1)
	if o.tells != 2 {
		t.Errorf("%d transitions told", o.tells)
	}
	if got := o.Table().Hostgroup(1).Members[0].weight(o.now); got != firstShare {
		t.Errorf("weight %d/100 at once", got)
	}
}

// "Too many connections" is an answer too.
func TestTrialOfAFullServer(t *testing.T) {
	mysqltest.CheckLeaks(t)
	full := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "Too many connections")}})
	o := newObserved(t, 0)
	if err := o.Apply([]config.MySQLServer{at(t, full.Addr()), configured("10.0.0.2", 3306, nil)}); err != nil {
		t.Fatal(err)
	}
	o.fail(0, 3)
	o.now = o.now.Add(10 * time.Second)
	o.tryShunned(t.Context(), 10*time.Second)
	o.wantStatus(0, Online)
	if n, _ := o.server(0).seen().budget.allowed(o.now); n != 0 {
		t.Errorf("%d connections allowed", n)
	}
}

// Run tries a shunned server without being asked.
func TestRunTriesShunnedServers(t *testing.T) {
	mysqltest.CheckLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	m, _ := newManager(t, at(t, server.Addr()), configured("10.0.0.2", 3306, nil))
	m.Configure(&config.MySQLVariables{ShunOnFailures: 1})
	back := make(chan struct{}, 1)
	s := m.Table().Servers()[0]
	m.OnTransition(func() {
		if m.Table().StatusOf(s) == Online {
			back <- struct{}{}
		}
	})
	m.Observe(s, Observation{ConnectError, errors.New("no")})
	if m.Table().StatusOf(s) != Shunned {
		t.Fatal("not shunned")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.runTrials(t.Context(), time.Second)
	}()
	t.Cleanup(func() { <-done })
	select {
	case <-back:
	case <-time.After(10 * time.Second):
		t.Error("not tried")
	}
}
