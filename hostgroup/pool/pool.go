// Package pool gives sessions their backend connections: it chooses the server,
// opens the connection, tries again elsewhere when that fails, and lets
// sessions wait in a fair queue while every server is at its limit.
//
// There is one Pool on each loop. What they share are atomic numbers: each
// server's budget, and for each hostgroup who waits and how fast connections are
// opened. A lock is taken only when a loop meets a hostgroup for the first time.
package pool

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/sysvar"
	"parkway/reactor"
)

// Hostgroups is what a pool needs of the hostgroup manager. Any thread.
type Hostgroups interface {
	Table() *hostgroup.Table
	Learn(*hostgroup.Server, *protocol.Handshake)
	Observe(*hostgroup.Server, hostgroup.Observation) (sooner bool)
}

// Config is what all pools have in common.
type Config struct {
	Hostgroups Hostgroups
	Settings   func() *config.MySQLVariables // any thread; the present settings
	// Holds reports whether the login of a connection is still one of the proxy's;
	// nil: each is. Any thread.
	Holds func(*backend.Login) bool
	// Unprepared is told of connections that a server let in and then refused to
	// prepare, as by a bad init_connect; may be nil. Any thread.
	Unprepared func(*backend.Error)
	// Wanted is told on a loop that somebody begins to wait for a connection that
	// others have: Waiting is true from now on. nil: nobody is told.
	Wanted func()
	// Explain is asked on a loop what to add to the error of a client that has waited for a hostgroup's connections in vain: who has them. It tells
	// then on that loop, at once or later. nil: nothing is added.
	Explain func(loop, hostgroup int, then func(text string))
}

// Set is the pools of all loops. It exists so that a connection, or the place
// of one, that becomes free on one loop can serve a session on another.
type Set struct {
	pools []*Pool

	// Any thread.
	generation atomic.Uint32 // of users and hostgroups: see Pool.holds
	configured atomic.Pointer[map[int]config.MySQLHostgroupAttributes]

	// Guarded by mu.
	mu        sync.Mutex
	heads     map[int][]head        // by hostgroup and loop
	throttles map[int]*throttle     // by hostgroup
	waiting   map[int]*atomic.Int64 // by hostgroup: requests in the queues of all loops
}

// NewSet returns one pool for each loop. shards holds each loop's metrics.
func NewSet(cfg Config, loops []*reactor.Loop, shards func(loop int) *metrics.Loop) *Set {
	set := &Set{heads: make(map[int][]head), throttles: make(map[int]*throttle), waiting: make(map[int]*atomic.Int64)}
	set.Configure(nil)
	for i, l := range loops {
		p := &Pool{
			cfg:      cfg,
			set:      set,
			loop:     l,
			metrics:  shards(i),
			interner: sysvar.NewInterner(),
			groups:   make(map[int]*group),
			dialing:  make(map[*Request]struct{}),

			statements: stmt.NewRegistry(max(1, cfg.Settings().MaxStmtsCache/len(loops)), maxStatementText),
		}
		p.upkeep = l.NewTimer(p.keepUp)
		set.pools = append(set.pools, p)
	}
	return set
}

// Pool returns the pool of loop i.
func (s *Set) Pool(i int) *Pool { return s.pools[i] }

// Wake lets every waiter try again, and closes idle connections that are not to
// be used any more, and those that are being opened to servers that are of no use,
// because hostgroups or users have changed. Any thread.
func (s *Set) Wake() {
	s.generation.Add(1)
	for _, p := range s.pools {
		p.loop.Post(func() {
			p.purge()
			p.turnDialing()
			if p.idle.Load() > 0 {
				p.planUpkeep(0)
			}
			for id := range p.groups {
				p.serve(id)
			}
		})
	}
}

// headsOf returns where each loop tells who waits on it for the hostgroup.
func (s *Set) headsOf(hostgroup int) []head {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.heads[hostgroup]
	if h == nil {
		h = make([]head, len(s.pools))
		s.heads[hostgroup] = h
	}
	return h
}

// waitingFor returns the number of those who wait for the hostgroup on all loops.
func (s *Set) waitingFor(hostgroup int) *atomic.Int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.waiting[hostgroup]
	if n == nil {
		n = new(atomic.Int64)
		s.waiting[hostgroup] = n
	}
	return n
}

// Pool is one loop's part. All its methods belong to the loop.
type Pool struct {
	// Immutable.
	cfg      Config
	set      *Set
	loop     *reactor.Loop
	metrics  *metrics.Loop
	interner *sysvar.Interner
	upkeep   *reactor.Timer

	statements *stmt.Registry

	// Owned by the loop.
	groups   map[int]*group
	dialing  map[*Request]struct{} // those for which a connection is being opened
	upkeepAt int64                 // loop time at which upkeep fires, if it is armed

	// Any thread.
	waiting atomic.Int64 // requests in queues
	idle    atomic.Int64 // connections in shelves
}

