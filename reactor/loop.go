package reactor

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Loop is one event loop on one locked thread. It owns its connections, timers and listeners; other threads reach it only
// through Post.
type Loop struct {
	// Immutable.
	group    *Group
	index    int
	core     int // Pinned to; notPinned.
	log      zerolog.Logger
	base     time.Time
	readSize int
	maxKept  int
	idle     *idleLoop // nil: none.

	// Owned by the loop.
	poll      poller
	alarm     alarm
	timers    timerHeap
	conns     connTable
	listeners []*listener
	buffer    []byte  // What sockets are read into.
	reading   *Conn   // In its OnData.
	now       int64   // Monotonic ns at the start of the turn.
	busyFrom  int64   // Since when busy time is not in busy yet.
	offers    []*Conn // Resumed, with kept bytes to offer.
	changed   []*Conn // What epoll watches for them has changed.
	closed    []*Conn // Marked, to be freed at the end of the turn.
	turnEnd   []func()
	spare     []func()      // The other half of turnEnd's double buffer.
	spareConn []*Conn       // The other half of offers' double buffer.
	parked    fdMap[uint32] // The tokens of parked connections.
	woken     fdMap[*Conn]  // Connections that the idle loop still watches.
	parker    Parker        // Who owns the parked ones.
	held      bool          // HoldAccept.
	pending   bool          // There is work for the next turn: it must not wait.
	stopping  bool

	// Any thread.
	mail     mailbox
	tid      atomic.Int64 // The thread's id while the loop runs; for CheckOwner.
	sessions atomic.Int64
	busy     atomic.Int64
}

func newLoop(g *Group, index int, cfg Config) (*Loop, error) {
	l := &Loop{
		group: g, index: index, core: notPinned, base: g.base, readSize: cfg.ReadBuffer, maxKept: cfg.MaxKept,
		log: cfg.Log.With().Int("loop", index).Logger(), buffer: make([]byte, cfg.ReadBuffer),
	}
	if err := l.poll.open(); err != nil {
		return nil, err
	}
	if err := l.mail.open(); err != nil {
		l.poll.close()
		return nil, err
	}
	if err := l.alarm.open(); err != nil {
		l.mail.close()
		l.poll.close()
		return nil, err
	}
	if err := l.watchOwn(); err != nil {
		l.release()
		return nil, err
	}
	if cfg.IdleLoops {
		idle := new(idleLoop)
		if err := idle.open(&l.poll); err != nil {
			l.release()
			return nil, err
		}
		l.idle, l.parked, l.woken = idle, newFDMap[uint32](), newFDMap[*Conn]()
	}
	return l, nil
}

// Index returns the loop's number in its group, from 0.
func (l *Loop) Index() int { return l.index }

// Group returns the group that the loop belongs to.
func (l *Loop) Group() *Group { return l.group }

// Core returns the core that the loop's thread is to be pinned to, -1 if none. Any thread.
func (l *Loop) Core() int { return l.core }

// Post runs fn on the loop, after what the same thread posted before. Any thread; after Group.Stop fn is dropped.
func (l *Loop) Post(fn func()) { l.mail.post(fn) }

// OnTurnEnd runs fn once at the end of this turn, before the connections that were closed in it are freed. From within
// such a function or from OnClose: at the end of the next turn, which follows at once. Loop only.
func (l *Loop) OnTurnEnd(fn func()) {
	l.CheckOwner()
	l.turnEnd = append(l.turnEnd, fn)
}

// Now returns monotonic nanoseconds, read once a turn, on a clock that all loops of a group share. Loop only.
func (l *Loop) Now() int64 { return l.now }

// Sessions returns the number of accepted, attached and parked connections that the loop has. Any thread.
func (l *Loop) Sessions() int { return int(l.sessions.Load()) }

// BusyNanos returns for how long the loop has not been waiting. Any thread.
func (l *Loop) BusyNanos() int64 { return l.busy.Load() }

func (l *Loop) clock() int64 { return int64(time.Since(l.base)) }

// readBuffer returns the shared buffer with room for kept bytes and one read.
func (l *Loop) readBuffer(kept int) []byte {
	if kept == 0 {
		return l.buffer[:l.readSize]
	}
	if need := kept + l.readSize; need > len(l.buffer) {
		l.buffer = make([]byte, need)
	}
	return l.buffer[:kept+l.readSize]
}

// run is the loop's thread. The thread is never unlocked: it ends with the loop, so that its affinity goes to nobody.
func (l *Loop) run() {
	runtime.LockOSThread()
	l.begin()
	for !l.over() {
		l.turn()
	}
	l.tid.Store(0)
	l.release()
}

// over says whether a stopping loop may end: all connections are freed, and nobody will write to the mailbox's eventfd.
func (l *Loop) over() bool {
	return l.stopping && l.conns.len() == 0 && len(l.turnEnd) == 0 && l.mail.retire()
}

func (l *Loop) release() {
	if l.idle != nil {
		l.idle.close()
	}
	l.alarm.close()
	l.mail.close()
	l.poll.close()
}

// stop closes every connection; the loop ends when they are freed. Runs on the loop; it doesn't accept any more.
func (l *Loop) stop() {
	l.stopping = true
	for _, c := range l.conns.slots {
		if c != nil {
			c.Close(ErrStopped)
		}
	}
	l.stopParked()
}
