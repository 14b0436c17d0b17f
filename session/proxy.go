// Package session is the state machine of one client, and the only place where
// client and backend meet.
//
// A session belongs to the loop that accepted it and is touched on that loop
// only. What all sessions read (settings, users, hostgroups) are immutable
// snapshots that Proxy publishes.
package session

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/hostgroup/pool"
	"parkway/monitor/metrics"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/scripting/hook"
	"parkway/session/rules"
	"parkway/session/users"
)

// Config is what a Proxy is made of.
type Config struct {
	Hostgroups *hostgroup.Manager
	Settings   *config.MySQLVariables
	Attributes []config.MySQLHostgroupAttributes
	Users      *users.Table
	Rules      *rules.Program // nil: none
	Script     hook.Hooks     // nil: none
	MaxClients int            // that the process has descriptors for; 0: no limit of its own
	Errands    int            // statements of the script's own under way at once; 0: one
	Arrivals   int            // logins under way at once, on all loops; 0: as many as loginBudget has room for
	Keys       *auth.KeyPair  // for clients that send their password by RSA
	Metrics    *metrics.Metrics
	Loops      []*reactor.Loop
	Kills      Killer        // nil: no statement is killed at a server
	KillGrace  time.Duration // for a server to end a statement that was killed; 0: 5 s
	BarTime    time.Duration // before a COM_CHANGE_USER that was refused is answered, where servers take their time for that; 0: 1 s
	Log        zerolog.Logger
}

// Proxy is what all sessions have in common. Its methods may be called on any
// thread but a loop's, unless they say otherwise.
type Proxy struct {
	// Immutable.
	hostgroups *hostgroup.Manager
	keys       *auth.KeyPair
	maxClients int
	log        zerolog.Logger
	noise      zerolog.Logger // sampled: what a client can cause as often as it likes
	queryLog   zerolog.Logger // sampled: what rules with log = 1 match
	waitLog    zerolog.Logger // sampled: who has the connections that others wait for
	started    time.Time
	decrypting decrypting
	kills      Killer
	killGrace  time.Duration
	barTime    time.Duration
	pools      *pool.Set
	errands    *Errands
	workers    []*worker

	// Any thread.
	settings atomic.Pointer[config.MySQLVariables]
	users    atomic.Pointer[users.Table]
	rules    atomic.Pointer[rules.Program] // nil: none
	sessions atomic.Int64
	draining atomic.Bool

	// Guarded by softMu.
	softMu sync.Mutex
	soft   map[*hostgroup.Server]bool // OFFLINE_SOFT when newlySoft looked last
}

// noiseBurst is how many lines a second the sampled log has at most.
const noiseBurst = 20

// queryBurst is how many statements a second are logged at most because of rules.
const queryBurst = 100

// waitBurst is how many lines there are at most in waitPeriod about clients that wait in vain.
const (
	waitBurst  = 4
	waitPeriod = 10 * time.Second
)

// New returns a proxy with a worker on each loop. The loops need not run yet.
func New(cfg Config) *Proxy {
	p := &Proxy{
		hostgroups: cfg.Hostgroups,
		keys:       cfg.Keys,
		maxClients: cfg.MaxClients,
		log:        cfg.Log,
		noise:      cfg.Log.Sample(&zerolog.BurstSampler{Burst: noiseBurst, Period: time.Second}),
		queryLog:   cfg.Log.Sample(&zerolog.BurstSampler{Burst: queryBurst, Period: time.Second}),
		waitLog:    cfg.Log.Sample(&zerolog.BurstSampler{Burst: waitBurst, Period: waitPeriod}),
		started:    time.Now(),
		decrypting: newDecrypting(),
		kills:      cfg.Kills,
		killGrace:  cmp.Or(cfg.KillGrace, killGrace),
		barTime:    cmp.Or(cfg.BarTime, barTime),
	}
	p.errands = newErrands(p, cfg.Errands)
	p.Apply(cfg.Settings, cfg.Users, cfg.Rules)
	p.pools = pool.NewSet(pool.Config{
		Hostgroups: cfg.Hostgroups,
		Settings:   p.settings.Load,
		Holds:      p.holds,
		Unprepared: p.unprepared,
		Explain:    p.explainWait,
		Wanted:     p.hurry,
	}, cfg.Loops, cfg.Metrics.Loop)
	p.pools.Configure(cfg.Attributes)
	for i, l := range cfg.Loops {
		w := &worker{
			proxy:   p,
			loop:    l,
			pool:    p.pools.Pool(i),
			metrics: cfg.Metrics.Loop(i),

			sessions:  make(map[uint32]*Session),
			lingering: make(map[*Session]struct{}),
			errands:   make(map[*errand]struct{}),
			waited:    make(map[int]*waited),

			arrivals:   arrivals{limit: max(cmp.Or(cfg.Arrivals, loginBudget/loginCost)/len(cfg.Loops), 1)},
			lot:        newLot(),
			identities: make(identities),
		}
		w.parkedTimer = l.NewTimer(w.expireParked)
		l.SetParker(w)
		if cfg.Script != nil {
			w.script = cfg.Script.Loop(l.Post)
		}
		p.workers = append(p.workers, w)
	}
	cfg.Hostgroups.OnTransition(p.HostgroupsChanged)
	cfg.Metrics.Rules(func() []int { return p.rules.Load().IDs() })
	return p
}

