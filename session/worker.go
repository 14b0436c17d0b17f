package session

import (
	"math"
	"sync/atomic"

	"parkway/hostgroup/pool"
	"parkway/hostgroup/stmt"
	"parkway/monitor/metrics"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/row"
	"parkway/reactor"
	"parkway/scripting/hook"
	"parkway/session/rules"
)

// worker is one loop's part of the proxy: the sessions on it and what they
// share.
type worker struct {
	// Immutable.
	proxy   *Proxy
	loop    *reactor.Loop
	pool    *pool.Pool
	metrics *metrics.Loop
	script  hook.Loop // nil: there is none

	// Owned by the loop.
	first       *Session // all sessions of the loop that are not parked, linked
	sessions    map[uint32]*Session
	lot         lot            // those that are
	identities  identities     // of those in the lot
	parkedTimer *reactor.Timer // for the one that was parked first
	lastID      uint32
	scratch     []byte // for packets that the proxy itself makes
	block       []byte // for tracker blocks
	names       names
	rewritten   []byte // for statements that are passed on with another text
	// lingering has every session whose connection lingers, and some that had one.
	lingering map[*Session]struct{}
	// What the rules say, remembered; and the last statement that they were asked about.
	cache        *rules.Cache
	asked        rules.Input
	askedOptions digest.Options
	digestText   func(sql []byte) []byte
	normal       []byte   // a digest text
	spare        [][]byte // for commands that may be sent again
	view         commandView
	params       hook.Batch // of the execution that the script is asked about
	rows         row.Reader
	observations []*observation // for answers that a script looks at
	patcher      stmt.Patcher
	arrivals     arrivals
	errands      map[*errand]struct{} // under way
	waited       map[int]*waited      // by hostgroup
	// largeLogins counts the sessions that keep a large part of a login.
	largeLogins int

	// Any thread.
	lingerers atomic.Int32 // entries in lingering
}

// rememberedStatements is how many statements' outcomes one loop remembers.
const rememberedStatements = 10_000

// rules returns the loop's cache of the rules in force; nil if there are none.
func (w *worker) rules() *rules.Cache {
	p := w.proxy.rules.Load()
	if p == nil {
		w.cache = nil
	} else if w.cache == nil || w.cache.Program() != p {
		w.cache = rules.NewCache(p, rememberedStatements)
		w.digestText = func(sql []byte) []byte {
			w.normal = digest.AppendText(w.normal[:0], sql, w.askedOptions)
			return w.normal
		}
	}
	return w.cache
}

// accept makes a session of c and greets the client.
func (w *worker) accept(c *reactor.Conn) {
	s := w.newSession(c, w.newID())
	s.since = w.loop.Now()
	w.metrics.SessionCreated()
	connected := w.proxy.sessions.Add(1)
	switch limit, whose := w.proxy.clientLimit(); {
	case w.proxy.draining.Load():
		s.turnAway(protocol.NewERR(protocol.ErrCodeServerShutdown, "parkway: server shutdown in progress"))
	case connected > int64(limit):
		s.turnAway(protocol.NewERR(protocol.ErrCodeTooManyConnections, "parkway: Too many connections (%s = %d)", whose, limit))
	default:
		s.beginStay()
		s.login = new(login)
		w.beginArrival()
		s.introduce()
	}
}

// newSession makes the Session of a connection.
func (w *worker) newSession(c *reactor.Conn, id uint32) *Session {
	s := &Session{worker: w, conn: c, id: id}
	s.timer = w.loop.NewTimer(func() { c.Guard(s.onTimer) })
	s.request.Client = s
	w.link(s)
	// A client that hangs up must be noticed while its bytes wait.
	c.WatchHangup(true)
	c.SetHandler(s)
	return s
}

func (w *worker) link(s *Session) {
	s.next = w.first
	if s.next != nil {
		s.next.prev = s
	}
	w.first = s
	w.sessions[s.id] = s
}

func (w *worker) unlink(s *Session) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		w.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.prev, s.next = nil, nil
	delete(w.sessions, s.id)
}

// newID makes an id that no session of the proxy has: ids are dealt out to the
// loops in turn, so that each tells its loop. See Proxy.workerOf.
func (w *worker) newID() uint32 {
	loops := uint32(len(w.proxy.workers))
	for {
		if w.lastID == 0 || w.lastID > math.MaxUint32-loops {
			w.lastID = uint32(w.loop.Index()) + 1
		} else {
			w.lastID += loops
		}
		if w.sessions[w.lastID] == nil && w.lot.find(w.lastID) == none {
			return w.lastID
		}
	}
}

// workerOf is where a session with that id can be; nil if there is none. Any
// thread.
func (p *Proxy) workerOf(id uint64) *worker {
	if id == 0 || id > math.MaxUint32 {
		return nil
	}
	return p.workers[(id-1)%uint64(len(p.workers))]
}