// Interner returns the loop's interner of session state.
func (p *Pool) Interner() *sysvar.Interner { return p.interner }

// maxStatementText bounds the texts of prepared statements that a loop keeps
// though no client has them open, in bytes.
const maxStatementText = 32 << 20

// Statements returns the loop's prepared statements.
func (p *Pool) Statements() *stmt.Registry { return p.statements }

// Acquire looks for a backend connection for r, for which Take found none. The
// outcome reaches r.Client later, never from inside the call: OnBackend, or
// OnNoBackend after connect_timeout_server_max at the latest. Until then r
// belongs to the pool.
func (p *Pool) Acquire(r *Request) {
	r.start(p)
	if p.join(r) {
		return
	}
	p.serve(r.Hostgroup) // Nobody overtakes who waits already.
	r.attempt()
}

// lookAgain is for how long it is taken for granted that no server is to be had
// for those who wait, unless somebody tells: of a place that was given back
// everybody is told, of a server that came back nobody.
const lookAgain = int64(5 * time.Millisecond)

// join puts r behind others for whom there was no server a moment ago. It is
// false if r has to look itself.
func (p *Pool) join(r *Request) bool {
	g := p.group(r.Hostgroup)
	if g.queue.first == nil || p.loop.Now()-g.looked > lookAgain || r.crowdedOut() {
		return false
	}
	p.enqueue(r)
	if !g.throttled {
		p.makeRoom(r.Hostgroup)
	}
	return true
}

// Cancel withdraws r, whose client no longer wants a connection.
func (p *Pool) Cancel(r *Request) { r.end() }

// Discard takes back a connection whose session state must not reach anybody
// else: it is closed.
func (p *Pool) Discard(b *backend.Conn) { b.Quit() }

// choose reserves a place for a new connection.
func (p *Pool) choose(r *Request) (*hostgroup.Member, hostgroup.Refusal, bool) {
	h := p.cfg.Hostgroups.Table().Hostgroup(r.Hostgroup)
	if h == nil {
		return nil, hostgroup.Refusal{Hostgroup: r.Hostgroup, Unknown: true}, false
	}
	g := p.group(r.Hostgroup)
	rate := p.attributes(r.Hostgroup).throttle
	for now := p.loop.Now(); ; {
		if pause := g.throttle.pause(now, rate); pause > 0 && h.Usable(r.wasTried) {
			return nil, hostgroup.Refusal{Hostgroup: r.Hostgroup, Throttled: rate, Again: pause}, false
		}
		m, why, ok := h.Choose(rand.Uint64(), r.wasTried)
		if !ok || g.throttle.take(now, rate) {
			return m, why, ok
		}
		m.Give()
	}
}

// spec is how a connection to s is opened.
func (p *Pool) spec(s *hostgroup.Server, login *backend.Login, timeout time.Duration) backend.Spec {
	return backend.Spec{
		Server:   s,
		Login:    *login,
		Timeout:  timeout,
		Greeted:  p.cfg.Hostgroups.Learn,
		Closed:   p.closed,
		Init:     p.attributes(s.Hostgroup()).initConnect,
		Interner: p.interner,

		MaxStatements: p.cfg.Settings().MaxStmtsPerConnection,
	}
}

// refusal says why no server can be had for r at the moment.
func (p *Pool) refusal(r *Request) hostgroup.Refusal {
	h := p.cfg.Hostgroups.Table().Hostgroup(r.Hostgroup)
	if h == nil {
		return hostgroup.Refusal{Hostgroup: r.Hostgroup, Unknown: true}
	}
	why := h.Refusal(r.wasTried)
	rate := p.attributes(r.Hostgroup).throttle
	if p.group(r.Hostgroup).throttle.pause(p.loop.Now(), rate) > 0 {
		why.Throttled = rate
	}
	return why
}

// closed returns a connection's place and offers it to who waits for one.
func (p *Pool) closed(b *backend.Conn) {
	s := b.Server()
	s.Give()
	if b.WasReady() {
		p.server(s).Used(-1)
	}
	p.serveAll(s.Hostgroup())
}

// serveAll lets the waiters of a hostgroup on all loops try again, later.
func (p *Pool) serveAll(hostgroup int) {
	if p.waiting.Load() > 0 {
		p.loop.OnTurnEnd(func() { p.serve(hostgroup) })
	}
	for _, other := range p.set.pools {
		if other != p && other.waiting.Load() > 0 {
			other.loop.Post(func() { other.serve(hostgroup) })
		}
	}
}