// Apply puts new settings, users and rules (nil: none) in force. Sessions that
// are logged in stay; timeouts change for them at once, what else they read of
// the settings, and what the rules say of them, with their next command.
func (p *Proxy) Apply(settings *config.MySQLVariables, table *users.Table, program *rules.Program) {
	p.settings.Store(settings)
	p.hostgroups.Configure(settings)
	p.users.Store(table)
	if program.Empty() {
		program = nil
	}
	p.rules.Store(program)
	for _, w := range p.workers {
		w.loop.Post(w.rewatch)
	}
}

// ApplyAttributes puts the attributes of hostgroups in force. Call
// HostgroupsChanged afterwards.
func (p *Proxy) ApplyAttributes(list []config.MySQLHostgroupAttributes) { p.pools.Configure(list) }

// holds reports whether a user may still log in with what a connection was
// opened with. Any thread.
func (p *Proxy) holds(l *backend.Login) bool {
	if holdsTrusted(l) || p.holdsErrands(l) {
		return true
	}
	then, ok := l.Account.(*users.User)
	if !ok {
		return false
	}
	now, ok := p.Users().Find(then.Name)
	return ok && now.Password == then.Password
}

// unprepared logs a connection that could not be prepared. Any thread.
func (p *Proxy) unprepared(err *backend.Error) {
	p.noise.Error().Err(err).Msg("backend connection cannot be prepared")
}

// HostgroupsChanged lets clients that wait for a backend try again, closes idle
// connections that are not to be used any more, ends clients whose server is
// OFFLINE_HARD now, drops connections to servers that answer no ping, and lists who
// stays on one that is OFFLINE_SOFT. Any thread.
func (p *Proxy) HostgroupsChanged() {
	p.pools.Wake()
	p.each((*Session).leaveServer)
	for _, w := range p.workers {
		w.loop.Post(w.leaveErrands)
	}
	p.listStayers(p.newlySoft())
}

// Users returns the table in force. Any thread.
func (p *Proxy) Users() *users.Table { return p.users.Load() }

// Accept makes a session of a new connection, on the loop that owns it.
// A client that is refused was told why; the error is always nil.
func (p *Proxy) Accept(c *reactor.Conn) error {
	p.workers[c.Loop().Index()].accept(c)
	return nil
}

// clientLimit is how many clients are let in, and what says so: max_connections,
// or the process's descriptors if they suffice for fewer.
func (p *Proxy) clientLimit() (limit int, whose string) {
	limit = p.settings.Load().MaxConnections
	if p.maxClients > 0 && p.maxClients < limit {
		return p.maxClients, "clients that RLIMIT_NOFILE allows"
	}
	return limit, "max_connections"
}

// Sessions returns how many clients are connected. Any thread.
func (p *Proxy) Sessions() int { return int(p.sessions.Load()) }

// BeginDrain makes Draining true: from now on no client is let in.
func (p *Proxy) BeginDrain() { p.draining.Store(true) }

// Draining reports whether BeginDrain was called. Any thread.
func (p *Proxy) Draining() bool { return p.draining.Load() }

// drainPoll is how often Drain looks whether the last session has left.
const drainPoll = 5 * time.Millisecond

// Drain, called after BeginDrain, tells every session to leave as soon as it has no statement and no
// transaction under way, and returns when all have left or ctx is done; then
// the rest is told that its time is over. It returns how many those were.
func (p *Proxy) Drain(ctx context.Context) (cut int) {
	p.each((*Session).drain)
	for _, w := range p.workers {
		w.loop.Post(func() { w.dismissParked(stopping()) })
	}
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for p.Sessions() > 0 {
		select {
		case <-ctx.Done():
			cut = p.Sessions()
			p.each((*Session).shutdownNow)
			return cut
		case <-tick.C:
		}
	}
	return 0
}

// each calls f for every session, on its loop.
func (p *Proxy) each(f func(*Session)) {
	for _, w := range p.workers {
		w.loop.Post(func() {
			for s := w.first; s != nil; {
				next := s.next
				s.conn.Guard(func() { f(s) })
				s = next
			}
		})
	}
}
