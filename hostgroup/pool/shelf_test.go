package pool

import (
	"testing"
	"time"

	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/protocol/sysvar"
)

// Whom an idle connection serves, and what it would cost.
func TestFits(t *testing.T) {
	in := sysvar.NewInterner()
	none := sysvar.State{Vars: in.Empty(), UserVars: in.Empty()}
	zone := sysvar.State{Vars: in.With(in.Empty(), []byte("time_zone"), []byte("'+01:00'")), UserVars: in.Empty()}
	for _, test := range []struct {
		name   string
		change func(have *backend.Have, login *backend.Login, r *Request)
		free   bool // nothing to do
		ok     bool
	}{
		{"the same", func(*backend.Have, *backend.Login, *Request) {}, true, true},
		{"another user", func(_ *backend.Have, _ *backend.Login, r *Request) { r.Login.User = "other" }, false, false},
		{"the connection is not shared", func(_ *backend.Have, l *backend.Login, _ *Request) { l.Shared = false }, false, false},
		{"the client does not share", func(_ *backend.Have, _ *backend.Login, r *Request) { r.Login.Shared = false }, false, false},
		{"another class", func(_ *backend.Have, _ *backend.Login, r *Request) { r.Login.Capabilities |= protocol.ClientFoundRows }, false, false},
		{"trackers are no class", func(_ *backend.Have, _ *backend.Login, r *Request) {
			r.Login.Capabilities |= protocol.ClientSessionTrack
		}, true, true},
		{"another schema", func(h *backend.Have, _ *backend.Login, r *Request) { h.Schema, r.Want.Schema = "a", "b" }, false, true},
		{"into a schema", func(_ *backend.Have, _ *backend.Login, r *Request) { r.Want.Schema = "b" }, false, true},
		{"out of a schema", func(h *backend.Have, _ *backend.Login, _ *Request) { h.Schema = "a" }, false, false},
		{"a variable to set", func(_ *backend.Have, _ *backend.Login, r *Request) { r.Want.Session = zone }, false, true},
		{"a variable too many", func(h *backend.Have, _ *backend.Login, _ *Request) { h.Session = zone }, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			login := backend.Login{User: "app", Capabilities: protocol.ClientProtocol41, Shared: true}
			b, r, have := new(backend.Conn), &Request{Login: login, Want: backend.Want{Session: none}}, backend.Have{Session: none}
			*b.Login() = login
			test.change(&have, b.Login(), r)
			b.SetHave(have)
			cost, ok := fits(b, r)
			if ok != test.ok || ok && (cost == 0) != test.free {
				t.Errorf("cost %d, %v; want %v, free %v", cost, ok, test.ok, test.free)
			}
		})
	}
}

// Of several idle connections the one with least to do is taken, of equals the one used last.
func TestBest(t *testing.T) {
	in := sysvar.NewInterner()
	none := sysvar.State{Vars: in.Empty(), UserVars: in.Empty()}
	login := backend.Login{User: "app", Shared: true}
	var s shelf
	for _, schema := range []string{"a", "b", "a", "c"} {
		b := new(backend.Conn)
		*b.Login() = login
		b.SetHave(backend.Have{Session: none, Schema: schema})
		s = append(s, shelved{b: b})
	}
	for schema, want := range map[string]int{"a": 2, "b": 1, "c": 3, "d": 3, "": -1} {
		if got := s.best(&Request{Login: login, Want: backend.Want{Session: none, Schema: schema}}, nil); got != want {
			t.Errorf("for schema %q number %d, want %d", schema, got, want)
		}
	}
}

// newSharer is a client that shares its connections.
func (w *world) newSharer(loop int) *client {
	c := w.newClient(loop)
	empty := w.set.Pool(loop).Interner().Empty()
	none := sysvar.State{Vars: empty, UserVars: empty}
	c.request.Login.Shared, c.request.Login.Session, c.request.Want.Session = true, none, none
	return c
}

// take asks for an idle connection.
func (c *client) take() (b *backend.Conn) {
	c.w.on(c.loop, func(p *Pool) {
		if b = p.Take(&c.request); b != nil {
			c.backend = b
			b.SetOwner(c)
		}
	})
	return b
}

// What is put back is taken again, by one at a time, and counted as free meanwhile.
func TestPutAndTake(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	c, other := w.newSharer(0), w.newSharer(0)
	c.acquire()
	b := c.mustGet()
	c.put()
	w.wantMetrics(map[string]string{used(w.server(0)): "0", free(w.server(0)): "1"})
	if other.take() != b {
		t.Error("the idle connection is not taken")
	}
	w.wantMetrics(map[string]string{used(w.server(0)): "1", free(w.server(0)): "0"})
	if c.take() != nil {
		t.Error("it is taken twice")
	}
	other.put()
	server.KillAll()
	w.waitConnections(0, 0)
	if c.take() != nil {
		t.Error("a lost connection is taken")
	}
}

// Who has waited longest gets what is put back, on this loop and on others.
func TestPutServesTheFirstWaiter(t *testing.T) {
	for _, loop := range []int{0, 1} {
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
		w := newWorld(t, 2, at(t, server.Addr(), 1))
		holder, first, second := w.newSharer(0), w.newSharer(loop), w.newSharer(loop)
		holder.acquire()
		holder.mustGet()
		first.acquire()
		second.acquire()
		waitWaiting(w, "2")
		if holder.take() != nil {
			t.Error("somebody overtakes")
		}
		holder.put()
		b := first.mustGet()
		second.pending()
		if !b.Idle() || server.Accepted() != 1 {
			t.Errorf("loop %d: idle %v, %d connections were made", loop, b.Idle(), server.Accepted())
		}
		first.put()
		second.mustGet()
		w.wantMetrics(map[string]string{used(w.server(0)): "1", free(w.server(0)): "0", waiting: "0"})
		second.discard()
		w.waitConnections(0, 0)
	}
}

// Somebody on another loop gets a connection when nobody waits here, or has waited clearly less.
func TestLongerWaiting(t *testing.T) {
	w := newWorld(t, 3)
	const ms = int64(time.Millisecond)
	for _, test := range []struct {
		name  string
		waits [3]int64 // of the first waiter of each loop, in ms; 0 nobody
		want  int      // the loop that is found from loop 0; 0 none
	}{
		{"nobody", [3]int64{}, 0},
		{"only here", [3]int64{9, 0, 0}, 0},
		{"only elsewhere", [3]int64{0, 1, 2}, 2},
		{"elsewhere, since this turn began", [3]int64{0, -1, 0}, 1},
		{"a little longer", [3]int64{10, 19, 0}, 0},
		{"much longer", [3]int64{10, 21, 0}, 1},
		{"the longest", [3]int64{10, 21, 22}, 2},
		{"longer, of a long wait", [3]int64{1000, 1400, 0}, 0},
		{"shorter", [3]int64{100, 50, 99}, 0},
	} {
		w.on(0, func(p *Pool) {
			g := p.group(1)
			for i, wait := range test.waits {
				since := int64(0)
				if wait != 0 {
					since = p.loop.Now() - wait*ms
				}
				g.heads[i].since.Store(since)
			}
			var want *Pool
			if test.want != 0 {
				want = w.set.Pool(test.want)
			}
			if got := p.longerWaiting(g); got != want {
				t.Errorf("%s: another loop was found", test.name)
			}
			for i := range g.heads {
				g.heads[i].since.Store(0)
			}
		})
	}
}