// serve lets the waiters of a hostgroup try again, in their order, until none
// can be helped.
func (p *Pool) serve(hostgroup int) {
	g := p.groups[hostgroup]
	if g == nil {
		return
	}
	for r := g.queue.first; r != nil; {
		switch {
		case r.retryFromQueue():
			r = g.queue.first
		case len(r.tried) == 0:
			g.looked = p.loop.Now()
			return // What any server would do for finds none: nobody behind it does.
		default:
			r = r.place.next // Others may take a server that failed for this one.
		}
	}
}

// opened notes that a login has succeeded. The connection is in use from now on.
func (p *Pool) opened(b *backend.Conn) {
	counters := p.server(b.Server())
	counters.ConnectOK()
	counters.Used(1)
	if p.cfg.Hostgroups.Observe(b.Server(), hostgroup.Observation{Event: hostgroup.ConnectOK}) {
		p.serveAll(b.Server().Hostgroup()) // they learn when they may try again
	}
}

// notOpened notes that one has failed, and returns what that says about the server, if anything.
func (p *Pool) notOpened(s *hostgroup.Server, err *backend.Error) (event hostgroup.Event, known bool) {
	p.server(s).ConnectError()
	if event, known = blame(err); known {
		p.cfg.Hostgroups.Observe(s, hostgroup.Observation{Event: event, Err: err})
	}
	if p.cfg.Unprepared != nil && err.Stage == backend.StagePrepare {
		p.cfg.Unprepared(err)
	}
	return event, known
}

// server returns the metrics of s.
func (p *Pool) server(s *hostgroup.Server) *metrics.Server {
	return p.metrics.Hostgroup(s.Hostgroup()).Server(s.String())
}

// group is a loop's part of a hostgroup.
type group struct {
	queue    queue // who waits for a place at a server, or for a server
	pausing  queue // who pauses because no server lets anybody in
	shelf    shelf
	heads    []head         // see Set.headsOf
	again    *reactor.Timer // lets waiters try servers that may have room again
	againAt  int64          // loop time at which it fires, if it is armed
	throttle *throttle
	waiting  *atomic.Int64 // on all loops
	warming  warming

	looked    int64 // loop time at which serve last found no server for anybody
	throttled bool  // there was one then, but it is too early for a connection
}

func (p *Pool) group(hostgroup int) *group {
	g := p.groups[hostgroup]
	if g == nil {
		g = &group{
			heads:    p.set.headsOf(hostgroup),
			again:    p.loop.NewTimer(func() { p.serve(hostgroup) }),
			throttle: p.set.throttleOf(hostgroup),
			waiting:  p.set.waitingFor(hostgroup),
			looked:   -lookAgain - 1,
		}
		p.groups[hostgroup] = g
	}
	return g
}

// head is what a loop tells the others of those who wait on it for a hostgroup.
// Any thread.
type head struct {
	since   atomic.Int64           // loop time since when the first of the queue waits; 0: nobody does
	pausing atomic.Pointer[wanted] // what the first of those who pause needs; nil: nobody pauses
}

// tellHead publishes since when the first of the queue waits.
func (p *Pool) tellHead(g *group) {
	since := int64(0)
	if r := g.queue.first; r != nil {
		since = r.started
	}
	g.heads[p.loop.Index()].since.Store(since)
}

func (p *Pool) enqueue(r *Request) {
	g := p.group(r.Hostgroup)
	g.queue.insert(r)
	r.timer.Reset(max(r.remaining(), 0))
	p.tellHead(g)
	p.waiting.Add(1)
	g.waiting.Add(1)
	p.metrics.Hostgroup(r.Hostgroup).Waiting(1)
	p.tellWanted()
}

// dequeue takes r out of the queue that it is in, if any.
func (p *Pool) dequeue(r *Request) {
	switch g := p.group(r.Hostgroup); r.place.queue {
	case &g.queue:
		g.queue.remove(r)
		p.tellHead(g)
		p.waiting.Add(-1)
		g.waiting.Add(-1)
		p.metrics.Hostgroup(r.Hostgroup).Waiting(-1)
	case &g.pausing:
		g.pausing.remove(r)
		p.tellPausing(g)
	}
}

// tellWanted lets those know who hold connections that they could do without.
func (p *Pool) tellWanted() {
	if tell := p.cfg.Wanted; tell != nil {
		tell()
	}
}

// Waiters is how many requests wait in queues for a connection of the hostgroup, on all loops.
func (p *Pool) Waiters(hostgroup int) int64 { return p.group(hostgroup).waiting.Load() }

// Waiting reports whether somebody waits for a connection of the hostgroup that
// others have, on any loop.
func (p *Pool) Waiting(hostgroup int) bool {
	g := p.group(hostgroup)
	for i := range g.heads {
		if h := &g.heads[i]; h.since.Load() != 0 || h.pausing.Load() != nil {
			return true
		}
	}
	return false
}
